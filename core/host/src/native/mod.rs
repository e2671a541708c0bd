//! The loader `native`: plugins in shared libraries, over the C tables of `engraft_plugin::abi`.
//!
//! Native code is trusted code: a library may do whatever the process may. So the host opens exactly the
//! bytes that the run trusts. A file is read once and hashed ([`Checked::read`]); its data symbol is read
//! from those bytes, before any of its code runs; they are written to a private folder named by their hash,
//! and that copy is opened ([`Checked::load`]) and never closed. What a library answers is checked like
//! everything that comes from outside: counts, encoding, spans, numbers.
//!
//! The only `unsafe` of this crate is here; what it relies on stands in `engraft.h`.

#![allow(unsafe_code)]

mod answers;
mod augmenter;
mod cache;
mod check;
mod domain;
mod fault;
mod inspect;
mod instance;
mod json;
mod load;
#[cfg(test)]
mod loopback_tests;
mod method;
mod metric;
mod preprocessor;

pub use fault::Fault;

use crate::entry::{Entry, Origin};
use crate::error::{Error, Result};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// The plugins of a library, once its SHA-256 is known to be `expected`. `cache` is a folder of the host's
/// own; it is made where it is not there.
///
/// # Errors
/// [`Error::Native`] with the file and what is wrong with it; `plugin.descriptor` for a plugin in it that
/// breaks the contract.
pub fn open(path: &Path, expected: &str, cache: &Path) -> Result<Vec<Entry>> {
    Checked::read(path, expected)?.load(cache)
}

/// Whether a library of this SHA-256 was opened before: its copy stands in the host's folder, which only its owner may
/// write to.
pub fn was_opened(sha256: &str, cache: &Path) -> bool {
    cache::place(cache, sha256).is_file()
}

/// The SHA-256 of a file, in hexadecimal: what a run names to trust a library.
///
/// # Errors
/// `plugin.unreadable`.
pub fn hash(path: &Path) -> Result<String> {
    read(path).map(|bytes| hash_of(&bytes)).map_err(|fault| at(path, fault))
}

/// A library whose bytes are the ones expected and whose data symbol says that this host can call it. None of
/// its code has run.
#[derive(Debug)]
pub struct Checked {
    path: PathBuf,
    sha256: String,
    bytes: Vec<u8>,
}

impl Checked {
    /// Reads a file, once.
    ///
    /// # Errors
    /// `plugin.unreadable`, `plugin.hash`, `plugin.no-library`, `plugin.entry`, `plugin.revision`,
    /// `plugin.panics`.
    pub fn read(path: &Path, expected: &str) -> Result<Self> {
        let check = || {
            let bytes = read(path)?;
            let sha256 = hash_of(&bytes);
            if !sha256.eq_ignore_ascii_case(expected) {
                return Err(Fault::Hash { expected: expected.to_owned(), found: sha256 });
            }
            inspect::check(inspect::entry(&bytes)?)?;
            Ok(Self { path: path.to_owned(), sha256, bytes })
        };
        check().map_err(|fault| at(path, fault))
    }

    /// Opens these bytes, whatever stands in the file by now.
    ///
    /// # Errors
    /// `plugin.cache`, `plugin.load`, `plugin.interface`; `plugin.descriptor`.
    pub fn load(&self, cache: &Path) -> Result<Vec<Entry>> {
        let copy = cache::store(cache, &self.sha256, &self.bytes).map_err(|fault| at(&self.path, fault))?;
        let library = load::load(&copy).map_err(|fault| at(&self.path, fault))?;
        let origin = Origin::Native { path: self.path.clone(), sha256: self.sha256.clone() };
        let descriptors = library.describe().map_err(|fault| at(&self.path, fault))?;
        let entry = |descriptor: engraft_plugin::Descriptor| {
            let opener = library.opener(&descriptor).map_err(|fault| at(&self.path, fault))?;
            Entry::new(descriptor, origin.clone(), opener)
        };
        descriptors.into_iter().map(entry).collect()
    }
}

fn at(path: &Path, fault: Fault) -> Error {
    Error::Native { path: path.to_owned(), fault }
}

fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    let unreadable = |error: std::io::Error| Fault::Unreadable { reason: error.to_string() };
    // A pipe would be waited for, and a device never ends.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(Fault::Unreadable { reason: "it is no regular file".to_owned() });
    }
    std::fs::read(path).map_err(unreadable)
}

fn hash_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
