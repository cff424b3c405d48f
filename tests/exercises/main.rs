//! The reader's answers, examined: `cargo test --test exercises <name>`. It is no part of a plain `cargo test`, since
//! stubs that nobody has filled in yet must fail.

#[allow(dead_code, reason = "the solutions are examined elsewhere")]
#[path = "../../exercises/mod.rs"]
mod exercises;

macro_rules! examine {
    ($($chapter:ident { $($name:ident: $function:ident),* })*) => {
        $(mod $chapter { $(
            #[test]
            fn $name() {
                crate::exercises::$chapter::$name::examine(crate::exercises::$chapter::$name::stub::$function);
            }
        )* })*
    };
}
exercises::all_exercises!(examine);
