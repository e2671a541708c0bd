//! The front door of the writers: records become a file, or a folder, of a format that can hold them.
//!
//! A file appears when it is whole: until then it lies beside its place under another name.

#[cfg(feature = "arrow")]
use crate::format::columnar_write::Columns;
use crate::format::{self, brat, table};
use crate::{Error, Format, Offsets, Record, Result, WriteOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// How many records.
    pub records: usize,
    /// How many spans, labels and texts were left out or changed because the format cannot hold them.
    pub lost: usize,
}

/// Text that goes into a file.
pub(crate) struct Out {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl Out {
    fn create(path: &Path) -> Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let made = std::fs::create_dir_all(folder).and_then(|()| {
            let mut builder = tempfile::Builder::new();
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
            builder.prefix(".engraft-").tempfile_in(folder)
        });
        let file = made.map_err(|error| Error::writing(path, error))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file) })
    }

    pub(crate) fn text(&mut self, text: &str) -> Result<()> {
        self.file.write_all(text.as_bytes()).map_err(|error| Error::writing(&self.path, error))
    }

    fn finish(self) -> Result<()> {
        let path = self.path;
        let file = self.file.into_inner().map_err(|error| Error::writing(&path, error.into_error()))?;
        file.persist(&path).map(drop).map_err(|error| Error::writing(&path, error.error))
    }

    pub(crate) fn cannot_hold<T>(format: Format, record: &Record, reason: String) -> Result<T> {
        Err(Error::CannotHold { format, id: record.id.clone(), reason })
    }
}

enum Kind {
    Text(Out),
    Table(Box<table::Table>, Out),
    Brat(brat::Folder, PathBuf),
    Documents(PathBuf),
    #[cfg(feature = "arrow")]
    Columns(Box<Columns>, Out),
}

/// Writes records one after the other.
pub struct Writer {
    format: Format,
    options: WriteOptions,
    unit: Offsets,
    kind: Kind,
    written: Written,
}

impl Writer {
    /// Begins a file, or a folder.
    ///
    /// # Errors
    /// [`Error::UnknownFormat`], [`Error::Unwritable`]; [`Error::Request`] for a folder that is not empty.
    pub fn create(path: &Path, options: &WriteOptions) -> Result<Self> {
        // A name without an ending is a folder: brat's, unless another format is named.
        let told = options.format.or_else(|| Format::of(path).filter(|_| path.extension().is_some()));
        let format = told.ok_or_else(|| Error::UnknownFormat { path: path.to_owned() })?;
        let unit = options.offsets.unwrap_or_else(|| format.offsets());
        let kind = match format {
            Format::Brat => Kind::Brat(brat::Folder::default(), empty_folder(path)?),
            Format::Documents => Kind::Documents(empty_folder(path)?),
            Format::Csv | Format::Tsv => {
                Kind::Table(Box::new(table::Table::create(path, format, unit)?), Out::create(path)?)
            }
            #[cfg(feature = "arrow")]
            Format::Parquet | Format::Arrow => {
                let out = Out::create(path)?;
                let file = out.file.get_ref().as_file().try_clone().map_err(|error| Error::writing(path, error))?;
                Kind::Columns(Box::new(Columns::create(path, file, format, unit)?), out)
            }
            #[cfg(not(feature = "arrow"))]
            Format::Parquet | Format::Arrow => return Err(format::without_arrow(path)),
            _ => Kind::Text(Out::create(path)?),
        };
        let mut writer = Self { format, options: options.clone(), unit, kind, written: Written::default() };
        match format {
            Format::Json | Format::LabelStudio => writer.text("[")?,
            Format::Squad => writer.text("{\"version\": \"2.0\", \"data\": [")?,
            _ => {}
        }
        Ok(writer)
    }

    fn text(&mut self, text: &str) -> Result<()> {
        match &mut self.kind {
            Kind::Text(out) => out.text(text),
            _ => Ok(()),
        }
    }

    /// Writes a record.
    ///
    /// # Errors
    /// [`Error::CannotHold`] for what the format has no place for; [`Error::Unwritable`].
    pub fn write(&mut self, record: &Record) -> Result<()> {
        let (unit, options) = (self.unit, &self.options);
        let lost = match &mut self.kind {
            Kind::Table(table, _) => table.add(record, options)?,
            Kind::Brat(folder, root) => folder.write(record, unit, options, root)?,
            Kind::Documents(root) => format::plain::write_document(record, root, options)?,
            #[cfg(feature = "arrow")]
            Kind::Columns(columns, _) => columns.write(record).map(|()| 0)?,
            Kind::Text(out) => match self.format {
                Format::Conll => format::conll::write(record, options, out)?,
                Format::WordTag => format::word_tag::write(record, options, out)?,
                Format::Pubtator => format::pubtator::write(record, unit, options, out)?,
                Format::Lines => format::plain::write_line(record, options, out)?,
                Format::Json => list_item(self.written.records, out, &record.to_members(unit))?,
                Format::LabelStudio => list_item(self.written.records, out, &format::label_studio::task(record, unit))?,
                Format::Squad => list_item(self.written.records, out, &format::squad::article(record, unit))?,
                Format::Prodigy => line(out, &format::prodigy::task(record, unit))?,
                Format::Doccano => line(out, &format::doccano::line(record, unit))?,
                _ => line(out, &record.to_members(unit))?,
            },
        };
        self.written.records += 1;
        self.written.lost += lost;
        Ok(())
    }

    /// Ends the file: it appears in its place.
    ///
    /// # Errors
    /// [`Error::Unwritable`].
    pub fn finish(mut self) -> Result<Written> {
        match self.format {
            Format::Json | Format::LabelStudio => self.text("\n]\n")?,
            Format::Squad => self.text("\n]}\n")?,
            _ => {}
        }
        match self.kind {
            Kind::Text(out) => out.finish()?,
            Kind::Table(table, mut out) => {
                table.finish(&mut out)?;
                out.finish()?;
            }
            Kind::Brat(folder, root) => folder.finish(&root)?,
            Kind::Documents(_) => {}
            #[cfg(feature = "arrow")]
            Kind::Columns(columns, out) => {
                columns.finish()?;
                out.finish()?;
            }
        }
        Ok(self.written)
    }
}

/// Writes all records of a set.
///
/// # Errors
/// Those of [`Writer`].
pub fn write_all<'a>(
    path: &Path,
    options: &WriteOptions,
    records: impl IntoIterator<Item = &'a Record>,
) -> Result<Written> {
    let mut writer = Writer::create(path, options)?;
    for record in records {
        writer.write(record)?;
    }
    writer.finish()
}

fn line(out: &mut Out, value: &impl serde::Serialize) -> Result<usize> {
    let json = serde_json::to_string(value).expect("records have a JSON form");
    out.text(&json)?;
    out.text("\n").map(|()| 0)
}

fn list_item(before: usize, out: &mut Out, value: &impl serde::Serialize) -> Result<usize> {
    out.text(if before == 0 { "\n" } else { ",\n" })?;
    let json = serde_json::to_string(value).expect("records have a JSON form");
    out.text(&json).map(|()| 0)
}

/// A folder for a set of files: new, or empty, so that no file of another set is taken for one of this.
fn empty_folder(path: &Path) -> Result<PathBuf> {
    let unwritable = |error| Error::writing(path, error);
    std::fs::create_dir_all(path).map_err(unwritable)?;
    if std::fs::read_dir(path).map_err(unwritable)?.next().is_some() {
        let (expected, got) = ("a new or empty folder".to_owned(), format!("`{}`, which holds files", path.display()));
        return Err(Error::Request { what: "output".to_owned(), expected, got });
    }
    Ok(path.to_owned())
}
