//! The JSONL of Prodigy: `spans` of a text, one `label` that was accepted or rejected, or options that were accepted.
//!
//! Offsets count characters. A rejected label becomes a text without that label; what was ignored, and rejected spans or
//! options, say nothing true of the text and are left out and counted, unless all answers are asked for.

use super::jsonl;
use super::tags::tokens;
use crate::read::{Flow, Item, Reading};
use crate::record::{byte, short, spans_of};
use crate::units::Units;
use crate::{Answers, Offsets, Place, Record, Result};
use serde_json::{Map, Value, json};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

pub(crate) fn read(path: &Arc<Path>, reading: &mut Reading<'_>) -> Flow {
    jsonl::each(path, reading, |place, task, reading| {
        let answer = task.get("answer").and_then(Value::as_str).unwrap_or("accept").to_owned();
        let has_label = task.get("label").is_some_and(Value::is_string);
        let is_usable = answer == "accept" || (answer == "reject" && has_label);
        if !is_usable && reading.options.answers == Answers::Usable {
            reading.note("tasks that were ignored or rejected; they are left out (--answers all reads them)");
            return Ok(ControlFlow::Continue(()));
        }
        let record = record(task, &answer, reading.offsets, &place)?;
        reading.give(place, Item::Record(record))
    })
}

fn record(mut task: Map<String, Value>, answer: &str, unit: Offsets, place: &Place) -> Result<Record> {
    let Some(Value::String(text)) = task.shift_remove("text") else {
        return place.refuse("row.no-text", "expected a text in `text`");
    };
    let mut spans = spans_of(&text, task.shift_remove("spans").unwrap_or_default(), unit, place)?;
    for span in &mut spans {
        span.extra.shift_remove("token_start");
        span.extra.shift_remove("token_end");
    }
    let mut labels = Vec::new();
    if let Some(Value::Array(accepted)) = task.get("accept").cloned() {
        let name = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        labels.extend(accepted.iter().map(name));
        task.shift_remove("accept");
        task.shift_remove("options");
    }
    match task.shift_remove("label") {
        Some(Value::String(label)) if answer == "accept" => labels.push(label),
        Some(Value::Null) | None => {}
        Some(Value::String(label)) => drop(task.insert("rejected".to_owned(), Value::String(label))),
        Some(other) => {
            return place.refuse("row.bad-labels", format!("expected a text in `label`, found {}", short(&other)));
        }
    }
    let tokens = match task.shift_remove("tokens") {
        Some(Value::Array(tokens)) => {
            let units = Units::of(&text, unit);
            let part = |token: &Value, name: &str| match token.get(name).and_then(Value::as_u64) {
                Some(offset) => byte(&units, offset, place),
                None => place
                    .refuse("row.bad-spans", format!("expected a token with start and end, found {}", short(token))),
            };
            let bounds = tokens.iter().map(|token| Ok((part(token, "start")?, part(token, "end")?)));
            let bounds = bounds.collect::<Result<Vec<_>>>()?;
            let is_ordered =
                bounds.iter().all(|(start, end)| start <= end) && bounds.windows(2).all(|two| two[0].1 <= two[1].0);
            if is_ordered { bounds } else { Vec::new() }
        }
        _ => Vec::new(),
    };
    let id = task.shift_remove("id").filter(|id| !id.is_null());
    let id = id.map_or_else(|| place.id(), |id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
    if task.get("answer").and_then(Value::as_str) == Some("accept") {
        task.shift_remove("answer");
    }
    task.retain(|_, value| !value.is_null());
    Ok(Record { id, text, spans, labels, tokens, fields: task })
}

/// A record as a task.
pub(crate) fn task(record: &Record, unit: Offsets) -> Value {
    let units = Units::of(&record.text, unit);
    let mut ordered = record.spans.clone();
    ordered.sort_by_key(|span| span.start);
    let tokens = tokens(record, &ordered);
    let mut task = Map::new();
    task.insert("id".to_owned(), json!(record.id));
    task.insert("text".to_owned(), json!(record.text));
    let listed = tokens.iter().enumerate().map(|(id, (start, end))| {
        let is_followed = record.text[*end..].starts_with(char::is_whitespace);
        json!({"text": &record.text[*start..*end], "start": units.offset(*start), "end": units.offset(*end), "id": id, "ws": is_followed})
    });
    task.insert("tokens".to_owned(), listed.collect());
    let spans = record.spans.iter().map(|span| {
        let mut members = Map::new();
        members.insert("start".to_owned(), units.offset(span.start).into());
        members.insert("end".to_owned(), units.offset(span.end).into());
        let first = tokens.binary_search_by_key(&span.start, |token| token.0);
        let last = tokens.binary_search_by_key(&span.end, |token| token.1);
        if let (Ok(first), Ok(last)) = (first, last) {
            members.insert("token_start".to_owned(), first.into());
            members.insert("token_end".to_owned(), last.into());
        }
        members.insert("label".to_owned(), json!(span.label));
        for (key, value) in &span.extra {
            members.entry(key).or_insert_with(|| value.clone());
        }
        Value::Object(members)
    });
    let spans: Vec<Value> = spans.collect();
    if !spans.is_empty() || record.labels.is_empty() {
        task.insert("spans".to_owned(), Value::Array(spans));
    }
    match record.labels.as_slice() {
        [] => {}
        [label] => drop(task.insert("label".to_owned(), json!(label))),
        labels => {
            let options: Vec<Value> = labels.iter().map(|label| json!({"id": label, "text": label})).collect();
            task.insert("options".to_owned(), Value::Array(options));
            task.insert("accept".to_owned(), json!(labels));
        }
    }
    for (key, value) in &record.fields {
        let key = if key == "rejected" { "label" } else { key };
        task.entry(key).or_insert_with(|| value.clone());
    }
    task.entry("answer").or_insert_with(|| json!("accept"));
    Value::Object(task)
}
