//! Each mistake gives one clear message and a non-zero exit.

use std::net::TcpListener;

use crate::scratch::{Scratch, run};

#[test]
fn an_unknown_command_or_option_is_refused() {
    assert!(Scratch::bare().fail(&["biuld"]).contains("unrecognized subcommand 'biuld'"));
    assert!(Scratch::bare().fail(&["serve", "--prot", "1"]).contains("a similar argument exists: '--port'"));
    assert!(Scratch::bare().fail(&["--port", "99999"]).contains("99999 is not in 0..=65535"));
}

#[test]
fn usage_is_told_as_it_is_typed() {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    assert!(help.contains("Usage: cargo run -- [OPTIONS]"), "{help}");
    let message = Scratch::bare().fail(&["figures"]);
    assert!(message.contains("Usage: cargo run -- figures "), "{message}");
}

#[test]
fn an_occupied_port_offers_another() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port().to_string();
    let message = Scratch::bare().fail(&["serve", "--port", &port]);
    assert_eq!(
        message,
        format!(
            "error: port {port} is in use: choose another with `--port N`, or let `--port 0` find a free one\n"
        )
    );
}

#[test]
fn a_target_that_cannot_be_written_to_is_named() {
    let scratch = Scratch::bare();
    scratch.write("target", "a file where a folder should be");
    let message = scratch.fail(&["build"]);
    assert!(message.starts_with("error: cannot write to `target"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn a_malformed_book_toml_is_told_with_its_line() {
    let scratch = Scratch::bare();
    scratch.write("book/book.toml", "[book]\ntitle = \"x\n");
    let message = scratch.fail(&["build"]);
    assert!(message.starts_with("error: book/book.toml:2: "), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");

    scratch.write("book/book.toml", "[book]\nsrc = 3\n");
    assert!(scratch.fail(&["build"]).starts_with("error: book/book.toml:2: "));

    scratch.write("book/book.toml", "[output.html]\nfold = 7\n");
    assert!(scratch.fail(&["build"]).starts_with("error: book/book.toml: "));
}

#[test]
fn a_missing_book_toml_is_named() {
    let scratch = Scratch::bare();
    std::fs::remove_file(scratch.path("book/book.toml")).unwrap();
    assert!(scratch.fail(&["build"]).starts_with("error: cannot read "));
}

#[test]
fn a_missing_chapter_is_named() {
    let scratch = Scratch::bare();
    scratch.write("chapters/SUMMARY.md", "# Summary\n\n[Preface](preface.md)\n- [Lost](lost.md)\n");
    let message = scratch.fail(&["build"]);
    assert!(message.contains("lost.md"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn what_mdbook_complains_about_fails_the_build() {
    let scratch = Scratch::whole();
    scratch.append("chapters/preface.md", "an <b>unclosed tag");
    let message = scratch.fail(&["build"]);
    assert!(message.contains("unclosed HTML tag `<b>`") && message.contains("preface.md"), "{message}");
}

#[test]
fn what_nothing_refers_to_fails_the_build() {
    let scratch = Scratch::whole();
    let lonely = "snapshots/ch1_preliminaries/brownian/lonely.snap";
    scratch.write(lonely, "---\nsource: nowhere\n---\nx = 1\n");
    let work = "[[entry]]\nkey = \"nobody1900\"\nauthors = [\"Nobody, N.\"]\ntitle = \"Nothing\"\nvenue = \"Nowhere\"\nyear = 1900";
    scratch.append("book/bibliography.toml", work);
    let message = scratch.fail(&["build"]);
    let lines: Vec<_> = message.lines().collect();
    assert_eq!(lines.len(), 2, "{message}");
    assert!(lines[0].ends_with(": no page cites `nobody1900`: cite it or remove it"), "{message}");
    assert_eq!(lines[1], format!("{lonely}:1: no page, figure or check refers to this snapshot: remove it"));
}

#[test]
fn a_failed_build_leaves_the_last_good_book() {
    let scratch = Scratch::whole();
    scratch.succeed(&["build"]);
    let page = || std::fs::read_to_string(scratch.path("target/book/preface.html")).unwrap();
    let good = page();
    scratch.append("chapters/preface.md", "{{nonsense}}");
    let message = scratch.fail(&["build"]);
    assert!(message.starts_with("error: chapters/preface.md:"), "{message}");
    assert_eq!(page(), good);
    assert!(!scratch.path("target/book.next").exists() && !scratch.path("target/book.old").exists());

    // Killed between the two renames: the last book has moved away, the next one is not there.
    std::fs::rename(scratch.path("target/book"), scratch.path("target/book.old")).unwrap();
    scratch.write("target/book.next/half.html", "half");
    scratch.fail(&["build"]);
    assert_eq!(page(), good);
    assert!(!scratch.path("target/book.next").exists() && !scratch.path("target/book.old").exists());
}
