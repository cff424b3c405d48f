//! The command protocol of mdBook, as its command-line tool speaks it.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::scratch::{Scratch, run};

#[test]
fn it_supports_html_and_nothing_else() {
    assert!(run(&["preprocess", "supports", "html"]).status.success());
    assert!(!run(&["preprocess", "supports", "epub"]).status.success());
}

#[test]
fn a_book_goes_in_and_the_expanded_book_comes_out() {
    let scratch = Scratch::new();
    let (status, output, _) = preprocess(&scratch, &book("Hello {{figure isometry}}").to_string());
    assert!(status);
    let book: Value = serde_json::from_str(&output).unwrap();
    let content = book["items"][0]["Chapter"]["content"].as_str().unwrap();
    assert!(content.starts_with("Hello") && content.contains("<figure"), "{content}");
}

#[test]
fn problems_and_broken_input_are_told_on_the_error_channel() {
    let scratch = Scratch::new();
    let (status, output, message) = preprocess(&scratch, &book("{{nonsense}}").to_string());
    assert!(!status && output.is_empty());
    assert!(message.contains("chapters/preface.md:1: "), "{message}");

    let (status, _, message) = preprocess(&scratch, "not json");
    assert!(!status && message.starts_with("error: mdBook's context and book are expected on the input"));
}

fn book(content: &str) -> Value {
    let chapter = json!({
        "name": "Preface", "content": content, "number": null, "sub_items": [], "path": "preface.md",
        "source_path": "preface.md", "parent_names": [],
    });
    let context = json!({
        "root": "", "config": {"book": {"src": "../chapters"}}, "renderer": "html", "mdbook_version": "0.5.4",
    });
    json!([context, {"items": [{"Chapter": chapter}]}])
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
