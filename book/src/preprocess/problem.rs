//! Problems: everything wrong with a build, gathered and told at once.

use std::fmt;

/// One thing wrong with a chapter, where it stands, and if possible what was meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, relative to the root of the repository.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// `; did you mean …?` with the known name nearest to `name`, or nothing if none is near.
pub fn suggestion<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    const NEAR: f64 = 0.66;
    known
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| format!("; did you mean `{candidate}`?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested_and_a_far_one_is_not() {
        let known = ["brownian-paths", "isometry"];
        assert_eq!(suggestion("brownain-paths", known), "; did you mean `brownian-paths`?");
        assert_eq!(suggestion("zzz", known), "");
    }

    #[test]
    fn a_problem_names_file_and_line() {
        let problem = Problem { file: "chapters/a.md".into(), line: 7, message: "unknown figure".into() };
        assert_eq!(problem.to_string(), "chapters/a.md:7: unknown figure");
    }
}
