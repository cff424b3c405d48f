//! The formula in MathML, for screen readers and copying.

use pulldown_latex::config::DisplayMode;
use pulldown_latex::{Parser, RenderConfig, Storage, push_mathml};

use super::macros::{MACROS, ONLY_DRAWN};
use super::{Error, Style};

/// A `<math>` element for the formula, on one line and without the TeX source.
///
/// # Errors
///
/// A formula that does not parse or has an unknown command.
///
/// ```
/// use book::typeset::{Style, mathml};
///
/// let math = mathml(r"\E[x]", Style::Inline)?;
/// assert!(math.starts_with("<math") && math.contains('𝔼'));
/// # Ok::<(), book::typeset::Error>(())
/// ```
pub fn mathml(tex: &str, style: Style) -> Result<String, Error> {
    let unreadable = |message: String| {
        // The lines after the first point into the source with all definitions before it.
        let message = format!("in MathML: {}", message.lines().next().unwrap_or_default());
        Error::Syntax { tex: tex.to_owned(), message }
    };
    let definitions: String = MACROS.iter().chain(ONLY_DRAWN).map(|own| own.definition()).collect();
    let storage = Storage::new();
    let source = format!("{definitions}{tex}");
    let events: Vec<_> = Parser::new(&source, &storage)
        .collect::<Result<_, _>>()
        .map_err(|error| unreadable(error.to_string()))?;
    let display_mode = match style {
        Style::Inline => DisplayMode::Inline,
        Style::Display => DisplayMode::Block,
    };
    let config = RenderConfig { display_mode, ..RenderConfig::default() };
    let mut math = String::new();
    push_mathml(&mut math, events.into_iter().map(Ok::<_, pulldown_latex::ParserError>), config)
        .map_err(|error| unreadable(error.to_string()))?;
    Ok(math.replace('\n', " "))
}
