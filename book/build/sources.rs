//! Embeds the hashes of the sources that figures and training depend on, one for each chapter.
//!
//! They are taken when their user is compiled, not when it runs: an old binary beside newer sources must not store
//! old pictures under new keys.

use std::path::{Path, PathBuf};
use std::{fs, io};

use sha2::{Digest, Sha256};

/// Writes the table of hashes to `out`: of the files at `places` in the workspace `root`, for each chapter that has a
/// folder in `chapters`.
pub fn embed(root: &Path, chapters: &Path, places: &[PathBuf], out: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    for place in places {
        println!("cargo:rerun-if-changed={}", place.display());
        gather(place, &mut files)?;
    }
    files.sort();

    let mut chapters: Vec<String> = fs::read_dir(chapters)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| chapter_number(name).is_some())
        .collect();
    chapters.sort();
    let mut table = String::from("&[\n");
    for chapter in &chapters {
        let mut hash = Sha256::new();
        for file in files.iter().filter(|file| chapter_of(file) <= chapter_number(chapter)) {
            let name = file.strip_prefix(root).unwrap_or(file).to_string_lossy();
            let content = fs::read(file)?;
            hash.update(format!("{name} {}\n", content.len()));
            hash.update(content);
        }
        table += &format!("    (\"{chapter}\", \"{:x}\"),\n", hash.finalize());
    }
    table += "]\n";
    fs::write(out, table)
}

/// All files at or below `place`, except the hidden ones that editors leave.
pub fn gather(place: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if place.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
        return Ok(());
    }
    if place.is_dir() {
        for entry in fs::read_dir(place)? {
            gather(&entry?.path(), files)?;
        }
    } else if place.is_file() {
        files.push(place.to_owned());
    }
    Ok(())
}

/// The 1 of `ch1_preliminaries`.
fn chapter_number(name: &str) -> Option<u32> {
    name.strip_prefix("ch")?.split_once('_')?.0.parse().ok()
}

/// The chapter whose folder holds the file; none, which is before all chapters, for shared modules.
fn chapter_of(file: &Path) -> Option<u32> {
    file.components().find_map(|part| chapter_number(part.as_os_str().to_str()?))
}
