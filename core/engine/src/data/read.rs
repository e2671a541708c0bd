//! A file becomes rows: the front door of the readers.

use super::{Format, Offsets, Settings, conll, jsonl, offsets, table};
use crate::{Error, Result};
use engraft_plugin::text::RowBuf;
use std::ops::ControlFlow;
use std::path::Path;

/// What a reader hands each row to, with its line; `Break` ends the reading.
pub(super) type Sink<'a> = &'a mut dyn FnMut(usize, RowBuf) -> Result<ControlFlow<()>>;

/// Reads the rows of a file, one at a time, and hands each to `sink` with the line on which it begins
/// (from 1). Nothing but the current row is held in memory.
///
/// | format | a row is | its fields are |
/// |---|---|---|
/// | JSONL | an object on a line | its members; other values than strings as compact JSON, `null` as no field |
/// | CSV | a record | its columns, named by the header |
/// | TSV | a line | its columns, named by the header |
/// | CoNLL | a sentence | `text` (its tokens, joined by one space) and `spans` |
///
/// A row's id is its field `id`, or `<file stem>:<line>`.
///
/// # Errors
/// [`Error::MissingFile`], [`Error::Unreadable`]; [`Error::Setting`] when the format can be told neither
/// from the settings nor from the file's ending; [`Error::Encoding`] and [`Error::Record`] with file and
/// line; whatever `sink` answers.
pub fn read(path: &Path, settings: &Settings, sink: &mut dyn FnMut(usize, RowBuf) -> Result<()>) -> Result<()> {
    let unknown = || Error::Setting {
        key: "data.format".to_owned(),
        expected: "jsonl, csv, tsv or conll".to_owned(),
        got: format!("nothing, and the ending of `{}` does not tell", path.display()),
    };
    let format = settings.format.or_else(|| Format::of(path)).ok_or_else(unknown)?;
    let mut left = settings.limit.unwrap_or(usize::MAX);
    if left == 0 {
        return Ok(());
    }
    // CoNLL rows are cut by the reader itself, in bytes: there are no offsets of the user in them.
    let counts_characters = settings.offsets == Offsets::Characters && format != Format::Conll;
    let limited: Sink<'_> = &mut |line, mut row| {
        if counts_characters {
            offsets::to_bytes(&mut row).map_err(|reason| Error::Record { path: path.to_owned(), line, reason })?;
        }
        sink(line, row)?;
        left -= 1;
        Ok(if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    };
    match format {
        Format::Jsonl => jsonl::read(path, limited),
        Format::Csv => table::read_csv(path, limited),
        Format::Tsv => table::read_tsv(path, limited),
        Format::Conll => conll::read(path, limited),
    }
}

impl Format {
    /// The format that a file's ending tells.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_lowercase().as_str() {
            "jsonl" | "ndjson" | "json" => Some(Self::Jsonl),
            "csv" => Some(Self::Csv),
            "tsv" => Some(Self::Tsv),
            "conll" | "iob" | "iob2" | "bio" => Some(Self::Conll),
            _ => None,
        }
    }
}

/// A row with the id that its fields or its place give.
pub(super) fn row(path: &Path, line: usize, fields: Vec<(String, String)>) -> RowBuf {
    let own = fields.iter().find(|(name, value)| name == "id" && !value.is_empty()).map(|(_, id)| id.clone());
    let id = own.unwrap_or_else(|| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        format!("{stem}:{line}")
    });
    RowBuf { id, fields }
}

/// A record that cannot be read.
pub(super) fn refuse<T>(path: &Path, line: usize, code: &str, message: impl Into<String>) -> Result<T> {
    Err(Error::Record { path: path.to_owned(), line, reason: engraft_plugin::Error::new(code, message) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::testing::{code_and_line, format, rows, rows_with};

    #[test]
    fn bytes_that_are_no_utf8_are_refused_with_line_and_column_in_every_format() {
        let files: [(&str, &[u8]); 4] = [
            ("a.jsonl", b"{\"text\":\"a\"}\n{\"text\":\"\xff\"}\n"),
            ("a.csv", b"text,x\nabcdefgh,\xff\n"),
            ("a.tsv", b"text\tx\nabcdefgh\t\xff\n"),
            ("a.conll", b"a\tO\nabcdefgh\t\xff\n"),
        ];
        for (name, content) in files {
            match rows(name, content).unwrap_err() {
                Error::Encoding { line, column, byte, path } => {
                    assert_eq!((line, column, byte), (2, 10, 0xff), "{name}");
                    assert!(path.ends_with(name));
                }
                other => panic!("{name}: {other}"),
            }
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let path = Path::new("nowhere/train.jsonl");
        let error = read(path, &Settings::default(), &mut |_, _| Ok(())).unwrap_err();
        assert!(matches!(&error, Error::MissingFile { path: found, .. } if found == path), "{error}");
    }

    #[test]
    fn an_ending_that_tells_no_format_asks_for_the_setting() {
        let error = rows("a.txt", "a\tO\n").unwrap_err();
        assert!(matches!(&error, Error::Setting { key, .. } if key == "data.format"), "{error}");
        assert_eq!(rows_with("a.txt", "a\tO\n", &format(Format::Conll)).unwrap().len(), 1);
    }

    #[test]
    fn a_limit_stops_the_reading_before_what_follows() {
        let settings = |limit| Settings { limit: Some(limit), ..Settings::default() };
        for (name, text) in [
            ("a.jsonl", "{}\n{}\nbroken"),
            ("a.csv", "a\n1\n2\n3,4\n"),
            ("a.tsv", "a\n1\n2\n3\t4\n"),
            ("a.conll", "a O\n\na O\n\na\n"),
        ] {
            assert_eq!(rows_with(name, text, &settings(2)).unwrap().len(), 2, "{name}");
            assert_eq!(rows_with(name, text, &settings(0)).unwrap().len(), 0, "{name}");
            assert!(rows(name, text).is_err());
        }
    }

    #[test]
    fn offsets_in_characters_become_bytes_and_those_of_conll_are_bytes_already() {
        let settings = Settings { offsets: Offsets::Characters, ..Settings::default() };
        let text = "{\"text\":\"发热\",\"spans\":[[0,2,\"S\"]]}\n{\"text\":\"发热\",\"spans\":[[0,3,\"S\"]]}\n";
        assert_eq!(code_and_line(&rows_with("a.jsonl", text, &settings).unwrap_err()), ("span.outside".to_owned(), 2));
        let (first, _) = text.split_once('\n').unwrap();
        assert_eq!(rows_with("a.jsonl", first, &settings).unwrap()[0].1.fields[1].1, "[[0,6,\"S\"]]");
        let conll = rows_with("a.conll", "发热 B-S\n", &settings).unwrap();
        assert_eq!(conll[0].1.fields[1].1, r#"[{"start":0,"end":6,"label":"S"}]"#);
    }
}
