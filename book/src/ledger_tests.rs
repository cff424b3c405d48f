use super::*;

const LEDGER: &str = include_str!("../ledger.toml");

const SMALL: &str = r#"
[[item]]
id = "thm:1.5"
title = 'Paths with $x_1$'
section = "1.3.1"
page = "ch1_preliminaries/brownian"
status = "done"
measurable = true

[[item]]
id = "r:1"
title = "Textbooks"
section = "1.6"
page = "ch1_preliminaries/brownian"
status = "done"
measurable = false

[[item]]
id = "eq:3.2"
title = "A density"
section = "3.2"
page = "ch3_flows/transport"
status = "open"
measurable = true
"#;

const PIN: &str = r#"items = ["thm:1.5"]
claim = "the quadratic variation of [0, T] is $T$"
expected = 1.0
measured = 0.996
tolerance = 0.02
because = "4 standard errors"
seed = 7
samples = "1000 paths"
rejected = "a lost ½"
rejected_value = -0.5
"#;

fn checks() -> Vec<Check> {
    let snapshots = BTreeMap::from([
        ("ch1_preliminaries/brownian/checks/quadratic_variation".to_owned(), PIN.to_owned()),
        ("ch1_preliminaries/brownian/covariance".to_owned(), "covariance = 1\n".to_owned()),
    ]);
    read_checks(&snapshots).unwrap()
}

fn places() -> BTreeMap<String, Place> {
    let page = "ch1_preliminaries/brownian.md";
    ["thm:1.5", "r:1", "eq:transition"]
        .map(|id| (id.to_owned(), Place { page: page.into(), anchor: format!("at-{id}") }))
        .into()
}

/// Every file of the section in one `mod.rs`.
fn link(path: &str, needle: &str) -> Option<String> {
    path.ends_with("brownian/mod.rs").then(|| format!("source/{path}.md#{}", needle.len()))
}

fn messages(places: &BTreeMap<String, Place>, checks: &[Check]) -> Vec<String> {
    let ledger = Ledger::parse(SMALL).unwrap();
    verify(&ledger, places, checks, &link).iter().map(ToString::to_string).collect()
}

#[test]
fn the_ledger_holds_every_item_of_the_notes() {
    let ledger = Ledger::parse(LEDGER).unwrap();
    let mut kinds = BTreeMap::new();
    for item in &ledger.items {
        let (kind, number) = item.id.split_once(':').unwrap();
        kinds.entry(kind).or_insert_with(Vec::new).push(number);
    }
    let statements: usize = KINDS.iter().map(|(kind, _)| kinds[kind].len()).sum();
    let counts = (statements, kinds["fig"].len(), kinds["eq"].len(), kinds["u"].len(), kinds["r"].len());
    assert_eq!(counts, (39, 5, 57, 61, 18));
    assert_eq!(ledger.items.len(), 180);

    let per_chapter = |kind: &str| {
        ["1.", "2.", "3.", "4.", "5."]
            .map(|chapter| kinds[kind].iter().filter(|number| number.starts_with(chapter)).count())
    };
    assert_eq!(per_chapter("eq"), [19, 14, 10, 5, 9]);
    let numbered = KINDS.map(|(kind, _)| per_chapter(kind));
    assert_eq!(
        [0, 1, 2, 3, 4].map(|chapter| numbered.iter().map(|kind| kind[chapter]).sum::<usize>()),
        [24, 10, 4, 0, 1]
    );
    for kind in ["u", "r"] {
        let mut numbers: Vec<usize> = kinds[kind].iter().map(|number| number.parse().unwrap()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=kinds[kind].len()).collect::<Vec<_>>());
    }
}

#[test]
fn equations_stand_in_the_order_of_the_notes_and_on_pages_of_their_chapter() {
    let ledger = Ledger::parse(LEDGER).unwrap();
    for item in &ledger.items {
        let number = item.id.split_once(':').unwrap().1;
        if number.contains('.') {
            assert_eq!(item.page.as_bytes()[2], number.as_bytes()[0], "{}", item.id);
        }
        let section = item.section.as_bytes()[0];
        assert!(section == b'A' || section == item.page.as_bytes()[2], "{}", item.id);
    }
    let sections: Vec<_> = ledger.items.iter().map(|item| &item.section).collect();
    assert!(sections.is_sorted());
}

#[test]
fn an_unreadable_ledger_names_line_and_item() {
    let broken = SMALL.replacen("\"open\"", "\"opne\"", 1);
    let problem = &Ledger::parse(&broken).unwrap_err()[0];
    assert_eq!((problem.file.as_str(), problem.line), (FILE, 23));
    assert!(problem.message.starts_with("`eq:3.2`: unknown variant `opne`"), "{}", problem.message);

    let broken = SMALL.replacen("title = \"Textbooks\"\n", "", 1);
    let problem = &Ledger::parse(&broken).unwrap_err()[0];
    assert!(problem.message.contains("`r:1`: missing field `title`"), "{}", problem.message);
}

#[test]
fn all_wrong_ids_and_pages_are_told_at_once() {
    let broken = SMALL.replace("r:1", "thm:1.5").replace("ch3_flows", "ch3_flow");
    let messages: Vec<_> = Ledger::parse(&broken).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "book/ledger.toml:3: `thm:1.5` stands more than once",
            "book/ledger.toml:3: `thm:1.5` stands more than once",
            "book/ledger.toml:19: `eq:3.2`: the page `ch3_flow/transport` is in no chapter; did you mean `ch3_flows`?",
        ]
    );
    let broken = SMALL.replace("r:1", "remark:1");
    assert!(Ledger::parse(&broken).unwrap_err()[0].message.contains("`remark:1` is not an item"));
}

#[test]
fn only_pinned_checks_are_read_and_a_broken_one_is_named() {
    let checks = checks();
    assert_eq!(checks.len(), 1);
    assert_eq!(checks[0].key, "ch1_preliminaries/brownian/quadratic_variation");
    assert_eq!((checks[0].record.seed, checks[0].record.measured), (Some(7), 0.996));
    assert!((checks[0].distance() - 75.0).abs() < 1e-9);

    let broken = BTreeMap::from([("a/checks/b".to_owned(), PIN.replace("0.996", "\"?\""))]);
    let problem = &read_checks(&broken).unwrap_err()[0];
    assert_eq!((problem.file.as_str(), problem.line), ("snapshots/a/checks/b.snap", 4));
}

#[test]
fn what_is_done_placed_and_checked_has_no_problem() {
    assert_eq!(messages(&places(), &checks()), [""; 0]);
    let counts = Ledger::parse(SMALL).unwrap().checks_per_item(&checks());
    assert_eq!((counts["thm:1.5"], counts["r:1"], counts["eq:3.2"]), (1, 0, 0));
}

#[test]
fn a_done_item_needs_its_place_and_its_check() {
    assert_eq!(
        messages(&BTreeMap::new(), &[]),
        [
            "book/ledger.toml:3: `thm:1.5` is done, but stands nowhere in the text",
            "book/ledger.toml:3: `thm:1.5` is done, but no check names it",
            "book/ledger.toml:11: `r:1` is done, but stands nowhere in the text",
        ]
    );
}

#[test]
fn checks_and_places_must_name_known_items() {
    let mut checks = checks();
    checks[0].record.items.push("thm:1.55".into());
    let mut places = places();
    places.insert("eq:3.3".into(), Place { page: "a.md".into(), anchor: "eq:3.3".into() });
    assert_eq!(
        messages(&places, &checks),
        [
            "snapshots/ch1_preliminaries/brownian/checks/quadratic_variation.snap:1: the check names the unknown item `thm:1.55`; did you mean `thm:1.5`?",
            "chapters/a.md:1: `eq:3.3` is the place of the unknown item `eq:3.3`; did you mean `eq:3.2`?",
        ]
    );
}

#[test]
fn a_pin_whose_test_is_gone_is_a_problem() {
    let mut checks = checks();
    checks[0].key = "ch1_preliminaries/integral/quadratic_variation".into();
    let messages = messages(&places(), &checks);
    assert_eq!(messages.len(), 1);
    assert!(
        messages[0].contains("no test measures `ch1_preliminaries/integral/quadratic_variation` any more")
    );
}

#[test]
fn code_is_looked_for_by_the_name_of_the_section_and_then_above() {
    let link = |path: &str, _: &str| {
        ["src/a/b.rs", "src/a/c/mod.rs", "src/a/mod.rs"].contains(&path).then(|| path.to_owned())
    };
    let found = |section: &str| in_section("src", section, "", &link);
    for (section, file) in [
        ("a/b", "src/a/b.rs"),
        ("a/c", "src/a/c/mod.rs"),
        ("a/c/d", "src/a/c/mod.rs"),
        ("a/d", "src/a/mod.rs"),
    ] {
        assert_eq!(found(section).as_deref(), Some(file));
    }
    assert_eq!([found("b"), found("b/c"), found("a/b/c/d")], [None, None, None]);
}

#[test]
fn the_page_shows_every_number_of_a_check() {
    let page = coverage_page(&Ledger::parse(SMALL).unwrap(), &places(), &checks(), &link);
    for expected in [
        "| Chapter 1. Introduction and preliminaries | 2 | 0 | 1 |\n",
        "| All | 2 | 1 | 1 |\n",
        "**Theorem 1.5** Paths with $x_1$ <span class=\"coverage-count\">1 check</span>",
        "<span id=\"cov-thm-1-5\"></span>[In the text](ch1_preliminaries/brownian.md#at-thm:1.5) · [code](source/src/ch1_preliminaries/brownian/mod.rs.md#0)",
        "[<code>quadratic\\_<wbr>variation</code>](source/tests/ch1_preliminaries/brownian/mod.rs.md#48): the quadratic variation of \\[0, T\\] is $T$\n",
        "- expected 1, measured 0.996; allowed ±\u{a0}0.02: 4 standard errors\n- seed 7, 1000 paths\n",
        "- rejected: a lost ½, which gives −0.5, 75 tolerances away\n",
        "**R1** Textbooks <span class=\"coverage-count\">nothing to measure</span>",
        "Not yet written: 1</summary>\n\n- <span id=\"cov-eq-3-2\"></span>3.2 Equation (3.2). A density\n",
    ] {
        assert!(page.contains(expected), "{expected}\nis missing in\n{page}");
    }
}

#[test]
fn a_check_of_two_items_is_printed_once_and_linked_once() {
    let mut checks = checks();
    checks[0].record.items.push("r:1".into());
    let page = coverage_page(&Ledger::parse(SMALL).unwrap(), &places(), &checks, &link);
    let anchor = "check-ch1_preliminaries-brownian-quadratic_variation";
    assert_eq!(page.matches(&format!("id=\"{anchor}\"")).count(), 1);
    assert_eq!(page.matches(&format!("[<code>quadratic\\_<wbr>variation</code>](#{anchor})")).count(), 1);
}

#[test]
fn an_open_item_with_a_check_is_shown_as_open() {
    let mut checks = checks();
    checks[0].record.items = vec!["eq:3.2".into()];
    let page = coverage_page(&Ledger::parse(SMALL).unwrap(), &places(), &checks, &link);
    assert!(page.contains(
        "**Equation (3.2)** A density <span class=\"coverage-count\">1 check, not yet done</span>"
    ));
    assert!(!page.contains("Not yet written"));
}
