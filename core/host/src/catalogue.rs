//! All plugins that a run may name.

use crate::entry::Entry;
use crate::error::{Error, Result};
use crate::{linked, name};
use engraft_plugin::kind::Kind;

/// All plugins that a run may name, sorted by kind (in the order of a run) and id; no two alike.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    entries: Vec<Entry>,
}

impl Catalogue {
    /// The plugins that are compiled into this binary.
    ///
    /// # Errors
    /// `plugin.clash` when two of one kind have one id, `plugin.descriptor` when one breaks the contract.
    pub fn linked() -> Result<Self> {
        Self::new(linked::entries()?)
    }

    /// A catalogue of these entries, whatever loader they came from.
    ///
    /// # Errors
    /// `plugin.clash` when two of one kind have one id.
    pub fn new(entries: impl IntoIterator<Item = Entry>) -> Result<Self> {
        let mut entries: Vec<Entry> = entries.into_iter().collect();
        entries.sort_by(|a, b| order(a).cmp(&order(b)));
        for pair in entries.windows(2) {
            if order(&pair[0]) == order(&pair[1]) {
                return Err(Error::Clash {
                    kind: pair[0].descriptor.kind,
                    id: pair[0].descriptor.id.clone(),
                    origins: Box::new([pair[0].origin.clone(), pair[1].origin.clone()]),
                });
            }
        }
        Ok(Self { entries })
    }

    /// This catalogue with other entries in the place of those of the same kind and id.
    ///
    /// # Errors
    /// `plugin.clash` when two of the others have one kind and id.
    pub fn replaced_by(self, others: impl IntoIterator<Item = Entry>) -> Result<Self> {
        let others = Self::new(others)?;
        let is_left = |entry: &Entry| others.entries.iter().all(|other| order(other) != order(entry));
        let left: Vec<Entry> = self.entries.into_iter().filter(is_left).collect();
        Self::new(left.into_iter().chain(others.entries))
    }

    /// All entries.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries of one kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.descriptor.kind == kind)
    }

    /// The plugin of that kind and id.
    ///
    /// # Errors
    /// `plugin.unknown`, with the ids that are like it and all of the kind.
    pub fn find(&self, kind: Kind, id: &str) -> Result<&Entry> {
        self.of(kind).find(|entry| entry.descriptor.id == id).ok_or_else(|| {
            let available: Vec<String> = self.of(kind).map(|entry| entry.descriptor.id.clone()).collect();
            let near = name::near(id, available.iter().map(String::as_str)).into_iter().map(str::to_owned).collect();
            Error::Unknown { kind, id: id.to_owned(), near, available }
        })
    }
}

/// Where an entry stands: kinds in the order of a run, ids by letter.
fn order(entry: &Entry) -> (usize, &str) {
    let kind = Kind::ALL.iter().position(|kind| *kind == entry.descriptor.kind).unwrap_or(Kind::ALL.len());
    (kind, &entry.descriptor.id)
}
