//! The figures of the book, and figures taken home.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use book::figures::{Cache, Figure, all, cache, faults, find};

use crate::scratch::{Scratch, run};

#[test]
fn figures_are_described_and_placed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut ids = BTreeSet::new();
    for figure in all() {
        let id = figure.id;
        assert!(ids.insert(id), "two figures are called {id}");
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(
            !id.is_empty() && id.chars().all(plain),
            "{id}: an id is of small letters, digits and hyphens"
        );
        assert!(
            !figure.title.trim().is_empty() && !figure.caption.trim().is_empty(),
            "{id} lacks title or caption"
        );
        assert!(!figure.title.contains('$'), "{id}: the title is plain text");
        let alt = figure.alt.trim();
        assert!(
            alt.split_whitespace().count() >= 6 && alt.ends_with('.'),
            "{id}: the alt text is a sentence"
        );
        let section = |folder: &str, end: &str| root.join(folder).join(format!("{}{end}", figure.section));
        let places =
            [section("src", ".rs"), section("src", ""), section("chapters", ".md"), section("chapters", "")];
        assert!(places.iter().any(|place| place.exists()), "{id}: there is no section {}", figure.section);
        assert!(cache::sources(figure).is_some_and(|hash| hash.len() == 64), "{id}: its sources are hashed");
    }
    assert!(ids.len() > 100, "the book has more than {} figures", ids.len());
}

/// What is wrong with any figure. Whoever needs the figures of the whole book waits for this, or they would be computed
/// twice at the same time.
pub static FAULTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let cache = Cache::default();
    let of = |figure: &Figure| {
        let found = faults(figure, &cache).unwrap_or_else(|error| vec![format!("{error:#}")]);
        found.into_iter().map(|fault| format!("{}: {fault}", figure.id)).collect::<Vec<_>>()
    };
    kept::on_threads(all(), of).concat()
});

#[test]
fn figures_are_pinned_and_no_words_collide() {
    assert!(FAULTS.is_empty(), "{}", FAULTS.join("\n"));
}

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
fn pictures_and_print_are_what_their_names_say() {
    let scratch = Scratch::bare();
    let out = scratch.path("home");
    let order = ["figures", "brownian-paths", "--format", "png,pdf", "--out", out.to_str().unwrap()];
    scratch.succeed(&order);
    let begins = |name: &str, with: &[u8]| fs::read(out.join(name)).unwrap().starts_with(with);
    assert!(begins("brownian-paths.png", b"\x89PNG\r\n\x1a\n"));
    assert!(begins("brownian-paths.pdf", b"%PDF-"));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_other_numbers() {
    let scratch = Scratch::bare();
    let numbers = |seed: &str| {
        let folder = scratch.path(seed);
        let out = folder.to_str().unwrap();
        scratch.succeed(&["figures", "brownian-paths", "--format", "csv", "--seed", seed, "--out", out]);
        fs::read_to_string(folder.join("brownian-paths.csv")).unwrap()
    };
    // Computed here anew: the program may have kept its own.
    let figure = find("brownian-paths").unwrap();
    let mut settings = figure.settings();
    settings.seed = 7;
    let seventh = (figure.data)(&settings).unwrap().csv();
    assert!(numbers("7") == seventh, "the same seed gave other numbers");
    assert!(numbers("8") != seventh, "another seed gave the same numbers");
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

#[test]
fn a_reader_may_leave_the_list_before_its_end() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let list = Command::new(env!("CARGO_BIN_EXE_book")).args(["figures", "--list"]).stdout(writer).output();
    let list = list.unwrap();
    assert!(list.status.success() && list.stderr.is_empty(), "{}", String::from_utf8_lossy(&list.stderr));
}
