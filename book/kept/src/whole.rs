//! Files that are written whole or not at all.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fs, io};

/// Writes `content` beside `path` and renames it into place, so that no reader ever sees half of it; two writers, in
/// one process or two, do not meet.
///
/// # Errors
/// A folder or file that cannot be written; the draft is removed then.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let draft = folder.join(format!(".{name}.{}.{count}", std::process::id()));
    fs::write(&draft, content)
        .and_then(|()| fs::rename(&draft, path))
        .inspect_err(|_| drop(fs::remove_file(&draft)))
}
