//! The examples of a split in groups that are evaluated one after the other.

use crate::Result;
use crate::data::{Split, Spool};
use engraft_plugin::text::{ExampleBuf, field};

/// Examples in a group, at least.
const GROUP: usize = 512;

/// Groups of examples, each with the number of its first. No document is divided between two: where its segments
/// stand apart in the split, the whole split is one group.
pub struct Groups<'a> {
    examples: &'a Spool<ExampleBuf>,
    next: usize,
    at_least: usize,
}

impl<'a> Groups<'a> {
    /// The groups of a split.
    pub fn of(split: &'a Split) -> Self {
        let at_least = if split.census.is_scattered { usize::MAX } else { GROUP };
        Self { examples: &split.examples, next: 0, at_least }
    }

    fn group(&self) -> Result<Vec<ExampleBuf>> {
        let mut end = self.next.saturating_add(self.at_least).min(self.examples.len());
        let mut group = self.examples.range(self.next..end)?;
        while end < self.examples.len() {
            let next = self.examples.get(end)?;
            let document = next.field(field::DOCUMENT);
            if document.is_none() || group.last().is_none_or(|last| last.field(field::DOCUMENT) != document) {
                break;
            }
            group.push(next);
            end += 1;
        }
        Ok(group)
    }
}

impl Iterator for Groups<'_> {
    type Item = Result<(usize, Vec<ExampleBuf>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.examples.len() {
            return None;
        }
        let first = self.next;
        let group = self.group();
        self.next = group.as_ref().map_or(usize::MAX, |group| first + group.len());
        Some(group.map(|group| (first, group)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Census, Spooling};

    fn groups(documents: &[usize]) -> Vec<(usize, usize)> {
        let example = |(at, document): (usize, &usize)| {
            let fields = vec![(field::DOCUMENT.to_owned(), document.to_string())];
            ExampleBuf { fields, ..ExampleBuf::new(at.to_string(), "gout") }
        };
        let examples: Vec<ExampleBuf> = documents.iter().enumerate().map(example).collect();
        let mut spooling = Spooling::new(&std::env::temp_dir()).unwrap();
        examples.iter().for_each(|example| spooling.push(example).unwrap());
        let (name, path) = ("dev".to_owned(), std::path::PathBuf::new());
        let split = Split { name, path, examples: spooling.finish().unwrap(), census: Census::of(&examples) };
        let told = Groups::of(&split).map(|group| group.map(|(first, group)| (first, group.len())).unwrap());
        told.collect()
    }

    #[test]
    fn a_group_ends_where_a_document_does() {
        let mut documents: Vec<usize> = (0..GROUP - 1).collect();
        documents.extend([9000; 5]);
        documents.extend([9001; 2]);
        assert_eq!(groups(&documents), [(0, GROUP + 4), (GROUP + 4, 2)]);
        assert_eq!(groups(&[]), []);
    }

    #[test]
    fn a_split_with_scattered_documents_is_one_group() {
        let documents: Vec<usize> = (0..2 * GROUP).map(|at| at % 100).collect();
        assert_eq!(groups(&documents), [(0, 2 * GROUP)]);
    }
}
