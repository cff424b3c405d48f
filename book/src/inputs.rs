//! What the book is made of: the files a build reads, so that an unchanged book is not built again and a changed one is.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::project::Project;

/// What a build reads: folders and files, relative to the root. The output and the downloads are not among them.
const WATCHED: [&str; 7] = ["chapters", "snapshots", "src", "exercises", "tests", "book", "Cargo.lock"];
/// Written by the build itself, below the watched folders.
const WRITTEN: [&str; 2] = ["chapters/figures", "chapters/index.json"];

/// The files a build reads, each with its size and the time it was last changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inputs {
    /// As text, which is compared faster than paths are: they are looked at ten times a second.
    files: BTreeMap<OsString, (u64, SystemTime)>,
}

impl Inputs {
    /// Looks at every file a build reads.
    pub fn read(project: &Project) -> Self {
        Self::below(&project.root, WATCHED.map(Path::new))
    }

    /// Looks at every file of these folders, given relative to `root`.
    pub fn below<'a>(root: &Path, names: impl IntoIterator<Item = &'a Path>) -> Self {
        let mut inputs = Self::default();
        for name in names {
            inputs.visit(root, name);
        }
        inputs
    }

    fn visit(&mut self, root: &Path, name: &Path) {
        let hidden_or_pending = name.file_name().is_some_and(|file| {
            let file = file.to_string_lossy();
            file.starts_with('.') || file.ends_with('~') || file.ends_with(".snap.new")
        });
        if hidden_or_pending || WRITTEN.iter().any(|written| name == Path::new(written)) {
            return;
        }
        // A file may vanish between listing and looking: an editor renames, a build cleans up.
        let Ok(metadata) = fs::metadata(root.join(name)) else { return };
        if metadata.is_dir() {
            let entries = fs::read_dir(root.join(name)).into_iter().flatten().flatten();
            for entry in entries {
                self.visit(root, &name.join(entry.file_name()));
            }
        } else {
            let time = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            self.files.insert(name.into(), (metadata.len(), time));
        }
    }

    /// The files that are new, gone or changed in `later`.
    pub fn changed(&self, later: &Self) -> Vec<PathBuf> {
        let there = self.files.iter().filter(|(name, file)| later.files.get(*name) != Some(file));
        let new = later.files.iter().filter(|(name, _)| !self.files.contains_key(*name));
        there.chain(new).map(|(name, _)| name.into()).collect()
    }

    /// A text that differs whenever a file or this program differs.
    pub fn stamp(&self) -> String {
        let mut hash = Sha256::new();
        for (name, (size, time)) in &self.files {
            hash.update(format!("{} {size} {time:?}\n", name.display()));
        }
        if let Ok(program) = std::env::current_exe()
            && let Ok(metadata) = fs::metadata(&program)
        {
            hash.update(format!("{} {:?}", metadata.len(), metadata.modified().ok()));
        }
        hash.finalize().iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a string takes what is written to it");
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen_and_what_the_build_writes_is_not() {
        let root = tempfile::tempdir().unwrap();
        let project = Project::at(root.path());
        let write = |name: &str, text: &str| {
            let file = root.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        };
        write("chapters/a.md", "one");
        write("src/b.rs", "");
        let before = Inputs::read(&project);
        assert_eq!(before.files.len(), 2);

        write("chapters/a.md", "another");
        write("chapters/figures/c.svg", "");
        write("chapters/.a.md.swp", "");
        write("target/book/index.html", "");
        fs::remove_file(root.path().join("src/b.rs")).unwrap();
        let after = Inputs::read(&project);
        assert_eq!(before.changed(&after), [PathBuf::from("chapters/a.md"), PathBuf::from("src/b.rs")]);
        assert_ne!(before.stamp(), after.stamp());
        assert_eq!(after.stamp(), Inputs::read(&project).stamp());
    }
}
