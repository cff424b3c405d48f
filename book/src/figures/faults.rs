//! What is wrong with a figure of the book: numbers other than the pinned ones, words that collide.

use std::panic::catch_unwind;

use super::geometry::Window;
use super::{Cache, Figure, Palette, Plate, Result, draw, emission};

/// Holds the figure's numbers against their pin, and tells what is wrong with them and with the drawing.
///
/// # Errors
/// A figure that cannot be computed or drawn.
pub fn faults(figure: &Figure, cache: &Cache) -> Result<Vec<String>> {
    let settings = figure.settings();
    let data = draw(figure, &settings, cache)?.data;
    let mut faults = collisions(figure, &(figure.draw)(&data, &settings)?)?;
    for name in data.names() {
        if data.get(name)?.iter().any(|value| value.is_infinite()) {
            faults.push(format!("the column {name} is infinite somewhere"));
        }
    }
    let key = format!("{}/figures/{}", figure.section, figure.id);
    if catch_unwind(|| crate::pin(&key, data.summary())).is_err() {
        faults.push("its numbers are not the pinned ones".into());
    }
    Ok(faults)
}

/// Labels that overlap or leave their panel.
pub(super) fn collisions(figure: &Figure, plates: &[Plate]) -> Result<Vec<String>> {
    let overlap = |a: &Window, b: &Window| {
        let slack = 0.5;
        a.left + slack < b.right
            && b.left + slack < a.right
            && a.top + slack < b.bottom
            && b.top + slack < a.bottom
    };
    let mut found = Vec::new();
    for print in emission::prints(figure, plates, Palette::Light)? {
        let panel = Window { left: -0.5, top: -0.5, right: print.width + 0.5, bottom: print.height + 0.5 };
        let words = &print.sheet.words;
        for (k, (text, bounds)) in words.iter().enumerate() {
            if !panel.holds([bounds.left, bounds.top]) || !panel.holds([bounds.right, bounds.bottom]) {
                found.push(format!("`{text}` is cut at the edge"));
            }
            let others = words[k + 1..].iter().filter(|(_, place)| overlap(bounds, place));
            found.extend(others.map(|(other, _)| format!("`{text}` and `{other}` overlap")));
        }
    }
    Ok(found)
}
