use crate::preprocess::page::{Outcome, Replacement};

/// `{{solution}} … {{end}}`: folded until asked for.
pub fn solution(argument: &str) -> Outcome {
    if !argument.is_empty() {
        return Err(format!("`solution` takes no argument, but has `{argument}`"));
    }
    Ok(Replacement::Block("<details class=\"solution\"><summary>Solution</summary>".into()))
}
