//! Pins: the only channel from a computation to a page.
//!
//! A pin is a text of `key = value` lines held in `snapshots/<section>/<name>.snap`. This file is a module of the
//! library `book` (for the chapters' snippets) and of the crate of checks (through `#[path]`).

use std::path::Path;

/// Holds `text` against the snapshot `snapshots/<key>.snap`; fails with a diff when they differ.
///
/// `key` is the path of the section and a name: `ch1_preliminaries/brownian/covariance`. Accept changed numbers,
/// after looking at them, with `INSTA_UPDATE=always cargo test`.
pub fn pin(key: &str, text: impl AsRef<str>) {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package
        .ancestors()
        .find(|folder| folder.join("snapshots").is_dir())
        .expect("the workspace has a folder `snapshots`");
    let (folder, name) = key.rsplit_once('/').expect("a pin's key is a section and a name");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root.join("snapshots").join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text.as_ref()));
}
