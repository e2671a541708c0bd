//! What the tests share: files in a temporary folder.
#![allow(dead_code, reason = "each test takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a test that cannot write its files has failed")]

use engraft_data::{Error, Format, Options, Record, Result, WriteOptions, read, write_all};
use std::path::PathBuf;

/// A folder with one file, gone when dropped.
pub(crate) struct OneFile {
    folder: tempfile::TempDir,
    name: String,
}

impl OneFile {
    pub(crate) fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        Self { folder, name: name.to_owned() }
    }
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join(&self.name)
    }
}

/// The records of a file with this content, each with its line.
pub(crate) fn records_with(name: &str, content: impl AsRef<[u8]>, options: &Options) -> Result<Vec<(usize, Record)>> {
    let file = OneFile::new(name, content);
    let mut records = Vec::new();
    read(&file.path(), options, &mut |place, record| {
        records.push((place.line, record));
        Ok(())
    })?;
    Ok(records)
}

pub(crate) fn records(name: &str, content: impl AsRef<[u8]>) -> Result<Vec<(usize, Record)>> {
    records_with(name, content, &Options::default())
}

/// The records of a file of a format.
pub(crate) fn of(format: Format, content: impl AsRef<[u8]>) -> Result<Vec<(usize, Record)>> {
    let options = Options { format: Some(format), ..Options::default() };
    records_with("file.x", content, &options)
}

/// Code, line and column of a refused record.
pub(crate) fn place(error: &Error) -> (String, usize, usize) {
    match error {
        Error::Record { line, column, reason, .. } => (reason.code.clone(), *line, *column),
        other => panic!("expected a refused record, found {other}"),
    }
}

/// Labels and texts covered.
pub(crate) fn covered(record: &Record) -> Vec<(String, String)> {
    record.spans.iter().map(|span| (span.label.clone(), record.text[span.start..span.end].to_owned())).collect()
}

pub(crate) fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

/// Writes records in a format and reads them again.
pub(crate) fn again(records: &[Record], format: Format, options: &WriteOptions) -> Result<Vec<Record>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set");
    write_all(&path, &WriteOptions { format: Some(format), ..options.clone() }, records)?;
    let mut found = Vec::new();
    read(&path, &Options { format: Some(format), ..Options::default() }, &mut |_, record| {
        found.push(record);
        Ok(())
    })?;
    Ok(found)
}
