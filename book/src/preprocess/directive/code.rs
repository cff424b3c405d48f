use crate::entries::breakable;
use crate::preprocess::page::{Outcome, Page, Replacement};
use crate::preprocess::problem::suggestion;

/// `{{code src/file.rs:anchor}}`: the anchored lines, captioned with a link to file and line.
pub fn code(page: &Page, argument: &str) -> Outcome {
    let Some((file, anchor)) = argument.split_once(':') else {
        return Err(format!(
            "`code {argument}` must name a file and an anchor: `{{{{code file.rs:anchor}}}}`"
        ));
    };
    let Some(source) = page.world.sources.get(file) else {
        let known = page.world.sources.keys().map(String::as_str);
        return Err(format!("there is no source file `{file}`{}", suggestion(file, known)));
    };
    let Some((line, lines)) = anchored(source, anchor)? else {
        let known = source.lines().filter_map(|line| line.trim().strip_prefix("// ANCHOR: "));
        return Err(format!("`{file}` has no anchor `{anchor}`{}", suggestion(anchor, known)));
    };
    let language = if file.ends_with(".rs") { "rust" } else { "text" };
    let root = page.chapter.to_root();
    let shown = breakable(file);
    Ok(Replacement::Block(format!(
        "<div class=\"code-caption\"><a href=\"{root}source/{file}.html#L{line}\">{shown}, line {line}</a></div>\n\n```{language}\n{lines}\n```"
    )))
}

/// The first line's number and the lines between `// ANCHOR: name` and `// ANCHOR_END: name`, moved to the margin, without
/// the examples in comments: the page has its own.
fn anchored(source: &str, name: &str) -> Result<Option<(usize, String)>, String> {
    let is = |line: &str, word: &str| line.trim().strip_prefix(word).map(str::trim) == Some(name);
    let lines: Vec<&str> = source.lines().collect();
    let Some(start) = lines.iter().position(|line| is(line, "// ANCHOR:")) else {
        return Ok(None);
    };
    let Some(length) = lines[start..].iter().position(|line| is(line, "// ANCHOR_END:")) else {
        return Err(format!("the anchor `{name}` has no `ANCHOR_END`"));
    };
    let inside = lines[start + 1..start + length].iter().copied();
    let inside = without_examples(inside.filter(|line| !line.trim().starts_with("// ANCHOR")));
    let margin = inside
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let moved: Vec<&str> = inside.iter().map(|line| line.get(margin..).unwrap_or("")).collect();
    Ok(Some((start + 2, moved.join("\n"))))
}

/// Leaves out the fenced parts of comments, each with the empty line before it.
fn without_examples<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut kept: Vec<&str> = Vec::new();
    let mut fenced = false;
    for line in lines {
        if line.trim().starts_with("/// ```") {
            if !fenced {
                kept.pop_if(|before| before.trim() == "///");
            }
            fenced = !fenced;
        } else if !fenced {
            kept.push(line);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::anchored;

    #[test]
    fn anchored_lines_come_to_the_margin_without_other_anchors() {
        let source = "a\n    // ANCHOR: x\n    fn f() {\n        // ANCHOR: y\n        1\n        // ANCHOR_END: y\n    }\n    // ANCHOR_END: x\n";
        assert_eq!(anchored(source, "x"), Ok(Some((3, "fn f() {\n    1\n}".into()))));
        assert_eq!(anchored(source, "y"), Ok(Some((5, "1".into()))));
        assert_eq!(anchored(source, "z"), Ok(None));
    }

    #[test]
    fn examples_in_comments_are_left_out() {
        let example = "/// ```\n/// assert!(f() > 0);\n/// ```\n";
        let source = format!(
            "// ANCHOR: x\n/// One.\n///\n{example}///\n/// # Errors\n/// None.\nfn f() {{}}\n// ANCHOR_END: x\n"
        );
        let shown = "/// One.\n///\n/// # Errors\n/// None.\nfn f() {}";
        assert_eq!(anchored(&source, "x"), Ok(Some((2, shown.into()))));
    }

    #[test]
    fn an_anchor_that_never_ends_is_an_error() {
        let message = anchored("// ANCHOR: x\n1\n", "x").unwrap_err();
        assert_eq!(message, "the anchor `x` has no `ANCHOR_END`");
    }
}
