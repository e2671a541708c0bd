//! Plain text: a record a line, or a record a file.

use crate::read::{Flow, Item, Reading};
use crate::source::{Lines, text};
use crate::write::Out;
use crate::{Error, Format, LabelFrom, Options, Place, Record, Result, WriteOptions};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

pub(crate) fn read_lines(path: &Arc<Path>, reading: &mut Reading<'_>) -> Flow {
    let mut lines = Lines::open(path, reading.options.encoding)?;
    let labels: Vec<String> = label(path, reading.options).into_iter().collect();
    while let Some((number, line)) = lines.advance()? {
        if line.is_empty() {
            continue;
        }
        let place = Place::new(path, number, 0);
        let record = Record { id: place.id(), text: line.to_owned(), labels: labels.clone(), ..Record::default() };
        if reading.give(place, Item::Record(record))?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The id of a document is its path below the folder that is read, without its ending.
pub(crate) fn read_document(path: &Arc<Path>, root: &Path, reading: &mut Reading<'_>) -> Flow {
    let text = text(path, reading.options.encoding)?;
    let below = path.strip_prefix(root).ok().filter(|below| !below.as_os_str().is_empty());
    let id = below.unwrap_or_else(|| Path::new(path.file_name().unwrap_or_default())).with_extension("");
    let id = id.to_string_lossy().replace('\\', "/");
    let labels = label(path, reading.options).into_iter().collect();
    reading.give(Place::new(path, 1, 0), Item::Record(Record { id, text, labels, ..Record::default() }))
}

fn label(path: &Path, options: &Options) -> Option<String> {
    let name = match options.label_from? {
        LabelFrom::Folder => path.parent()?.file_name(),
        LabelFrom::Stem => path.file_stem(),
        LabelFrom::Ending => path.extension(),
    };
    name.map(|name| name.to_string_lossy().into_owned())
}

/// What plain text cannot hold of a record, if anything.
fn beside(record: &Record) -> Option<&'static str> {
    if !record.spans.is_empty() {
        Some("plain text has no place for spans")
    } else if !record.fields.is_empty() {
        Some("plain text has no place for fields")
    } else {
        None
    }
}

pub(crate) fn write_line(record: &Record, options: &WriteOptions, out: &mut Out) -> Result<usize> {
    let has_breaks = record.text.contains('\n') || record.text.ends_with('\r') || record.text.is_empty();
    let labels = (!record.labels.is_empty()).then_some("plain text has no place for labels");
    let reason = beside(record).or(labels).or(has_breaks.then_some("a line holds a text without line breaks"));
    match reason {
        Some(reason) if !options.lossy => return Out::cannot_hold(Format::Lines, record, reason.to_owned()),
        _ => {}
    }
    out.text(&format!("{}\n", record.text.replace("\r\n", " ").replace(['\n', '\r'], " ")))?;
    Ok(usize::from(reason.is_some()))
}

/// Writes `<label>/<id>.txt`, or `<id>.txt` for a text without a label.
pub(crate) fn write_document(record: &Record, root: &Path, options: &WriteOptions) -> Result<usize> {
    let labels = (record.labels.len() > 1).then_some("a file lies in one folder, and has one label");
    let reason = beside(record).or(labels);
    match reason {
        Some(reason) if !options.lossy => return Out::cannot_hold(Format::Documents, record, reason.to_owned()),
        _ => {}
    }
    let is_name = |name: &str| !name.is_empty() && name != "." && name != ".." && !name.contains(['\0', '\\', ':']);
    let mut parts: Vec<&str> = record.labels.first().map(String::as_str).into_iter().collect();
    parts.extend(record.id.split('/'));
    if !parts.iter().all(|part| is_name(part)) || parts[0].contains('/') {
        return Out::cannot_hold(Format::Documents, record, "its id or label is no file name".to_owned());
    }
    let mut path = root.to_owned();
    path.extend(&parts);
    path.as_mut_os_string().push(".txt");
    if path.exists() {
        return Out::cannot_hold(Format::Documents, record, format!("`{}` is written already", path.display()));
    }
    let folder = path.parent().unwrap_or(root);
    std::fs::create_dir_all(folder).map_err(|error| Error::writing(folder, error))?;
    super::brat::put(&path, &record.text)?;
    Ok(usize::from(reason.is_some()))
}
