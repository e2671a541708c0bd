//! Edits that may reach over the edge of a span are cut there, so that none is refused.

use super::Edits;
use crate::text::Span;
use std::ops::Range;

impl Edits {
    /// Adds the replacement of a range, cut at the edges of spans within it.
    ///
    /// The first part that lies outside every span becomes `into`, else the first part; the others become nothing. So
    /// what the text becomes does not depend on the spans, as it must not: in prediction there are none. A span of
    /// nothing but what is deleted is still refused by the host.
    ///
    /// ```
    /// use engraft_plugin::{Edits, edit, text::{ExampleBuf, SpanBuf, Views}};
    /// let mut example = ExampleBuf::new("1", "the   gout");
    /// example.spans = vec![SpanBuf::new(4, 10, "Disease")]; // with two of the blanks before it
    /// let mut edits = Edits::none();
    /// edits.replace_around(3..6, " ", Views::examples([&example]).as_slice()[0].spans());
    /// let clean = edit::apply(&example, &edits)?;
    /// assert_eq!((clean.text.as_str(), clean.spans[0].range()), ("the gout", 4..8));
    /// # Ok::<(), engraft_plugin::Error>(())
    /// ```
    pub fn replace_around(&mut self, range: Range<usize>, into: &str, spans: &[Span<'_>]) -> &mut Self {
        let edges = spans.iter().flat_map(|span| [span.start(), span.end()]);
        let mut cuts: Vec<usize> = edges.filter(|&edge| range.start < edge && edge < range.end).collect();
        if cuts.is_empty() {
            return self.replace(range, into);
        }
        cuts.extend([range.start, range.end]);
        cuts.sort_unstable();
        cuts.dedup();
        let parts: Vec<_> = cuts.windows(2).map(|pair| pair[0]..pair[1]).collect();
        let is_outside = |part: &Range<usize>| spans.iter().all(|span| !span.range().contains(&part.start));
        let chosen = parts.iter().position(is_outside).unwrap_or(0);
        for (number, part) in parts.into_iter().enumerate() {
            self.replace(part, if number == chosen { into } else { "" });
        }
        self
    }
}
