//! A file becomes rows: the readers of `engraft-data`, under the settings of a run.

use super::{Place, Settings};
use crate::Result;
use engraft_data::{Notes, Options};
use engraft_plugin::text::RowBuf;
use std::path::Path;

/// Reads the rows of a file or folder, one at a time, and hands each to `sink` with its place. Nothing but the current
/// row is held in memory.
///
/// Of tables and objects (JSONL, JSON, CSV, TSV, Parquet, Arrow) a row has the columns, named as they are, other values
/// than texts as compact JSON; of other formats it has `text`, `spans`, `label` or `labels`, and what else the format
/// holds. A row's id is its own, or `<file stem>:<line>`.
///
/// # Errors
/// [`crate::Error::MissingFile`], [`crate::Error::Unreadable`]; [`crate::Error::Setting`] when the format can be told neither
/// from the settings nor from the file's name; [`crate::Error::Encoding`] and [`crate::Error::Record`] with file and
/// line; whatever `sink` answers.
pub fn read(path: &Path, settings: &Settings, sink: &mut dyn FnMut(Place, RowBuf) -> Result<()>) -> Result<Notes> {
    let options = Options {
        format: settings.format,
        encoding: settings.encoding,
        offsets: settings.offsets,
        fields: settings.fields.iter().map(|(ours, theirs)| (ours.clone(), theirs.clone())).collect(),
        label_from: settings.label_from,
        limit: settings.limit,
        ..Options::default()
    };
    let mut refused = None;
    let read = engraft_data::read_rows(path, &options, &mut |place, row| {
        sink(place, row).map_err(|error| {
            refused = Some(error);
            // Ends the reading; what is answered is what `sink` has said.
            engraft_data::Error::MissingFile { path: path.to_owned() }
        })
    });
    match (refused, read) {
        (Some(error), _) => Err(error),
        (None, read) => Ok(read?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use crate::data::testing::{code_and_line, format, rows, rows_with};
    use crate::data::{Format, Offsets};

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
                Error::Encoding { line, column, byte, path, .. } => {
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
        let settings = Settings { offsets: Some(Offsets::Characters), ..Settings::default() };
        let text = "{\"text\":\"发热\",\"spans\":[[0,2,\"S\"]]}\n{\"text\":\"发热\",\"spans\":[[0,3,\"S\"]]}\n";
        assert_eq!(code_and_line(&rows_with("a.jsonl", text, &settings).unwrap_err()), ("span.outside".to_owned(), 2));
        let (first, _) = text.split_once('\n').unwrap();
        assert_eq!(
            rows_with("a.jsonl", first, &settings).unwrap()[0].1.fields[1].1,
            r#"[{"start":0,"end":6,"label":"S"}]"#
        );
        let conll = rows_with("a.conll", "发热 B-S\n", &settings).unwrap();
        assert_eq!(conll[0].1.fields[1].1, r#"[{"start":0,"end":6,"label":"S"}]"#);
    }
}
