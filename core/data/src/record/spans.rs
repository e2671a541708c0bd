//! The spans of a record, as objects and lists of many tools say them.

use super::{Record, Span, plain, short};
use crate::units::Units;
use crate::{Offsets, Place, Result};
use engraft_plugin::text::SpanBuf;
use serde_json::{Map, Value, json};

/// Refuses a span that does not lie in its text.
pub(super) fn check_span(text: &str, span: &Span, place: &Place) -> Result<()> {
    let buffer = SpanBuf::new(span.start, span.end, &*span.label);
    engraft_plugin::text::check_span(text, &buffer).map_err(|reason| place.error(reason))
}

/// Names under which the tools of the field keep a span's parts.
const STARTS: [&str; 4] = ["start", "start_offset", "offset", "begin"];
const ENDS: [&str; 3] = ["end", "end_offset", "stop"];
const LABELS: [&str; 4] = ["label", "type", "entity", "tag"];
const COVERED: [&str; 2] = ["mention", "text"];

/// Spans: objects with start, end (or the text covered) and label, or lists that begin with the three.
pub(crate) fn spans_of(text: &str, value: Value, unit: Offsets, place: &Place) -> Result<Vec<Span>> {
    let value = match value {
        Value::String(json) if json.is_empty() => return Ok(Vec::new()),
        Value::String(json) => match serde_json::from_str(&json) {
            Ok(value) => value,
            Err(error) => return bad_spans(place, &error.to_string()),
        },
        other => other,
    };
    let Value::Array(items) = value else {
        return if value.is_null() { Ok(Vec::new()) } else { bad_spans(place, &short(&value)) };
    };
    let units = Units::of(text, unit);
    items.into_iter().map(|item| span_of(text, item, &units, place)).collect()
}

fn bad_spans<T>(place: &Place, found: &str) -> Result<T> {
    place.refuse(
        "row.bad-spans",
        format!("expected [{{\"start\", \"end\", \"label\"}}, …] or [[start, end, label], …], found {found}"),
    )
}

fn span_of(text: &str, item: Value, units: &Units<'_>, place: &Place) -> Result<Span> {
    let said = short(&item);
    let (start, end, label, extra) = match item {
        Value::Array(parts) => match <[Value; 3]>::try_from(parts) {
            Ok([start, end, label]) => (Some(start), End::At(end), Some(label), Map::new()),
            Err(_) => return bad_spans(place, &said),
        },
        Value::Object(mut members) => {
            let mut take = |names: &[&str]| names.iter().find_map(|name| members.shift_remove(*name));
            let (start, end, label) = (take(&STARTS), take(&ENDS), take(&LABELS));
            let end = match end {
                Some(end) => End::At(end),
                None => match COVERED.iter().find_map(|name| members.get(*name).and_then(Value::as_str)) {
                    Some(covered) => End::After(covered.to_owned()),
                    None => return bad_spans(place, &said),
                },
            };
            (start, end, label, members)
        }
        _ => return bad_spans(place, &said),
    };
    let (Some(start), Some(label)) = (start.as_ref().and_then(whole), label.as_ref().and_then(plain)) else {
        return bad_spans(place, &said);
    };
    let start = byte(units, start, place)?;
    let end = match end {
        End::At(end) => match whole(&end) {
            Some(end) => byte(units, end, place)?,
            None => return bad_spans(place, &said),
        },
        End::After(covered) if text[start..].starts_with(&covered) => start + covered.len(),
        End::After(covered) => {
            let found: String = text[start..].chars().take(covered.chars().count()).collect();
            return place.refuse("span.text", format!("expected the span to cover `{covered}`, found `{found}`"));
        }
    };
    let span = Span { start, end, label, extra };
    check_span(text, &span, place)?;
    Ok(span)
}

enum End {
    At(Value),
    After(String),
}

/// A whole number, or a text that is one.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// The byte of an offset.
pub(crate) fn byte(units: &Units<'_>, offset: u64, place: &Place) -> Result<usize> {
    match units.byte(offset) {
        Some(byte) => Ok(byte),
        None if offset > units.len() as u64 => {
            place.refuse("span.outside", format!("offset {offset}: the text ends at {}", units.len()))
        }
        None => place.refuse("span.inside-character", format!("offset {offset} lies inside a character")),
    }
}

/// The spans of a record as JSON; offsets count `unit`.
pub(super) fn spans_to(record: &Record, unit: Offsets) -> Value {
    let units = Units::of(&record.text, unit);
    let object = |span: &Span| {
        let mut members = Map::new();
        members.insert("start".to_owned(), units.offset(span.start).into());
        members.insert("end".to_owned(), units.offset(span.end).into());
        members.insert("label".to_owned(), json!(span.label));
        for (name, value) in &span.extra {
            members.entry(name).or_insert_with(|| value.clone());
        }
        Value::Object(members)
    };
    Value::Array(record.spans.iter().map(object).collect())
}
