use pulldown_cmark::{Event, Options as Markdown, Parser, Tag};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, roxmltree::Document};

use super::draw::draw;
use super::macros::{MACROS, Macro, ONLY_DRAWN};
use super::path::Path;
use super::*;

/// Formulas that exercise every part of the layout.
const HARD: &[&str] = &[
    r"\E\big[(X_t-X_s)^2\big]=t-s",
    r"\dd X_t=b(X_t,t)\dd t+\sigma(X_t,t)\dd W_t",
    r"\int_0^T f(t)\dd W_t=\lim_{n\to\infty}\sum_{k=0}^{n-1}f(t_k)\bigl(W_{t_{k+1}}-W_{t_k}\bigr)",
    r"f(x)=\begin{cases}1,&x\ge 0,\\0,&\text{otherwise}\end{cases}",
    r"\begin{aligned}\partial_t p&=-\nabla\cdot(bp)+\tfrac12\Delta p\\&=\mathcal{L}^*p\end{aligned}",
    r"\begin{pmatrix}a&b\\c&d\end{pmatrix}\begin{bmatrix}1\\0\end{bmatrix}",
    r"\underbrace{a+b+c}_{\text{drift}}+\overbrace{x+y}^{n}",
    r"A\xrightarrow[n\to\infty]{\text{a.s.}}B",
    r"\widetilde{XYZ}+\widehat{abc}+\tilde x+\hat\theta+\dot q+\ddot q+\bar\mu+\vec v",
    r"\mathcal{L}\mathcal{F}_t\subseteq\mathcal{G}",
    r"\mathbb{P}(A\mid B)=\mathbb{E}[\mathbf{1}_A]",
    r"b(X_t)\circ\mathrm{d}W_t",
    r"X\overset{d}{=}Y\stackrel{\text{def}}{=}Z",
    r"\Bigl(\frac{a}{b}\Bigr)\Big[\bigg\{\Bigg|x\Bigg|\bigg\}\Big]",
    r"\frac{\partial^2 u}{\partial x_i\partial x_j}",
    r"\left\langle \nabla f,\nabla g\right\rangle",
    r"\operatorname{Law}(X)\sim\mathcal{N}(0,\Sigma)",
    r"x^\star=\argmin_{x\in\R^d}f(x)",
    r"\text{for all words and } x>0",
    r"\boldsymbol{\theta}+\boldsymbol{x}+\mathbf{W}",
    r"f'(x)+g''(x)",
    r"\sqrt[3]{x+\sqrt{1+y^2}}",
    r"\sum_{\substack{0\le i<n\\i\ne j}}a_{ij}",
    r"\left.\frac{\dd}{\dd s}\right|_{s=0}F(x+s v)",
    r"\left(\int_{\R^d}|x|^p\,\mu(\dd x)\right)^{1/p}",
    r"\KL(\mu\,\|\,\nu)=\int\log\frac{\dd\mu}{\dd\nu}\dd\mu",
    r"\mathsf{T}_{\theta}\,\mathfrak{g}\,\mathscr{F}\,\mathtt{x}",
    r"\overline{X}_n+\underline{a}",
    r"\prod_{i=1}^{n}\bigl(1+\lambda_i\bigr)^{-1/2}",
    r"\cfrac{1}{1+\cfrac{1}{x}}",
    r"\binom{n}{k}p^k(1-p)^{n-k}",
    r"A^{\top}B^{\dagger}C^{\T}",
    r"a\coloneqq b\equiv c\approx d\propto e\ll f\gg g\iff h\implies i",
    r"\lim_{h\downarrow 0}\frac{f(x+h)-f(x)}{h}",
    r"\max_{1\le k\le n}\sup_{t\in[0,T]}\inf_x\det A\exp\ln\log\min",
    r"\iint_{\Omega}\oint_{\gamma}f",
    r"\left\|x\right\|_{L^2}\le\left\lfloor\frac{n}{2}\right\rfloor+\lceil x\rceil",
    r"\alpha\beta\gamma\delta\epsilon\varepsilon\zeta\varphi\phi\omega\Omega\Gamma\ell\hbar",
    r"\forall x\in\Z\ \exists y\colon x\mapsto y\hookrightarrow z",
    r"\begin{array}{c|cc}0&1&2\\\hline 3&4&5\end{array}",
    r"e^{-\frac{(x-\mu)^2}{2\sigma^2}}",
    r"\operatorname*{ess\,sup}_{x}f\odot g\otimes h\oplus k\wedge l\vee m",
    r"\Box u\quad\partial\Omega\qquad\cdots\ldots\vdots\ddots\infty",
    r"\boxed{E=mc^2}\quad\cancel{x}",
    r"\overrightarrow{AB}+\overleftarrow{CD}",
    r"x\xleftarrow{f}y\xleftrightarrow{g}z",
    r"\underbrace{\sum_{i=1}^n x_i}_{S_n}+\overline{\lim}_{n}\,a_n",
];

fn set(tex: &str, style: Style) -> Typeset {
    typeset(tex, style).unwrap_or_else(|error| panic!("{error}"))
}

fn inline(tex: &str) -> Typeset {
    set(tex, Style::Inline)
}

fn problem(tex: &str) -> Problem {
    typeset(tex, Style::Inline).unwrap_err().problem
}

fn ids(set: &Typeset) -> Vec<String> {
    set.glyphs.iter().map(|glyph| glyph.id()).collect()
}

/// The formula as a file of its own, with 2 em of paper on all sides.
fn file(set: &Typeset) -> String {
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2000 {} {} {}"><defs>{}</defs>{}</svg>"#,
        -1000.0 * (set.height + 2.0),
        1000.0 * (set.width + 4.0),
        1000.0 * (set.height + set.depth + 4.0),
        definitions(&set.glyphs),
        set.body
    )
}

/// The edges of the ink in em: left, right, top, bottom, from the origin of the formula.
fn ink(set: &Typeset) -> [f64; 4] {
    const DOTS: f64 = 40.0;
    let tree = Tree::from_str(&file(set), &Options::default()).expect("the file is SVG");
    let dots = |em: f64| (DOTS * em).ceil() as u32;
    let mut paper =
        Pixmap::new(dots(set.width + 4.0), dots(set.height + set.depth + 4.0)).expect("some paper");
    let scale = (DOTS / 1000.0) as f32;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut paper.as_mut());
    let width = paper.width() as usize;
    let black = paper.pixels().iter().enumerate().filter(|(_, dot)| dot.alpha() > 64);
    let mut edges = [f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY, f64::NEG_INFINITY];
    for (place, _) in black {
        let x = (place % width) as f64 / DOTS - 2.0;
        let y = (place / width) as f64 / DOTS - 2.0 - set.height;
        edges = [edges[0].min(x), edges[1].max(x), edges[2].min(y), edges[3].max(y)];
    }
    edges
}

#[test]
fn letters_stand_on_the_baseline() {
    assert_eq!(inline("x").depth, 0.0);
    assert!((inline("y").depth - 0.194).abs() < 1e-3);
    assert!((inline("x").height - 0.431).abs() < 1e-3);
    assert!(inline("x").body.ends_with(r##"<use href="#g-MathI-78"/>"##), "no x and y: at the origin");
    let bar = inline(r"\frac{a}{b}");
    assert!(
        bar.body.contains("-270h") && bar.body.contains("v40"),
        "centred on the axis, 0.25 em: {}",
        bar.body
    );
}

#[test]
fn inline_formulas_stay_within_the_line() {
    for tex in [r"\sum_{i=1}^n x_i", r"\int_0^t f(s)\dd s", r"\lim_{n\to\infty}a_n", r"\tfrac12\sigma^2"] {
        let (inline, display) = (inline(tex), set(tex, Style::Display));
        assert!(inline.height + inline.depth < 1.37, "{tex}: {}", inline.height + inline.depth);
        assert!(inline.height + inline.depth <= display.height + display.depth);
    }
    let sum = set(r"\sum_{i=1}^n x_i", Style::Display);
    assert!(sum.height + sum.depth > 2.8);
}

#[test]
fn scripts_are_smaller() {
    let nested = inline("x_{a_b}^2");
    assert!(nested.body.contains(r#"<g transform="scale(0.7)">"#));
    assert!(nested.body.contains(r##"<g transform="scale(0.5)"><use href="#g-MathI-62""##));
    let [_, right, ..] = ink(&inline("{}_{x}"));
    let [_, full, ..] = ink(&inline("x"));
    assert!((right / full - 0.7).abs() < 0.06, "{right} of {full}");
}

#[test]
fn the_differential_keeps_a_thin_space_before_it_only_after_something() {
    assert_eq!(inline(r"\dd t").width, inline(r"\mathrm{d}t").width);
    assert!((inline(r"b\dd t").width - inline(r"b\,\mathrm{d}t").width).abs() < 1e-9);
}

/// A second program draws the file, without fonts: its ink must lie where the layout says.
#[test]
fn ink_lies_within_the_box() {
    for tex in HARD.iter().chain(&["x", "y", r"\sqrt2", r"\big|", r"-1"]) {
        for style in [Style::Inline, Style::Display] {
            let set = set(tex, style);
            let [left, right, top, bottom] = ink(&set);
            let slack = 0.13;
            assert!(left > -slack && right < set.width + slack, "{tex}: {left} to {right} of {}", set.width);
            assert!(top > -set.height - slack && bottom < set.depth + slack, "{tex}: {top} to {bottom}");
            assert!(right - left > 0.8 * set.width - 0.7, "{tex}: {left} to {right} of {}", set.width);
        }
    }
}

#[test]
fn a_radical_meets_its_bar() {
    let root = inline(r"\sqrt2");
    let [left, right, top, bottom] = ink(&root);
    assert!(left < 0.15 && (right - root.width).abs() < 0.05, "{left} {right}");
    assert!((top + root.height).abs() < 0.1 && (bottom - root.depth).abs() < 0.1, "{top} {bottom}");
    assert_eq!(ids(&root), ["g-Main-32", "g-Main-221a"]);
}

#[test]
fn hard_formulas_are_drawn_alike_every_time() {
    for tex in HARD {
        for style in [Style::Inline, Style::Display] {
            let first = draw(tex, style).unwrap_or_else(|problem| panic!("{tex}: {problem}"));
            assert_eq!(first, draw(tex, style).expect("as before"));
            assert_eq!(first, typeset(tex, style).expect("as before"));
            assert_eq!(mathml(tex, style), mathml(tex, style));
        }
    }
}

#[test]
fn drawings_hold_no_text_and_no_colour() {
    for tex in HARD {
        let set = set(tex, Style::Display);
        let page = file(&set);
        for node in
            Document::parse(&page).expect("well-formed").descendants().filter(|node| node.is_element())
        {
            assert!(matches!(node.tag_name().name(), "svg" | "defs" | "path" | "g" | "use"), "{tex}");
            for attribute in node.attributes() {
                let allowed = match attribute.name() {
                    "fill" => attribute.value() == "none",
                    "stroke" => attribute.value() == "currentColor",
                    "href" => ids(&set).iter().any(|id| attribute.value()[1..] == *id),
                    name => ["id", "d", "x", "y", "transform", "viewBox", "stroke-width"].contains(&name),
                };
                assert!(allowed, "{tex}: {attribute:?}");
            }
        }
    }
}

#[test]
fn glyphs_have_stable_and_different_ids() {
    let glyphs: BTreeSet<Glyph> = HARD.iter().flat_map(|tex| set(tex, Style::Display).glyphs).collect();
    let ids: BTreeSet<String> = glyphs.iter().map(|glyph| glyph.id()).collect();
    assert_eq!(ids.len(), glyphs.len());
    assert!(ids.iter().all(|id| id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')));
    assert_eq!(super::tests::ids(&inline(r"x\E\mathbf{x}")), ["g-AMS-45", "g-MainB-78", "g-MathI-78"]);
    let defined = definitions(&glyphs);
    assert_eq!(defined.matches("<path id=").count(), glyphs.len());
    assert!(!defined.contains(r#"d="""#), "every glyph has an outline");
    assert_eq!(definitions(&inline("x").glyphs), definitions(&inline(r"\frac{x}{x}").glyphs));
}

#[test]
fn each_formula_has_one_mathml_without_source() {
    for tex in HARD {
        let (html, _) = display_html(tex, None, None).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(html.matches("<math").count(), 1, "{tex}");
        assert!(!html.contains("annotation") && !html.contains("merror"), "{tex}");
        assert!(!html.contains('\n') && !html.contains('\\'), "{html}");
    }
}

#[test]
fn the_text_of_a_formula_stands_once_in_its_html() {
    // What lies between the tags is what the index for searching takes.
    let text = |html: &str| {
        let pieces = html.split('<').filter_map(|piece| piece.split_once('>'));
        pieces.map(|(_, text)| text).collect::<String>()
    };
    let (inline, _) = inline_html(r"\beta\mathbf{x}").expect("two letters");
    let (display, _) = display_html(r"\beta\mathbf{x}", Some("eq:1.5"), Some("1.5")).expect("two letters");
    for html in [inline, display] {
        let text = text(&html);
        assert_eq!((text.matches('β').count(), text.matches("beta").count()), (1, 0), "{text}");
    }
}

#[test]
fn mathml_holds_no_tex() {
    let limits = mathml(r"\operatorname*{ess\,sup}_{x}f", Style::Display).expect("a formula");
    assert!(limits.contains("<munder><mi>ess\u{2009}sup</mi>"), "{limits}");
    assert!(mathml(r"a\ b", Style::Inline).is_ok_and(|math| math.contains("<mtext>\u{a0}</mtext>")));
    assert!(mathml(r"b\dd t", Style::Inline).is_ok_and(|math| !math.contains("mspace")));
    for words in [r"\text{if $x$}", r"\text{a \emph{b}}"] {
        assert!(matches!(mathml(words, Style::Inline).unwrap_err().problem, Problem::NoMathml(_)), "{words}");
    }
    for (tex, escaped) in [("a<b", "<mo>&lt;</mo>"), (r"a\& b", "&amp;"), (r"\text{a<b}", "a&lt;b")] {
        let math = mathml(tex, Style::Inline).unwrap_or_else(|error| panic!("{error}"));
        assert!(math.contains(escaped), "{math}");
    }
}

#[test]
fn formulas_are_short() {
    for tex in HARD {
        let (html, _) = display_html(tex, None, None).unwrap_or_else(|error| panic!("{error}"));
        let math = mathml(tex, Style::Display).expect("as before");
        assert!(html.len() - math.len() < 2500, "{tex}: {}", html.len() - math.len());
    }
}

#[test]
fn every_macro_stands_for_its_body() {
    let names: Vec<_> = MACROS.iter().map(|own| own.name).collect();
    assert!(names.is_sorted(), "{names:?}");
    for own in MACROS {
        let call = format!("a {}{} b", own.name, ["", "{u}", "{u}{v}"][own.arguments]);
        let body = format!("a {} b", own.body.replace("#1", "{u}").replace("#2", "{v}"));
        let (called, written) = (inline(&call), inline(&body));
        assert_eq!(called, written, "{call}");
        assert!(mathml(&call, Style::Inline).is_ok(), "{call}");
        assert!(!own.body.contains(&format!("#{}", own.arguments + 1)));
    }
}

#[test]
fn macros_take_scripts() {
    assert_eq!(mathml(r"A^\T_\R", Style::Inline), mathml(r"A^{\T}_{\R}", Style::Inline));
    assert!(mathml(r"A^\Theta", Style::Inline).is_ok_and(|math| math.contains('Θ')), "not a T and heta");
    for tex in [
        r"A^\T",
        r"\E^{x}_s\P_x",
        r"\norm{x}^2",
        r"\argmin_\theta f",
        r"\frac{\dd X}{\dd t}",
        r"\KL(p)",
        r"\1_A",
    ] {
        inline_html(tex).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn commands_without_mathml_get_a_substitute() {
    for Macro { name, arguments, .. } in ONLY_DRAWN {
        let call = format!("a{name}{} b", ["", "{u}"][*arguments]);
        inline(&call);
        let math = mathml(&call, Style::Inline).unwrap_or_else(|error| panic!("{error}"));
        assert!(math.contains("<mi>a</mi>") && math.contains("<mi>b</mi>"), "{math}");
    }
}

#[test]
fn what_cannot_be_set_says_why() {
    assert_eq!(problem(""), Problem::Empty);
    assert_eq!(problem(r"\quad"), Problem::Empty);
    assert_eq!(problem(r"\color{red}x"), Problem::Coloured);
    assert_eq!(problem(r"x=1 \tag{1.5}"), Problem::Numbered);
    assert!(matches!(problem("漢"), Problem::Character { character: '漢', .. }));
    let unknown = typeset(r"a+\foo", Style::Inline).unwrap_err().to_string();
    assert_eq!(unknown, r"`a+\foo` does not parse: Undefined control sequence: \foo at byte 2");
    for tex in [r"\frac{1", r"x^2^3", r"\left(x", r"\begin{cases}x", "a&b", "}"] {
        assert!(matches!(problem(tex), Problem::Syntax(_)), "{tex}");
    }
    assert!(matches!(mathml(r"\utilde{x}", Style::Inline).unwrap_err().problem, Problem::NoMathml(_)));
    let wide = inline_html("x+x+x+x+x+x+x+x+x+x+x+x+x+x").unwrap_err();
    assert!(matches!(wide.problem, Problem::Wide(width) if width > WIDEST_INLINE));
    assert!(wide.to_string().ends_with("an inline formula has at most 19 em: display it"), "{wide}");
    assert!(display_html("x+x+x+x+x+x+x+x+x+x+x+x+x+x", None, None).is_ok());
}

#[test]
fn inline_html_hangs_below_the_line_by_its_depth() {
    let (html, glyphs) = inline_html("y").expect("a letter");
    assert!(html.contains(r#"<svg aria-hidden="true" width="0.527em" height="0.626em" "#), "{html}");
    assert!(html.contains(r#"style="vertical-align:-0.195em" viewBox="0 -431 527 626""#), "{html}");
    assert!(html.contains("<span class=\"visually-hidden\"><math"), "{html}");
    assert_eq!(glyphs, inline("y").glyphs);
}

#[test]
fn markdown_leaves_inline_html_alone() {
    for tex in [r"|a|*b*c*d", r"a[b](c)", "a'+b''", r"\|x\|", r"\{`a`\}", r"\text{a--b, it's *c*}"] {
        let (html, _) = inline_html(tex).unwrap_or_else(|error| panic!("{error}"));
        let table = format!("| {html} | {html} |\n|---|---|\n");
        let (mut cells, mut tags) = (0, String::new());
        for event in Parser::new_ext(&table, Markdown::all()) {
            match event {
                Event::Start(Tag::TableCell) => cells += 1,
                Event::Start(Tag::Table(_) | Tag::TableHead) | Event::End(_) | Event::Text(_) => {}
                Event::InlineHtml(tag) => tags += &tag,
                other => panic!("{tex}: {other:?}"),
            }
        }
        let expected: String =
            html.split_inclusive('>').filter_map(|piece| piece.find('<').map(|tag| &piece[tag..])).collect();
        assert_eq!((cells, tags), (2, expected.repeat(2)), "{tex}");
    }
}

#[test]
fn only_wide_displays_take_the_focus() {
    let (narrow, _) = display_html("x=y", Some("eq-1.5"), Some("1.5")).expect("a formula");
    assert!(!narrow.contains("tabindex"));
    let wide = "x+x+x+x+x+x+x+x+x+x+x+x+x+x";
    let (numbered, _) = display_html(wide, Some("eq-1.5"), Some("1.5")).expect("a formula");
    assert!(numbered.contains(r#"tabindex="0" role="group" aria-label="Equation 1.5, scrollable""#));
    let (plain, _) = display_html(wide, None, None).expect("a formula");
    assert!(plain.starts_with(r#"<div class="math-display"><div class="math-scroll" tabindex="0""#));
    assert!(!plain.contains("math-number"));
    let (marked, _) = display_html("x", Some(r#"a"<&"#), None).expect("a formula");
    assert!(marked.contains(r#"id="a&quot;&lt;&amp;""#));
}

#[test]
fn labels_tell_hyphens_from_minus_signs() {
    let signs = |text: &str| {
        let set = label(text).unwrap_or_else(|error| panic!("{error}"));
        let ids = ids(&set);
        ["g-Main-2d", "g-Main-2212", "g-Main-2013"].map(|sign| ids.iter().any(|id| id == sign))
    };
    assert_eq!(signs("Euler-Maruyama"), [true, false, false]);
    assert_eq!(signs("-0.5"), [false, true, false]);
    assert_eq!(signs("slope (-1)"), [false, true, false]);
    assert_eq!(signs("\u{2212}2"), [false, true, false]);
    assert_eq!(signs("$-x$"), [false, true, false]);
    assert_eq!(signs("2020-2021"), [true, false, false]);
    assert_eq!(signs("1--2"), [false, false, true]);
}

#[test]
fn labels_mix_words_and_mathematics() {
    let mixed = label(r"time $t$").expect("a label");
    assert_eq!(mixed.width, inline(r"\text{time }t").width);
    assert_eq!(label("-1").expect("a label").width, inline("{-}1").width);
    assert!(label(r"95% of #1 & a_b {c} ~ ^ \$").is_ok());
    let odd = label("a $b").unwrap_err();
    assert_eq!(odd.tex, "a $b");
    assert_eq!(label("a $\\foo$").unwrap_err().tex, "a $\\foo$");
    assert_eq!(label("").unwrap_err().problem, Problem::Empty);
}

#[test]
fn polylines_keep_their_corners() {
    let mut path = Path::default();
    path.push('m', &[(10, 10)]);
    path.polyline(&[(20, 11), (30, 9), (110, 10), (110, 110), (110, 110)]);
    path.close();
    path.push('m', &[(0, 0)]);
    assert_eq!(path.data(), "m10 10l100 0 0 100zm-10-10");
}
