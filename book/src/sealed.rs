//! Data in a text whose first line is the hash of the rest: one that is damaged is as good as none.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// The text that holds the data.
///
/// # Errors
/// Data that JSON has no words for.
pub fn seal(data: &impl Serialize) -> serde_json::Result<String> {
    let content = serde_json::to_string(data)?;
    Ok(format!("{}\n{content}", digest(&content)))
}

/// The data that the text holds, if it is whole.
pub fn unseal<T: DeserializeOwned>(text: &str) -> Option<T> {
    let (hash, content) = text.split_once('\n')?;
    (hash == digest(content)).then(|| serde_json::from_str(content).ok()).flatten()
}

fn digest(content: &str) -> String {
    format!("{:x}", Sha256::digest(content))
}
