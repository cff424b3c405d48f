use crate::preprocess::page::{Outcome, Page, Replacement};
use crate::preprocess::problem::suggestion;

/// `{{covers u:8 r:2}}`: the place in the text of ledger items that have no number of their own.
pub fn covers(page: &Page, argument: &str) -> Outcome {
    let mut anchors = String::new();
    for id in argument.split_whitespace() {
        if !page.world.items.contains_key(id) {
            let known = page.world.items.keys().map(String::as_str);
            return Err(format!("unknown ledger item `{id}`{}", suggestion(id, known)));
        }
        anchors.push_str(&format!("<span id=\"item-{id}\"></span>"));
    }
    if anchors.is_empty() {
        return Err("`covers` names no ledger item".into());
    }
    Ok(Replacement::Inline(anchors))
}
