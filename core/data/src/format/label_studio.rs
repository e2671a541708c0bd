//! The JSON export of Label Studio, and its minimal form (JSON-MIN).
//!
//! A task becomes a record: `labels` become spans, `choices` labels, and the other members of `data` fields. Offsets
//! are UTF-16 units, as its browser side counts them; tasks that Python has pre-annotated count characters, and the
//! text that each span states tells which.

use super::json;
use crate::read::{Flow, Item, Reading};
use crate::record::{byte, short};
use crate::units::Units;
use crate::{Annotators, Offsets, Place, Record, Result, Span};
use serde_json::{Map, Value, json};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

pub(crate) fn read(path: &Arc<Path>, reading: &mut Reading<'_>) -> Flow {
    json::each(path, reading, |place, mut task, reading| {
        let id = task.get("id").filter(|id| !id.is_null()).map(name).unwrap_or_else(|| place.id());
        let Some(data) = task.shift_remove("data") else { return minimal(task, id, place, reading) };
        let Value::Object(mut data) = data else {
            return place.refuse("row.bad-json", format!("expected an object in `data`, found {}", short(&data)));
        };
        let text = take_text(&mut data);
        data.retain(|_, value| !value.is_null());
        let base = Record { id, text, fields: data, ..Record::default() };
        let annotations = ["annotations", "completions"].iter().find_map(|name| task.shift_remove(*name));
        let mut chosen = chosen(annotations.unwrap_or_default(), &place, reading)?;
        if chosen.is_empty() {
            if task.get("predictions").and_then(Value::as_array).is_some_and(|found| !found.is_empty()) {
                reading.note("tasks with predictions and no annotation; predictions are not read");
            }
            chosen.push(Map::new());
        }
        for annotation in chosen {
            let record = annotated(base.clone(), annotation, &place, reading)?;
            if reading.give(place.clone(), Item::Record(record))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// The text of a task: `text`, else the first member that is one and no address.
fn take_text(data: &mut Map<String, Value>) -> String {
    let is_text =
        |value: &Value| value.as_str().is_some_and(|text| !text.contains("://") && !text.starts_with("/data/"));
    let own = data.get("text").filter(|text| text.is_string()).map(|_| "text".to_owned());
    let key = own.or_else(|| data.iter().find(|(_, value)| is_text(value)).map(|(key, _)| key.clone()));
    match key.and_then(|key| data.shift_remove(&key)) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    }
}

/// The annotations that are read: not those that were cancelled.
fn chosen(annotations: Value, place: &Place, reading: &mut Reading<'_>) -> Result<Vec<Map<String, Value>>> {
    let list = match annotations {
        Value::Null => return Ok(Vec::new()),
        Value::Array(list) => list,
        other => {
            return place.refuse("row.bad-json", format!("expected a list of annotations, found {}", short(&other)));
        }
    };
    let mut chosen = Vec::new();
    for annotation in list {
        match annotation {
            Value::Object(annotation) if annotation.get("was_cancelled") == Some(&Value::Bool(true)) => {}
            Value::Object(annotation) => chosen.push(annotation),
            Value::Number(_) => {} // a task that names its annotations and does not hold them
            other => return place.refuse("row.bad-json", format!("expected an annotation, found {}", short(&other))),
        }
    }
    if reading.options.annotators == Annotators::First && chosen.len() > 1 {
        reading.note("tasks of several annotators; the first one's annotation is read (--annotators all reads all)");
        let truth = chosen.iter().position(|annotation| annotation.get("ground_truth") == Some(&Value::Bool(true)));
        chosen = vec![chosen.swap_remove(truth.unwrap_or(0))];
    }
    Ok(chosen)
}

fn annotated(
    mut record: Record,
    mut annotation: Map<String, Value>,
    place: &Place,
    reading: &Reading<'_>,
) -> Result<Record> {
    if let Some(by) = annotation.get("completed_by").filter(|by| !by.is_null()) {
        let by = by.get("email").or_else(|| by.get("id")).unwrap_or(by);
        record.fields.insert("annotator".to_owned(), json!(name(by)));
    }
    let results = match annotation.shift_remove("result") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(results)) => results,
        Some(other) => {
            return place.refuse("row.bad-json", format!("expected a list in `result`, found {}", short(&other)));
        }
    };
    let (mut regions, mut others) = (Vec::new(), Vec::new());
    for result in results {
        let value = result.get("value").and_then(Value::as_object);
        let is_region = value.is_some_and(|value| value.contains_key("labels") && value.contains_key("start"));
        match value.and_then(|value| value.get("choices")).and_then(Value::as_array) {
            Some(choices) => record.labels.extend(choices.iter().map(name)),
            None if is_region => regions.push(result),
            None => others.push(result),
        }
    }
    record.spans = spans(&record.text, &regions, place, reading)?;
    if !others.is_empty() {
        record.fields.insert("results".to_owned(), Value::Array(others));
    }
    Ok(record)
}

/// Regions as spans, counted in the unit in which they cover what they state.
fn spans(text: &str, regions: &[Value], place: &Place, reading: &Reading<'_>) -> Result<Vec<Span>> {
    if let Some(unit) = reading.options.offsets {
        return spans_in(text, regions, unit, false, place);
    }
    match spans_in(text, regions, Offsets::Utf16, true, place) {
        Err(error) => spans_in(text, regions, Offsets::Characters, true, place).map_err(|_| error),
        spans => spans,
    }
}

fn spans_in(text: &str, regions: &[Value], unit: Offsets, is_checked: bool, place: &Place) -> Result<Vec<Span>> {
    let units = Units::of(text, unit);
    let mut spans = Vec::new();
    for region in regions {
        let value = &region["value"];
        let (Some(start), Some(end), Some(labels)) =
            (value["start"].as_u64(), value["end"].as_u64(), value["labels"].as_array())
        else {
            return place.refuse("row.bad-spans", format!("expected start, end and labels, found {}", short(value)));
        };
        let (start, end) = (byte(&units, start, place)?, byte(&units, end, place)?);
        if let Some(stated) = value["text"].as_str().filter(|_| is_checked) {
            let covered = text.get(start..end).unwrap_or_default();
            if bare(stated) != bare(covered) {
                let message = format!(
                    "expected the span to cover `{stated}`, found `{covered}` (--offsets says what they count)"
                );
                return place.refuse("span.text", message);
            }
        }
        for label in labels {
            let mut span = Span::new(start, end, name(label));
            span.extra.extend(region.get("id").map(|id| ("id".to_owned(), id.clone())));
            spans.push(span);
        }
    }
    Record { text: text.to_owned(), spans: spans.clone(), ..Record::default() }.check(place)?;
    Ok(spans)
}

/// A text without blanks: Label Studio writes line breaks as blanks, or as `\n`.
fn bare(text: &str) -> String {
    text.replace("\\n", "").split_whitespace().collect()
}

/// JSON-MIN: the data and the results in one object, regions as lists of objects under the names of their tags.
fn minimal(mut task: Map<String, Value>, id: String, place: Place, reading: &mut Reading<'_>) -> Flow {
    let Some(Value::String(text)) = task.shift_remove("text") else {
        return place.refuse("row.no-text", "expected `data` (an export as JSON) or `text` (as JSON-MIN)");
    };
    let mut record = Record { id, text, ..Record::default() };
    task.shift_remove("id");
    for (key, value) in task {
        let is_region = |item: &Value| item.get("labels").is_some() && item.get("start").is_some();
        match value {
            Value::Null => {}
            Value::Array(items) if !items.is_empty() && items.iter().all(is_region) => {
                let regions: Vec<Value> = items.into_iter().map(|value| json!({ "value": value })).collect();
                record.spans.extend(spans(&record.text, &regions, &place, reading)?);
            }
            value => match value.get("choices").and_then(Value::as_array) {
                Some(choices) => record.labels.extend(choices.iter().map(name)),
                None => drop(record.fields.insert(key, value)),
            },
        }
    }
    for key in ["sentiment", "choice", "label"] {
        if let Some(Value::String(label)) = record.fields.get(key).filter(|_| record.labels.is_empty()).cloned() {
            record.fields.shift_remove(key);
            record.labels.push(label);
        }
    }
    reading.give(place, Item::Record(record))
}

/// A value as a name: a text as it is.
fn name(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A record as a task with one annotation.
pub(crate) fn task(record: &Record, unit: Offsets) -> Value {
    let units = Units::of(&record.text, unit);
    let mut results = Vec::new();
    for (at, span) in record.spans.iter().enumerate() {
        let id = span.extra.get("id").cloned().unwrap_or_else(|| json!(format!("span-{at}")));
        let (start, end) = (units.offset(span.start), units.offset(span.end));
        let value =
            json!({"start": start, "end": end, "text": &record.text[span.start..span.end], "labels": [span.label]});
        results.push(json!({"id": id, "from_name": "label", "to_name": "text", "type": "labels", "value": value}));
    }
    if !record.labels.is_empty() {
        let value = json!({ "choices": record.labels });
        results.push(json!({"from_name": "choice", "to_name": "text", "type": "choices", "value": value}));
    }
    let mut data = Map::new();
    data.insert("text".to_owned(), json!(record.text));
    for (key, value) in &record.fields {
        match (key.as_str(), value) {
            ("results", Value::Array(others)) => results.extend(others.iter().cloned()),
            ("annotator", _) => {}
            _ => drop(data.entry(key).or_insert_with(|| value.clone())),
        }
    }
    let mut annotation = json!({ "result": results });
    if let Some(annotator) = record.fields.get("annotator") {
        annotation["completed_by"] = annotator.as_str().map_or_else(|| annotator.clone(), |by| json!({ "email": by }));
    }
    json!({"id": id_value(&record.id), "data": data, "annotations": [annotation]})
}

/// An id as the number that it is, if it is one.
pub(crate) fn id_value(id: &str) -> Value {
    match id.parse::<u64>() {
        Ok(number) if number.to_string() == id => json!(number),
        _ => json!(id),
    }
}
