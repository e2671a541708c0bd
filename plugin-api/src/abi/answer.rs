//! What comes back over C: views of answers, and their checked reading.
//!
//! Whoever answers is trusted to point at memory that is there, and with nothing else: lengths, encoding
//! and null pointers are checked here, what the values mean is checked by the host.

use super::view::{List, Str};
use crate::edit::Edit;
use crate::kind::augmenter::{Body, Hole, Holes, Variation};
use crate::text::{
    Example, ExampleBuf, Field, Prediction, PredictionBuf, ScoredLabelBuf, ScoredSpanBuf, Span, SpanBuf,
};
use crate::{Edits, Failure};

/// An edit: `engraft_edit` in C.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct EditView<'a> {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) text: Str<'a>,
}

impl<'a> EditView<'a> {
    /// A view of an edit.
    pub fn new(edit: &'a Edit) -> Self {
        Self { start: edit.start, end: edit.end, text: Str::new(&edit.text) }
    }
}

/// A hole: `engraft_hole` in C.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct HoleView<'a> {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) temperature: f32,
    pub(crate) top_k: u32,
    pub(crate) exclude: List<'a, Str<'a>>,
}

impl<'a> HoleView<'a> {
    /// A view of a hole; `exclude` is that of its words.
    pub const fn new(hole: &Hole, exclude: List<'a, Str<'a>>) -> Self {
        let Hole { start, end, temperature, top_k, .. } = *hole;
        Self { start, end, temperature, top_k, exclude }
    }
}

/// A variation: `engraft_variation` in C. A null `text` says that it is made by edits, and by holes if there are any;
/// null `labels` that they stay.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct VariationView<'a> {
    pub(crate) edits: List<'a, EditView<'a>>,
    pub(crate) text: *const Str<'a>,
    pub(crate) spans: List<'a, Span<'a>>,
    pub(crate) labels: *const List<'a, Str<'a>>,
    pub(crate) holes: List<'a, HoleView<'a>>,
    pub(crate) variants: u32,
}

/// What an answer is read as.
type Read<T> = Result<T, Failure>;

fn refuse<T>(why: impl Into<String>) -> Read<T> {
    Err(Failure::Answer(why.into()))
}

/// `count` values at `data`.
///
/// # Safety
/// A `data` that is neither null nor misaligned points at `count` values, in place until `'a` ends.
///
/// # Errors
/// [`Failure::Answer`] for a null or misaligned pointer to something, or for more than fits in memory.
pub unsafe fn list<'a, T>(data: *const T, count: usize) -> Read<&'a [T]> {
    if count == 0 {
        return Ok(&[]);
    }
    if data.is_null() || !data.is_aligned() {
        return refuse(format!("a null or misaligned pointer to {count} values"));
    }
    if count.checked_mul(size_of::<T>()).is_none_or(|bytes| isize::try_from(bytes).is_err()) {
        return refuse(format!("a list of {count} values, which no memory holds"));
    }
    // SAFETY: not null, aligned, no longer than memory; that the values are there is the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(data, count) })
}

/// A text.
///
/// # Safety
/// As [`list`].
///
/// # Errors
/// [`Failure::Answer`] for what is no UTF-8, and as [`list`].
pub unsafe fn text<'a>(raw: Str<'a>) -> Read<&'a str> {
    let (data, len) = raw.into_parts();
    // SAFETY: the caller's promise.
    let bytes = unsafe { list(data, len) }?;
    std::str::from_utf8(bytes).or_else(|error| {
        let shown: String = String::from_utf8_lossy(bytes).chars().take(60).collect();
        refuse(format!("expected UTF-8, found a text that is none from byte {} on: `{shown}`", error.valid_up_to()))
    })
}

/// A list that lies in a view.
///
/// # Safety
/// As [`list`].
unsafe fn within<'a, T>(raw: List<'a, T>) -> Read<&'a [T]> {
    let (data, count) = raw.into_parts();
    // SAFETY: the caller's promise.
    unsafe { list(data, count) }
}

/// # Safety
/// As [`list`].
unsafe fn span(raw: &Span<'_>) -> Read<SpanBuf> {
    // SAFETY: the caller's promise.
    let label = unsafe { text(raw.label) }?.to_owned();
    Ok(SpanBuf { start: raw.start, end: raw.end, label })
}

/// # Safety
/// As [`list`].
unsafe fn owned_fields(raw: List<'_, Field<'_>>) -> Read<Vec<(String, String)>> {
    // SAFETY: the caller's promise, for the list and for each text in it.
    unsafe { within(raw)?.iter().map(|f| Ok((text(f.name)?.to_owned(), text(f.value)?.to_owned()))).collect() }
}

/// # Safety
/// As [`list`].
unsafe fn owned_texts(raw: List<'_, Str<'_>>) -> Read<Vec<String>> {
    // SAFETY: the caller's promise, for the list and for each text in it.
    unsafe { within(raw)?.iter().map(|&t| Ok(text(t)?.to_owned())).collect() }
}

/// # Safety
/// As [`list`].
unsafe fn owned_spans(raw: List<'_, Span<'_>>) -> Read<Vec<SpanBuf>> {
    // SAFETY: the caller's promise, for the list and for each text in it.
    unsafe { within(raw)?.iter().map(|s| span(s)).collect() }
}

/// An example.
///
/// # Safety
/// As [`list`], for everything that the view points at.
///
/// # Errors
/// As [`text`].
pub unsafe fn example(raw: &Example<'_>) -> Read<ExampleBuf> {
    // SAFETY: the caller's promise.
    unsafe {
        Ok(ExampleBuf {
            id: text(raw.id)?.to_owned(),
            text: text(raw.text)?.to_owned(),
            spans: owned_spans(raw.spans)?,
            labels: owned_texts(raw.labels)?,
            fields: owned_fields(raw.fields)?,
        })
    }
}

/// A prediction.
///
/// # Safety
/// As [`list`], for everything that the view points at.
///
/// # Errors
/// As [`text`].
pub unsafe fn prediction(raw: &Prediction<'_>) -> Read<PredictionBuf> {
    // SAFETY: the caller's promise.
    unsafe {
        let spans = within(raw.spans)?.iter();
        let labels = within(raw.labels)?.iter();
        Ok(PredictionBuf {
            spans: spans.map(|s| Ok(ScoredSpanBuf { span: span(&s.span)?, score: s.score })).collect::<Read<_>>()?,
            labels: labels
                .map(|l| Ok(ScoredLabelBuf { label: text(l.label)?.to_owned(), score: l.score }))
                .collect::<Read<_>>()?,
            text: within(raw.text)?.first().map(|&t| Ok(text(t)?.to_owned())).transpose()?,
            fields: owned_fields(raw.fields)?,
        })
    }
}

/// Edits.
///
/// # Safety
/// As [`list`], for everything that the views point at.
///
/// # Errors
/// As [`text`].
pub unsafe fn edits(raw: &[EditView<'_>]) -> Read<Edits> {
    let edit = |raw: &EditView<'_>| {
        // SAFETY: the caller's promise.
        let text = unsafe { text(raw.text) }?.to_owned();
        Ok(Edit { start: raw.start, end: raw.end, text })
    };
    raw.iter().map(edit).collect()
}

/// # Safety
/// As [`list`], for everything that the view points at.
unsafe fn hole(raw: &HoleView<'_>) -> Read<Hole> {
    // SAFETY: the caller's promise.
    let exclude = unsafe { owned_texts(raw.exclude) }?;
    Ok(Hole { start: raw.start, end: raw.end, temperature: raw.temperature, top_k: raw.top_k, exclude })
}

/// A variation.
///
/// # Safety
/// As [`list`], for everything that the view points at.
///
/// # Errors
/// As [`text`].
pub unsafe fn variation(raw: &VariationView<'_>) -> Read<Variation> {
    // SAFETY: the caller's promise; null says that there is none.
    unsafe {
        let holes = within(raw.holes)?;
        let body = match raw.text.as_ref() {
            None if holes.is_empty() => Body::Edits(edits(within(raw.edits)?)?),
            None => {
                let holes = holes.iter().map(|raw| hole(raw)).collect::<Read<_>>()?;
                Body::Holes(Holes { holes, edits: edits(within(raw.edits)?)?, variants: raw.variants })
            }
            Some(_) if !holes.is_empty() => return refuse("a variation that is a whole new text and has holes"),
            Some(&rewritten) => Body::Rewrite { text: text(rewritten)?.to_owned(), spans: owned_spans(raw.spans)? },
        };
        let labels = raw.labels.as_ref().map(|&labels| owned_texts(labels)).transpose()?;
        Ok(Variation { body, labels })
    }
}
