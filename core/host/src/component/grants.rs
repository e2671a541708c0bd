//! What a component is granted beyond its input: folders to read, nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Entries that a granted folder may hold.
const MOST: usize = 10_000;

/// What a run grants a component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Folders that it may read and not write, by the name under which it sees them: `lexicon` as `/lexicon`.
    pub folders: BTreeMap<String, PathBuf>,
}

impl Grants {
    /// Whether the folders can be granted: plain names, and nothing in them but folders and regular files. To read a
    /// pipe or a device can take for ever inside the host, which no deadline bounds; a link leads elsewhere.
    ///
    /// # Errors
    /// The name or path that cannot be granted, and why.
    pub(super) fn check(&self) -> Result<(), String> {
        for (name, folder) in &self.folders {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if name.is_empty() || !name.chars().all(is_plain) {
                return Err(format!("a folder is granted under a plain name (`lexicon`), found `{name}`"));
            }
            let mut left = MOST;
            check_folder(folder, &mut left)?;
        }
        Ok(())
    }
}

fn check_folder(folder: &Path, left: &mut usize) -> Result<(), String> {
    let unreadable = |error| format!("the granted folder `{}` cannot be read: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(unreadable)?);
        *left = left.checked_sub(1).ok_or_else(|| format!("a granted folder has more than {MOST} entries"))?;
        if kind.is_dir() {
            check_folder(&path, left)?;
        } else if !kind.is_file() {
            return Err(format!("a granted folder holds regular files only, found `{}`", path.display()));
        }
    }
    Ok(())
}
