//! Text changes are edits, and the host applies them: labels cannot go stale.
//!
//! The rules, all or nothing for one result:
//!
//! | an edit | its spans |
//! |---|---|
//! | outside every span | move along |
//! | an insertion at a span's edge | stays outside of it |
//! | equal to a span | the span covers the replacement (refused if that is empty) |
//! | inside a span | the span grows or shrinks |
//! | across one edge, or swallowing a span and more | refused |

mod cut;
mod pieces;

pub use pieces::Pieces;

use crate::text::{ExampleBuf, SpanBuf};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// Puts `text` in the place of the bytes `start..end`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// First byte to replace.
    pub start: u32,
    /// One past the last byte to replace; equal to `start` for an insertion.
    pub end: u32,
    /// What stands there afterwards.
    pub text: String,
}

/// Edits of one text, ascending and not overlapping.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Edits(Vec<Edit>);

impl Edits {
    /// No edit at all.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds an edit. Edits are given in ascending order; the host refuses others.
    pub fn replace(&mut self, range: std::ops::Range<usize>, text: impl Into<String>) -> &mut Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.0.push(Edit { start: clamp(range.start), end: clamp(range.end), text: text.into() });
        self
    }

    /// Adds a deletion.
    pub fn delete(&mut self, range: std::ops::Range<usize>) -> &mut Self {
        self.replace(range, "")
    }

    /// The edits.
    pub fn as_slice(&self) -> &[Edit] {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Edit> for Edits {
    fn from_iter<I: IntoIterator<Item = Edit>>(edits: I) -> Self {
        Self(edits.into_iter().collect())
    }
}

impl From<Vec<Edit>> for Edits {
    fn from(edits: Vec<Edit>) -> Self {
        Self(edits)
    }
}

/// Applies edits to an example: the new text, and its spans where they now lie.
///
/// ```
/// use engraft_plugin::{Edits, edit, text::{ExampleBuf, SpanBuf}};
/// let mut example = ExampleBuf::new("1", "the  gout");
/// example.spans = vec![SpanBuf::new(5, 9, "Disease")];
/// let mut edits = Edits::none();
/// edits.replace(3..5, " ");
/// let clean = edit::apply(&example, &edits)?;
/// assert_eq!(&clean.text[clean.spans[0].range()], "gout");
/// # Ok::<(), engraft_plugin::Error>(())
/// ```
///
/// # Errors
/// `edit.outside`, `edit.inside-character`, `edit.order` for edits that do not fit the text;
/// `edit.cuts-span`, `edit.empties-span` for edits that would leave a stale label.
pub fn apply(example: &ExampleBuf, edits: &Edits) -> Result<ExampleBuf> {
    let text = rewrite(&example.text, &edits.0)?;
    let spans = example.spans.iter().map(|span| move_span(span, &edits.0)).collect::<Result<_>>()?;
    Ok(ExampleBuf {
        id: example.id.clone(),
        text,
        spans,
        labels: example.labels.clone(),
        fields: example.fields.clone(),
    })
}

/// The new text, once every edit is known to fit.
fn rewrite(text: &str, edits: &[Edit]) -> Result<String> {
    fit(text, edits)?;
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        out.push_str(&text[done..edit.start as usize]);
        out.push_str(&edit.text);
        done = edit.end as usize;
    }
    out.push_str(&text[done..]);
    Ok(out)
}

/// Says whether edits fit a text: inside it, on character boundaries, ascending.
///
/// # Errors
/// `edit.outside`, `edit.inside-character`, `edit.order`.
pub fn check(text: &str, edits: &Edits) -> Result<()> {
    fit(text, &edits.0)
}

fn fit(text: &str, edits: &[Edit]) -> Result<()> {
    let mut done = 0;
    for edit in edits {
        let (start, end) = (edit.start as usize, edit.end as usize);
        let refuse = |code, why: String| Err(Error::new(code, format!("edit of {start}..{end}: {why}")));
        if start > end || end > text.len() {
            return refuse("edit.outside", format!("the text has {} bytes", text.len()));
        }
        if !text.is_char_boundary(start) || !text.is_char_boundary(end) {
            return refuse("edit.inside-character", "it begins or ends inside a character".to_owned());
        }
        if start < done {
            return refuse("edit.order", format!("it begins before the end of the one before ({done})"));
        }
        done = end;
    }
    Ok(())
}

fn move_span(span: &SpanBuf, edits: &[Edit]) -> Result<SpanBuf> {
    let refuse = |code, edit: &Edit, why| {
        let (a, b, label) = (span.start, span.end, &span.label);
        Err(Error::new(code, format!("edit of {}..{} {why} span {a}..{b} `{label}`", edit.start, edit.end)))
    };
    let (mut before, mut inside) = (0i64, 0i64); // growth left of the span, growth of the span
    for edit in edits {
        let growth = edit.text.len() as i64 - i64::from(edit.end - edit.start);
        let is_insertion = edit.start == edit.end;
        if edit.end <= span.start {
            before += growth;
        } else if edit.start >= span.end {
            break; // ascending: the rest lies to the right
        } else if edit.start >= span.start && edit.end <= span.end {
            // An insertion reaches this arm only strictly inside: at the edges it was outside above.
            debug_assert!(!is_insertion || (edit.start > span.start && edit.end < span.end));
            inside += growth;
        } else {
            return refuse("edit.cuts-span", edit, "would cut or swallow");
        }
    }
    let length = i64::from(span.end - span.start) + inside;
    if length <= 0 {
        let last = edits.iter().rev().find(|e| e.start < span.end && e.end > span.start);
        return refuse("edit.empties-span", last.unwrap_or(&edits[0]), "would leave nothing of");
    }
    let start = i64::from(span.start) + before;
    Ok(SpanBuf::new(start as usize, (start + length) as usize, span.label.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(spans: &[(usize, usize)]) -> ExampleBuf {
        let mut example = ExampleBuf::new("1", "no 发热 today"); // 发热 is 3..9
        example.spans = spans.iter().map(|&(a, b)| SpanBuf::new(a, b, "S")).collect();
        example
    }

    fn edit(start: usize, end: usize, text: &str) -> Edits {
        let mut edits = Edits::none();
        edits.replace(start..end, text);
        edits
    }

    fn covered(span: (usize, usize), edits: &Edits) -> Result<String> {
        let out = apply(&example(&[span]), edits)?;
        Ok(out.text[out.spans[0].range()].to_owned())
    }

    #[test]
    fn an_edit_outside_moves_the_span_along() {
        assert_eq!(covered((3, 9), &edit(0, 2, "some")), Ok("发热".into()));
        assert_eq!(covered((3, 9), &edit(10, 15, "")), Ok("发热".into()));
    }

    #[test]
    fn an_insertion_at_an_edge_stays_outside() {
        assert_eq!(covered((3, 9), &edit(3, 3, "x")), Ok("发热".into()));
        assert_eq!(covered((3, 9), &edit(9, 9, "x")), Ok("发热".into()));
    }

    #[test]
    fn an_edit_equal_to_a_span_carries_it_to_the_replacement() {
        assert_eq!(covered((3, 9), &edit(3, 9, "fever")), Ok("fever".into()));
        assert_eq!(covered((3, 9), &edit(3, 9, "")).unwrap_err().code, "edit.empties-span");
    }

    #[test]
    fn an_edit_inside_a_span_resizes_it() {
        assert_eq!(covered((3, 9), &edit(3, 6, "高")), Ok("高热".into()));
        assert_eq!(covered((3, 9), &edit(6, 6, "高")), Ok("发高热".into()));
    }

    #[test]
    fn an_edit_across_an_edge_or_around_a_span_is_refused() {
        for (start, end) in [(2, 6), (6, 10), (2, 10), (3, 10), (2, 9)] {
            assert_eq!(covered((3, 9), &edit(start, end, "?")).unwrap_err().code, "edit.cuts-span");
        }
    }

    #[test]
    fn edits_that_do_not_fit_the_text_are_refused() {
        let mut back = edit(5, 5, "");
        for (edits, code) in [
            (edit(4, 9, ""), "edit.inside-character"),
            (edit(0, 99, ""), "edit.outside"),
            (back.replace(3..3, "").clone(), "edit.inside-character"),
        ] {
            assert_eq!(apply(&example(&[]), &edits).unwrap_err().code, code);
        }
        let mut twice = edit(0, 2, "");
        twice.replace(1..3, "");
        assert_eq!(apply(&example(&[]), &twice).unwrap_err().code, "edit.order");
    }
}
