use crate::preprocess::page::{Outcome, Page, Replacement};
use crate::preprocess::problem::suggestion;

/// `{{erratum A1 C4}} … {{end}}`: a box saying where the notes go wrong, linked to the errata page.
pub fn erratum(page: &mut Page, argument: &str) -> Outcome {
    let mut links = Vec::new();
    let anchor = format!("box-{}", argument.split_whitespace().next().unwrap_or_default());
    for id in argument.split_whitespace() {
        if !page.world.errata.contains(id) {
            let known = page.world.errata.iter().map(String::as_str);
            return Err(format!("unknown erratum `{id}`{}", suggestion(id, known)));
        }
        let link = page.chapter.link("errata.md", &format!("erratum-{id}"));
        links.push(format!("[{id}]({link})"));
        page.errata.insert(id.into(), anchor.clone());
    }
    if links.is_empty() {
        return Err("`erratum` names no entry of the errata".into());
    }
    Ok(Replacement::Block(format!(
        "<div class=\"erratum\" id=\"{anchor}\">\n\n<span class=\"erratum-title\">Where the notes go wrong</span> ({})",
        links.join(", ")
    )))
}
