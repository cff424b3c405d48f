//! Every solution passes its examination, and every stub fails it: an examination that cannot fail teaches nothing.

#[path = "../../exercises/mod.rs"]
mod exercises;

macro_rules! solve {
    ($($chapter:ident { $($name:ident: $function:ident),* })*) => {
        $(mod $chapter {
            use std::panic::catch_unwind;

            $(
            #[test]
            fn $name() {
                use crate::exercises::$chapter::$name::{examine, solution, stub};
                examine(solution::$function);
                // A reader who has filled in the stub should not see a failure; where the book itself is tested
                // nobody has.
                let stub_passes = catch_unwind(|| examine(stub::$function)).is_ok();
                assert!(!stub_passes || std::env::var_os("CI").is_none(), "the stub passes its examination");
            }
        )* })*
    };
}
exercises::all_exercises!(solve);
