use super::code;
use crate::preprocess::page::{Outcome, Page, Replacement};
use crate::preprocess::problem::suggestion;

/// The folder of the exercises in the repository.
pub const FOLDER: &str = "exercises/";

/// The names of all exercises among the source files: `ch1_preliminaries/bridge`.
pub fn exercises<'a>(sources: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    sources
        .filter_map(|file| file.strip_prefix(FOLDER)?.strip_suffix(".rs"))
        .filter(|name| name.contains('/'))
}

/// The title of an exercise: the first line of its file.
pub fn title(source: &str) -> &str {
    source.lines().next().unwrap_or_default().trim_start_matches("//! ").trim_end_matches('.')
}

/// `{{exercise ch1_preliminaries/bridge}}`: the stub to fill in, how to have it examined, the examination and the
/// solution, both folded.
pub fn exercise(page: &mut Page, name: &str) -> Outcome {
    let file = format!("{FOLDER}{name}.rs");
    if !page.world.sources.contains_key(&file) {
        let known = exercises(page.world.sources.keys().map(String::as_str));
        return Err(format!("unknown exercise `{name}`{}", suggestion(name, known)));
    }
    let part = |anchor: &str| match code(page, &format!("{file}:{anchor}"))? {
        Replacement::Block(block) | Replacement::Inline(block) => Ok::<_, String>(block),
    };
    let (stub, test, solution) = (part("stub")?, part("test")?, part("solution")?);
    let short = name.rsplit('/').next().unwrap_or(name);
    let anchor = format!("exercise-{short}");
    page.exercises.insert(name.into(), anchor.clone());
    Ok(Replacement::Block(format!(
        "<div class=\"exercise\" id=\"{anchor}\">\n\nFill in the function and have it examined.\n\n{stub}\n\n\
         ```console\ncargo test --test exercises {short}\n```\n\n\
         <details class=\"solution\"><summary>The examination</summary>\n\n{test}\n\n</details>\n\n\
         <details class=\"solution\"><summary>A solution in Rust</summary>\n\n{solution}\n\n</details>\n\n</div>"
    )))
}
