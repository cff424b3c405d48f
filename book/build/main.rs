//! What the press needs to know when it is compiled: the hashes of its sources, and the chapters whose snippets are
//! its doctests.

use std::path::PathBuf;
use std::{env, io};

mod chapters;
mod sources;

fn main() -> io::Result<()> {
    let folder = |variable| PathBuf::from(env::var_os(variable).expect("cargo sets it"));
    let (package, out) = (folder("CARGO_MANIFEST_DIR"), folder("OUT_DIR"));
    let root = package.parent().expect("the press is a member of the workspace");
    println!("cargo:rerun-if-changed={}", package.join("build").display());
    let figures = package.join("src/figures");
    let places = [root.join("src"), figures.clone(), package.join("src/typeset"), root.join("Cargo.lock")];
    sources::embed(root, &figures, &places, &out.join("sources.rs"))?;
    chapters::list(&root.join("chapters"), &out.join("chapters.rs"))
}
