//! Labels without annotators: functions that each know a little vote, a label model weighs them.
//!
//! A file of [`Functions`] says which words, patterns and fields speak for which label. Each function votes on a text or
//! abstains ([`Votes`]); [`majority`] counts, [`generative`] learns how accurate each function is from how they agree, and
//! weighs them by it. [`Analysis`] says what each function is worth.

mod analysis;
mod functions;
mod model;

pub use analysis::{Analysis, Measured, analyze};
pub use functions::{Function, Functions};
pub use model::{Belief, Learned, generative, majority};

/// What each function says of each text: a label by its number, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Votes {
    /// Labels that there are.
    pub labels: usize,
    /// A row for each text, a vote for each function.
    pub rows: Vec<Vec<Option<usize>>>,
}

impl Votes {
    /// Functions.
    pub fn functions(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }
}
