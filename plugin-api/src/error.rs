//! Errors of plugins: a refused item is normal, a failed plugin is not.

use serde::{Deserialize, Serialize};

/// Why one item (or one call) was refused. A refused item is counted and reported; the run goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Error {
    /// A short dotted code, stable across versions: `span.outside`.
    pub code: String,
    /// What was expected, what was found, what to do.
    pub message: String,
}

impl Error {
    /// An error with a code and a message.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

/// What a plugin's function answers for one item.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A plugin broke its promise: it panicked, trapped, ran out of time, or answered the wrong number of
/// items. The same in all three loaders. It ends the run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// It panicked, and this is what it said.
    #[error("panicked: {0}")]
    Panic(String),
    /// It answered a different number of items than it was given.
    #[error("answered {got} items where {expected} were asked")]
    Count {
        /// Items in the batch.
        expected: usize,
        /// Answers that came.
        got: usize,
    },
    /// What it answered is not of the form that the contract asks.
    #[error("answered what the contract does not allow: {0}")]
    Answer(String),
    /// It was stopped: it trapped, left, or took more than it may. This is why, and what it printed.
    #[error("was stopped: {0}")]
    Stopped(String),
}

/// What a batched call answers: a result an item, or a failure of the plugin itself.
pub type Answers<T> = std::result::Result<Vec<Result<T>>, Failure>;
