//! CSV and TSV with a header.
//!
//! CSV is RFC 4180 and may hold line breaks inside quotes; where the header has no comma, semicolons or tabs divide it,
//! as spreadsheets write them. TSV has no quoting by its definition (IANA `text/tab-separated-values`): a line is a
//! record, so that a stray quotation mark never swallows the rows after it. A TSV field that is quoted as a whole, as
//! spreadsheets write it, loses its quotes.

use crate::read::{Flow, Item, Reading};
use crate::source::{Checked, Lines};
use crate::write::Out;
use crate::{Error, Format, Offsets, Place, Record, Result, WriteOptions};
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) fn read_csv(path: &Arc<Path>, reading: &mut Reading<'_>) -> Flow {
    let mut input = Checked::open(path, reading.options.encoding)?;
    let delimiter = delimiter(input.first_line()?);
    // With `\n` as its only line end the csv crate counts lines right; a `\r` before it is ours to drop.
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(input);
    let mut names: Option<Vec<String>> = None;
    for record in reader.records() {
        let record = record.map_err(|error| csv_error(path, error))?;
        let place = Place::new(path, record.position().map_or(1, |at| at.line() as usize), 0);
        let mut values: Vec<String> = record.iter().map(str::to_owned).collect();
        if let Some(last) = values.last_mut().filter(|last| last.ends_with('\r')) {
            last.pop();
        }
        if values.len() == 1 && values[0].is_empty() {
            continue; // a blank line
        }
        let Some(names) = &names else {
            check_names(&place, &values)?;
            names = Some(values);
            continue;
        };
        check_count(&place, names, &values, "is a quotation mark left open, or a comma not in quotes?")?;
        if reading.give(place, row(names, values))?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// What divides the columns of a header.
fn delimiter(header: &str) -> u8 {
    let mut in_quotes = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in header.bytes() {
        in_quotes ^= byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(delimiter, _)| !in_quotes && *delimiter == byte) {
            *count += 1;
        }
    }
    let divides = counts.iter().find(|(_, count)| *count > 0);
    divides.map_or(b',', |(delimiter, _)| *delimiter)
}

fn csv_error(path: &Arc<Path>, error: csv::Error) -> Error {
    let line = error.position().map_or(1, |at| at.line() as usize);
    match error.into_kind() {
        csv::ErrorKind::Io(source) => Error::carried(path, source),
        other => Place::new(path, line, 0).error(engraft_plugin::Error::new("row.bad-csv", format!("{other:?}"))),
    }
}

fn row(names: &[String], values: Vec<String>) -> Item {
    let members = names.iter().cloned().zip(values.into_iter().map(Value::String));
    Item::Row(members.collect::<Map<_, _>>())
}

fn check_count(place: &Place, names: &[String], values: &[String], hint: &str) -> Result<()> {
    let (expected, found) = (names.len(), values.len());
    if expected == found {
        return Ok(());
    }
    place.refuse("row.columns", format!("expected {expected} columns as in the header, found {found} ({hint})"))
}

const TSV_HINT: &str = "a TSV field cannot hold tabs or line breaks, CSV and JSONL can; a file of tokens and tags \
                        is read with format = \"conll\"";

pub(crate) fn read_tsv(path: &Arc<Path>, reading: &mut Reading<'_>) -> Flow {
    let mut lines = Lines::open(path, reading.options.encoding)?;
    let Some((_, header)) = lines.advance()? else { return Ok(ControlFlow::Continue(())) };
    let names: Vec<String> = header.split('\t').map(unquote).collect();
    check_names(&Place::new(path, 1, 0), &names)?;
    while let Some((number, line)) = lines.advance()? {
        if line.is_empty() {
            continue;
        }
        let place = Place::new(path, number, 0);
        let values: Vec<String> = line.split('\t').map(unquote).collect();
        check_count(&place, &names, &values, TSV_HINT)?;
        if reading.give(place, row(&names, values))?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// A field that stands in quotes as a whole, every quotation mark inside doubled, without them.
fn unquote(field: &str) -> String {
    let quoted = field.len() >= 2 && field.starts_with('"') && field.ends_with('"');
    let inner = if quoted { &field[1..field.len() - 1] } else { return field.to_owned() };
    if inner.replace("\"\"", "").contains('"') { field.to_owned() } else { inner.replace("\"\"", "\"") }
}

fn check_names(place: &Place, names: &[String]) -> Result<()> {
    // Columns without a name are those of row numbers, and are left to the adapter like any other.
    let twice = names.iter().enumerate().find(|(at, name)| !name.is_empty() && names[..*at].contains(name));
    match twice {
        Some((_, name)) => place.refuse("row.columns", format!("the header names the column `{name}` twice")),
        None => Ok(()),
    }
}

/// A table that is being written. Its columns are known when all records are, so rows wait in a file without a name.
pub(crate) struct Table {
    path: PathBuf,
    format: Format,
    unit: Offsets,
    waiting: BufWriter<File>,
    names: Vec<String>,
}

/// Columns that stand first, as far as any record has them. The id stands last: a `\r` at a row's end belongs to the
/// line end.
const FIRST: [&str; 4] = ["text", "label", "labels", "spans"];

impl Table {
    pub(crate) fn create(path: &Path, format: Format, unit: Offsets) -> Result<Self> {
        let waiting = BufWriter::new(tempfile::tempfile().map_err(|error| Error::writing(path, error))?);
        Ok(Self { path: path.to_owned(), format, unit, waiting, names: Vec::new() })
    }

    pub(crate) fn add(&mut self, record: &Record, options: &WriteOptions) -> Result<usize> {
        let mut lost = 0;
        let members = record.to_members(self.unit);
        let mut row = Map::new();
        for (name, value) in members {
            let mut text = match value {
                Value::String(text) => text,
                other => other.to_string(),
            };
            if self.format == Format::Tsv && text.contains(['\t', '\n', '\r']) {
                if !options.lossy {
                    let reason = format!("a field of TSV has no tabs or line breaks, and `{name}` has");
                    return Out::cannot_hold(self.format, record, reason);
                }
                text = text.replace("\r\n", " ").replace(['\t', '\n', '\r'], " ");
                lost += 1;
            }
            if name == "id" && text.ends_with('\r') || self.format == Format::Tsv && name.contains(['\t', '\n', '\r']) {
                return Out::cannot_hold(self.format, record, format!("`{name}` ends with, or has, a line break"));
            }
            if !self.names.contains(&name) {
                self.names.push(name.clone());
            }
            row.insert(name, Value::String(text));
        }
        let line = Value::Object(row).to_string();
        writeln!(self.waiting, "{line}").map_err(|error| Error::writing(&self.path, error))?;
        Ok(lost)
    }

    pub(crate) fn finish(self, out: &mut Out) -> Result<()> {
        let unwritable = |error| Error::writing(&self.path, error);
        let mut waiting = self.waiting.into_inner().map_err(|error| unwritable(error.into_error()))?;
        waiting.rewind().map_err(unwritable)?;
        let place = |name: &String| match FIRST.iter().position(|first| first == name) {
            Some(at) => at,
            None if name == "id" => usize::MAX,
            None => FIRST.len(),
        };
        let mut names = self.names;
        names.sort_by_key(place);
        if names.is_empty() {
            return Ok(());
        }
        out.text(&row_text(self.format, &names))?;
        for line in BufReader::new(waiting).lines() {
            let line = line.map_err(unwritable)?;
            let row: Map<String, Value> = serde_json::from_str(&line).expect("we have written the line ourselves");
            let cell = |name: &String| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            out.text(&row_text(self.format, &names.iter().map(cell).collect::<Vec<_>>()))?;
        }
        Ok(())
    }
}

/// A row with its line end.
fn row_text(format: Format, cells: &[String]) -> String {
    let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
    let cell = |cell: &String| match format {
        // What stands in quotes as a whole would lose them to a reader.
        Format::Tsv if unquote(cell) != *cell => quoted(cell),
        Format::Tsv => cell.clone(),
        _ if cell.contains(['"', ',', '\n', '\r']) || cells.len() == 1 && cell.is_empty() => quoted(cell),
        _ => cell.clone(),
    };
    let cells: Vec<String> = cells.iter().map(cell).collect();
    format!("{}\n", cells.join(if format == Format::Tsv { "\t" } else { "," }))
}
