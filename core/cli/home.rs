//! The folder in which Engraft keeps what it fetched and what it copied.

use crate::error::{Failure, Result};
use std::path::PathBuf;

/// `$ENGRAFT_HOME`, else `engraft` in the user's cache folder; `None` when neither is known.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    folder("ENGRAFT_HOME")
        .or_else(|| folder("XDG_CACHE_HOME").map(|cache| cache.join("engraft")))
        .or_else(|| folder("LOCALAPPDATA").map(|cache| cache.join("engraft")))
        .or_else(|| folder("HOME").map(|home| home.join(".cache").join("engraft")))
}

/// [`folder`], where there must be one.
///
/// # Errors
/// `plugin.cache` when no home folder is known.
pub(crate) fn required() -> Result<PathBuf> {
    let missing = || Failure::usage("plugin.cache", "there is no home folder to keep plugins in");
    folder().ok_or_else(|| missing().help("set ENGRAFT_HOME to a folder"))
}
