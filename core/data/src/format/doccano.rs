//! The JSONL of doccano, old and new: `label` (triples, or labels), `entities` and `cats`, `annotations` by users.
//!
//! Offsets count UTF-16 units (doccano/doccano#2290); projects that count graphemes cannot be told by their files.

use super::jsonl;
use super::label_studio::id_value;
use crate::read::{Flow, Item, Reading};
use crate::record::{short, spans_of};
use crate::units::Units;
use crate::{Annotators, Offsets, Place, Record, Result};
use serde_json::{Map, Value, json};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

pub(crate) fn read(path: &Arc<Path>, reading: &mut Reading<'_>) -> Flow {
    jsonl::each(path, reading, |place, mut members, reading| {
        let Some(Value::String(text)) = ["text", "data"].iter().find_map(|name| members.shift_remove(*name)) else {
            return place.refuse("row.no-text", "expected a text in `text`");
        };
        let id = members.shift_remove("id").filter(|id| !id.is_null());
        let id = id.map_or_else(|| place.id(), |id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
        let mut base = Record { id, text, ..Record::default() };
        for name in ["label", "labels", "entities", "cats"] {
            if let Some(value) = members.shift_remove(name) {
                add(&mut base, value, reading.offsets, &place)?;
            }
        }
        let users = by_user(members.shift_remove("annotations"), &place)?;
        members.retain(|_, value| !value.is_null());
        base.fields.extend(members);
        let several = users.len() > 1;
        if several && reading.options.annotators == Annotators::First {
            reading
                .note("texts of several annotators; the first one's annotation is read (--annotators all reads all)");
        }
        let taken = if reading.options.annotators == Annotators::First { 1 } else { users.len().max(1) };
        let mut users = users.into_iter();
        for _ in 0..taken {
            let mut record = base.clone();
            if let Some((user, annotations)) = users.next() {
                add(&mut record, Value::Array(annotations), reading.offsets, &place)?;
                record.fields.extend(user.map(|user| ("annotator".to_owned(), user)));
            }
            if reading.give(place.clone(), Item::Record(record))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

type ByUser = Vec<(Option<Value>, Vec<Value>)>;

/// Annotations by who made them, in the order in which they stand.
fn by_user(annotations: Option<Value>, place: &Place) -> Result<ByUser> {
    let list = match annotations {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(other) => {
            return place.refuse("row.bad-json", format!("expected a list in `annotations`, found {}", short(&other)));
        }
    };
    let mut users: ByUser = Vec::new();
    for mut annotation in list {
        let user = annotation.as_object_mut().and_then(|members| members.shift_remove("user"));
        match users.iter_mut().find(|(known, _)| *known == user) {
            Some((_, annotations)) => annotations.push(annotation),
            None => users.push((user, vec![annotation])),
        }
    }
    Ok(users)
}

/// Adds what a list holds: spans (triples, or objects with offsets), labels, or texts that were written for the text.
fn add(record: &mut Record, value: Value, unit: Offsets, place: &Place) -> Result<()> {
    let items = match value {
        Value::Null => return Ok(()),
        Value::Array(items) => items,
        Value::String(label) => vec![Value::String(label)],
        other => return place.refuse("row.bad-labels", format!("expected a list of labels, found {}", short(&other))),
    };
    let (mut spans, mut written) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Value::Array(_) => spans.push(item),
            Value::Object(ref members) if members.contains_key("start_offset") => spans.push(item),
            Value::Object(mut members) => match (members.shift_remove("label"), members.shift_remove("text")) {
                (Some(label), _) => record.labels.push(name(&label)),
                (None, Some(text)) => written.push(text),
                (None, None) => {
                    let found = short(&Value::Object(members));
                    return place
                        .refuse("row.bad-labels", format!("expected a label, a span or a text, found {found}"));
                }
            },
            label @ (Value::String(_) | Value::Number(_)) => record.labels.push(name(&label)),
            other => return place.refuse("row.bad-labels", format!("expected a label, found {}", short(&other))),
        }
    }
    record.spans.extend(spans_of(&record.text, Value::Array(spans), unit, place)?);
    if !written.is_empty() {
        record.fields.insert("written".to_owned(), Value::Array(written));
    }
    Ok(())
}

fn name(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A record as a line: `label` where it has spans or labels, `entities` and `cats` where it has both.
pub(crate) fn line(record: &Record, unit: Offsets) -> Value {
    let units = Units::of(&record.text, unit);
    let mut members = Map::new();
    members.insert("id".to_owned(), id_value(&record.id));
    members.insert("text".to_owned(), json!(record.text));
    let is_bare = record.spans.iter().all(|span| span.extra.is_empty());
    let spans = record.spans.iter().map(|span| {
        let (start, end) = (units.offset(span.start), units.offset(span.end));
        if is_bare {
            return json!([start, end, span.label]);
        }
        let mut entity = span.extra.clone();
        entity.extend([("label".to_owned(), json!(span.label)), ("start_offset".to_owned(), start.into())]);
        entity.insert("end_offset".to_owned(), end.into());
        Value::Object(entity)
    });
    let spans: Vec<Value> = spans.collect();
    if !is_bare || (!spans.is_empty() && !record.labels.is_empty()) {
        members.insert("entities".to_owned(), Value::Array(spans));
        if !record.labels.is_empty() {
            members.insert("cats".to_owned(), json!(record.labels));
        }
    } else if spans.is_empty() {
        members.insert("label".to_owned(), json!(record.labels));
    } else {
        members.insert("label".to_owned(), Value::Array(spans));
    }
    for (key, value) in &record.fields {
        if key == "written" {
            let texts = value.as_array().into_iter().flatten();
            let annotations: Vec<Value> = texts.map(|text| json!({ "text": text })).collect();
            members.insert("annotations".to_owned(), Value::Array(annotations));
        } else {
            members.entry(key).or_insert_with(|| value.clone());
        }
    }
    Value::Object(members)
}
