//! What plugins look at: examples, predictions and rows, as borrowed views and as owned values.
//!
//! Every offset is a **byte offset of UTF-8**, start inclusive, end exclusive, on a character
//! boundary. Views ([`Example`], [`Prediction`], [`Pair`], [`Row`]) are what a plugin is handed; the
//! `…Buf` types own their text and are what a plugin hands back and what the host stores. A batch of
//! owned values is turned into views once, by [`Views`].

use crate::abi::view::{List, Str};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

pub use crate::abi::views::Views;

/// Names of fields that the host gives a meaning to.
pub mod field {
    /// The document an example was cut from: predictions are put together again by it.
    pub const DOCUMENT: &str = "document";
    /// Where in the document's text the example begins (bytes, decimal).
    pub const OFFSET: &str = "offset";
    /// A row's text.
    pub const TEXT: &str = "text";
    /// A row's spans, as JSON: `[{"start":0,"end":5,"label":"Disease"}]`.
    pub const SPANS: &str = "spans";
    /// A row's only label.
    pub const LABEL: &str = "label";
    /// A row's labels, as a JSON list of strings.
    pub const LABELS: &str = "labels";
    /// The language of a text (BCP 47).
    pub const LANGUAGE: &str = "language";
}

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

/// An owned [`Span`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SpanBuf {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// The label.
    pub label: String,
}

impl SpanBuf {
    /// A span over `start..end`. Offsets beyond 4 GiB saturate; no text is that long.
    pub fn new(start: usize, end: usize, label: impl Into<String>) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end), label: label.into() }
    }
    /// The byte range.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// An owned [`Example`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExampleBuf {
    /// The document id.
    pub id: String,
    /// The text.
    pub text: String,
    /// Its spans.
    pub spans: Vec<SpanBuf>,
    /// Labels of the whole text.
    pub labels: Vec<String>,
    /// Named values beside it.
    pub fields: Vec<(String, String)>,
}

impl ExampleBuf {
    /// An example with a text only.
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { id: id.into(), text: text.into(), ..Self::default() }
    }
    /// One field's value.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Says whether every span lies inside the text, on character boundaries, and covers something.
    ///
    /// # Errors
    /// `span.outside`, `span.inside-character` or `span.empty`, naming the span.
    pub fn check(&self) -> Result<()> {
        self.spans.iter().try_for_each(|span| check_span(&self.text, span))
    }
}

/// Says whether `span` cuts `text` on character boundaries and covers something.
///
/// # Errors
/// `span.outside`, `span.inside-character` or `span.empty`.
pub fn check_span(text: &str, span: &SpanBuf) -> Result<()> {
    let (start, end) = (span.start as usize, span.end as usize);
    let (code, what) = if end > text.len() || start > end {
        ("span.outside", format!("the text has {} bytes", text.len()))
    } else if start == end {
        ("span.empty", "it covers nothing".to_owned())
    } else if !text.is_char_boundary(start) || !text.is_char_boundary(end) {
        ("span.inside-character", "it begins or ends inside a character (offsets count bytes of UTF-8)".to_owned())
    } else {
        return Ok(());
    };
    Err(Error::new(code, format!("span {start}..{end} `{}`: {what}", span.label)))
}

/// An owned [`ScoredSpan`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoredSpanBuf {
    /// The span.
    #[serde(flatten)]
    pub span: SpanBuf,
    /// Its probability.
    #[serde(default = "certain")]
    pub score: f32,
}

/// An owned [`ScoredLabel`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoredLabelBuf {
    /// The label.
    pub label: String,
    /// Its probability.
    #[serde(default = "certain")]
    pub score: f32,
}

const fn certain() -> f32 {
    1.0
}

/// An owned [`Prediction`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PredictionBuf {
    /// Predicted spans.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<ScoredSpanBuf>,
    /// Predicted labels, the surest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<ScoredLabelBuf>,
    /// Generated text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Named values beside it (an ontology code, a normalized amount).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<(String, String)>,
}

/// An owned [`Row`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RowBuf {
    /// The record's id.
    pub id: String,
    /// Its fields, in file order.
    pub fields: Vec<(String, String)>,
}
