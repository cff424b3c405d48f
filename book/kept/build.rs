//! Embeds the hashes of the mathematics that training depends on, one for each chapter.

use std::path::PathBuf;
use std::{env, io};

#[path = "../build/sources.rs"]
mod sources;

fn main() -> io::Result<()> {
    let folder = |variable| PathBuf::from(env::var_os(variable).expect("cargo sets it"));
    let package = folder("CARGO_MANIFEST_DIR");
    let root = package.ancestors().nth(2).expect("the package lies two folders below the workspace");
    println!("cargo:rerun-if-changed={}", package.join("../build/sources.rs").display());
    let places = [root.join("src"), root.join("Cargo.lock")];
    sources::embed(root, &root.join("src"), &places, &folder("OUT_DIR").join("sources.rs"))
}
