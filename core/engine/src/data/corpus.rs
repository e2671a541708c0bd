//! The corpus of a run: its splits, each waiting on disk, with what was counted while it was read.

use super::Settings;
use super::adapt::BATCH;
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

/// The field that names the domain of an example.
const DOMAIN: &str = "domain";

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
    /// The file; of several, the first.
    pub path: PathBuf,
    /// Its examples, checked and clean, in the order of the file.
    pub examples: Spool<ExampleBuf>,
    /// What was counted of them.
    pub census: Census,
}

impl Split {
    /// The examples whose numbers are chosen, as a split on the disk of `folder`.
    ///
    /// # Errors
    /// [`Error::Cache`], [`Error::Unwritable`].
    pub fn part(&self, folder: &Path, name: &str, is_in: &dyn Fn(usize) -> bool) -> Result<Self> {
        let (mut examples, mut census, mut number) = (Spooling::new(folder)?, Census::default(), 0);
        for chunk in self.examples.chunks(BATCH) {
            for example in chunk? {
                if is_in(number) {
                    census.add(&example);
                    examples.push(&example)?;
                }
                number += 1;
            }
        }
        (census.seen, census.last) = Default::default();
        Ok(Self { name: name.to_owned(), path: self.path.clone(), examples: examples.finish()?, census })
    }
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
    let has_train = !settings.train.as_os_str().is_empty();
    if !has_train && settings.domains.is_empty() {
        let (expected, got) = ("a file of training examples".to_owned(), "nothing".to_owned());
        return Err(Error::Setting { key: "data.train".to_owned(), expected, got });
    }
    let own = has_train.then_some((None, settings.train.as_path()));
    let domains = settings.domains.iter().map(|(name, path)| (Some(name.as_str()), path.as_path()));
    let files: Vec<(Option<&str>, &Path)> = own.into_iter().chain(domains).collect();
    let mut splits = vec![load_files(folder, "train", &files, settings, task, plugins, observer)?];
    for (name, path) in [("dev", settings.dev.as_ref()), ("test", settings.test.as_ref())] {
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
    load_files(folder, name, &[(None, path)], settings, task, plugins, observer)
}

/// Reads files as one split, each of a domain or of none.
fn load_files(
    folder: &Path,
    name: &str,
    files: &[(Option<&str>, &Path)],
    settings: &Settings,
    task: &Task,
    plugins: &Plugins,
    observer: &mut dyn Observer,
) -> Result<Split> {
    let mut examples = Spooling::new(folder)?;
    let mut census = Census::default();
    for (domain, path) in files {
        stream_split(name, path, settings, task, plugins, observer, &mut |mut example| {
            if let Some(domain) = domain {
                example.fields.retain(|(name, _)| name != DOMAIN);
                example.fields.push((DOMAIN.to_owned(), (*domain).to_owned()));
            }
            census.add(&example);
            examples.push(&example)
        })?;
    }
    (census.seen, census.last) = Default::default();
    let path = files.first().map(|(_, path)| (*path).to_owned()).unwrap_or_default();
    Ok(Split { name: name.to_owned(), path, examples: examples.finish()?, census })
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
