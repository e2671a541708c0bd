//! Where in the original text a piece of the cleaned text stood.

use engraft_plugin::Edits;
use engraft_plugin::text::{PredictionBuf, ScoredSpanBuf, SpanBuf};
use std::ops::Range;

/// Maps byte ranges of a cleaned text back to the text as it was before one or more rounds of edits.
///
/// Text that no edit touched maps byte for byte. A range that touches a replacement maps to all of what
/// was replaced; what was deleted belongs to a range only when it lies inside of it, not at its edge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetMap {
    /// One a round of edits, the first round first.
    rounds: Vec<Vec<Replaced>>,
}

/// One edit: these bytes of the new text stand for those of the old.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Replaced {
    new: Range<usize>,
    old: Range<usize>,
}

impl OffsetMap {
    /// Adds a round of edits, applied to the text that the rounds before it gave. The edits are those
    /// that `engraft_plugin::edit::apply` has taken: in order and inside the text.
    pub fn push(&mut self, edits: &Edits) {
        if edits.is_empty() {
            return;
        }
        let mut growth = 0i64; // of the new text over the old, left of here
        let mut round = Vec::with_capacity(edits.as_slice().len());
        for edit in edits.as_slice() {
            let old = edit.start as usize..edit.end as usize;
            let start = (old.start as i64 + growth) as usize;
            growth += edit.text.len() as i64 - old.len() as i64;
            round.push(Replaced { new: start..start + edit.text.len(), old });
        }
        self.rounds.push(round);
    }

    /// The bytes of the original text that `range` of the cleaned text stands for. Empty when all of
    /// `range` was inserted.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        self.rounds.iter().rev().fold(range, |range, round| back(round, range))
    }

    /// The prediction for the cleaned text, with its spans where they lie in the original. A span over
    /// inserted text only stands for nothing there and is left out.
    #[must_use]
    pub fn restore(&self, prediction: &PredictionBuf) -> PredictionBuf {
        let restored = |scored: &ScoredSpanBuf| {
            let range = self.original(scored.span.range());
            let span = SpanBuf::new(range.start, range.end, &scored.span.label);
            (!range.is_empty()).then_some(ScoredSpanBuf { span, score: scored.score })
        };
        let spans = prediction.spans.iter().filter_map(restored).collect();
        PredictionBuf { spans, ..prediction.clone() }
    }
}

/// One round back. Positions between edits shift; positions inside a replacement move to its edge.
fn back(round: &[Replaced], range: Range<usize>) -> Range<usize> {
    if range.is_empty() {
        // The place of an insertion of a later round: inside a replacement, all of that.
        let inside = round.iter().find(|r| r.new.start < range.start && range.start < r.new.end);
        return inside.map_or_else(|| shifted(round, range.start)..shifted(round, range.start), |r| r.old.clone());
    }
    // The first replacement that ends behind the start of the range, and the last that begins before its end.
    let first = &round[round.partition_point(|r| r.new.end <= range.start)..];
    let last = &round[..round.partition_point(|r| r.new.start < range.end)];
    let start = match first.iter().find(|r| !r.new.is_empty()) {
        Some(r) if r.new.start <= range.start => r.old.start,
        _ => shifted(round, range.start),
    };
    let end = match last.iter().rev().find(|r| !r.new.is_empty()) {
        Some(r) if r.new.end >= range.end => r.old.end,
        _ => shifted_end(round, range.end),
    };
    start..end.max(start)
}

/// Where the byte at `new`, which no edit touched, stood before: behind all edits that end at or before it.
fn shifted(round: &[Replaced], new: usize) -> usize {
    match &round[..round.partition_point(|r| r.new.end <= new)] {
        [.., last] => last.old.end + (new - last.new.end),
        [] => new,
    }
}

/// The same for the end of a range: edits that begin at the end do not belong to it.
fn shifted_end(round: &[Replaced], new: usize) -> usize {
    match &round[..round.partition_point(|r| r.new.start < new)] {
        [.., last] => last.old.end + (new - last.new.end),
        [] => new,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_plugin::edit;
    use engraft_plugin::text::ExampleBuf;
    use proptest::prelude::*;

    fn clean(text: &str, edits: &[(Range<usize>, &str)]) -> (String, OffsetMap) {
        let mut list = Edits::none();
        for (range, new) in edits {
            list.replace(range.clone(), *new);
        }
        let mut map = OffsetMap::default();
        map.push(&list);
        (edit::apply(&ExampleBuf::new("1", text), &list).unwrap().text, map)
    }

    #[test]
    fn a_replacement_maps_to_all_it_replaced_and_deletions_only_from_inside() {
        let (text, map) = clean("<b>gout</b> &amp; 发热", &[(0..3, ""), (7..11, ""), (12..17, "&")]);
        assert_eq!(text, "gout & 发热");
        assert_eq!(map.original(0..4), 3..7);
        assert_eq!(map.original(0..6), 3..17);
        assert_eq!(map.original(5..6), 12..17);
        assert_eq!(map.original(4..7), 11..18); // the tag is at the edge of the range
        assert_eq!(map.original(7..13), 18..24);
    }

    #[test]
    fn a_range_inside_a_replacement_maps_to_the_whole_replaced_range() {
        let (_, map) = clean("a NaCl b", &[(2..6, "sodium chloride")]);
        assert_eq!(map.original(9..12), 2..6);
        assert_eq!(map.original(0..4), 0..6);
        assert_eq!(map.original(10..19), 2..8);
    }

    #[test]
    fn a_span_over_inserted_text_only_stands_for_nothing() {
        let (_, map) = clean("ab", &[(1..1, "xyz")]);
        assert_eq!(map.original(1..4), 1..1);
        assert_eq!(map.original(0..2), 0..1);
        let spans = [(1, 3), (0, 2)].map(|(a, b)| ScoredSpanBuf { span: SpanBuf::new(a, b, "S"), score: 0.5 });
        let restored = map.restore(&PredictionBuf { spans: spans.to_vec(), ..Default::default() });
        assert_eq!(restored.spans.len(), 1);
        assert_eq!(restored.spans[0].span, SpanBuf::new(0, 1, "S"));
    }

    const WORDS: [&str; 9] = ["a", " ", "fever", "发热", "😀", "e\u{301}", "العربية", "\u{200b}", "&amp;"];

    fn text() -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(&WORDS[..]), 0..12).prop_map(|words| words.concat())
    }

    /// Edits that fit `text`, made of sorted random cuts.
    fn edits(text: &str, cuts: &[prop::sample::Index], words: &[&'static str]) -> Edits {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let mut ends: Vec<usize> = cuts.iter().map(|cut| *cut.get(&places)).collect();
        ends.sort_unstable();
        let mut list = Edits::none();
        for (pair, word) in ends.chunks_exact(2).zip(words) {
            list.replace(pair[0]..pair[1], *word);
        }
        list
    }

    fn rounds() -> impl Strategy<Value = Vec<(Vec<prop::sample::Index>, Vec<&'static str>)>> {
        let word = prop_oneof![Just(""), prop::sample::select(&WORDS[..])];
        let round = (prop::collection::vec(any::<prop::sample::Index>(), 0..8), prop::collection::vec(word, 4));
        prop::collection::vec(round, 0..4)
    }

    proptest! {
        /// The oracle: each byte of the text carries the range it came from, through every round.
        #[test]
        fn every_range_maps_to_what_its_bytes_came_from(
            text in text(), rounds in rounds(), from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(),
        ) {
            let mut example = ExampleBuf::new("1", text.clone());
            let mut map = OffsetMap::default();
            let mut origin: Vec<Range<usize>> = (0..text.len()).map(|at| at..at + 1).collect();
            for (cuts, words) in &rounds {
                let edits = edits(&example.text, cuts, words);
                let mut next = Vec::new();
                let mut done = 0;
                for edit in edits.as_slice() {
                    let (start, end) = (edit.start as usize, edit.end as usize);
                    next.extend_from_slice(&origin[done..start]);
                    // An insertion comes from where it stands: a point, or nothing that can be told.
                    let source = map.original(start..end);
                    next.extend(std::iter::repeat_n(source, edit.text.len()));
                    done = end;
                }
                next.extend_from_slice(&origin[done..]);
                origin = next;
                example = edit::apply(&example, &edits).unwrap();
                map.push(&edits);
            }
            prop_assert_eq!(origin.len(), example.text.len());
            let places: Vec<usize> = example.text.char_indices().map(|(at, _)| at).chain([example.text.len()]).collect();
            let (a, b) = (*from.get(&places), *to.get(&places));
            let (a, b) = (a.min(b), a.max(b));
            let mapped = map.original(a..b);
            prop_assert!(mapped.start <= mapped.end && mapped.end <= text.len());
            prop_assert!(text.is_char_boundary(mapped.start) && text.is_char_boundary(mapped.end));
            // What was inserted came from nothing; whether a deletion beside it counts is ours to say.
            let hull = |ranges: Vec<&Range<usize>>| {
                let start = ranges.iter().map(|r| r.start).min();
                start.map(|start| start..ranges.iter().map(|r| r.end).max().unwrap_or(start))
            };
            if let Some(all) = hull(origin[a..b].iter().collect()) {
                prop_assert!(all.start <= mapped.start && mapped.end <= all.end, "{mapped:?} in {all:?}");
            }
            if let Some(told) = hull(origin[a..b].iter().filter(|r| !r.is_empty()).collect()) {
                prop_assert!(mapped.start <= told.start && told.end <= mapped.end, "{mapped:?} around {told:?}");
            }
        }

        #[test]
        fn a_span_that_edits_moved_maps_back_into_the_span_it_was(
            text in text(), rounds in rounds(), from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(),
        ) {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let (a, b) = (*from.get(&places), *to.get(&places));
            prop_assume!(a != b);
            let mut example = ExampleBuf::new("1", text.clone());
            example.spans = vec![SpanBuf::new(a.min(b), a.max(b), "S")];
            let mut map = OffsetMap::default();
            let mut touched = false;
            for (cuts, words) in &rounds {
                let edits = edits(&example.text, cuts, words);
                let Ok(next) = edit::apply(&example, &edits) else { continue };
                let span = example.spans[0].range();
                touched |= edits.as_slice().iter().any(|e| (e.start as usize) < span.end && e.end as usize > span.start);
                example = next;
                map.push(&edits);
            }
            let mapped = map.original(example.spans[0].range());
            prop_assert!(a.min(b) <= mapped.start && mapped.end <= a.max(b));
            if !touched {
                prop_assert_eq!(mapped, a.min(b)..a.max(b));
            }
        }
    }
}
