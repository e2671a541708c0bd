//! brat: a folder with a text (`.txt`) and its annotations (`.ann`) for each document, folders within folders included.
//!
//! Text-bound annotations (`T`) become spans, offsets count characters. Events, relations, attributes, normalizations,
//! notes and equivalences stay as they are in the field `brat`, and refer to the ids that the spans keep. Of an
//! annotation in several pieces the span is from the first to the last. What brat has no place for (labels of the
//! text, other fields, ids that are no file names) stands in `records.jsonl` beside the documents.

use super::jsonl::members;
use crate::read::{Flow, Item, Reading, is_plain};
use crate::record::byte;
use crate::source::{Lines, text};
use crate::units::Units;
use crate::write::Out;
use crate::{Error, Format, Offsets, Place, Record, Result, Span, WriteOptions};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file of what brat has no place for.
const BESIDE: &str = "records.jsonl";

pub(crate) fn read(path: &Arc<Path>, reading: &mut Reading<'_>) -> Flow {
    let (root, found) = match path.extension() {
        Some(_) if !path.is_dir() => {
            (path.parent().unwrap_or(path).to_owned(), vec![Arc::from(path.with_extension("txt"))])
        }
        _ => (path.to_path_buf(), reading.files(path)?),
    };
    let is_there: fn(&Path) -> bool = if path.is_dir() { is_plain } else { Path::exists };
    let mut beside = beside(&root, reading)?;
    for file in found.iter().filter(|file| file.extension().is_some_and(|ending| ending == "txt")) {
        let annotations = file.with_extension("ann");
        if !is_there(&annotations) {
            continue; // a read-me, a license
        }
        let name = file.strip_prefix(&root).unwrap_or(file).with_extension("").to_string_lossy().replace('\\', "/");
        let said = beside.remove(&name).unwrap_or_else(|| Record { id: name, ..Record::default() });
        let record = document(file, &Arc::from(annotations), said, reading)?;
        if reading.give(Place::new(file, 1, 0), Item::Record(record))?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// What stands beside the documents, by their names.
fn beside(root: &Path, reading: &Reading<'_>) -> Result<HashMap<String, Record>> {
    let path: Arc<Path> = Arc::from(root.join(BESIDE));
    let mut found = HashMap::new();
    if !is_plain(&path) {
        return Ok(found);
    }
    let mut lines = Lines::open(&path, reading.options.encoding)?;
    while let Some((number, line)) = lines.advance()? {
        let place = Place::new(&path, number, 0);
        let mut said = members(line, &place)?;
        if let Some(Value::String(file)) = said.shift_remove("file") {
            said.insert("text".to_owned(), json!(""));
            found.insert(file, Record::of_members(said, Offsets::Bytes, &place)?);
        }
    }
    Ok(found)
}

fn document(file: &Arc<Path>, annotations: &Arc<Path>, said: Record, reading: &mut Reading<'_>) -> Result<Record> {
    let text = text(file, reading.options.encoding)?;
    let units = Units::of(&text, reading.offsets);
    let mut lines = Lines::open(annotations, reading.options.encoding)?;
    let (mut spans, mut others) = (Vec::new(), Vec::new());
    while let Some((number, line)) = lines.advance()? {
        if line.trim().is_empty() {
            continue;
        }
        let place = Place::new(annotations, number, 0);
        if !line.starts_with('T') {
            if !line.starts_with(['R', 'E', 'A', 'M', 'N', '#', '*', 'W', 'C', 'X']) {
                return place
                    .refuse("row.columns", format!("expected an annotation as brat writes it, found `{line}`"));
            }
            others.push(json!(line));
            continue;
        }
        let (span, is_whole) = bound(&text, line, &units, &place)?;
        if !is_whole {
            reading.note("annotations in several pieces; the span is from the first to the last");
        }
        spans.push(span);
    }
    // Ids that nothing refers to are given anew when the document is written.
    if others.is_empty() {
        spans.iter_mut().for_each(|span: &mut Span| drop(span.extra.shift_remove("id")));
    }
    let mut fields = said.fields;
    if !others.is_empty() {
        fields.insert("brat".to_owned(), Value::Array(others));
    }
    let record = Record { text, spans, fields, ..said };
    record.check(&Place::new(annotations, 1, 0))?;
    Ok(record)
}

/// `T1<tab>Label 0 5;16 23<tab>text`: a span, and whether it is in one piece.
fn bound(text: &str, line: &str, units: &Units<'_>, place: &Place) -> Result<(Span, bool)> {
    let expected =
        || place.refuse("row.columns", format!("expected `T1<tab>Label start end<tab>text`, found `{line}`"));
    let mut columns = line.splitn(3, '\t');
    let (Some(id), Some(middle)) = (columns.next(), columns.next()) else { return expected() };
    let stated = columns.next();
    let mut pieces = middle.split(';');
    let first: Vec<&str> = pieces.next().unwrap_or_default().rsplitn(3, ' ').collect();
    let [end, start, label] = first.as_slice() else { return expected() };
    let (Ok(start), Ok(mut end)) = (start.parse::<u64>(), end.parse::<u64>()) else { return expected() };
    let start = byte(units, start, place)?;
    let mut covered: Vec<&str> = vec![text.get(start..byte(units, end, place)?).unwrap_or_default()];
    for piece in pieces {
        let Some((Ok(from), Ok(to))) = piece.split_once(' ').map(|(from, to)| (from.parse(), to.parse::<u64>())) else {
            return expected();
        };
        covered.push(text.get(byte(units, from, place)?..byte(units, to, place)?).unwrap_or_default());
        end = end.max(to);
    }
    let is_whole = covered.len() == 1;
    let covered = covered.join(" ");
    if let Some(stated) = stated.filter(|stated| bare(stated) != bare(&covered)) {
        return place.refuse("span.text", format!("expected the span to cover `{stated}`, found `{covered}`"));
    }
    let mut span = Span::new(start, byte(units, end, place)?, *label);
    span.extra.insert("id".to_owned(), json!(id));
    if !is_whole {
        span.extra.insert("pieces".to_owned(), json!(middle));
    }
    Ok((span, is_whole))
}

/// A text without blanks: brat writes line breaks as blanks.
fn bare(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

/// What a folder of documents holds so far.
#[derive(Default)]
pub(crate) struct Folder {
    names: HashSet<String>,
    beside: String,
}

impl Folder {
    pub(crate) fn write(
        &mut self,
        record: &Record,
        unit: Offsets,
        options: &WriteOptions,
        root: &Path,
    ) -> Result<usize> {
        let mut lost = 0;
        let units = Units::of(&record.text, unit);
        let mut lines = String::new();
        let mut next = 1 + record.spans.iter().filter_map(number).max().unwrap_or(0);
        for span in &record.spans {
            let mut label = span.label.clone();
            if label.is_empty() || label.contains(|c: char| c.is_whitespace() || c == ';') {
                if !options.lossy || label.is_empty() {
                    let reason = format!("the label `{label}` has a blank or a `;`, which brat's types cannot have");
                    return Out::cannot_hold(Format::Brat, record, reason);
                }
                label = label.replace(|c: char| c.is_whitespace() || c == ';', "_");
                lost += 1;
            }
            let id = number(span).unwrap_or_else(|| {
                next += 1;
                next - 1
            });
            let (start, end) = (units.offset(span.start), units.offset(span.end));
            let stated = record.text[span.start..span.end].replace(['\n', '\r', '\t'], " ");
            match span.extra.get("pieces").and_then(Value::as_str) {
                Some(pieces) if pieces.split(' ').next() == Some(&*label) => {
                    let stated = pieced(&record.text, pieces, &units);
                    lines += &format!("T{id}\t{pieces}\t{stated}\n");
                }
                _ => lines += &format!("T{id}\t{label} {start} {end}\t{stated}\n"),
            }
        }
        for line in record.fields.get("brat").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
        {
            lines += &format!("{line}\n");
        }
        let name = self.name(&record.id);
        self.note(record, &name);
        let path = root.join(format!("{name}.txt"));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| Error::writing(folder, error))?;
        }
        put(&path, &record.text)?;
        put(&path.with_extension("ann"), &lines)?;
        Ok(lost)
    }

    /// A file name for an id: what file systems do not bear is written as `%` and its number.
    fn name(&mut self, id: &str) -> String {
        let mut name = String::new();
        for character in id.chars().take(120) {
            match character {
                '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '%' => {
                    name += &format!("%{:02x}", character as u32)
                }
                other if other.is_control() => name += &format!("%{:02x}", other as u32),
                other => name.push(other),
            }
        }
        let name = name.trim_start_matches('.').trim_end().to_owned();
        let name = if name.is_empty() { "document".to_owned() } else { name };
        let mut free = name.clone();
        let mut count = 1;
        // Two names may be one on a file system that knows no case.
        while !self.names.insert(free.to_lowercase()) {
            count += 1;
            free = format!("{name}~{count}");
        }
        free
    }

    /// Keeps what the documents cannot hold.
    fn note(&mut self, record: &Record, name: &str) {
        let mut said: Map<String, Value> =
            Record { text: String::new(), spans: Vec::new(), ..record.clone() }.to_members(Offsets::Bytes);
        said.shift_remove("text");
        said.shift_remove("brat");
        if said.len() > 1 || name != record.id {
            said.shift_insert(0, "file".to_owned(), json!(name));
            self.beside += &format!("{}\n", Value::Object(said));
        }
    }

    pub(crate) fn finish(self, root: &Path) -> Result<()> {
        if self.beside.is_empty() { Ok(()) } else { put(&root.join(BESIDE), &self.beside) }
    }
}

/// The number of a span's id.
fn number(span: &Span) -> Option<u64> {
    span.extra.get("id")?.as_str()?.strip_prefix('T')?.parse().ok()
}

/// What the pieces of an annotation cover.
fn pieced(text: &str, pieces: &str, units: &Units<'_>) -> String {
    let offsets = pieces.split_once(' ').map_or("", |(_, offsets)| offsets);
    let piece = |piece: &str| {
        let (from, to) = piece.split_once(' ')?;
        text.get(units.byte(from.parse().ok()?)?..units.byte(to.parse().ok()?)?)
    };
    offsets.split(';').filter_map(piece).collect::<Vec<_>>().join(" ").replace(['\n', '\r', '\t'], " ")
}

pub(crate) fn put(path: &PathBuf, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|error| Error::writing(path, error))
}
