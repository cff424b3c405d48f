//! Results of training, kept between runs in `target/sdml-cache/training`: the checks and the figures that show one
//! training run share it, whichever asks first.
//!
//! A result is kept under a key made of its section, its name, everything it was trained with, Cargo.lock, and the
//! sources of its own and earlier chapters, hashed when this crate was compiled. An entry begins with the hash of the
//! rest: a damaged one is as good as none. Entries are written whole or not at all.

mod threads;
pub mod whole;

use std::collections::HashMap;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

pub use threads::on_threads;

/// For every chapter the hash of its sources, of those of earlier chapters, of what they share, and of Cargo.lock.
const SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// What training leaves behind: rows of numbers (parameters, a curve of losses, samples).
pub type Rows = Vec<Vec<f64>>;

/// The rows of the training run `name` of `section` with these `settings`: kept ones, or those that `train` returns.
///
/// `settings` must hold every number the run depends on besides the sources of `sdml`, the seed among them; their
/// `Debug` form is part of the key. Two threads that ask for one run train once. A result that cannot be stored is
/// returned all the same.
///
/// ```
/// let train = || Ok::<_, std::convert::Infallible>(vec![vec![0.5, 1.0]]);
/// let rows = kept::trained("ch3_flows/coupling", "doc", &("seed", 1), train)?;
/// assert_eq!(rows, [[0.5, 1.0]]);
/// # Ok::<(), std::convert::Infallible>(())
/// ```
///
/// # Errors
/// Those of `train`; nothing is kept then.
///
/// # Panics
/// On a thread of rayon's pool: there it could wait forever. [`on_threads`] asks for several results at once.
pub fn trained<E>(
    section: &str,
    name: &str,
    settings: &impl Debug,
    train: impl FnOnce() -> Result<Rows, E>,
) -> Result<Rows, E> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("two folders below the workspace");
    Shelf::at(root.join("target/sdml-cache/training")).trained(section, name, settings, train)
}

/// A folder of kept results.
#[derive(Debug, Clone)]
pub struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    /// Keeps results in `folder`.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// As [`trained`], in this folder.
    ///
    /// # Errors
    /// Those of `train`.
    ///
    /// # Panics
    /// On a thread of rayon's pool.
    pub fn trained<E>(
        &self,
        section: &str,
        name: &str,
        settings: &impl Debug,
        train: impl FnOnce() -> Result<Rows, E>,
    ) -> Result<Rows, E> {
        threads::stay_outside(format_args!("the kept result `{name}` of `{section}`, asked for"));
        let path = self.path(section, name, settings);
        let lock = lock_of(&path);
        // Whoever failed while training left nothing behind.
        let _alone = lock.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rows) = fs::read(&path).ok().and_then(|entry| decode(&entry)) {
            return Ok(rows);
        }
        let rows = train()?;
        if let Err(error) = whole::write(&path, &encode(&rows)) {
            eprintln!("{name}: cannot be kept in {}: {error}", path.display());
        }
        Ok(rows)
    }

    fn path(&self, section: &str, name: &str, settings: &impl Debug) -> PathBuf {
        let chapter = section.split('/').next().unwrap_or_default();
        let sources = SOURCES.iter().find(|(known, _)| *known == chapter).map(|(_, hash)| *hash);
        let sources =
            sources.unwrap_or_else(|| panic!("no chapter `{chapter}`: a section is `ch3_flows/coupling`"));
        let key = format!("{:x}", Sha256::digest(format!("{section}\n{name}\n{settings:?}\n{sources}")));
        self.folder.join(format!("{name}-{}", &key[..32]))
    }
}

/// The lock of one entry: different entries do not wait for each other.
fn lock_of(path: &Path) -> Arc<Mutex<()>> {
    static LOCKS: Mutex<Option<HashMap<PathBuf, Arc<Mutex<()>>>>> = Mutex::new(None);
    let mut locks = LOCKS.lock().unwrap_or_else(PoisonError::into_inner);
    locks.get_or_insert_default().entry(path.to_owned()).or_default().clone()
}

const HASH: usize = 32;

/// The hash, then each row as its length and its numbers, all little-endian.
fn encode(rows: &[Vec<f64>]) -> Vec<u8> {
    let mut content = Vec::new();
    for row in rows {
        content.extend((row.len() as u64).to_le_bytes());
        content.extend(row.iter().flat_map(|value| value.to_le_bytes()));
    }
    [Sha256::digest(&content).to_vec(), content].concat()
}

fn decode(entry: &[u8]) -> Option<Rows> {
    let (hash, content) = entry.split_at_checked(HASH)?;
    if hash != Sha256::digest(content).as_slice() {
        return None;
    }
    let (mut words, rest) = content.as_chunks::<8>();
    let mut rows = Vec::new();
    while let Some((length, numbers)) = words.split_first() {
        let (row, others) = numbers.split_at_checked(u64::from_le_bytes(*length) as usize)?;
        rows.push(row.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect());
        words = others;
    }
    rest.is_empty().then_some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(shelf: &Shelf, seed: u64, rows: &[Vec<f64>]) -> Result<Rows, String> {
        shelf.trained("ch2_control/backprop", "test", &seed, || Ok(rows.to_vec()))
    }

    #[test]
    fn kept_rows_come_back_bit_for_bit() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::at(folder.path());
        let rows = vec![vec![0.1, -0.0, f64::MIN_POSITIVE], vec![], vec![1.0 / 3.0]];
        assert_eq!(run(&shelf, 1, &rows).unwrap(), rows);
        let again = run(&shelf, 1, &[]).unwrap();
        assert_eq!(again, rows);
        assert!(again[0][1].is_sign_negative());
        assert_eq!(run(&shelf, 2, &[]).unwrap(), Vec::<Vec<f64>>::new(), "another seed is another run");
    }

    #[test]
    fn damage_means_training_again() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::at(folder.path());
        run(&shelf, 1, &[vec![1.0]]).unwrap();
        let file = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        let mut entry = fs::read(&file).unwrap();
        *entry.last_mut().unwrap() ^= 1;
        fs::write(&file, &entry).unwrap();
        assert_eq!(run(&shelf, 1, &[vec![2.0]]).unwrap(), [[2.0]]);
        fs::write(&file, &entry[..20]).unwrap();
        assert_eq!(run(&shelf, 1, &[vec![3.0]]).unwrap(), [[3.0]]);
    }

    #[test]
    fn failed_training_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::at(folder.path());
        let failed = shelf.trained("ch2_control/backprop", "test", &1, || Err("diverged".to_owned()));
        assert_eq!(failed.unwrap_err(), "diverged");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    #[should_panic(expected = "`test` of `ch2_control/backprop`, asked for on a thread of rayon's pool")]
    fn the_pool_must_not_ask() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::at(folder.path());
        // Not even for what is there.
        run(&shelf, 1, &[]).unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        pool.install(|| run(&shelf, 1, &[])).unwrap();
    }
}
