//! Data: files become examples.
//!
//! A file is [`read()`] row by row by the crate `engraft-data`, the domain adapter makes examples of the rows, preprocessors clean
//! them. [`load`] does so for the splits of a run and refuses gold that cannot be right; the examples wait on disk
//! ([`Spool`]). [`prepare`] does so for new text, and remembers where in the text as given every piece of the clean text stood.

mod adapt;
mod check;
mod clean;
mod corpus;
mod load;
mod map;
mod numbers;
mod prepare;
mod read;
mod spool;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use adapt::{BATCH, failed};
pub use corpus::{Census, Corpus, Split, load, load_split};
pub use load::stream_split;
pub use map::OffsetMap;
pub use numbers::Numbers;
pub use prepare::{Prepared, adapt_rows, prepare};
pub use read::read;
pub use spool::{Spool, Spooling};

pub use engraft_data::{Encoding, Format, LabelFrom, Offsets, Place};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// `[data]`: where the examples are.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Training examples: a file, or a folder.
    pub train: PathBuf,
    /// Training examples of several domains, a file or folder each, in the place of `train` or beside it: `{ law = "law.jsonl" }`.
    /// Each example gets the field `domain` with the name; `[batch.mix]` says how much of each an epoch has.
    pub domains: BTreeMap<String, PathBuf>,
    /// Examples that choose the best checkpoint.
    pub dev: Option<PathBuf>,
    /// Examples that the report is made on.
    pub test: Option<PathBuf>,
    /// The files' format; by their names where none is given.
    pub format: Option<Format>,
    /// The files' encoding; detected where none is given.
    pub encoding: Option<Encoding>,
    /// What offsets in the files count; what the format's own tools count where nothing is given, and bytes of UTF-8
    /// in others.
    pub offsets: Option<Offsets>,
    /// Columns that hold what has another name with us: `{ text = "ask", label = "department" }`.
    pub fields: BTreeMap<String, String>,
    /// What gives plain texts their label.
    pub label_from: Option<LabelFrom>,
    /// Reads at most so many records of each file.
    pub limit: Option<usize>,
}
