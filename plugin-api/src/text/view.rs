//! What a plugin is handed: texts, spans and labels that somebody else owns, in the layout of C.

use super::{ExampleBuf, PredictionBuf, ScoredLabelBuf, ScoredSpanBuf, SpanBuf, field};
use crate::abi::view::{List, Str};
use crate::{Error, Result};
use serde::Deserialize;

/// A labelled byte range of a text.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span<'a> {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) label: Str<'a>,
}

impl<'a> Span<'a> {
    /// A span over `start..end`.
    pub const fn new(start: u32, end: u32, label: &'a str) -> Self {
        Self { start, end, label: Str::new(label) }
    }
    /// First byte.
    pub const fn start(&self) -> usize {
        self.start as usize
    }
    /// One past the last byte.
    pub const fn end(&self) -> usize {
        self.end as usize
    }
    /// The byte range.
    pub const fn range(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
    /// The label.
    pub const fn label(&self) -> &'a str {
        self.label.as_str()
    }
    /// An owned copy.
    pub fn to_buf(&self) -> SpanBuf {
        SpanBuf { start: self.start, end: self.end, label: self.label().to_owned() }
    }
}

/// A named value beside a text. Names that a plugin does not know are skipped.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field<'a> {
    pub(crate) name: Str<'a>,
    pub(crate) value: Str<'a>,
}

impl<'a> Field<'a> {
    /// A field.
    pub const fn new(name: &'a str, value: &'a str) -> Self {
        Self { name: Str::new(name), value: Str::new(value) }
    }
    /// Its name.
    pub const fn name(&self) -> &'a str {
        self.name.as_str()
    }
    /// Its value.
    pub const fn value(&self) -> &'a str {
        self.value.as_str()
    }
}

fn find<'a>(fields: &List<'a, Field<'a>>, name: &str) -> Option<&'a str> {
    fields.as_slice().iter().find(|f| f.name() == name).map(Field::value)
}

/// One example: a text, its labelled spans, its labels.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Example<'a> {
    pub(crate) id: Str<'a>,
    pub(crate) text: Str<'a>,
    pub(crate) spans: List<'a, Span<'a>>,
    pub(crate) labels: List<'a, Str<'a>>,
    pub(crate) fields: List<'a, Field<'a>>,
}

impl<'a> Example<'a> {
    /// The document id: stable across runs, part of every seed.
    pub fn id(&self) -> &'a str {
        self.id.as_str()
    }
    /// The text.
    pub fn text(&self) -> &'a str {
        self.text.as_str()
    }
    /// Its spans, in ascending order of start.
    pub fn spans(&self) -> &'a [Span<'a>] {
        self.spans.as_slice()
    }
    /// Labels of the whole text.
    pub fn labels(&self) -> impl ExactSizeIterator<Item = &'a str> + Clone + 'a {
        self.labels.as_slice().iter().map(Str::as_str)
    }
    /// All fields.
    pub fn fields(&self) -> &'a [Field<'a>] {
        self.fields.as_slice()
    }
    /// One field's value.
    pub fn field(&self, name: &str) -> Option<&'a str> {
        find(&self.fields, name)
    }
    /// An owned copy.
    pub fn to_buf(&self) -> ExampleBuf {
        ExampleBuf {
            id: self.id().to_owned(),
            text: self.text().to_owned(),
            spans: self.spans().iter().map(Span::to_buf).collect(),
            labels: self.labels().map(str::to_owned).collect(),
            fields: self.fields().iter().map(|f| (f.name().to_owned(), f.value().to_owned())).collect(),
        }
    }
}

/// A span and how sure the model is of it (0 to 1).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ScoredSpan<'a> {
    pub(crate) span: Span<'a>,
    pub(crate) score: f32,
}

impl<'a> ScoredSpan<'a> {
    /// The span.
    pub const fn span(&self) -> Span<'a> {
        self.span
    }
    /// Its probability.
    pub const fn score(&self) -> f32 {
        self.score
    }
}

/// A label of the whole text and how sure the model is of it (0 to 1).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ScoredLabel<'a> {
    pub(crate) label: Str<'a>,
    pub(crate) score: f32,
}

impl<'a> ScoredLabel<'a> {
    /// The label.
    pub const fn label(&self) -> &'a str {
        self.label.as_str()
    }
    /// Its probability.
    pub const fn score(&self) -> f32 {
        self.score
    }
}

/// What a model (or a rule engine) says of one example.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Prediction<'a> {
    pub(crate) spans: List<'a, ScoredSpan<'a>>,
    pub(crate) labels: List<'a, ScoredLabel<'a>>,
    pub(crate) text: List<'a, Str<'a>>,
    pub(crate) fields: List<'a, Field<'a>>,
}

impl<'a> Prediction<'a> {
    /// Predicted spans, in ascending order of start.
    pub fn spans(&self) -> &'a [ScoredSpan<'a>] {
        self.spans.as_slice()
    }
    /// Predicted labels, the surest first.
    pub fn labels(&self) -> &'a [ScoredLabel<'a>] {
        self.labels.as_slice()
    }
    /// Generated text, for models that write.
    pub fn text(&self) -> Option<&'a str> {
        self.text.as_slice().first().map(Str::as_str)
    }
    /// All fields.
    pub fn fields(&self) -> &'a [Field<'a>] {
        self.fields.as_slice()
    }
    /// An owned copy.
    pub fn to_buf(&self) -> PredictionBuf {
        PredictionBuf {
            spans: self.spans().iter().map(|s| ScoredSpanBuf { span: s.span.to_buf(), score: s.score }).collect(),
            labels: self
                .labels()
                .iter()
                .map(|l| ScoredLabelBuf { label: l.label().to_owned(), score: l.score })
                .collect(),
            text: self.text().map(str::to_owned),
            fields: self.fields().iter().map(|f| (f.name().to_owned(), f.value().to_owned())).collect(),
        }
    }
}

/// What is true and what was predicted, side by side: a metric's input.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    pub(crate) gold: Example<'a>,
    pub(crate) predicted: Prediction<'a>,
}

impl<'a> Pair<'a> {
    /// A pair.
    pub const fn new(gold: Example<'a>, predicted: Prediction<'a>) -> Self {
        Self { gold, predicted }
    }
    /// The example as annotated.
    pub const fn gold(&self) -> Example<'a> {
        self.gold
    }
    /// The prediction for its text.
    pub const fn predicted(&self) -> Prediction<'a> {
        self.predicted
    }
}

/// One raw record of a data file, before a domain adapter has read it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    pub(crate) id: Str<'a>,
    pub(crate) fields: List<'a, Field<'a>>,
}

impl<'a> Row<'a> {
    /// The record's id: its own, or made from file name and number.
    pub fn id(&self) -> &'a str {
        self.id.as_str()
    }
    /// All fields, in file order.
    pub fn fields(&self) -> &'a [Field<'a>] {
        self.fields.as_slice()
    }
    /// One field's value.
    pub fn field(&self, name: &str) -> Option<&'a str> {
        find(&self.fields, name)
    }

    /// The field `text`.
    ///
    /// # Errors
    /// `row.no-text` when there is none, with the fields that there are.
    pub fn text(&self) -> Result<&'a str> {
        self.field(field::TEXT).ok_or_else(|| {
            let names: Vec<_> = self.fields().iter().map(Field::name).collect();
            Error::new("row.no-text", format!("the record has no field `text`; it has {names:?}"))
        })
    }

    /// The field `spans` as spans; no field, no spans. Objects (`{"start","end","label"}`) and triples
    /// (`[start, end, label]`) are both read.
    ///
    /// # Errors
    /// `row.bad-spans` when the field is no such list.
    pub fn spans(&self) -> Result<Vec<SpanBuf>> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Object(SpanBuf),
            Triple(u32, u32, String),
        }
        let Some(json) = self.field(field::SPANS) else { return Ok(Vec::new()) };
        let forms: Vec<Form> = serde_json::from_str(json).map_err(|error| {
            Error::new("row.bad-spans", format!("expected [{{\"start\",\"end\",\"label\"}}, …]: {error}"))
        })?;
        let mut spans: Vec<SpanBuf> = forms
            .into_iter()
            .map(|form| match form {
                Form::Object(span) => span,
                Form::Triple(start, end, label) => SpanBuf { start, end, label },
            })
            .collect();
        spans.sort_by_key(|s| (s.start, s.end));
        Ok(spans)
    }

    /// The field `labels` (a JSON list, or names between `|`), or the field `label`, or nothing.
    ///
    /// # Errors
    /// `row.bad-labels` when `labels` starts like a JSON list and is none.
    pub fn labels(&self) -> Result<Vec<String>> {
        if let Some(label) = self.field(field::LABEL).filter(|l| !l.is_empty()) {
            return Ok(vec![label.to_owned()]);
        }
        let Some(labels) = self.field(field::LABELS) else { return Ok(Vec::new()) };
        if !labels.trim_start().starts_with('[') {
            return Ok(labels.split('|').map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect());
        }
        serde_json::from_str(labels)
            .map_err(|error| Error::new("row.bad-labels", format!("expected a list of strings: {error}")))
    }
}
