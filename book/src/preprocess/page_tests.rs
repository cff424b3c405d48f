//! Every directive and every complaint, on strings.

use super::labels::Labels;
use super::page::{Chapter, Page};
use super::world::{FigureOnPage, World};

fn world() -> World {
    let mut world = World::default();
    world.sources.insert("src/a.rs".into(), "// ANCHOR: step\nlet x = 1;\n// ANCHOR_END: step\n".into());
    world.sources.insert(
        "exercises/ch1/bridge.rs".into(),
        "//! A bridge.\n// ANCHOR: stub\nstub\n// ANCHOR_END: stub\n// ANCHOR: test\ntest\n// ANCHOR_END: test\n\
         // ANCHOR: solution\nanswer\n// ANCHOR_END: solution\n"
            .into(),
    );
    world.snapshots.insert("ch1/brownian/moments".into(), "mean = -0.5\nlabel = \"a b\"\n".into());
    world.snapshots.insert("ch1/integral/tail".into(), "p = 1.5e-7\n".into());
    for (id, number) in [("paths", Some("1.1".to_owned())), ("zoom", None), ("mute", None)] {
        let figure = FigureOnPage {
            number,
            file: "book/src/figures/ch1/brownian.rs".into(),
            caption: "Paths of $B$.".into(),
            alt: if id == "mute" { String::new() } else { "Jagged curves.".into() },
            seed: 3,
            parameters: vec![("paths".into(), 5.0, "number of paths".into())],
            drawing: (id == "paths").then(|| ("<svg></svg>".into(), Default::default())),
        };
        world.figures.insert(id.into(), figure);
    }
    world.citations.insert("levy1948".into(), "Lévy 1948".into());
    world.items.extend([
        ("thm:1.5".into(), 2),
        ("def:1.4".into(), 0),
        ("u:8".into(), 1),
        ("eq:1.5".into(), 1),
    ]);
    world.errata.insert("A1".into());
    world
}

/// The page `ch1/brownian.md` with this text, beside a page `preface.md` that holds equation (1.3).
fn press(text: &str) -> (String, Vec<String>) {
    let world = world();
    let chapters = [
        Chapter {
            file: "chapters/preface.md".into(),
            path: "preface.md",
            name: "",
            text: "$$ y $$ {#eq:1.3}",
        },
        Chapter {
            file: "chapters/ch1/brownian.md".into(),
            path: "ch1/brownian.md",
            name: "1.3.1 Brownian motion",
            text,
        },
    ];
    let mut problems = Vec::new();
    let labels = Labels::collect(&chapters, &world, &mut problems);
    let mut page = Page::new(&chapters[1], &world, &labels);
    let result = page.render();
    problems.append(&mut page.problems);
    (result, problems.iter().map(ToString::to_string).collect())
}

fn good(text: &str) -> String {
    let (result, problems) = press(text);
    assert_eq!(problems, [""; 0]);
    result
}

fn bad(text: &str) -> String {
    let (_, problems) = press(text);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0].clone()
}

#[test]
fn code_is_quoted_by_anchor_with_a_link_to_file_and_line() {
    let page = good("{{code src/a.rs:step}}\n");
    assert!(page.contains("```rust\nlet x = 1;\n```"), "{page}");
    assert!(page.contains("href=\"../source/src/a.rs.html#L2\">src/<wbr>a.rs, line 2</a>"), "{page}");
    assert_eq!(
        bad("\n{{code src/b.rs:step}}"),
        "chapters/ch1/brownian.md:2: there is no source file `src/b.rs`; did you mean `src/a.rs`?"
    );
    assert!(bad("{{code src/a.rs:stpe}}").ends_with("no anchor `stpe`; did you mean `step`?"));
    assert!(bad("{{code src/a.rs}}").contains("must name a file and an anchor"));
}

#[test]
fn outputs_and_pins_come_from_snapshots() {
    let moments = good("{{output moments}}");
    assert!(moments.contains("```text\nmean = -0.5\nlabel = \"a b\"\n```"));
    assert!(moments.contains("class=\"output\" style=\"--columns: 13\""), "{moments}");
    assert!(moments.contains("snapshots/<wbr>ch1/<wbr>brownian/<wbr>moments.snap"), "{moments}");
    let lone = good("{{output ch1/integral/tail}}");
    assert!(lone.contains("class=\"output message\""), "{lone}");
    assert!(
        good("It is {{pin moments:mean}}.").contains("snapshots/ch1/brownian/moments.snap\">−0.5</span>.")
    );
    assert!(good("{{pin moments:label}}").contains(">a b</span>"));
    assert!(good("{{pin ch1/integral/tail:p}}").contains("1.5\u{a0}·\u{a0}10<sup>−7</sup>"));
    assert!(bad("{{output momnets}}").contains("no snapshot `ch1/brownian/momnets`; did you mean"));
    assert!(bad("{{pin moments:maen}}").ends_with("has no key `maen`; did you mean `mean`?"));
    assert!(bad("{{pin moments}}").contains("must name a snapshot and a key"));
}

#[test]
fn figures_show_number_caption_provenance_and_downloads() {
    let page =
        good("{{figure paths}}\n\n{{figure zoom}}\n\nSee [](#fig:1.1), [](#fig:paths), [](#fig:zoom).");
    assert!(page.contains("href=\"#fig:paths\">Figure 1.1.</a> Paths of <span"), "{page}");
    assert!(page.contains("Seed 3, <code>paths = 5</code> (number of paths)"));
    assert!(page.contains("href=\"../figures/paths.csv\""));
    assert!(page.contains("figure-pending"));
    assert!(page.contains("[Figure 1.1](#fig:paths), [Figure 1.1](#fig:paths), [Figure 1.3.1a](#fig:zoom)"));
    assert!(
        bad("{{figure mute}}")
            .ends_with("the figure `mute` has no alternative text: say in `alt` what it shows")
    );
    assert!(bad("{{figure zooom}}").ends_with("unknown figure `zooom`; did you mean `zoom`?"));
}

#[test]
fn statements_are_numbered_linkable_and_lead_to_their_checks() {
    let page = good("{{statement thm 1.5 Paths of $B$}}\n\nRough.\n\n{{end}}\n\n[](#thm:1.5)");
    assert!(page.contains("<div class=\"statement thm\" id=\"thm:1.5\">"));
    assert!(page.contains("[2 checks](../coverage.md#cov-thm-1-5)"));
    assert!(page.contains("statement-title\">Paths of <span"));
    assert!(page.contains("</div>") && page.contains("[Theorem 1.5](#thm:1.5)"));
    assert!(!good("{{statement def 1.4}}\n{{end}}").contains("badge"));
    assert!(
        press("{{statement thm 1.55}}\n{{end}}").1[0].contains("the ledger has no `thm:1.55`; did you mean")
    );
    assert!(
        bad("{{statement thn 1.5}}\n{{end}}")
            .contains("unknown kind of statement `thn`; did you mean `thm`?")
    );
    assert!(bad("{{statement thm}}\n{{end}}").contains("needs its number"));
}

#[test]
fn equations_take_the_notes_numbers_or_a_letter_of_the_section() {
    let page = good("$$ x $$ {#eq:1.5}\n\n$$ z $$ {#eq:own}\n\n[](#eq:1.5) [](#eq:own) [](#eq:1.3)");
    assert!(page.contains("id=\"eq:1.5\"") && page.contains("(1.5)"));
    assert!(page.contains("[(1.5)](#eq:1.5) [(1.3.1a)](#eq:own) [(1.3)](../preface.md#eq:1.3)"), "{page}");
    assert!(bad("[](#eq:1.4)").contains("unknown label `eq:1.4`; did you mean `eq:1.3`?"));
    let twice = bad("$$ x $$ {#eq:1.5}\n\n$$ z $$ {#eq:1.5}");
    assert_eq!(
        twice,
        "chapters/ch1/brownian.md:3: the label `eq:1.5` stands already at chapters/ch1/brownian.md:1"
    );
}

#[test]
fn a_display_stays_in_its_quote_and_in_its_list() {
    assert!(good("> a\n> $$ x $$\n> b").contains("> \n> <div class=\"math-display\""));
    assert!(good("- a\n\n  $$ x $$\n  b").contains("  \n  <div class=\"math-display\""));
    assert!(good("text $$ x $$ more").starts_with("text \n\n<div class=\"math-display\""));
}

#[test]
fn text_between_the_tags_of_a_formula_is_shielded_from_markdown() {
    let page = good("| a |\n|---|\n| $a*b_{c}\\lvert d$ |\n");
    let row = page.lines().nth(2).unwrap();
    assert_eq!(row.matches('|').count(), 2, "{row}");
    assert!(!row.contains(">*<"), "{row}");
}

#[test]
fn a_formula_that_does_not_parse_is_a_problem() {
    assert!(bad("\n\n\\$5 and 5$").contains("chapters/ch1/brownian.md:3: this `$` belongs to no formula"));
    assert!(bad("\n\nText $\\frac{1}$.").starts_with("chapters/ch1/brownian.md:3: "));
}

#[test]
fn solutions_fold_errata_are_boxed_and_items_are_placed() {
    let page =
        good("{{solution}}\n\nIt is 3.\n\n{{end}}\n\n{{erratum A1}}\n\nWrong.\n\n{{end}}\n\n{{covers u:8}}");
    assert!(page.contains("<details class=\"solution\"><summary>Solution</summary>"));
    assert!(page.contains("</details>") && page.contains("[A1](../errata.md#erratum-A1)"));
    assert!(page.contains("<span id=\"item-u:8\"></span>"));
    assert!(bad("{{erratum A2}}\n{{end}}").contains("unknown erratum `A2`"));
    assert!(bad("{{erratum}}\n{{end}}").contains("names no entry"));
    assert!(bad("{{covers u:99}}").contains("unknown ledger item `u:99`"));
    assert!(bad("{{covers}}").contains("names no ledger item"));
    assert!(bad("{{solution now}}\n{{end}}").contains("takes no argument"));
}

#[test]
fn blocks_must_be_closed_and_directives_known() {
    assert_eq!(
        bad("a\n{{solution}}"),
        "chapters/ch1/brownian.md:2: `{{solution}}` is never closed by `{{end}}`"
    );
    assert!(bad("{{end}}").ends_with("`{{end}}` closes nothing"));
    assert!(bad("{{figrue paths}}").ends_with("unknown directive `figrue`; did you mean `figure`?"));
}

#[test]
fn citations_link_to_the_bibliography() {
    assert!(good("[@levy1948]").contains("([Lévy 1948](../bibliography.md#ref-levy1948))"));
    assert!(bad("[@levi1948]").ends_with("unknown citation `levi1948`; did you mean `levy1948`?"));
}

#[test]
fn code_that_no_test_would_run_is_a_problem() {
    assert!(bad("```rust,ignore\n1\n```").contains("`ignore` would leave this code untested"));
    assert!(bad("```rust,no_run\n1\n```").contains("`no_run` would leave this code untested"));
    assert!(bad("```\n1\n```").contains("names no language"));
    assert!(bad("para\n\n    indented\n").contains("code is indented"));
}

#[test]
fn all_problems_of_a_page_are_told_at_once() {
    let (_, problems) = press("{{figure zooom}}\n\n[](#eq:9)\n\n[@nobody]\n");
    assert_eq!(problems.len(), 3);
}

#[test]
fn an_exercise_shows_its_stub_and_folds_the_rest() {
    let page = good("{{exercise ch1/bridge}}");
    let parts = [
        "id=\"exercise-bridge\"",
        "\nstub\n",
        "cargo test --test exercises bridge",
        "\ntest\n",
        "\nanswer\n",
    ];
    let places: Vec<_> = parts.iter().map(|part| page.find(part).expect(part)).collect();
    assert!(places.is_sorted(), "{page}");
    assert_eq!(page.matches("<details").count(), 2);
}

#[test]
fn an_unknown_exercise_is_an_error_with_a_suggestion() {
    let (_, problems) = press("{{exercise ch1/brigde}}");
    assert_eq!(
        problems,
        ["chapters/ch1/brownian.md:1: unknown exercise `ch1/brigde`; did you mean `ch1/bridge`?"]
    );
}
