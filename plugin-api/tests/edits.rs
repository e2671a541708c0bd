//! No sequence of edits leaves a span that does not cover the text it covered, or a stated replacement.

use engraft_plugin::edit::{Edit, Edits, apply};
use engraft_plugin::text::{ExampleBuf, SpanBuf};
use proptest::prelude::*;

/// Texts of every width of character, combining marks and emoji included.
fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(prop_oneof!["[a-c ]{1,3}", "[发热病]", "[é\u{301}\u{200d}👩🏽‍⚕️ß]", "\\PC"], 0..12)
        .prop_map(|parts| parts.concat())
}

/// A position on a character boundary, from any number.
fn boundary(text: &str, at: usize) -> usize {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    places[at % places.len()]
}

fn ordered(text: &str, a: usize, b: usize) -> (usize, usize) {
    let (a, b) = (boundary(text, a), boundary(text, b));
    (a.min(b), a.max(b))
}

prop_compose! {
    /// An example with spans anywhere, overlaps allowed.
    fn example()(text in text(), places in proptest::collection::vec((any::<usize>(), any::<usize>()), 0..5)) -> ExampleBuf {
        let mut example = ExampleBuf::new("x", text);
        example.spans = places
            .into_iter()
            .map(|(a, b)| ordered(&example.text, a, b))
            .filter(|(start, end)| start < end)
            .map(|(start, end)| SpanBuf::new(start, end, "L"))
            .collect();
        example
    }
}

/// Edits that fit a text: ascending, apart, on boundaries.
fn edits(text: &str, raw: &[(usize, usize, String)]) -> Edits {
    let mut ranges: Vec<_> = raw.iter().map(|(a, b, put)| (ordered(text, *a, *b), put.clone())).collect();
    ranges.sort();
    let mut end = 0;
    let fits = ranges.into_iter().filter(|((from, to), _)| {
        let fits = *from >= end;
        end = if fits { *to } else { end };
        fits
    });
    fits.map(|((start, end), text)| Edit { start: start as u32, end: end as u32, text }).collect()
}

/// What a span must cover afterwards, said in another way than the code says it: the pieces of the text
/// inside the span, and in their places the replacements of edits that lie inside it.
fn expected(example: &ExampleBuf, span: &SpanBuf, edits: &Edits) -> String {
    let range = span.range();
    let (mut out, mut done) = (String::new(), range.start);
    for edit in edits.as_slice() {
        let (start, end) = (edit.start as usize, edit.end as usize);
        let is_insertion_at_an_edge = start == end && (start == range.start || start == range.end);
        if start >= range.start && end <= range.end && !is_insertion_at_an_edge {
            out += &example.text[done..start];
            out += &edit.text;
            done = end;
        }
    }
    out + &example.text[done..range.end]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn spans_cover_what_they_covered_or_a_stated_replacement(
        example in example(),
        rounds in proptest::collection::vec(proptest::collection::vec((any::<usize>(), any::<usize>(), text()), 0..4), 1..4),
    ) {
        let mut example = example;
        for raw in rounds {
            let edits = edits(&example.text, &raw);
            let Ok(after) = apply(&example, &edits) else { continue };
            prop_assert_eq!(after.spans.len(), example.spans.len());
            prop_assert!(after.check().is_ok(), "{:?}", after.check());
            for (before, now) in example.spans.iter().zip(&after.spans) {
                prop_assert_eq!(&after.text[now.range()], expected(&example, before, &edits));
            }
            example = after;
        }
    }

    #[test]
    fn edits_that_touch_no_span_are_never_refused(example in example(), raw in proptest::collection::vec((any::<usize>(), any::<usize>(), text()), 0..4)) {
        let edits: Edits = edits(&example.text, &raw)
            .as_slice()
            .iter()
            .filter(|edit| example.spans.iter().all(|span| edit.end <= span.start || edit.start >= span.end))
            .cloned()
            .collect();
        prop_assert!(apply(&example, &edits).is_ok());
    }

    #[test]
    fn wild_edits_are_refused_with_a_code_and_never_panic(example in example(), wild in proptest::collection::vec((any::<u32>(), 0u32..40, text()), 0..4)) {
        let edits: Edits = wild.into_iter().map(|(start, end, text)| Edit { start: start % 50, end, text }).collect();
        if let Err(error) = apply(&example, &edits) {
            prop_assert!(error.code.starts_with("edit."));
        }
    }
}
