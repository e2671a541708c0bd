//! What a segment knows of the contract's gold spans: the parts that lie in it, and its labels.

use crate::segment::heading::body;
use engraft_plugin::text::SpanBuf;
use std::ops::Range;

/// The parts of spans that lie in a segment, at their places in it.
///
/// A part that was cut ends exactly at the segment's edge, so that parts can be put together again.
pub fn cut(spans: &[SpanBuf], segment: &Range<usize>) -> Vec<SpanBuf> {
    let inside = |span: &&SpanBuf| span.range().start < segment.end && segment.start < span.range().end;
    let part = |span: &SpanBuf| {
        let (start, end) = (span.range().start.max(segment.start), span.range().end.min(segment.end));
        SpanBuf::new(start - segment.start, end - segment.start, span.label.clone())
    };
    spans.iter().filter(inside).map(part).collect()
}

/// The labels of a segment, in the order of `labels`: those of a span that covers half of its words, or
/// half of which lies in it. Of items, which are shorter than segments, only the second.
pub fn labels(
    spans: &[SpanBuf],
    text: &str,
    segment: &Range<usize>,
    labels: &[String],
    is_item: impl Fn(&str) -> bool,
) -> Vec<String> {
    let words = body(&text[segment.clone()]);
    let words = segment.start + words.start..segment.start + words.end;
    let has = |span: &SpanBuf| {
        let common = overlap(&words, &span.range());
        let covers = !is_item(&span.label) && common > 0 && 2 * common >= words.len();
        covers || 2 * overlap(segment, &span.range()) >= span.range().len()
    };
    let found: Vec<&str> = spans.iter().filter(|span| has(span)).map(|span| span.label.as_str()).collect();
    let known = labels.iter().filter(|label| found.contains(&label.as_str())).cloned();
    let mut others: Vec<String> = found
        .iter()
        .filter(|found| !labels.iter().any(|label| label == *found))
        .map(|&label| label.to_owned())
        .collect();
    others.sort_unstable();
    others.dedup();
    known.chain(others).collect()
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> usize {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "1. Term. It runs a year. It renews itself.";

    fn found(start: usize, end: usize, segment: Range<usize>, is_item: bool) -> (Vec<SpanBuf>, usize) {
        let spans = [SpanBuf::new(start, end, "L")];
        let labels = labels(&spans, TEXT, &segment, &["L".to_owned()], |_| is_item);
        (cut(&spans, &segment), labels.len())
    }

    #[test]
    fn a_span_over_two_segments_is_cut_at_the_edge_and_labels_both() {
        assert_eq!(found(9, 42, 0..25, false), (vec![SpanBuf::new(9, 25, "L")], 1));
        assert_eq!(found(9, 42, 25..42, false), (vec![SpanBuf::new(0, 17, "L")], 1));
    }

    #[test]
    fn a_small_corner_of_a_span_labels_nothing() {
        assert_eq!(found(20, 42, 0..25, false).1, 0);
    }

    #[test]
    fn an_item_labels_the_segment_that_holds_most_of_it() {
        assert_eq!(found(17, 23, 0..25, true).1, 1);
        assert_eq!(found(9, 42, 0..25, true).1, 0);
    }
}
