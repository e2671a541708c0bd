//! The host's own copies of native libraries: a folder that only its owner may open, files named by hash.

use super::Fault;
use std::fs::{self, DirBuilder};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Puts these bytes into the folder, unless they stand there, and says where.
pub(super) fn store(folder: &Path, sha256: &str, bytes: &[u8]) -> Result<PathBuf, Fault> {
    let cannot = |error: io::Error| Fault::Cache { reason: format!("`{}`: {error}", folder.display()) };
    make(folder).map_err(cannot)?;
    let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(cannot)?;
    if let Some(open) = is_open(folder, beside.as_file()).map_err(cannot)? {
        let reason = format!("`{}` {open}; expected a folder of this user that nobody else may open", folder.display());
        return Err(Fault::Cache { reason });
    }
    let place = place(folder, sha256);
    // What stands there was written by this user; comparing it costs less than trusting it.
    let stands = fs::symlink_metadata(&place).is_ok_and(|about| about.is_file());
    if !stands || fs::read(&place).map_err(cannot)? != bytes {
        beside.write_all(bytes).map_err(cannot)?;
        beside.persist(&place).map_err(|error| cannot(error.error))?;
    }
    Ok(place)
}

/// Where the copy of a library stands.
pub(super) fn place(folder: &Path, sha256: &str) -> PathBuf {
    folder.join(format!("{sha256}{}", std::env::consts::DLL_SUFFIX))
}

/// Makes the folder where it is not there, for its owner only.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// What lets others into the folder, if anything does. `ours` is a file that this process made.
#[cfg(unix)]
fn is_open(folder: &Path, ours: &fs::File) -> io::Result<Option<String>> {
    use std::os::unix::fs::MetadataExt;
    let about = fs::symlink_metadata(folder)?;
    let mode = about.mode() & 0o777;
    Ok(if !about.is_dir() {
        Some("is a link".to_owned())
    } else if about.uid() != ours.metadata()?.uid() {
        Some("belongs to another user".to_owned())
    } else if mode & 0o077 != 0 {
        Some(format!("has the mode {mode:o}"))
    } else {
        None
    })
}

/// What lets others into the folder: not known here.
#[cfg(not(unix))]
fn is_open(_folder: &Path, _ours: &fs::File) -> io::Result<Option<String>> {
    Ok(None)
}
