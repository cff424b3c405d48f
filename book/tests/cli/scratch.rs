//! A project in a folder of its own, and the program run on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::figures::FAULTS;

/// A project to spoil. Removed when dropped.
pub struct Scratch {
    folder: TempDir,
}

impl Scratch {
    /// A project with the settings of the real one and one page.
    pub fn bare() -> Self {
        let scratch = Self { folder: tempfile::tempdir().unwrap() };
        scratch.take("book/book.toml");
        scratch.write("chapters/SUMMARY.md", "# Summary\n\n[Preface](preface.md)\n");
        scratch.write("chapters/preface.md", "# Preface\n\nHello.\n");
        scratch
    }

    /// A copy of the real project, as far as the book is made of it, whose figures are there.
    pub fn whole() -> Self {
        LazyLock::force(&FAULTS);
        let scratch = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["book", "chapters", "exercises", "snapshots", "src", "tests"] {
            scratch.take(name);
        }
        scratch
    }

    /// Copies a file or folder of the real project.
    fn take(&self, name: &str) {
        let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
        if original.is_dir() {
            for entry in fs::read_dir(original).unwrap().flatten() {
                self.take(&format!("{name}/{}", entry.file_name().to_str().unwrap()));
            }
        } else {
            let copy = self.path(name);
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(original, copy).unwrap();
        }
    }

    /// Adds a line to a file.
    pub fn append(&self, name: &str, line: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        self.write(name, &format!("{text}\n{line}\n"));
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let file = self.path(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// Runs the program on this project, from a folder that is not the project's.
    pub fn run(&self, arguments: &[&str]) -> Output {
        run(&[&["--root", self.path("").to_str().unwrap()], arguments].concat())
    }

    /// Runs the program, which must succeed, and returns what it prints.
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs the program, which must fail, and returns what it says.
    pub fn fail(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?} should fail");
        String::from_utf8(output.stderr).unwrap()
    }
}

/// Runs the program from the folder for temporary files.
pub fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_book"))
        .args(arguments)
        .current_dir(std::env::temp_dir())
        .output()
        .unwrap()
}
