//! Parquet and Arrow: a row becomes an object, batch by batch.
//!
//! Texts, numbers, lists and structures become their JSON; dates and times are written as ISO 8601 writes them. Records
//! are written as the columns `id`, `text`, `spans` (a list of start, end, label, extra), `labels`, and `fields`, which
//! is JSON: readers give its members back as they were. A place is a row, from 1.

use super::thrift;
use crate::read::{Flow, Item, Reading};
use crate::{Error, Place, Result};
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Date64Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::types::{
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::types::{UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use arrow_array::{Array, ArrowPrimitiveType, RecordBatch};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, DataType, TimeUnit};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// Rows of a batch.
pub(crate) const BATCH: usize = 1024;

pub(crate) fn read_parquet(path: &Arc<Path>, reading: &mut Reading<'_>) -> Flow {
    let mut file = File::open(path).map_err(|error| Error::reading(path, error))?;
    let opened = guarded(path, 1, || {
        thrift::check_footer(&mut file)?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)?.with_batch_size(BATCH).build()?;
        Ok(reader)
    });
    batches(path, opened?, reading)
}

pub(crate) fn read_arrow(path: &Arc<Path>, reading: &mut Reading<'_>) -> Flow {
    let mut file = File::open(path).map_err(|error| Error::reading(path, error))?;
    let mut magic = Vec::new();
    let rewound = file.by_ref().take(6).read_to_end(&mut magic).and_then(|_| file.rewind());
    rewound.map_err(|error| Error::reading(path, error))?;
    let file = BufReader::new(file);
    if magic == b"ARROW1" {
        batches(path, guarded(path, 1, || Ok(FileReader::try_new(file, None)?))?, reading)
    } else {
        batches(path, guarded(path, 1, || Ok(StreamReader::try_new(file, None)?))?, reading)
    }
}

/// Runs a piece of the parser: what it refuses, and where broken files make it panic, becomes an error with a place.
fn guarded<T>(path: &Arc<Path>, row: usize, work: impl FnOnce() -> Result<T, Box<dyn std::error::Error>>) -> Result<T> {
    let refuse = |what: &str| {
        let reason = engraft_plugin::Error::new("row.bad-columns", format!("expected a Parquet or Arrow file: {what}"));
        Place::new(path, row, 0).error(reason)
    };
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| refuse(&error.to_string())),
        Err(_) => Err(refuse("the file is broken")),
    }
}

fn batches(
    path: &Arc<Path>,
    mut batches: impl Iterator<Item = Result<RecordBatch, ArrowError>>,
    reading: &mut Reading<'_>,
) -> Flow {
    let mut row = 1;
    while let Some(batch) = guarded(path, row, || Ok(batches.next().transpose()?))? {
        let schema = batch.schema();
        for at in 0..batch.num_rows() {
            let place = Place::new(path, row, 0);
            let members = guarded(path, row, || {
                let mut members = Map::new();
                for (field, column) in schema.fields().iter().zip(batch.columns()) {
                    let value =
                        value(column, at).map_err(|kind| format!("column `{}` is of type {kind}", field.name()))?;
                    members.insert(field.name().clone(), value);
                }
                Ok(members)
            })?;
            if reading.give(place, Item::Row(opened(members)))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            row += 1;
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Gives the members that our writer keeps as JSON their places again.
fn opened(mut members: Map<String, Value>) -> Map<String, Value> {
    let inner = |value: Option<&Value>| {
        value.and_then(Value::as_str).and_then(|json| serde_json::from_str::<Map<String, Value>>(json).ok())
    };
    if let Some(fields) = inner(members.get("fields")) {
        members.shift_remove("fields");
        members.extend(fields);
    }
    for span in members.get_mut("spans").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(span) = span.as_object_mut() else { continue };
        if let Some(extra) = inner(span.get("extra")) {
            span.shift_remove("extra");
            span.extend(extra);
        } else if span.get("extra") == Some(&Value::Null) {
            span.shift_remove("extra");
        }
    }
    members
}

/// An element as JSON; the name of a type that has none.
fn value(array: &dyn Array, at: usize) -> Result<Value, String> {
    if array.is_null(at) {
        return Ok(Value::Null);
    }
    Ok(match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => json!(array.as_boolean().value(at)),
        DataType::Int8 => number::<Int8Type>(array, at),
        DataType::Int16 => number::<Int16Type>(array, at),
        DataType::Int32 => number::<Int32Type>(array, at),
        DataType::Int64 => number::<Int64Type>(array, at),
        DataType::UInt8 => number::<UInt8Type>(array, at),
        DataType::UInt16 => number::<UInt16Type>(array, at),
        DataType::UInt32 => number::<UInt32Type>(array, at),
        DataType::UInt64 => number::<UInt64Type>(array, at),
        DataType::Float32 => number::<Float32Type>(array, at),
        DataType::Float64 => number::<Float64Type>(array, at),
        DataType::Utf8 => json!(array.as_string::<i32>().value(at)),
        DataType::LargeUtf8 => json!(array.as_string::<i64>().value(at)),
        DataType::Utf8View => json!(array.as_string_view().value(at)),
        DataType::Date32 => moment(array.as_primitive::<Date32Type>().value_as_date(at)),
        DataType::Date64 => moment(array.as_primitive::<Date64Type>().value_as_date(at)),
        DataType::Timestamp(TimeUnit::Second, _) => {
            moment(array.as_primitive::<TimestampSecondType>().value_as_datetime(at))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            moment(array.as_primitive::<TimestampMillisecondType>().value_as_datetime(at))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            moment(array.as_primitive::<TimestampMicrosecondType>().value_as_datetime(at))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            moment(array.as_primitive::<TimestampNanosecondType>().value_as_datetime(at))
        }
        DataType::List(_) => list(array.as_list::<i32>().value(at).as_ref())?,
        DataType::LargeList(_) => list(array.as_list::<i64>().value(at).as_ref())?,
        DataType::FixedSizeList(..) => list(array.as_fixed_size_list().value(at).as_ref())?,
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let members =
                fields.iter().zip(columns).map(|(field, column)| Ok((field.name().clone(), value(column, at)?)));
            Value::Object(members.collect::<Result<_, String>>()?)
        }
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let key = dictionary.normalized_keys()[at];
            value(dictionary.values().as_ref(), key)?
        }
        other => return Err(other.to_string()),
    })
}

fn number<T: ArrowPrimitiveType>(array: &dyn Array, at: usize) -> Value
where
    T::Native: Into<Value>,
{
    array.as_primitive::<T>().value(at).into()
}

/// A date or time, as ISO 8601 writes it.
fn moment(found: Option<impl std::fmt::Debug>) -> Value {
    found.map_or(Value::Null, |moment| json!(format!("{moment:?}")))
}

fn list(items: &dyn Array) -> Result<Value, String> {
    (0..items.len()).map(|at| value(items, at)).collect::<Result<Vec<_>, _>>().map(Value::Array)
}
