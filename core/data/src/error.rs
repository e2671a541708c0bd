//! What can go wrong with data. Every error has a code with a section in the book.

use crate::Format;
use std::io;
use std::path::{Path, PathBuf};

/// What this crate's functions answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, what was expected and found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder that is named and not there.
    #[error("`{path}` does not exist")]
    MissingFile {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file that cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that cannot be written.
    #[error("cannot write `{path}`: {source}")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file whose format is neither named nor told by its name.
    #[error("expected a format, found nothing: the name of `{path}` does not tell one of {}", Format::names())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// Bytes that are none of the encoding.
    #[error("`{path}` line {line}: expected {encoding}, found byte 0x{byte:02x} at column {column}")]
    Encoding {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The byte column, from 1.
        column: usize,
        /// The first bad byte.
        byte: u8,
        /// The encoding that was expected.
        encoding: &'static str,
    },
    /// A record that cannot be read.
    #[error("`{path}` line {line}{}: {reason}", column_of(*column))]
    Record {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The byte column, from 1; 0 where the record as a whole is meant.
        column: usize,
        /// What was expected and found, with its code.
        reason: engraft_plugin::Error,
    },
    /// A record that a format cannot hold.
    #[error("{format} cannot hold record `{id}`: {reason}")]
    CannotHold {
        /// The format.
        format: Format,
        /// The record.
        id: String,
        /// What it has that the format has no place for.
        reason: String,
    },
    /// A file of labeling functions that is wrong.
    #[error("labeling functions `{path}`: {reason}")]
    Functions {
        /// The file.
        path: PathBuf,
        /// What was expected and found.
        reason: String,
    },
    /// A request that cannot be met: a share above 1, a column that is nowhere.
    #[error("{what}: expected {expected}, found {got}")]
    Request {
        /// The option.
        what: String,
        /// What would do.
        expected: String,
        /// What was found.
        got: String,
    },
}

fn column_of(column: usize) -> String {
    if column == 0 { String::new() } else { format!(" column {column}") }
}

impl Error {
    /// A stable dotted code; `docs/errors.md` has a section for each.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MissingFile { .. } => "file.missing",
            Self::Unreadable { .. } => "file.unreadable",
            Self::Unwritable { .. } => "file.unwritable",
            Self::UnknownFormat { .. } => "data.unknown-format",
            Self::Encoding { .. } => "data.encoding",
            Self::Record { .. } => "data.record",
            Self::CannotHold { .. } => "data.cannot-hold",
            Self::Functions { .. } => "data.functions",
            Self::Request { .. } => "data.request",
        }
    }

    /// What to do about it, in a sentence.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::UnknownFormat { .. } => "name the format with --from (or --to)".to_owned(),
            Self::Encoding { .. } => {
                "name the encoding if it is another: utf-8, utf-16, gb18030 or latin-1 (--encoding, data.encoding)"
                    .to_owned()
            }
            Self::CannotHold { .. } => {
                "choose a format that can, JSONL holds everything; or let --lossy leave out what has no place"
                    .to_owned()
            }
            Self::Record { reason, .. } if reason.code == "row.no-text" => {
                "say which column is the text with --field text=COLUMN, or name the format with --from".to_owned()
            }
            _ => return None,
        })
    }

    /// Whether the request was wrong (exit code 2) rather than the data (exit code 1).
    pub const fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::MissingFile { .. } | Self::UnknownFormat { .. } | Self::Functions { .. } | Self::Request { .. }
        )
    }

    /// An unreadable (or missing) file.
    pub fn reading(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::MissingFile { path },
            _ => Self::Unreadable { path, source },
        }
    }

    /// An unwritable file.
    pub fn writing(path: &Path, source: io::Error) -> Self {
        Self::Unwritable { path: path.to_owned(), source }
    }

    /// An error that a parser or a `Read` in between has carried as an `io::Error`.
    pub(crate) fn carried(path: &Path, source: io::Error) -> Self {
        match source.downcast::<Self>() {
            Ok(own) => own,
            Err(source) => Self::reading(path, source),
        }
    }
}
