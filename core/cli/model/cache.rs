//! The models that were fetched: one folder each, with a record of where it came from and what it holds.
//!
//! A folder is written beside its place and renamed when it is whole, so that what has the record is complete.

use super::Source;
use crate::error::{Failure, Result};
use crate::home;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The record's file name.
const RECORD: &str = "engraft-model.json";

/// The folder of all cached models.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    root: PathBuf,
}

/// A cached model.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Model {
    /// Where it came from.
    pub(crate) source: String,
    /// Where it lies.
    pub(crate) folder: PathBuf,
    /// Its files.
    pub(crate) files: BTreeMap<String, Stored>,
}

/// One file of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// Its length.
    pub(crate) bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub(crate) sha256: String,
}

#[derive(Serialize, Deserialize)]
struct Record {
    source: String,
    files: BTreeMap<String, Stored>,
}

impl Cache {
    /// The cache of this user: `$ENGRAFT_HOME/models`, else `engraft/models` in the user's cache folder.
    ///
    /// # Errors
    /// `model.cache` when neither is known.
    pub(crate) fn open() -> Result<Self> {
        match home::folder() {
            Some(home) => Ok(Self { root: home.join("models") }),
            None => Err(Failure::usage("model.cache", "there is no home folder to cache models in")
                .help("set ENGRAFT_HOME to a folder")),
        }
    }

    /// The model of this source, if it lies in the cache.
    ///
    /// # Errors
    /// `model.cache` when a file of it is missing or of another length than recorded.
    pub(crate) fn find(&self, source: &Source) -> Result<Option<Model>> {
        let folder = self.root.join(source.folder_name());
        let Some(model) = read(&folder) else { return Ok(None) };
        for (name, stored) in &model.files {
            let found = fs::metadata(folder.join(name)).map(|meta| meta.len()).ok();
            if found != Some(stored.bytes) {
                let found = found.map_or("nothing".to_owned(), |bytes| format!("{bytes} bytes"));
                let what = format!("expected {} bytes, found {found}", stored.bytes);
                return Err(Failure::run("model.cache", format!("cached `{}`: {what}", folder.join(name).display()))
                    .help(format!("remove `{}` and fetch the model again", folder.display())));
            }
        }
        Ok(Some(model))
    }

    /// Adds a model: `write` fills a new folder, which then takes its place at once.
    ///
    /// # Errors
    /// Those of `write`, and `file.unwritable`.
    pub(crate) fn add(&self, source: &Source, write: impl FnOnce(&Path) -> Result<()>) -> Result<Model> {
        let failed = |error: io::Error| Failure::writing(&self.root, &error);
        fs::create_dir_all(&self.root).map_err(failed)?;
        let partial = tempfile::Builder::new().prefix(".partial-").tempdir_in(&self.root).map_err(failed)?;
        write(partial.path())?;
        let record = Record { source: source.to_string(), files: hash_files(partial.path()).map_err(failed)? };
        let json = serde_json::to_vec_pretty(&record).expect("a record has text keys only");
        fs::write(partial.path().join(RECORD), json).map_err(failed)?;
        let folder = self.root.join(source.folder_name());
        match fs::rename(partial.path(), &folder) {
            Ok(()) => drop(partial.keep()),
            // Another process was faster; what it fetched is as good.
            Err(_) if read(&folder).is_some() => (),
            Err(error) => return Err(failed(error)),
        }
        Ok(Model { source: record.source, folder, files: record.files })
    }

    /// All models, by source.
    pub(crate) fn list(&self) -> Vec<Model> {
        let folders = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let mut models: Vec<Model> = folders.filter_map(|folder| read(&folder.path())).collect();
        models.sort_by(|a, b| a.source.cmp(&b.source));
        models
    }
}

impl Model {
    /// The length of all files.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.values().map(|file| file.bytes).sum()
    }
}

/// The model in a folder that has a record.
pub(super) fn read(folder: &Path) -> Option<Model> {
    let is_partial = folder.file_name()?.to_str()?.starts_with('.');
    let record: Record = serde_json::from_slice(&fs::read(folder.join(RECORD)).ok().filter(|_| !is_partial)?).ok()?;
    Some(Model { source: record.source, folder: folder.to_owned(), files: record.files })
}

/// The files of a folder, with their hashes.
pub(crate) fn hash_files(folder: &Path) -> io::Result<BTreeMap<String, Stored>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && name != RECORD {
            files.insert(name, hash_file(&path)?);
        }
    }
    Ok(files)
}

pub(super) fn hash_file(path: &Path) -> io::Result<Stored> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
    }
    Ok(Stored { bytes, sha256: hexadecimal(&hash.finalize()) })
}

/// Bytes as hexadecimal text.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
