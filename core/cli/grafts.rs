//! The grafts of a run: the one it trained, and those that were put beside it by name, in `grafts/<name>`.

use crate::error::{Failure, Result};
use engraft_engine::method::graft::{self, GraftFile};
use serde::Serialize;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What the run's own graft is called: its folder's name.
pub(crate) const OWN: &str = "graft";
const FOLDER: &str = "grafts";

/// A graft that is kept.
#[derive(Debug, Serialize)]
pub(crate) struct Known {
    pub(crate) name: String,
    /// The method that trained it; none where PEFT did.
    pub(crate) method: Option<String>,
    pub(crate) labels: Vec<String>,
    /// The base model, as its run named it.
    pub(crate) base: Option<String>,
    pub(crate) bytes: u64,
    pub(crate) folder: PathBuf,
}

/// The graft that `named` holds: itself, or a run's own.
pub(crate) fn within(named: &Path) -> Option<PathBuf> {
    [named.to_owned(), named.join(OWN)].into_iter().find(|folder| graft::weights_of(folder).is_some())
}

/// The graft of this name in the run folder `out`.
pub(crate) fn find(out: &Path, name: &str) -> Option<PathBuf> {
    let folder = if name == OWN { out.join(OWN) } else { out.join(FOLDER).join(name) };
    (is_name(name) && graft::weights_of(&folder).is_some()).then_some(folder)
}

/// The grafts of a run folder, its own first.
///
/// # Errors
/// What is wrong with a `graft.json`.
pub(crate) fn list(out: &Path) -> Result<Vec<Known>> {
    names(out)
        .into_iter()
        .filter_map(|name| Some((find(out, &name)?, name)))
        .map(|(at, name)| known(name, at))
        .collect()
}

fn names(out: &Path) -> Vec<String> {
    let entries = fs::read_dir(out.join(FOLDER)).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    let own = find(out, OWN).map(|_| OWN.to_owned());
    own.into_iter().chain(names.into_iter().filter(|name| find(out, name).is_some())).collect()
}

fn known(name: String, folder: PathBuf) -> Result<Known> {
    let file = GraftFile::find(&folder)?;
    let files = fs::read_dir(&folder).into_iter().flatten().flatten();
    let bytes = files.filter_map(|file| file.metadata().ok()).map(|data| data.len()).sum();
    let (mut method, mut labels, mut base) = (None, Vec::new(), None);
    if let Some(file) = file {
        (method, labels, base) = (Some(file.plan.method), file.task.labels, Some(file.base));
    }
    Ok(Known { name, method, labels, base, bytes, folder })
}

/// Copies a graft folder to its place in the run folder, whole or not at all.
///
/// # Errors
/// `graft.name` for a name that is none or is taken, `file.link`, `file.unwritable`.
pub(crate) fn add(out: &Path, name: &str, from: &Path, replaces: bool) -> Result<Known> {
    if !is_name(name) || name == OWN {
        let expected = "expected lower-case letters, digits and hyphens, and another name than the run's own";
        return Err(refuse(name, &format!("{expected}, found `{name}`")));
    }
    let grafts = own_folder(out)?;
    let folder = grafts.join(name);
    if folder.exists() && !replaces {
        return Err(refuse(name, "the run has one of this name").help("take another name, or say --replace"));
    }
    let copy = || -> io::Result<()> {
        fs::create_dir_all(&grafts)?;
        // On the same disk, for a rename is all or nothing; it is gone when it is dropped.
        let beside = tempfile::Builder::new().prefix(".").tempdir_in(&grafts)?;
        let (new, old) = (beside.path().join("new"), beside.path().join("old"));
        fs::create_dir(&new)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            // The folders of a Hugging Face cache hold links to its files.
            if entry.path().is_file() {
                fs::copy(entry.path(), new.join(entry.file_name()))?;
            }
        }
        if graft::weights_of(&new).is_none() {
            return Err(io::Error::other(format!("expected weights in `{}`, found none", from.display())));
        }
        if folder.exists() {
            fs::rename(&folder, &old)?;
        }
        fs::rename(&new, &folder).inspect_err(|_| drop(fs::rename(&old, &folder)))
    };
    copy().map_err(|error| Failure::writing(&folder, &error))?;
    known(name.to_owned(), folder)
}

/// Removes a graft that was added.
///
/// # Errors
/// `graft.name` for the run's own and for one that is not there, `file.link`, `file.unwritable`.
pub(crate) fn remove(out: &Path, name: &str) -> Result<()> {
    if name == OWN {
        return Err(refuse(name, "it is what the run trained, and goes with the run's folder only"));
    }
    own_folder(out)?;
    let folder = find(out, name).ok_or_else(|| unknown(out, name))?;
    fs::remove_dir_all(&folder).map_err(|error| Failure::writing(&folder, &error))
}

/// The folder of the grafts that were added, where it lies in the run's own: what is written there or removed must not
/// be elsewhere.
fn own_folder(out: &Path) -> Result<PathBuf> {
    let folder = out.join(FOLDER);
    if folder.is_symlink() {
        let message = format!("`{}`: expected a folder of the run, found a link", folder.display());
        return Err(Failure::usage("file.link", message).help("nothing was changed: remove the link"));
    }
    Ok(folder)
}

/// The refusal of a name that the run does not have.
pub(crate) fn unknown(out: &Path, name: &str) -> Failure {
    let names = names(out);
    let has = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    refuse(name, &format!("expected a graft of `{}` (it has {has}) or a graft folder, found neither", out.display()))
}

fn refuse(name: &str, reason: &str) -> Failure {
    Failure::usage("graft.name", format!("graft `{name}`: {reason}"))
}

fn is_name(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty() && name.chars().all(is_letter) && !name.starts_with('-')
}
