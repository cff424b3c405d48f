//! The whole book as one PDF file: the page for printing, printed by an installed Chromium.
//!
//! Chromium typesets the pages: vectors stay vectors, links inside the book stay links, headings become the outline.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::figures::whole;
use crate::project::Project;

/// The names under which Chromium is installed.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Prints the built book to `out`, whole or not at all.
///
/// # Errors
/// No Chromium, or one that prints nothing; a file that cannot be written.
pub fn print(project: &Project, out: &Path) -> Result<()> {
    let chromium = find(env::var_os("CHROMIUM").map(PathBuf::from), &folders())?;
    let page = project.output.join("print.html").canonicalize().context("there is no page for printing")?;
    let desk = desk_beside(project)?;
    let draft = desk.join("book.pdf");
    let run = Command::new(&chromium)
        .args(["--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync", "--no-pdf-header-footer"])
        .args(["--generate-pdf-document-outline", "--timeout=240000"])
        .args(sandbox())
        .arg(format!("--user-data-dir={}", desk.join("profile").display()))
        .arg(format!("--print-to-pdf={}", draft.display()))
        // The query keeps the page from opening the dialog for printing: see `print.js`.
        .arg(format!("file://{}?unattended", page.display()))
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", chromium.display()));
    let printed = run.and_then(|run| match fs::read(&draft) {
        Ok(pdf) if pdf.starts_with(b"%PDF") => Ok(pdf),
        _ => bail!("{} printed nothing: {}", chromium.display(), last_line(&run.stderr)),
    });
    fs::remove_dir_all(&desk).ok();
    whole::write(out, &printed?).with_context(|| format!("cannot write {}", out.display()))
}

/// The Chromium that is `named`, or the first of its usual names in `folders`.
fn find(named: Option<PathBuf>, folders: &[PathBuf]) -> Result<PathBuf> {
    let places = || folders.iter().flat_map(|folder| NAMES.map(|name| folder.join(name)));
    match named {
        Some(program) if program.is_file() => Ok(program),
        Some(program) => bail!("CHROMIUM is `{}`, but there is no such file", program.display()),
        None => places().find(|program| program.is_file()).context(
            "printing needs Chromium (Debian: `apt install chromium`), or its path in the variable CHROMIUM",
        ),
    }
}

fn folders() -> Vec<PathBuf> {
    env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default()
}

/// Chromium refuses to run for the superuser with its sandbox.
#[cfg(unix)]
fn sandbox() -> Option<&'static str> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0).then_some("--no-sandbox")
}

#[cfg(not(unix))]
fn sandbox() -> Option<&'static str> {
    None
}

/// A folder of our own for the browser's profile and its draft.
fn desk_beside(project: &Project) -> Result<PathBuf> {
    let desk = project.beside(&format!("print-{}", std::process::id()));
    fs::create_dir_all(&desk).with_context(|| format!("cannot write to {}", desk.display()))?;
    Ok(desk)
}

fn last_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_found_by_name_or_by_path() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("chromium-browser");
        fs::write(&program, "").unwrap();
        assert_eq!(find(None, &[folder.path().to_owned()]).unwrap(), program);
        assert_eq!(find(Some(program.clone()), &[]).unwrap(), program);
    }

    #[test]
    fn a_missing_browser_is_told_with_the_remedy() {
        let missing = find(None, &[]).unwrap_err().to_string();
        assert!(missing.contains("apt install chromium"), "{missing}");
        let wrong = find(Some("/nowhere/chromium".into()), &[]).unwrap_err().to_string();
        assert_eq!(wrong, "CHROMIUM is `/nowhere/chromium`, but there is no such file");
    }
}
