//! The formats of files, and what their names tell of them.

use super::Offsets;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// A JSON list of objects, or objects one after the other.
    Json,
    /// Comma-separated values with a header.
    Csv,
    /// Tab-separated values with a header.
    Tsv,
    /// One token a line, its tag in the last column (IOB1, IOB2 or BIOES), a blank line between sentences.
    Conll,
    /// One sentence a line, its tokens as `word|TAG`.
    WordTag,
    /// brat: a folder of texts (`.txt`) with annotations beside them (`.ann`).
    Brat,
    /// PubTator: title, abstract and annotations of an article.
    Pubtator,
    /// The JSON export of Label Studio.
    LabelStudio,
    /// The JSONL of Prodigy.
    Prodigy,
    /// The JSONL of doccano.
    Doccano,
    /// Questions and answers in the form of SQuAD and CUAD.
    Squad,
    /// Plain text, a record a line.
    Lines,
    /// Plain text, a record a file; a folder of them is one set.
    Documents,
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow, as a file (Feather 2) or a stream.
    Arrow,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 16] = [
        Self::Jsonl,
        Self::Json,
        Self::Csv,
        Self::Tsv,
        Self::Conll,
        Self::WordTag,
        Self::Brat,
        Self::Pubtator,
        Self::LabelStudio,
        Self::Prodigy,
        Self::Doccano,
        Self::Squad,
        Self::Lines,
        Self::Documents,
        Self::Parquet,
        Self::Arrow,
    ];

    /// Its name, as it is typed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Conll => "conll",
            Self::WordTag => "word-tag",
            Self::Brat => "brat",
            Self::Pubtator => "pubtator",
            Self::LabelStudio => "label-studio",
            Self::Prodigy => "prodigy",
            Self::Doccano => "doccano",
            Self::Squad => "squad",
            Self::Lines => "lines",
            Self::Documents => "documents",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// All names, for messages.
    pub fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// The format that a name tells: a file by its ending, a folder by what lies in it.
    pub fn of(path: &Path) -> Option<Self> {
        if path.is_dir() {
            let is_brat = crate::read::files(path)
                .ok()?
                .0
                .iter()
                .any(|file| file.extension().is_some_and(|ending| ending == "ann"));
            return Some(if is_brat { Self::Brat } else { Self::Documents });
        }
        Some(match path.extension()?.to_str()?.to_lowercase().as_str() {
            "jsonl" | "ndjson" => Self::Jsonl,
            "json" => Self::Json,
            "csv" => Self::Csv,
            "tsv" => Self::Tsv,
            "conll" | "iob" | "iob2" | "bio" => Self::Conll,
            "ann" => Self::Brat,
            "pubtator" => Self::Pubtator,
            "parquet" => Self::Parquet,
            "arrow" | "feather" | "ipc" => Self::Arrow,
            _ => return None,
        })
    }

    /// The ending of its files; none for formats that are folders.
    pub const fn ending(self) -> Option<&'static str> {
        Some(match self {
            Self::Jsonl | Self::Prodigy | Self::Doccano => "jsonl",
            Self::Json | Self::LabelStudio | Self::Squad => "json",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Conll => "conll",
            Self::WordTag | Self::Lines => "txt",
            Self::Pubtator => "pubtator",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
            Self::Brat | Self::Documents => return None,
        })
    }

    /// What offsets count in files of this format, where nothing else is said. Label Studio and doccano count as
    /// JavaScript does (HumanSignal/label-studio#1347, doccano/doccano#2290).
    pub const fn offsets(self) -> Offsets {
        match self {
            Self::LabelStudio | Self::Doccano => Offsets::Utf16,
            Self::Brat | Self::Pubtator | Self::Prodigy | Self::Squad => Offsets::Characters,
            _ => Offsets::Bytes,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| format!("expected one of {}", Self::names()))
    }
}
