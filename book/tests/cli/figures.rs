//! Figures taken home.

use std::fs;

use crate::scratch::{Scratch, run};

#[test]
fn an_unknown_figure_gets_a_suggestion() {
    let message = Scratch::bare().fail(&["figures", "brownain-paths"]);
    assert_eq!(
        message,
        "error: unknown figure `brownain-paths`; did you mean `brownian-paths`? (`cargo run -- figures --list` names all)\n"
    );
}

#[test]
fn unknown_formats_parameters_and_values_are_refused() {
    let fail = |arguments: &[&str]| Scratch::bare().fail(&[&["figures"], arguments].concat());
    assert!(fail(&["brownian-paths", "--format", "gif"]).contains("there are svg, png, pdf, csv"));
    assert!(fail(&["brownian-paths", "--set", "noise=1"]).contains("no parameter `noise`"));
    assert!(fail(&["brownian-paths", "--set", "noise"]).contains("expected `name=value`"));
    assert!(fail(&["brownian-paths", "--seed", "-1"]).contains("unexpected argument"));
    assert!(fail(&[]).contains("required"));
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let scratch = Scratch::bare();
    scratch.write("taken", "a file");
    let out = scratch.path("taken");
    let message = scratch.fail(&["figures", "brownian-paths", "--out", out.to_str().unwrap()]);
    assert!(message.starts_with("error: cannot write to `"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn a_figure_is_written_in_every_format_asked_for_by_id_or_number() {
    let scratch = Scratch::bare();
    let out = scratch.path("home");
    scratch.succeed(&["figures", "1.1", "--format", "svg,csv", "--out", out.to_str().unwrap()]);
    let mut names: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["brownian-paths.csv", "brownian-paths.svg"]);
}

#[test]
fn slides_have_less_room_around_the_same_words() {
    let scratch = Scratch::bare();
    let width = |arguments: &[&str], folder: &str| {
        let out = scratch.path(folder);
        let order = ["figures", "brownian-paths", "--out", out.to_str().unwrap()];
        scratch.succeed(&[&order, arguments].concat());
        let svg = fs::read_to_string(out.join("brownian-paths.svg")).unwrap();
        let start = svg.find("width=\"").unwrap() + 7;
        svg[start..].split('"').next().unwrap().parse::<f64>().unwrap()
    };
    assert_eq!(width(&["--slides"], "slides"), 0.75 * width(&[], "paper"));
}

#[test]
fn the_list_names_every_figure() {
    let list = String::from_utf8(run(&["figures", "--list"]).stdout).unwrap();
    assert!(list.lines().any(|line| line.starts_with("brownian-paths (Figure 1.1")), "{list}");
}
