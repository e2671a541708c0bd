//! The corpus of a run: its splits, each waiting on disk, with what was counted while it was read.

use super::Settings;
use super::load::stream_split;
use super::spool::{Spool, Spooling};
use crate::event::Observer;
use crate::run::Plugins;
use crate::{Error, Result};
use engraft_plugin::Task;
use engraft_plugin::text::{ExampleBuf, field};
use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// The examples of a run.
#[derive(Debug, Default)]
pub struct Corpus {
    /// The splits that are configured, in the order train, dev, test.
    pub splits: Vec<Split>,
}

impl Corpus {
    /// A split by its name.
    pub fn split(&self, name: &str) -> Option<&Split> {
        self.splits.iter().find(|split| split.name == name)
    }
}

/// The examples of one file.
#[derive(Debug)]
pub struct Split {
    /// `train`, `dev` or `test`.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Its examples, checked and clean, in the order of the file.
    pub examples: Spool<ExampleBuf>,
    /// What was counted of them.
    pub census: Census,
}

/// What was counted of a split while it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Gold spans by label.
    pub spans: BTreeMap<String, usize>,
    /// Gold labels of whole texts.
    pub labels: BTreeMap<String, usize>,
    /// Documents that examples were cut from.
    pub documents: usize,
    /// Whether examples of a document stand apart, with others in between.
    pub is_scattered: bool,
    /// Hashes of the documents.
    seen: HashSet<u64>,
    last: Option<u64>,
}

impl Census {
    /// The census of these examples.
    pub fn of(examples: &[ExampleBuf]) -> Self {
        let mut census = Self::default();
        examples.iter().for_each(|example| census.add(example));
        census
    }

    fn add(&mut self, example: &ExampleBuf) {
        example.spans.iter().for_each(|span| count(&mut self.spans, &span.label));
        example.labels.iter().for_each(|label| count(&mut self.labels, label));
        let document = example.field(field::DOCUMENT).map(|name| {
            let mut hasher = DefaultHasher::new();
            name.hash(&mut hasher);
            hasher.finish()
        });
        if document != self.last
            && let Some(document) = document
        {
            let is_new = self.seen.insert(document);
            self.documents += usize::from(is_new);
            self.is_scattered |= !is_new;
        }
        self.last = document;
    }
}

fn count(counts: &mut BTreeMap<String, usize>, label: &str) {
    match counts.get_mut(label) {
        Some(count) => *count += 1,
        None => drop(counts.insert(label.to_owned(), 1)),
    }
}

/// Reads every split that is configured; they wait on the disk of `folder`.
///
/// # Errors
/// [`Error::Setting`] without a training file; else those of [`load_split`](super::load_split).
pub fn load(
    folder: &Path,
    settings: &Settings,
    task: &Task,
    plugins: &Plugins,
    observer: &mut dyn Observer,
) -> Result<Corpus> {
    if settings.train.as_os_str().is_empty() {
        let (expected, got) = ("a file of training examples".to_owned(), "nothing".to_owned());
        return Err(Error::Setting { key: "data.train".to_owned(), expected, got });
    }
    let files = [("train", Some(&settings.train)), ("dev", settings.dev.as_ref()), ("test", settings.test.as_ref())];
    let mut splits = Vec::new();
    for (name, path) in files {
        if let Some(path) = path {
            splits.push(load_split(folder, name, path, settings, task, plugins, observer)?);
        }
    }
    Ok(Corpus { splits })
}

/// Reads one file as a split that waits on the disk of `folder`: see [`stream_split`].
///
/// # Errors
/// Those of [`stream_split`].
pub fn load_split(
    folder: &Path,
    name: &str,
    path: &Path,
    settings: &Settings,
    task: &Task,
    plugins: &Plugins,
    observer: &mut dyn Observer,
) -> Result<Split> {
    let mut examples = Spooling::new(folder)?;
    let mut census = Census::default();
    stream_split(name, path, settings, task, plugins, observer, &mut |example| {
        census.add(&example);
        examples.push(&example)
    })?;
    (census.seen, census.last) = Default::default();
    Ok(Split { name: name.to_owned(), path: path.to_owned(), examples: examples.finish()?, census })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn census(documents: &[Option<&str>]) -> Census {
        let mut census = Census::default();
        for (at, document) in documents.iter().enumerate() {
            let mut example = ExampleBuf::new(at.to_string(), "gout");
            example.labels = vec!["yes".to_owned()];
            example.fields.extend(document.map(|name| (field::DOCUMENT.to_owned(), name.to_owned())));
            census.add(&example);
        }
        census
    }

    #[test]
    fn documents_are_counted_once_and_those_that_stand_apart_are_known() {
        let near = census(&[Some("a"), Some("a"), None, Some("b")]);
        assert_eq!((near.documents, near.is_scattered, near.labels["yes"]), (2, false, 4));
        assert!(census(&[Some("a"), None, Some("a")]).is_scattered);
        assert!(census(&[Some("a"), Some("b"), Some("a")]).is_scattered);
    }
}
