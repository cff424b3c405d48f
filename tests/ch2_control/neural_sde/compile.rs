//! What must not compile, with the compiler's words; and a twin, one conversion away, that compiles and runs.

#[path = "compile/converted_reversed.rs"]
mod converted_reversed;
#[path = "compile/converted_to_adjoint.rs"]
mod converted_to_adjoint;

#[test]
fn the_adjoint_is_for_stratonovich_equations() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ch2_control/neural_sde/compile/ito_to_adjoint.rs");
}

#[test]
fn the_reversal_is_for_stratonovich_equations() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ch2_control/neural_sde/compile/ito_reversed.rs");
}

#[test]
fn one_conversion_away_they_compile() {
    converted_to_adjoint::main().expect("the twin runs");
    converted_reversed::main().expect("the twin runs");
}
