//! The command protocol of mdBook, as its command-line tool speaks it.

use std::io::Write;
use std::process::{Command, Stdio};

use book::pipeline::{Extent, build};
use book::project::Project;
use mdbook_driver::MDBook;
use mdbook_preprocessor::PreprocessorContext;
use serde_json::{Value, json};

use crate::scratch::{Scratch, run};

#[test]
fn it_supports_html_and_nothing_else() {
    assert!(run(&["preprocess", "supports", "html"]).status.success());
    assert!(!run(&["preprocess", "supports", "epub"]).status.success());
}

#[test]
fn a_book_goes_in_and_the_expanded_book_comes_out() {
    let scratch = Scratch::whole();
    // What a built book holds is given all the same.
    build(&Project::at(&scratch.path("")), Extent::Chapters).unwrap();
    let (status, output, message) = preprocess(&scratch, &input(&scratch));
    assert!(status, "{message}");
    let book: Value = serde_json::from_str(&output).unwrap();
    let preface = book["items"][0]["Chapter"]["content"].as_str().unwrap();
    assert!(preface.starts_with("# ") && !preface.contains("{{"), "{preface}");
    assert!(output.contains("<figure") && output.contains("<svg"));
}

#[test]
fn problems_and_broken_input_are_told_on_the_error_channel() {
    let scratch = Scratch::whole();
    scratch.append("chapters/preface.md", "{{nonsense}}");
    let (status, output, message) = preprocess(&scratch, &input(&scratch));
    assert!(!status && output.is_empty());
    assert!(message.contains("unknown directive `nonsense`"), "{message}");

    let (status, _, message) = preprocess(&scratch, "not json");
    assert!(!status && message.starts_with("error: mdBook's context and book are expected on the input"));
}

/// What mdBook sends: the context and the book it has loaded.
fn input(scratch: &Scratch) -> String {
    let book = MDBook::load(scratch.path("book")).unwrap();
    let context = PreprocessorContext::new(book.root.clone(), book.config.clone(), "html".into());
    json!([context, book.book]).to_string()
}

/// Whether it succeeded, its output, its complaints.
fn preprocess(scratch: &Scratch, input: &str) -> (bool, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_book"))
        .args(["--root", scratch.path("").to_str().unwrap(), "preprocess"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}
