//! A new text of pieces of the old one, in any order: what edits cannot say.

use crate::text::{Example, Span, SpanBuf};
use crate::{Error, Result};
use std::ops::Range;

/// Puts a text together anew of pieces of an example's text and of words between them, and moves the spans along.
///
/// A span goes with the piece that it lies in; pieces that follow each other in both texts are one. Where none holds all
/// of a span, [`Pieces::finish`] refuses: the label could not stay right.
///
/// ```
/// use engraft_plugin::edit::Pieces;
/// use engraft_plugin::text::{ExampleBuf, SpanBuf, Views};
/// let mut example = ExampleBuf::new("1", "Fever. No gout.");
/// example.spans = vec![SpanBuf::new(10, 14, "Disease")];
/// let views = Views::examples([&example]);
/// let mut pieces = Pieces::of(&views.as_slice()[0]);
/// pieces.keep(7..15).put(" ").keep(0..6);
/// let (text, spans) = pieces.finish()?;
/// assert_eq!((text.as_str(), &text[spans[0].range()]), ("No gout. Fever.", "gout"));
/// # Ok::<(), engraft_plugin::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    text: &'a str,
    spans: &'a [Span<'a>],
    made: String,
    /// Ranges of the old text, each with where it begins in the new one.
    kept: Vec<(Range<usize>, usize)>,
}

impl<'a> Pieces<'a> {
    /// Nothing yet, of this example.
    pub fn of(example: &Example<'a>) -> Self {
        Self { text: example.text(), spans: example.spans(), made: String::new(), kept: Vec::new() }
    }

    /// Adds a piece of the old text: a range of bytes on character boundaries.
    pub fn keep(&mut self, range: Range<usize>) -> &mut Self {
        let at = self.made.len();
        self.made.push_str(&self.text[range.clone()]);
        match self.kept.last_mut() {
            Some((last, begins)) if last.end == range.start && *begins + last.len() == at => last.end = range.end,
            _ => self.kept.push((range, at)),
        }
        self
    }

    /// Adds a piece with its first letter in upper or lower case, where that is a letter of ASCII: spans keep their
    /// length.
    pub fn keep_in_case(&mut self, range: Range<usize>, upper: bool) -> &mut Self {
        let at = self.made.len();
        self.keep(range);
        if let Some(first) = self.made[at..].chars().next().filter(char::is_ascii) {
            let first = if upper { first.to_ascii_uppercase() } else { first.to_ascii_lowercase() };
            self.made.replace_range(at..=at, first.encode_utf8(&mut [0; 4]));
        }
        self
    }

    /// Adds words that the old text does not have.
    pub fn put(&mut self, words: &str) -> &mut Self {
        self.made.push_str(words);
        self
    }

    /// The new text and its spans, in ascending order.
    ///
    /// # Errors
    /// `pieces.cuts-span` when a span lies in no single piece.
    pub fn finish(self) -> Result<(String, Vec<SpanBuf>)> {
        let mut spans = Vec::with_capacity(self.spans.len());
        for span in self.spans {
            let holds = |(range, _): &&(Range<usize>, usize)| range.start <= span.start() && span.end() <= range.end;
            let Some((range, at)) = self.kept.iter().find(holds) else {
                let (start, end, label) = (span.start(), span.end(), span.label());
                let why = format!("span {start}..{end} `{label}` would be torn or left out by the new order");
                return Err(Error::new("pieces.cuts-span", why));
            };
            let start = at + span.start() - range.start;
            spans.push(SpanBuf::new(start, start + span.end() - span.start(), span.label()));
        }
        spans.sort_by_key(|span| (span.start, span.end));
        Ok((self.made, spans))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{ExampleBuf, Views};

    fn turned(span: (usize, usize), cut: usize) -> Result<String> {
        let mut example = ExampleBuf::new("1", "发热 and gout"); // 发热 is 0..6, gout 11..15
        example.spans = vec![SpanBuf::new(span.0, span.1, "S")];
        let views = Views::examples([&example]);
        let mut pieces = Pieces::of(&views.as_slice()[0]);
        pieces.keep_in_case(cut..15, true).put(" ").keep(0..3).keep(3..cut);
        pieces.finish().map(|(text, spans)| format!("{text}|{}", &text[spans[0].range()]))
    }

    #[test]
    fn a_span_goes_with_its_piece_and_across_pieces_that_stay_together() {
        assert_eq!(turned((11, 15), 7), Ok("And gout 发热 |gout".into()));
        assert_eq!(turned((0, 6), 7), Ok("And gout 发热 |发热".into()));
        assert_eq!(turned((7, 15), 7), Ok("And gout 发热 |And gout".into()));
    }

    #[test]
    fn a_span_that_would_be_torn_is_refused() {
        assert_eq!(turned((3, 10), 7).unwrap_err().code, "pieces.cuts-span");
    }
}
