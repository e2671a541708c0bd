//! JSON, the form in which settings, task, model map and plan cross every wire.

use crate::error::Failure;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes and reads a value: linked plugins take the same path as the others, so that no plugin can
/// depend on what JSON does not carry (NaN, infinity, `-0` in integers).
///
/// # Errors
/// [`Failure::Answer`] when the value has no JSON form or is refused when read.
pub fn through_json<T: Serialize + DeserializeOwned>(value: &T) -> Result<T, Failure> {
    let refuse = |error: serde_json::Error| Failure::Answer(error.to_string());
    let json = serde_json::to_vec(value).map_err(refuse)?;
    serde_json::from_slice(&json).map_err(refuse)
}
