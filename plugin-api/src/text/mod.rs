//! What plugins look at: examples, predictions and rows, as borrowed views and as owned values.
//!
//! Every offset is a **byte offset of UTF-8**, start inclusive, end exclusive, on a character
//! boundary. Views ([`Example`], [`Prediction`], [`Pair`], [`Row`]) are what a plugin is handed; the
//! `…Buf` types own their text and are what a plugin hands back and what the host stores. A batch of
//! owned values is turned into views once, by [`Views`].

mod owned;
mod view;
mod words;

use crate::{Error, Result};

pub use crate::abi::views::Views;
pub use owned::{ExampleBuf, PredictionBuf, RowBuf, ScoredLabelBuf, ScoredSpanBuf, SpanBuf};
pub use view::{Example, Field, Pair, Prediction, Row, ScoredLabel, ScoredSpan, Span};
pub use words::{is_negation, words};

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
