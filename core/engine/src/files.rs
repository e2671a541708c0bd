//! Files that are whole or not there: written beside, synced, renamed. And files that may come from others: no link
//! leads what is written, or what is copied, out of its folder.

use crate::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Puts `bytes` at `path`, whole or not at all: they are written to a file beside it, synced to the
/// disk and renamed. Whoever reads `path` meanwhile, or after a crash, finds the old file or the new one.
///
/// The folder is made where it is missing. The file gets the rights that a plain new file would get.
///
/// # Errors
/// [`Error::Unwritable`]: a full disk, a folder in its place. What stood there before is untouched and
/// nothing is left beside it.
pub fn write_atomic(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Result<()> {
    write_atomic_with(path, |file| file.write_all(bytes.as_ref()))
}

/// [`write_atomic`] for what is too large to hold in memory: `write` is handed the file.
///
/// # Errors
/// As [`write_atomic`]; what `write` answers is reported the same way.
pub fn write_atomic_with(path: impl AsRef<Path>, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<()> {
    let path = path.as_ref();
    replace(path, write).map_err(|source| Error::writing(path, source))
}

/// Opens a file that a run keeps in its folder, for reading and writing, as it stands there; made where it is missing.
/// A folder of somebody else's may hold a link in its place, to a file of the user's.
///
/// # Errors
/// [`Error::Link`] where it is no plain file, [`Error::Unwritable`].
pub(crate) fn open_kept(path: &Path) -> Result<File> {
    match fs::symlink_metadata(path) {
        Ok(about) if !about.is_file() => Err(Error::Link { path: path.to_owned() }),
        _ => {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            options.open(path).map_err(|error| Error::writing(path, error))
        }
    }
}

/// The file of this name in a folder, if there is one. Where it is a link, it may lead to a file of the same folder, or
/// to one of the `blobs` of the Hugging Face cache whose snapshot the folder is: what is copied into a result travels
/// on with it, and must not be a file of the user's that a model from elsewhere points at.
///
/// # Errors
/// [`Error::Link`] for a link that leads elsewhere.
pub(crate) fn own(folder: &Path, name: &str) -> Result<Option<PathBuf>> {
    let path = folder.join(name);
    if !path.exists() {
        return Ok(None);
    }
    let unreadable = |error| Error::reading(&path, "file", error);
    let (folder, leads) = (folder.canonicalize().map_err(unreadable)?, path.canonicalize().map_err(unreadable)?);
    let snapshots = folder.ancestors().find(|above| above.ends_with("snapshots"));
    let is_blob = |snapshots: &Path| leads.starts_with(snapshots.with_file_name("blobs"));
    let is_own = leads.starts_with(&folder) || snapshots.is_some_and(is_blob);
    if is_own { Ok(Some(leads)) } else { Err(Error::Link { path }) }
}

fn replace(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut beside = open_beside(path, folder)?;
    write(beside.as_file_mut())?;
    beside.as_file().sync_all()?;
    beside.persist(path).map_err(|refused| refused.error)?;
    sync_folder(folder)
}

/// A new file in the same folder (a rename across disks is no rename), removed again if it is dropped.
fn open_beside(path: &Path, folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let name = path.file_name().ok_or_else(|| io::Error::other("the path names no file"))?;
    let mut prefix = std::ffi::OsString::from(".");
    prefix.push(name);
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".part");
    // Files of `tempfile` are private to the user; reports are meant to be handed on.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Makes the rename itself outlast a loss of power.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        fs::read_dir(folder).unwrap().map(name).collect()
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/report.json");
        write_atomic(&path, "old and long").unwrap();
        write_atomic(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(&folder.path().join("new")), ["report.json"]);
    }

    /// A disk that fills up half way answers the write with an error, as this writer does.
    #[test]
    fn a_disk_that_fills_up_leaves_the_old_file_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        write_atomic(&path, "old").unwrap();
        let error = write_atomic_with(&path, |file| {
            file.write_all(b"half of the n")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert_eq!(error.unwrap_err().code(), "file.unwritable");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["report.json"]);
    }

    #[test]
    fn a_folder_in_the_place_of_the_file_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::create_dir_all(path.join("inside")).unwrap();
        let error = write_atomic(&path, "new").unwrap_err();
        assert!(matches!(&error, Error::Unwritable { path: named, .. } if *named == path), "{error}");
        assert_eq!(names(folder.path()), ["report.json"]);
        assert!(path.join("inside").is_dir());
    }
}
