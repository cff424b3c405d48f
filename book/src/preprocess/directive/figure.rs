use crate::entries::breakable;
use crate::preprocess::page::{Outcome, Page, Replacement};
use crate::preprocess::problem::suggestion;

/// `{{figure id}}`: the drawing, its number and caption, and how it was made.
pub fn figure(page: &mut Page, id: &str) -> Outcome {
    let figures = &page.world.figures;
    let Some(figure) = figures.get(id) else {
        let known = figures.keys().map(String::as_str);
        return Err(format!("unknown figure `{id}`{}", suggestion(id, known)));
    };
    if figure.alt.trim().is_empty() {
        return Err(format!("the figure `{id}` has no alternative text: say in `alt` what it shows"));
    }
    let anchor = format!("fig:{id}");
    let label = page.labels.get(&anchor).map_or_else(String::new, |label| label.text.clone());
    let drawing = match &figure.drawing {
        Some((drawing, glyphs)) => {
            page.glyphs.extend(glyphs);
            drawing.as_str()
        }
        None => {
            "<p class=\"figure-pending\" role=\"status\">This figure is being computed and will appear here.</p>"
        }
    };
    let caption = page.expand(figure.caption.trim(), &figure.file);
    let parameters: String = figure
        .parameters
        .iter()
        .map(|(name, value, meaning)| format!(", <code>{name} = {value}</code> ({meaning})"))
        .collect();
    let root = page.chapter.to_root();
    Ok(Replacement::Block(format!(
        "<figure class=\"figure\" id=\"{anchor}\">{drawing}<figcaption>\n\n<a class=\"figure-number\" href=\"#{anchor}\">{label}.</a> {caption}\n\n\
         <details class=\"provenance\"><summary>How it was made</summary>Seed {seed}{parameters}. Redraw it: \
         <code><span class=\"whole\">cargo run -- figures</span> {id}</code>; change it: add <code class=\"whole\">--seed N</code> \
         or <code class=\"whole\">--set name=value</code>. Source: <a href=\"{root}source/{file}.html\">{shown}</a>.</details>\n\
         <p class=\"downloads\"><a href=\"{root}figures/{id}.svg\" aria-label=\"{label} as SVG\">SVG</a> <a href=\"{root}figures/{id}.csv\" aria-label=\"data of {label} as CSV\">CSV</a></p>\n\n</figcaption></figure>",
        seed = figure.seed,
        file = figure.file,
        shown = breakable(&figure.file),
    )))
}
