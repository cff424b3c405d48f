//! What a refusal says.

/// The error's text contains all of `parts`.
pub fn refused<T: std::fmt::Debug>(result: sdml::Result<T>, parts: &[&str]) {
    let text = result.unwrap_err().to_string();
    for part in parts {
        assert!(text.contains(part), "{text:?} does not say {part:?}");
    }
}
