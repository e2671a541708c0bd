//! CSV and TSV with a header.
//!
//! CSV is RFC 4180 and may hold line breaks inside quotes. TSV has no quoting by its definition (IANA
//! `text/tab-separated-values`): a line is a record, so that a stray quotation mark never swallows the
//! rows after it. A TSV field that is quoted as a whole, as spreadsheets write it, loses its quotes.

use super::lines::{Checked, Lines};
use super::read::{Sink, refuse, row};
use crate::{Error, Result};
use std::path::Path;

pub(super) fn read_csv(path: &Path, sink: Sink<'_>) -> Result<()> {
    // With `\n` as its only line end the csv crate counts lines right; a `\r` before it is ours to drop.
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(Checked::open(path)?);
    let mut names: Option<Vec<String>> = None;
    for record in reader.records() {
        let record = record.map_err(|error| csv_error(path, error))?;
        let line = record.position().map_or(0, |at| at.line() as usize);
        let mut values: Vec<String> = record.iter().map(str::to_owned).collect();
        if let Some(last) = values.last_mut().filter(|last| last.ends_with('\r')) {
            last.pop();
        }
        if values.len() == 1 && values[0].is_empty() {
            continue; // a blank line
        }
        let Some(names) = &names else {
            check_names(path, &values)?;
            names = Some(values);
            continue;
        };
        check_count(path, line, names, &values, "is a quotation mark left open, or a comma not in quotes?")?;
        let fields = names.iter().cloned().zip(values).collect();
        if sink(line, row(path, line, fields))?.is_break() {
            break;
        }
    }
    Ok(())
}

fn csv_error(path: &Path, error: csv::Error) -> Error {
    let line = error.position().map_or(0, |at| at.line() as usize);
    match error.into_kind() {
        csv::ErrorKind::Io(source) => match source.downcast::<Error>() {
            Ok(own) => own,
            Err(source) => Error::Unreadable { path: path.to_owned(), source },
        },
        other => {
            let reason = engraft_plugin::Error::new("row.bad-csv", format!("{other:?}"));
            Error::Record { path: path.to_owned(), line, reason }
        }
    }
}

fn check_count(path: &Path, line: usize, names: &[String], values: &[String], hint: &str) -> Result<()> {
    let (expected, found) = (names.len(), values.len());
    if expected == found {
        return Ok(());
    }
    refuse(path, line, "row.columns", format!("expected {expected} columns as in the header, found {found} ({hint})"))
}

const TSV_HINT: &str = "a TSV field cannot hold tabs or line breaks, CSV and JSONL can; a file of tokens and tags \
                        is read with format = \"conll\"";

pub(super) fn read_tsv(path: &Path, sink: Sink<'_>) -> Result<()> {
    let mut lines = Lines::open(path)?;
    let Some((_, header)) = lines.advance()? else { return Ok(()) };
    let names: Vec<String> = header.split('\t').map(unquote).collect();
    check_names(path, &names)?;
    while let Some((number, line)) = lines.advance()? {
        if line.is_empty() {
            continue;
        }
        let values: Vec<String> = line.split('\t').map(unquote).collect();
        check_count(path, number, &names, &values, TSV_HINT)?;
        let fields = names.iter().cloned().zip(values).collect();
        if sink(number, row(path, number, fields))?.is_break() {
            break;
        }
    }
    Ok(())
}

/// A field that stands in quotes as a whole, every quotation mark inside doubled, without them.
fn unquote(field: &str) -> String {
    let quoted = field.len() >= 2 && field.starts_with('"') && field.ends_with('"');
    let inner = if quoted { &field[1..field.len() - 1] } else { return field.to_owned() };
    if inner.replace("\"\"", "").contains('"') { field.to_owned() } else { inner.replace("\"\"", "\"") }
}

fn check_names(path: &Path, names: &[String]) -> Result<()> {
    let twice = names.iter().enumerate().find(|(at, name)| !name.is_empty() && names[..*at].contains(name));
    match twice {
        Some((_, name)) => refuse(path, 1, "row.columns", format!("the header names the column `{name}` twice")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::data::testing::{code_and_line, rows};

    #[test]
    fn csv_fields_may_hold_commas_quotes_and_line_breaks() {
        let rows = rows("a.csv", "\u{feff}id,text\r\n1,\"good, \"\"very\"\"\r\ngood\"\r\n2,坏\r\n\r\n").unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].1.fields[1], ("text".to_owned(), "good, \"very\"\r\ngood".to_owned()));
        assert_eq!((rows[1].0, rows[1].1.id.as_str()), (4, "2"));
    }

    #[test]
    fn a_stray_quotation_mark_in_tsv_swallows_nothing() {
        let rows = rows("a.tsv", "text\tlabel\n\"so good\tpos\n\"he said \"\"no\"\"\"\tneg\n").unwrap();
        assert_eq!(rows[0].1.fields[0].1, "\"so good");
        assert_eq!(rows[1].1.fields[0].1, "he said \"no\"");
    }

    #[test]
    fn a_record_with_other_columns_than_the_header_is_refused_with_its_line() {
        for (name, text) in [("a.csv", "a,b\n1,2\n3\n"), ("a.tsv", "a\tb\n1\t2\n3\n")] {
            let error = rows(name, text).unwrap_err();
            assert_eq!(code_and_line(&error), ("row.columns".to_owned(), 3));
        }
    }

    #[test]
    fn a_header_that_names_a_column_twice_is_refused() {
        for (name, text) in [("a.csv", "a,a\n"), ("a.tsv", "a\ta\n")] {
            assert_eq!(code_and_line(&rows(name, text).unwrap_err()), ("row.columns".to_owned(), 1));
        }
    }

    #[test]
    fn an_empty_file_or_one_with_a_header_only_has_no_rows() {
        for (name, text) in
            [("a.csv", ""), ("a.csv", "a,b\n"), ("a.tsv", ""), ("a.tsv", "a\tb\n"), ("a.csv", "\u{feff}")]
        {
            assert!(rows(name, text).unwrap().is_empty(), "{name} {text:?}");
        }
    }
}
