//! A small project in a folder of its own, and the program run on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A project with one page. Removed when dropped.
pub struct Scratch {
    folder: TempDir,
}

impl Scratch {
    /// The smallest project that can be built, with the settings and styles of the real one.
    pub fn new() -> Self {
        let scratch = Self { folder: tempfile::tempdir().unwrap() };
        let book = Path::new(env!("CARGO_MANIFEST_DIR"));
        for entry in fs::read_dir(book).unwrap().flatten() {
            if entry.path().extension().is_some_and(|kind| kind == "toml") {
                fs::create_dir_all(scratch.path("book")).unwrap();
                fs::copy(entry.path(), scratch.path("book").join(entry.file_name())).unwrap();
            }
        }
        fs::create_dir_all(scratch.path("book/theme")).unwrap();
        for entry in fs::read_dir(book.join("theme")).unwrap().flatten() {
            fs::copy(entry.path(), scratch.path("book/theme").join(entry.file_name())).unwrap();
        }
        scratch.write("chapters/SUMMARY.md", "# Summary\n\n[Preface](preface.md)\n");
        scratch.write("chapters/preface.md", "# Preface\n\nHello.\n");
        scratch
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
