//! What a plugin hands back and the host stores: the same values, owning their text.

use super::check_span;
use crate::Result;
use serde::{Deserialize, Serialize};

/// An owned [`Span`](super::Span).
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

/// An owned [`Example`](super::Example).
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

/// An owned [`ScoredSpan`](super::ScoredSpan).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoredSpanBuf {
    /// The span.
    #[serde(flatten)]
    pub span: SpanBuf,
    /// Its probability.
    #[serde(default = "certain")]
    pub score: f32,
}

/// An owned [`ScoredLabel`](super::ScoredLabel).
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

/// An owned [`Prediction`](super::Prediction).
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

/// An owned [`Row`](super::Row).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RowBuf {
    /// The record's id.
    pub id: String,
    /// Its fields, in file order.
    pub fields: Vec<(String, String)>,
}
