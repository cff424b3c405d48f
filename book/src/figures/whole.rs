//! Files that are written whole or not at all, and only if they change.

use std::path::Path;
use std::{fs, io};

pub(crate) use kept::whole::write;

/// Writes `content` unless the file holds it already: a file that stays is not seen as changed by whoever watches it.
pub(crate) fn write_if_changed(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|present| present == content) { Ok(()) } else { write(path, content) }
}
