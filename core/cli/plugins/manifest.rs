//! The manifest of a plugin, `plugin.toml`: in an installed folder, and in what authors ship. It comes from outside.

use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The manifest's file name.
pub(crate) const FILE: &str = "plugin.toml";

/// What stands beside a plugin. It says what was installed, which is no reason to trust it: a library runs only where
/// the run or its lock names the hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// The name under which runs ask for it; the file's own in what authors ship.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The plugin's file, in the same folder.
    pub(crate) file: PathBuf,
    /// SHA-256 of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sha256: Option<String>,
    /// What is in it: `preprocessor/whitespace 0.1.0`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) plugins: Vec<String>,
}

impl Manifest {
    /// Reads the manifest of a folder from its text.
    ///
    /// # Errors
    /// Where it is none, or names a file that does not lie in this very folder, which a link may lead out of.
    pub(crate) fn read(text: &str, folder: &Path) -> Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        let mut parts = manifest.file.components();
        let is_plain = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
        let is_file = || fs::symlink_metadata(folder.join(&manifest.file)).is_ok_and(|file| file.is_file());
        if is_plain && is_file() {
            return Ok(manifest);
        }
        Err(format!("`file`: expected a file of this folder, found `{}`", manifest.file.display()))
    }
}
