//! Reading from disk what the pages refer to.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// The folders whose files become pages, and the suffixes of those files.
const SOURCES: [(&str, &[&str]); 6] = [
    ("src", &["rs"]),
    ("exercises", &["rs"]),
    ("tests", &["rs"]),
    ("book/src", &["rs"]),
    ("benches", &["rs"]),
    ("chapters", &["md"]),
];

/// The source files of the repository by their path in it.
pub fn sources(root: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for (folder, suffixes) in SOURCES {
        collect(root, &root.join(folder), suffixes, &mut files)?;
    }
    Ok(files)
}

/// The snapshots by their path below `snapshots/`, without suffix and header.
pub fn snapshots(root: &Path) -> Result<BTreeMap<String, String>> {
    let folder = root.join("snapshots");
    let mut files = BTreeMap::new();
    collect(&folder, &folder, &["snap"], &mut files)?;
    let body = |text: String| match text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")) {
        Some((_, body)) => body.to_owned(),
        None => text,
    };
    Ok(files
        .into_iter()
        .map(|(path, text)| (path.trim_end_matches(".snap").to_owned(), body(text)))
        .collect())
}

fn collect(
    root: &Path,
    folder: &Path,
    suffixes: &[&str],
    files: &mut BTreeMap<String, String>,
) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, suffixes, files)?;
        } else if path.extension().is_some_and(|suffix| suffixes.iter().any(|known| suffix == *known)) {
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let name: Vec<_> = path
                .strip_prefix(root)?
                .components()
                .map(|part| part.as_os_str().to_string_lossy())
                .collect();
            files.insert(name.join("/"), text);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_of_snapshots_are_dropped() {
        let root = std::env::temp_dir().join(format!("sdml-load-{}", std::process::id()));
        fs::create_dir_all(root.join("snapshots/a")).unwrap();
        fs::write(root.join("snapshots/a/b.snap"), "---\nsource: x\n---\nk = 1\n").unwrap();
        let snapshots = snapshots(&root).unwrap();
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(snapshots["a/b"], "k = 1\n");
    }

    #[test]
    fn the_sources_of_this_repository_include_this_file() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        assert!(sources(&root).unwrap().contains_key("book/src/preprocess/load.rs"));
    }
}
