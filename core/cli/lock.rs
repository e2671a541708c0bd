//! `engraft.lock`: what a run was made of. A run goes on only with the same.

use crate::config::{Resolved, sections};
use crate::error::{Failure, Result};
use crate::model;
use engraft_host::Catalogue;
use engraft_plugin::kind::Kind;
use engraft_plugin::register::Opened;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The lock's file name.
pub(crate) const FILE: &str = "engraft.lock";

/// What a run was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lock {
    /// The version of Engraft that wrote it; another one may go on.
    engraft: String,
    model: Model,
    plugin: Vec<Plugin>,
    /// SHA-256 of the texts that settings of plugins name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    texts: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Model {
    source: String,
    /// SHA-256 by file.
    files: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Plugin {
    kind: Kind,
    id: String,
    version: String,
    loader: String,
    /// Of the file that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

impl Lock {
    /// The lock of a run whose model lies in `folder`.
    ///
    /// # Errors
    /// `file.unreadable` for a model that cannot be read.
    pub(crate) fn of(run: &Resolved, folder: &Path, catalogue: &Catalogue) -> Result<Self> {
        let files = model::hashes(folder)?;
        let plugins = &run.plugins;
        let mut plugin = Vec::new();
        for (_, kind) in sections() {
            let opened: Vec<(&str, &str)> = match kind {
                Kind::Domain => vec![name(&plugins.domain)],
                Kind::Preprocessor => plugins.preprocess.iter().map(name).collect(),
                Kind::Augmenter => plugins.augment.iter().map(name).collect(),
                Kind::Method => vec![name(&plugins.method)],
                _ => plugins.metrics.iter().map(name).collect(),
            };
            for (id, version) in opened {
                let origin = &catalogue.find(kind, id)?.origin;
                let (loader, sha256) = (origin.loader().to_owned(), origin.sha256().map(str::to_owned));
                let one = Plugin { kind, id: id.to_owned(), version: version.to_owned(), loader, sha256 };
                if !plugin.contains(&one) {
                    plugin.push(one);
                }
            }
        }
        let model = Model { source: run.source.to_string(), files };
        Ok(Self { engraft: env!("CARGO_PKG_VERSION").to_owned(), model, plugin, texts: run.texts.clone() })
    }

    /// The lock of a run folder, if it has one.
    ///
    /// # Errors
    /// `run.lock` when it cannot be read.
    pub(crate) fn read(out: &Path) -> Result<Option<Self>> {
        let path = out.join(FILE);
        match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::reading(&path, "lock file", &error)),
            Ok(text) => toml::from_str(&text).map(Some).map_err(|error| {
                Failure::usage("run.lock", format!("`{}` is no lock file: {}", path.display(), error.message()))
            }),
        }
    }

    /// This lock with the model of another, so that only plugins are compared.
    pub(crate) fn with_model_of(self, other: &Self) -> Self {
        Self { model: other.model.clone(), ..self }
    }

    /// The lock as it is written.
    pub(crate) fn to_text(&self) -> String {
        let body = toml::to_string(self).expect("a lock has text keys only");
        format!("# What this run was made of. `engraft train --resume` refuses to go on with anything else.\n{body}")
    }

    /// What differs in `now`, a line each.
    pub(crate) fn differences(&self, now: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut differ = |what: String, was: Option<&str>, is: Option<&str>| {
            if was != is {
                let word = |side: Option<&str>| side.unwrap_or("nothing").to_owned();
                lines.push(format!("{what}: the run has {}, here is {}", word(was), word(is)));
            }
        };
        differ("model".to_owned(), Some(&self.model.source), Some(&now.model.source));
        for (name, is) in all(&self.model.files, &now.model.files) {
            differ(format!("model file `{name}`"), is.0, is.1);
        }
        for (name, is) in all(&self.texts, &now.texts) {
            differ(format!("text `{name}`"), is.0, is.1);
        }
        let (was, is) = (self.plugins(), now.plugins());
        for (name, versions) in all(&was, &is) {
            differ(format!("plugin {name}"), versions.0, versions.1);
        }
        lines
    }

    /// Refuses `now` if it differs.
    ///
    /// # Errors
    /// `run.lock`, with everything that differs.
    pub(crate) fn require(&self, now: &Self, out: &Path) -> Result<()> {
        let lines = self.differences(now);
        if lines.is_empty() {
            return Ok(());
        }
        let message = format!("`{}` was made of other parts:\n  {}", out.display(), lines.join("\n  "));
        Err(Failure::usage("run.lock", message)
            .help("go on with the same parts, or start anew in another folder with --out"))
    }

    fn plugins(&self) -> BTreeMap<String, String> {
        let named = |p: &Plugin| {
            let hash = p.sha256.as_ref().map(|hash| format!(", {hash}")).unwrap_or_default();
            (format!("{}/{}", p.kind, p.id), format!("{} ({}{hash})", p.version, p.loader))
        };
        self.plugin.iter().map(named).collect()
    }
}

fn name<T: ?Sized>(opened: &Opened<T>) -> (&str, &str) {
    (&opened.id, &opened.version)
}

/// Both sides of two tables, by every key that either has.
fn all<'a>(
    was: &'a BTreeMap<String, String>,
    is: &'a BTreeMap<String, String>,
) -> BTreeMap<&'a str, (Option<&'a str>, Option<&'a str>)> {
    let keys = was.keys().chain(is.keys());
    keys.map(|key| (key.as_str(), (was.get(key).map(String::as_str), is.get(key).map(String::as_str)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(version: &str, hash: &str) -> Lock {
        let plugin = Plugin {
            kind: Kind::Method,
            id: "lora".into(),
            version: version.into(),
            loader: "linked".into(),
            sha256: None,
        };
        let files = BTreeMap::from([("model.safetensors".to_owned(), hash.to_owned())]);
        let texts = BTreeMap::from([("/terms.tsv".to_owned(), "cc".to_owned())]);
        Lock { engraft: "0.1.0".into(), model: Model { source: "hub:a/b".into(), files }, plugin: vec![plugin], texts }
    }

    #[test]
    fn a_lock_reads_back_as_it_was_written() {
        let lock = lock("0.1.0", "aa");
        assert_eq!(toml::from_str::<Lock>(&lock.to_text()).unwrap(), lock);
    }

    #[test]
    fn another_plugin_version_and_other_weights_are_refused_by_name() {
        let (was, is) = (lock("0.1.0", "aa"), lock("0.2.0", "bb"));
        let error = was.require(&is, Path::new("runs/a")).unwrap_err().to_string();
        assert!(error.contains("plugin method/lora: the run has 0.1.0 (linked), here is 0.2.0 (linked)"), "{error}");
        assert!(error.contains("model file `model.safetensors`: the run has aa, here is bb"), "{error}");
        assert!(was.require(&was, Path::new("runs/a")).is_ok());
    }

    #[test]
    fn another_engraft_may_go_on() {
        let (was, mut is) = (lock("0.1.0", "aa"), lock("0.1.0", "aa"));
        is.engraft = "0.2.0".to_owned();
        assert!(was.require(&is, Path::new("runs/a")).is_ok());
    }
}
