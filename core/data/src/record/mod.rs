//! A record: a text with what is said of it.

mod spans;

pub(crate) use spans::{byte, spans_of};

use crate::{Offsets, Place, Result};
use engraft_plugin::text::{RowBuf, field};
use serde_json::{Map, Value, json};
use spans::{check_span, spans_to};

/// The name of a row's own name.
const ID: &str = "id";

/// A labelled piece of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// The label.
    pub label: String,
    /// What else is said of it: the id that a tool gave it, a concept of an ontology.
    pub extra: Map<String, Value>,
}

impl Span {
    /// A span of which nothing else is said.
    pub fn new(start: usize, end: usize, label: impl Into<String>) -> Self {
        Self { start, end, label: label.into(), extra: Map::new() }
    }
}

/// A text, its spans and labels, and named values beside them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Its own id, or `<file>:<line>`.
    pub id: String,
    /// The text.
    pub text: String,
    /// Its spans, in the order of the file.
    pub spans: Vec<Span>,
    /// Labels of the whole text.
    pub labels: Vec<String>,
    /// First byte and end of each token, where the file divides the text into tokens. Formats of tags keep them.
    pub tokens: Vec<(usize, usize)>,
    /// Everything else, in the order of the file.
    pub fields: Map<String, Value>,
}

impl Record {
    /// A field as text: a text as it is, anything else as compact JSON.
    pub fn field(&self, name: &str) -> Option<String> {
        match name {
            ID => Some(self.id.clone()),
            field::TEXT => Some(self.text.clone()),
            field::LABEL => (!self.labels.is_empty()).then(|| self.labels.join("|")),
            _ => self.fields.get(name).and_then(plain),
        }
    }

    /// The members of an object become a record: `text`, `spans`, `label` and `labels` have their meaning.
    pub(crate) fn of_members(mut members: Map<String, Value>, unit: Offsets, place: &Place) -> Result<Self> {
        let Some(text) = members.shift_remove(field::TEXT) else {
            let found: Vec<&str> = members.keys().map(String::as_str).collect();
            return place.refuse("row.no-text", format!("expected a field `text`, found {}", found.join(", ")));
        };
        let Value::String(text) = text else {
            return place.refuse("row.no-text", format!("expected a text in the field `text`, found {}", short(&text)));
        };
        let mut labels = Vec::new();
        for name in [field::LABEL, field::LABELS] {
            let Some(value) = members.shift_remove(name) else { continue };
            labels.extend(labels_of(name, value, place)?);
        }
        let spans = match members.shift_remove(field::SPANS) {
            Some(spans) => spans_of(&text, spans, unit, place)?,
            None => Vec::new(),
        };
        let id = members.get(ID).and_then(plain).filter(|id| !id.is_empty());
        members.shift_remove(ID);
        members.retain(|_, value| !value.is_null());
        Ok(Self { id: id.unwrap_or_else(|| place.id()), text, spans, labels, tokens: Vec::new(), fields: members })
    }

    /// The record as the members of an object; offsets count `unit`.
    pub(crate) fn to_members(&self, unit: Offsets) -> Map<String, Value> {
        let mut members = Map::new();
        members.insert(ID.to_owned(), json!(self.id));
        members.insert(field::TEXT.to_owned(), json!(self.text));
        if !self.spans.is_empty() {
            members.insert(field::SPANS.to_owned(), spans_to(self, unit));
        }
        match self.labels.as_slice() {
            [] => None,
            // An empty label would be none: a list keeps it.
            [label] if !label.is_empty() => members.insert(field::LABEL.to_owned(), json!(label)),
            labels => members.insert(field::LABELS.to_owned(), json!(labels)),
        };
        for (name, value) in &self.fields {
            members.entry(name).or_insert_with(|| value.clone());
        }
        members
    }

    /// The record as a row, as domain adapters take it.
    pub(crate) fn into_row(self) -> RowBuf {
        let spans = spans_to(&self, Offsets::Bytes).to_string();
        let mut fields = vec![(field::TEXT.to_owned(), self.text), (field::SPANS.to_owned(), spans)];
        match self.labels.as_slice() {
            [] => {}
            [label] => fields.push((field::LABEL.to_owned(), label.clone())),
            labels => fields.push((field::LABELS.to_owned(), json!(labels).to_string())),
        }
        fields.extend(self.fields.into_iter().filter_map(|(name, value)| plain(&value).map(|value| (name, value))));
        RowBuf { id: self.id, fields }
    }

    /// Refuses spans that do not lie in the text, on character boundaries, and cover something.
    pub(crate) fn check(&self, place: &Place) -> Result<()> {
        for span in &self.spans {
            check_span(&self.text, span, place)?;
        }
        Ok(())
    }
}

/// The members of an object as a row.
pub(crate) fn row_of(members: Map<String, Value>, place: &Place) -> RowBuf {
    let id = members.get(ID).and_then(plain).filter(|id| !id.is_empty()).unwrap_or_else(|| place.id());
    let fields = members.into_iter().filter_map(|(name, value)| match value {
        Value::String(text) => Some((name, text)),
        other => plain(&other).map(|value| (name, value)),
    });
    RowBuf { id, fields: fields.collect() }
}

/// A value as text; nothing for `null`.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The beginning of a value, for messages.
pub(crate) fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 { text } else { format!("{}…", text.chars().take(60).collect::<String>()) }
}

/// Labels: one text, a list of texts, such a list as JSON in a text, or texts between `|` in `labels`.
fn labels_of(name: &str, value: Value, place: &Place) -> Result<Vec<String>> {
    let value = match value {
        Value::String(text) if name == field::LABELS && text.trim_start().starts_with('[') => {
            serde_json::from_str(&text).or_else(|_| bad_labels(name, &Value::String(text), place))?
        }
        Value::String(text) if name == field::LABELS => {
            let names = text.split('|').map(str::trim).filter(|name| !name.is_empty());
            return Ok(names.map(str::to_owned).collect());
        }
        other => other,
    };
    match value {
        Value::Null => Ok(Vec::new()),
        Value::String(label) if label.is_empty() => Ok(Vec::new()),
        Value::Array(items) => items
            .into_iter()
            .map(|item| match item {
                Value::String(label) => Ok(label),
                Value::Number(_) | Value::Bool(_) => Ok(item.to_string()),
                other => bad_labels(name, &other, place),
            })
            .collect(),
        Value::Object(_) => bad_labels(name, &value, place),
        other => Ok(plain(&other).into_iter().collect()),
    }
}

fn bad_labels<T>(name: &str, found: &Value, place: &Place) -> Result<T> {
    place.refuse("row.bad-labels", format!("expected a label or a list of labels in `{name}`, found {}", short(found)))
}
