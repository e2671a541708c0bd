//! The front door of the readers: a file or a folder becomes a stream of records, or of rows.

use crate::record::row_of;
use crate::{Error, Format, Offsets, Options, Place, Record, Result, format};
use engraft_plugin::text::{RowBuf, field};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// What a reader finds: an object whose columns may have any name, or a record.
pub(crate) enum Item {
    Row(Map<String, Value>),
    Record(Record),
}

/// Whether reading goes on.
pub(crate) type Flow = Result<ControlFlow<()>>;

/// What was read otherwise than it stands there, and how often.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes(pub BTreeMap<&'static str, usize>);

/// A reading: what the readers of all formats share.
pub(crate) struct Reading<'a> {
    pub(crate) options: &'a Options,
    pub(crate) offsets: Offsets,
    notes: Notes,
    left: usize,
    sink: &'a mut dyn FnMut(Place, Item) -> Result<()>,
}

impl Reading<'_> {
    /// Hands a row or record over; `Break` where no more are wanted.
    pub(crate) fn give(&mut self, place: Place, item: Item) -> Flow {
        let item = match item {
            Item::Row(mut members) => {
                for (meaning, column) in &self.options.fields {
                    if let Some(value) = members.shift_remove(column) {
                        members.insert(meaning.clone(), value);
                    }
                }
                Item::Row(members)
            }
            record @ Item::Record(_) => record,
        };
        (self.sink)(place, item)?;
        self.left -= 1;
        Ok(if self.left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    pub(crate) fn note(&mut self, what: &'static str) {
        *self.notes.0.entry(what).or_default() += 1;
    }

    /// As [`files`]; what is left out is noted.
    pub(crate) fn files(&mut self, path: &Path) -> Result<Vec<Arc<Path>>> {
        let (found, others) = files(path)?;
        (0..others).for_each(|_| self.note("links, pipes and devices in the folder; they are left out"));
        Ok(found)
    }
}

/// Reads the records of a file or folder, one at a time. Nothing but the current record is held in memory, except of
/// formats whose files hold one document each.
///
/// # Errors
/// [`Error::MissingFile`], [`Error::Unreadable`], [`Error::UnknownFormat`]; [`Error::Encoding`] and [`Error::Record`]
/// with file, line and column; whatever `sink` answers.
pub fn read(path: &Path, options: &Options, sink: &mut dyn FnMut(Place, Record) -> Result<()>) -> Result<Notes> {
    let format = format_of(path, options)?;
    let unit = options.offsets.unwrap_or_else(|| format.offsets());
    items(path, format, options, &mut |place, item| {
        let record = match item {
            Item::Row(members) => Record::of_members(members, unit, &place)?,
            Item::Record(record) => record,
        };
        sink(place, record)
    })
}

/// All records of a file or folder, with what was read otherwise than it stands there.
///
/// # Errors
/// Those of [`read`].
pub fn read_all(path: &Path, options: &Options) -> Result<(Vec<Record>, Notes)> {
    let mut records = Vec::new();
    let notes = read(path, options, &mut |_, record| {
        records.push(record);
        Ok(())
    })?;
    Ok((records, notes))
}

/// Reads the rows of a file or folder, as domain adapters take them: columns keep their names, and what is no text
/// is compact JSON.
///
/// # Errors
/// Those of [`read`].
pub fn read_rows(path: &Path, options: &Options, sink: &mut dyn FnMut(Place, RowBuf) -> Result<()>) -> Result<Notes> {
    let format = format_of(path, options)?;
    let unit = options.offsets.unwrap_or_else(|| format.offsets());
    items(path, format, options, &mut |place, item| {
        let row = match item {
            Item::Row(members) if unit != Offsets::Bytes && members.contains_key(field::SPANS) => {
                if !members.contains_key(field::TEXT) {
                    let message =
                        "the record has `spans` whose offsets count no bytes, and no field `text` to count in";
                    return place.refuse("row.no-text", message);
                }
                Record::of_members(members, unit, &place)?.into_row()
            }
            Item::Row(members) => row_of(members, &place),
            Item::Record(record) => record.into_row(),
        };
        sink(place, row)
    })
}

/// The format of a file, named or told.
pub(crate) fn format_of(path: &Path, options: &Options) -> Result<Format> {
    if !path.exists() {
        return Err(Error::MissingFile { path: path.to_owned() });
    }
    options.format.or_else(|| Format::of(path)).ok_or_else(|| Error::UnknownFormat { path: path.to_owned() })
}

fn items(
    path: &Path,
    format: Format,
    options: &Options,
    sink: &mut dyn FnMut(Place, Item) -> Result<()>,
) -> Result<Notes> {
    let left = options.limit.unwrap_or(usize::MAX);
    let offsets = options.offsets.unwrap_or_else(|| format.offsets());
    let mut reading = Reading { options, offsets, notes: Notes::default(), left, sink };
    if left > 0 {
        // brat reads its folders itself, because its files go in pairs.
        let files = if format == Format::Brat { vec![Arc::from(path)] } else { reading.files(path)? };
        for file in files {
            if one(&file, path, format, &mut reading)?.is_break() {
                break;
            }
        }
    }
    Ok(reading.notes)
}

fn one(file: &Arc<Path>, root: &Path, format: Format, reading: &mut Reading<'_>) -> Flow {
    match format {
        Format::Jsonl => format::jsonl::each(file, reading, format::jsonl::row),
        Format::Json => format::json::each(file, reading, format::jsonl::row),
        Format::Csv => format::table::read_csv(file, reading),
        Format::Tsv => format::table::read_tsv(file, reading),
        Format::Conll => format::conll::read(file, reading),
        Format::WordTag => format::word_tag::read(file, reading),
        Format::Brat => format::brat::read(file, reading),
        Format::Pubtator => format::pubtator::read(file, reading),
        Format::LabelStudio => format::label_studio::read(file, reading),
        Format::Prodigy => format::prodigy::read(file, reading),
        Format::Doccano => format::doccano::read(file, reading),
        Format::Squad => format::squad::read(file, reading),
        Format::Lines => format::plain::read_lines(file, reading),
        Format::Documents => format::plain::read_document(file, root, reading),
        #[cfg(feature = "arrow")]
        Format::Parquet => format::columnar::read_parquet(file, reading),
        #[cfg(feature = "arrow")]
        Format::Arrow => format::columnar::read_arrow(file, reading),
        #[cfg(not(feature = "arrow"))]
        Format::Parquet | Format::Arrow => Err(format::without_arrow(file)),
    }
}

/// A file as it is, a link too; of a folder all files below it, in order of their names. Hidden ones are left out. So
/// is what is no plain file, which is counted: a link may lead in a circle or to what is nobody's data, a pipe is waited
/// for.
pub(crate) fn files(path: &Path) -> Result<(Vec<Arc<Path>>, usize)> {
    if !path.is_dir() {
        return Ok((vec![Arc::from(path)], 0));
    }
    let unreadable = |error| Error::reading(path, error);
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            entries.push((entry.path(), entry.file_type().map_err(unreadable)?));
        }
    }
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    let (mut found, mut others) = (Vec::new(), 0);
    for (entry, kind) in entries {
        if kind.is_dir() {
            let (below, left) = files(&entry)?;
            found.extend(below);
            others += left;
        } else if kind.is_file() {
            found.push(Arc::from(entry));
        } else {
            others += 1;
        }
    }
    Ok((found, others))
}

/// Whether there is a plain file of this name.
pub(crate) fn is_plain(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|about| about.is_file())
}
