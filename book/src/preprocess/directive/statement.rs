use crate::preprocess::labels::KINDS;
use crate::preprocess::page::{Outcome, Page, Replacement};
use crate::preprocess::problem::suggestion;

/// `{{statement thm 1.5 Title}} … {{end}}`: a numbered, linkable block with a badge leading to its checks.
pub fn statement(page: &mut Page, argument: &str) -> Outcome {
    let mut words = argument.splitn(3, char::is_whitespace);
    let kind = words.next().unwrap_or_default();
    let Some((_, word)) = KINDS.iter().find(|(short, _)| *short == kind) else {
        let known = KINDS.iter().map(|(short, _)| *short);
        return Err(format!("unknown kind of statement `{kind}`{}", suggestion(kind, known)));
    };
    let Some(number) = words.next() else {
        return Err("a statement needs its number in the notes".into());
    };
    let id = format!("{kind}:{number}");
    let Some(&checks) = page.world.items.get(&id) else {
        let known = page.world.items.keys().map(String::as_str);
        return Err(format!("the ledger has no `{id}`{}", suggestion(&id, known)));
    };
    let file = page.chapter.file.clone();
    let title = page.expand(words.next().unwrap_or_default(), &file);
    let title =
        if title.is_empty() { title } else { format!(" <span class=\"statement-title\">{title}</span>") };
    let badge = match checks {
        0 => String::new(),
        _ => {
            let link = page.chapter.link("coverage.md", &format!("cov-{kind}-{}", number.replace('.', "-")));
            let noun = if checks == 1 { "check" } else { "checks" };
            format!(" <span class=\"badge\">[{checks} {noun}]({link})</span>")
        }
    };
    Ok(Replacement::Block(format!(
        "<div class=\"statement {kind}\" id=\"{id}\">\n\n<a class=\"statement-number\" href=\"#{id}\">{word} {number}</a>{title}{badge}"
    )))
}
