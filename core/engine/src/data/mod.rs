//! Data: files become examples.
//!
//! A file is [`read`] row by row, the domain adapter makes examples of the rows, preprocessors clean
//! them. [`load`] does so for the splits of a run and refuses gold that cannot be right; the examples wait on disk
//! ([`Spool`]). [`prepare`] does so for new text, and remembers where in the text as given every piece of the clean text stood.

mod adapt;
mod check;
mod clean;
mod conll;
mod corpus;
mod jsonl;
mod lines;
mod load;
mod map;
mod offsets;
mod prepare;
mod read;
mod spool;
mod table;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use adapt::{BATCH, failed};
pub use corpus::{Census, Corpus, Split, load, load_split};
pub use load::stream_split;
pub use map::OffsetMap;
pub use prepare::{Prepared, adapt_rows, prepare};
pub use read::read;
pub use spool::{Spool, Spooling};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// `[data]`: where the examples are.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Training examples.
    pub train: PathBuf,
    /// Examples that choose the best checkpoint.
    pub dev: Option<PathBuf>,
    /// Examples that the report is made on.
    pub test: Option<PathBuf>,
    /// The files' format; by their ending where none is given.
    pub format: Option<Format>,
    /// Whether offsets in the files count bytes of UTF-8 or characters.
    pub offsets: Offsets,
    /// Reads at most so many records of each file.
    pub limit: Option<usize>,
}

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values with a header.
    Csv,
    /// Tab-separated values with a header.
    Tsv,
    /// One token a line, its tag in the last column (IOB1, IOB2 or BIOES), a blank line between sentences.
    Conll,
}

/// What an offset counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Offsets {
    /// Bytes of UTF-8.
    #[default]
    Bytes,
    /// Unicode scalar values, as Python counts.
    Characters,
}
