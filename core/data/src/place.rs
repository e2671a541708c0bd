//! Where a record stands.

use crate::{Error, Result};
use std::path::Path;
use std::sync::Arc;

/// The file of a record, and where in it the record begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: Arc<Path>,
    /// The line, from 1.
    pub line: usize,
    /// The byte column, from 1; 0 where the line as a whole is meant.
    pub column: usize,
}

impl Place {
    pub(crate) fn new(path: &Arc<Path>, line: usize, column: usize) -> Self {
        Self { path: Arc::clone(path), line, column }
    }

    /// The name of a record that has no id: file and line.
    pub(crate) fn id(&self) -> String {
        format!("{}:{}", self.path.file_stem().unwrap_or_default().to_string_lossy(), self.line)
    }

    /// A record that cannot be read, for a reason with a code.
    pub fn error(&self, reason: engraft_plugin::Error) -> Error {
        Error::Record { path: self.path.to_path_buf(), line: self.line, column: self.column, reason }
    }

    pub(crate) fn refuse<T>(&self, code: &str, message: impl Into<String>) -> Result<T> {
        Err(self.error(engraft_plugin::Error::new(code, message)))
    }
}
