//! The formula in MathML, for screen readers and copying.

use std::collections::BTreeMap;
use std::sync::Mutex;

use pulldown_latex::config::DisplayMode;
use pulldown_latex::event::{Content, Event};
use pulldown_latex::{Parser, RenderConfig, Storage, push_mathml};
use resvg::usvg::roxmltree::Document;

use super::macros::{MACROS, ONLY_DRAWN};
use super::{Error, Memory, Problem, Style, remember};

/// What `\operatorname*` is renamed to: the converter has no name with a star, and copies the name's TeX.
const WITH_LIMITS: &str = r"\operatornamewithlimits";

/// A thin space inside a name or words.
const THIN: &str = r"\,";

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
    static SAID: Memory<String> = Mutex::new(BTreeMap::new());
    remember(&SAID, tex, style, || convert(tex, style)).map_err(|message| {
        // The lines after the first point into the source with all definitions before it.
        Problem::NoMathml(message.lines().next().unwrap_or_default().to_owned()).with(tex)
    })
}

fn convert(tex: &str, style: Style) -> Result<String, String> {
    let definitions: String = MACROS.iter().chain(ONLY_DRAWN).map(|own| own.definition()).collect();
    let storage = Storage::new();
    let source = format!("{definitions}{}", brace_scripts(tex)).replace(r"\operatorname*", WITH_LIMITS);
    let events: Vec<_> =
        Parser::new(&source, &storage).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    for event in &events {
        if let Event::Content(Content::Text(words) | Content::Function(words)) = event
            && words.replace(THIN, "").contains(['\\', '$'])
        {
            return Err(format!("TeX among the words `{words}`"));
        }
    }
    let display_mode = match style {
        Style::Inline => DisplayMode::Inline,
        Style::Display => DisplayMode::Block,
    };
    let config = RenderConfig { display_mode, ..RenderConfig::default() };
    let mut math = String::new();
    push_mathml(&mut math, events.into_iter().map(Ok::<_, pulldown_latex::ParserError>), config)
        .map_err(|error| error.to_string())?;
    // The converter copies words as they are, escapes no `<` among operators but the ampersand of a space, and leaves out
    // the space before the size of a big delimiter.
    let mends = [
        ("\n", " "),
        (THIN, "\u{2009}"),
        ("&amp;nbsp;", "\u{a0}"),
        ("&nbsp;", "\u{a0}"),
        ("><</", ">&lt;</"),
        (">&</", ">&amp;</"),
        ("\"minsize=", "\" minsize="),
    ];
    let math = mends.iter().fold(math, |math, (from, to)| math.replace(from, to));
    Document::parse(&math).map_err(|error| error.to_string())?;
    Ok(math)
}

/// `A^\T` as `A^{\T}`: the converter does not look for commands of ours in a script without braces.
fn brace_scripts(tex: &str) -> String {
    let mut braced = String::new();
    let mut rest = tex;
    while let Some(place) = rest.find(['^', '_']) {
        let (before, after) = rest.split_at(place + 1);
        let script = after.trim_start();
        braced += before;
        rest = after;
        if let Some(own) = MACROS.iter().find(|own| own.arguments == 0 && own.begins(script)) {
            braced += &format!("{{{}}}", own.name);
            rest = &script[own.name.len()..];
        }
    }
    braced + rest
}
