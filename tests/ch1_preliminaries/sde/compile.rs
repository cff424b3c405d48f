//! What must not compile, with the compiler's words; and a twin, one conversion away, that compiles and runs.

#[path = "compile/converted_to_euler_maruyama.rs"]
mod converted_to_euler_maruyama;

#[test]
fn the_calculus_is_in_the_type() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ch1_preliminaries/sde/compile/stratonovich_to_euler_maruyama.rs");
    cases.compile_fail("tests/ch1_preliminaries/sde/compile/general_noise_to_milstein.rs");
    cases.compile_fail("tests/ch1_preliminaries/sde/compile/wrong_shape.rs");
    cases.compile_fail("tests/ch1_preliminaries/sde/compile/wrong_length.rs");
}

#[test]
fn one_conversion_away_it_compiles() {
    converted_to_euler_maruyama::main().expect("the twin runs");
}
