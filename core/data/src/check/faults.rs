//! What may be wrong with data.

use super::EXAMPLES;
use serde::Serialize;

/// What may be wrong, and where it is seen first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Faults {
    /// Texts of nothing but blanks.
    pub empty: Fault,
    /// Texts that have stood before, in this file.
    pub duplicate: Fault,
    /// Texts that have stood before, in this file or one before it, with other spans or labels.
    pub conflicting: Fault,
    /// Texts that stand in a file before this one: of train in test.
    pub leaked: Fault,
    /// Ids that have stood before in this file.
    pub repeated_id: Fault,
    /// Spans that overlap another.
    pub overlapping: Fault,
    /// Spans that begin or end with blanks.
    pub blank_edge: Fault,
    /// Texts with characters that no reader sees: controls, or U+FFFD, which replaces what could not be decoded.
    pub unreadable: Fault,
}

impl Faults {
    /// All of them, with what they are.
    pub fn all(&self) -> [(&'static str, &Fault); 8] {
        [
            ("empty texts", &self.empty),
            ("repeated texts", &self.duplicate),
            ("the same text with other labels", &self.conflicting),
            ("texts that stand in a file before", &self.leaked),
            ("repeated ids", &self.repeated_id),
            ("overlapping spans", &self.overlapping),
            ("spans with blanks at an edge", &self.blank_edge),
            ("texts with control or replacement characters", &self.unreadable),
        ]
    }
}

/// A fault: how often, and the first places.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Fault {
    /// How often.
    pub count: usize,
    /// Places, as `file:line` and what else names the record.
    pub examples: Vec<String>,
}

impl Fault {
    /// Counts a place.
    pub(super) fn add(&mut self, example: impl FnOnce() -> String) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(example());
        }
    }
}
