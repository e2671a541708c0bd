//! How files are read and written: formats, encodings, what offsets count.

mod format;

pub use format::Format;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an offset counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Offsets {
    /// Bytes of UTF-8.
    #[default]
    Bytes,
    /// Unicode scalar values, as Python counts.
    Characters,
    /// UTF-16 units, as JavaScript and Java count.
    Utf16,
}

/// How a file's bytes become text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16 of either byte order.
    #[serde(rename = "utf-16")]
    Utf16,
    /// GB 18030, and with it GBK and GB 2312.
    Gb18030,
    /// Latin-1, as Windows extends it (code page 1252).
    #[serde(rename = "latin-1")]
    Latin1,
}

/// Whose annotations are read where several people annotated a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Annotators {
    /// Those of the first who did; the ground truth before others.
    #[default]
    First,
    /// Everybody's: a record for each.
    All,
}

/// Which of Prodigy's answers are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answers {
    /// What was accepted, and labels that were rejected as texts without them. What was ignored, and rejected spans,
    /// say nothing true of the text.
    #[default]
    Usable,
    /// All.
    All,
}

/// What gives a plain text its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LabelFrom {
    /// The folder that the file lies in.
    Folder,
    /// The file's name without its ending.
    Stem,
    /// The file's ending.
    Ending,
}

/// How files are read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The format; by the file's name where none is given.
    pub format: Option<Format>,
    /// The encoding; detected where none is given.
    pub encoding: Option<Encoding>,
    /// What offsets count; what the format's own tools count where nothing is given.
    pub offsets: Option<Offsets>,
    /// Columns that hold what has another name with us: (`text`, `ask`).
    pub fields: Vec<(String, String)>,
    /// What gives plain texts their label.
    pub label_from: Option<LabelFrom>,
    /// Whose annotations are read.
    pub annotators: Annotators,
    /// Which answers are read.
    pub answers: Answers,
    /// Reads at most so many records.
    pub limit: Option<usize>,
}

/// How tags say where an entity begins and ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// `I-`, and `B-` only between neighbors of one label.
    Iob1,
    /// `B-` at each beginning.
    #[default]
    Iob2,
    /// `B-`, `I-`, `E-`, and `S-` for a single token.
    Bioes,
}

/// How files are written.
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    /// The format; by the file's name where none is given.
    pub format: Option<Format>,
    /// What offsets count; what the format's own tools count where nothing is given.
    pub offsets: Option<Offsets>,
    /// Tags of CoNLL and `word|TAG`.
    pub scheme: Scheme,
    /// Writes CoNLL without the comments that hold text and fields.
    pub plain: bool,
    /// Leaves out what the format cannot hold, and counts it.
    pub lossy: bool,
}
