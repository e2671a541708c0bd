//! What the engine's tests share.

use std::path::PathBuf;

/// A folder of the project's fixtures.
pub(crate) fn fixtures(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(name)
}
