//! Words that may be changed: outside of spans, and none that a label may hang on.

use engraft_plugin::text::{Span, is_negation};
use std::ops::Range;

/// Whether a word is outside every span, and not one that is to be kept.
pub fn is_free(text: &str, word: &Range<usize>, spans: &[Span<'_>], keep: &[String]) -> bool {
    let lower = text[word.clone()].to_lowercase();
    let is_kept = keep.contains(&lower) || is_negation(&lower);
    !is_kept && spans.iter().all(|span| word.end <= span.start() || word.start >= span.end())
}

/// The range of a word and the blank before it, so that no two blanks are left where it goes.
pub fn with_blank(text: &str, word: &Range<usize>, spans: &[Span<'_>]) -> Range<usize> {
    let is_blank = |at: usize| text.as_bytes().get(at) == Some(&b' ');
    let crosses = |at: usize| spans.iter().any(|span| span.range().contains(&at));
    if word.start > 0 && is_blank(word.start - 1) && !crosses(word.start - 1) {
        return word.start - 1..word.end;
    }
    if is_blank(word.end) && !crosses(word.end) { word.start..word.end + 1 } else { word.clone() }
}
