//! Records as the columns of Parquet and Arrow.

use super::columnar::BATCH;
use crate::units::Units;
use crate::{Error, Format, Offsets, Record, Result, Span};
use arrow_array::builder::{Int64Builder, ListBuilder, StringBuilder, StructBuilder};
use arrow_array::{Array, RecordBatch};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{DataType, Field, Fields, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use serde_json::Value;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file of columns that is being written.
pub(crate) struct Columns {
    path: PathBuf,
    schema: Arc<Schema>,
    unit: Offsets,
    waiting: Vec<Record>,
    writer: Writer,
}

enum Writer {
    Parquet(Box<ArrowWriter<File>>),
    Arrow(Box<FileWriter<File>>),
}

impl Columns {
    pub(crate) fn create(path: &Path, file: File, format: Format, unit: Offsets) -> Result<Self> {
        let schema = Arc::new(schema());
        let writer = if format == Format::Parquet {
            let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
            ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))
                .map(|writer| Writer::Parquet(Box::new(writer)))
                .map_err(std::io::Error::other)
        } else {
            FileWriter::try_new(file, &schema)
                .map(|writer| Writer::Arrow(Box::new(writer)))
                .map_err(std::io::Error::other)
        };
        let writer = writer.map_err(|error| Error::writing(path, error))?;
        Ok(Self { path: path.to_owned(), schema, unit, waiting: Vec::new(), writer })
    }

    pub(crate) fn write(&mut self, record: &Record) -> Result<()> {
        self.waiting.push(record.clone());
        if self.waiting.len() == BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let records = std::mem::take(&mut self.waiting);
        if records.is_empty() {
            return Ok(());
        }
        let batch = batch(&records, &self.schema, self.unit).map_err(std::io::Error::other);
        let written = batch.and_then(|batch| match &mut self.writer {
            Writer::Parquet(writer) => writer.write(&batch).map_err(std::io::Error::other),
            Writer::Arrow(writer) => writer.write(&batch).map_err(std::io::Error::other),
        });
        written.map_err(|error| Error::writing(&self.path, error))
    }

    pub(crate) fn finish(mut self) -> Result<()> {
        self.flush()?;
        let done = match self.writer {
            Writer::Parquet(writer) => writer.close().map(drop).map_err(std::io::Error::other),
            Writer::Arrow(mut writer) => writer.finish().map_err(std::io::Error::other),
        };
        done.map_err(|error| Error::writing(&self.path, error))
    }
}

fn span_fields() -> Fields {
    let field = |name: &str, kind| Field::new(name, kind, name == "extra");
    Fields::from(vec![
        field("start", DataType::Int64),
        field("end", DataType::Int64),
        field("label", DataType::Utf8),
        field("extra", DataType::Utf8),
    ])
}

fn schema() -> Schema {
    let list = |kind| DataType::List(Arc::new(Field::new("item", kind, true)));
    Schema::new(vec![
        Field::new("id", DataType::Utf8, false),
        Field::new("text", DataType::Utf8, false),
        Field::new("spans", list(DataType::Struct(span_fields())), false),
        Field::new("labels", list(DataType::Utf8), false),
        Field::new("fields", DataType::Utf8, true),
    ])
}

fn batch(
    records: &[Record],
    schema: &Arc<Schema>,
    unit: Offsets,
) -> std::result::Result<RecordBatch, arrow_schema::ArrowError> {
    let (mut ids, mut texts, mut fields) = (StringBuilder::new(), StringBuilder::new(), StringBuilder::new());
    let mut spans = ListBuilder::new(StructBuilder::from_fields(span_fields(), records.len()));
    let mut labels = ListBuilder::new(StringBuilder::new());
    for record in records {
        ids.append_value(&record.id);
        texts.append_value(&record.text);
        let units = Units::of(&record.text, unit);
        for span in &record.spans {
            append(spans.values(), span, &units);
        }
        spans.append(true);
        for label in &record.labels {
            labels.values().append_value(label);
        }
        labels.append(true);
        fields.append_option((!record.fields.is_empty()).then(|| Value::Object(record.fields.clone()).to_string()));
    }
    let columns: Vec<Arc<dyn Array>> = vec![
        Arc::new(ids.finish()),
        Arc::new(texts.finish()),
        Arc::new(spans.finish()),
        Arc::new(labels.finish()),
        Arc::new(fields.finish()),
    ];
    RecordBatch::try_new(Arc::clone(schema), columns)
}

fn append(spans: &mut StructBuilder, span: &Span, units: &Units<'_>) {
    const SHAPE: &str = "the builder was made with these fields";
    for (at, offset) in [span.start, span.end].into_iter().enumerate() {
        spans.field_builder::<Int64Builder>(at).expect(SHAPE).append_value(units.offset(offset) as i64);
    }
    spans.field_builder::<StringBuilder>(2).expect(SHAPE).append_value(&span.label);
    let extra = (!span.extra.is_empty()).then(|| Value::Object(span.extra.clone()).to_string());
    spans.field_builder::<StringBuilder>(3).expect(SHAPE).append_option(extra);
    spans.append(true);
}
