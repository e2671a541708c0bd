//! Tests of [`super::documents`].

use super::*;
use proptest::prelude::*;

fn segment(document: &str, offset: usize, text: &str, spans: &[(usize, usize)]) -> ExampleBuf {
    let fields = [(field::DOCUMENT, document), ("source", "scan"), (field::OFFSET, &offset.to_string())];
    ExampleBuf {
        spans: spans.iter().map(|&(start, end)| SpanBuf::new(start, end, "Clause")).collect(),
        fields: fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        ..ExampleBuf::new(format!("{document}@{offset}"), text)
    }
}

/// A prediction of the same spans, each as sure as said.
fn echo(example: &ExampleBuf, score: f32) -> PredictionBuf {
    let spans = example.spans.iter().map(|span| ScoredSpanBuf { span: span.clone(), score });
    PredictionBuf { spans: spans.collect(), ..Default::default() }
}

fn ranges(example: &ExampleBuf) -> Vec<(u32, u32)> {
    example.spans.iter().map(|span| (span.start, span.end)).collect()
}

fn gold(segments: &[ExampleBuf]) -> ExampleBuf {
    let (mut examples, _) = documents(segments, vec![PredictionBuf::default(); segments.len()]);
    assert_eq!(examples.len(), 1);
    examples.remove(0)
}

#[test]
fn examples_of_no_document_pass_through_in_their_place() {
    let alone = ExampleBuf::new("a", "alone");
    let segments = [segment("d", 4, "two", &[]), alone.clone(), segment("d", 0, "one", &[]), segment("e", 0, "x", &[])];
    let said = vec![PredictionBuf::default(); 4];
    let (examples, predictions) = documents(&segments, said);
    let found: Vec<_> = examples.iter().map(|e| (e.id.as_str(), e.text.as_str())).collect();
    assert_eq!(found, [("d", "one two"), ("a", "alone"), ("e", "x")]);
    assert_eq!(predictions.len(), 3);
    assert_eq!(examples[1], alone);
    assert_eq!(examples[0].field("source"), Some("scan"));
    assert_eq!(examples[0].field(field::OFFSET), None);
}

#[test]
fn a_span_that_a_border_cut_is_one_again() {
    let segments = [segment("d", 0, "fee is due", &[(4, 10)]), segment("d", 11, "on Monday.", &[(0, 9)])];
    let joined = gold(&segments);
    assert_eq!(joined.text, "fee is due on Monday.");
    assert_eq!(ranges(&joined), [(4, 20)]);
}

#[test]
fn a_joined_prediction_is_as_sure_as_its_least_sure_piece() {
    let segments = [segment("d", 0, "fee is due", &[(4, 10)]), segment("d", 11, "on Monday.", &[(0, 9)])];
    let (_, said) = documents(&segments, vec![echo(&segments[0], 0.9), echo(&segments[1], 0.6)]);
    assert_eq!(said[0].spans, [ScoredSpanBuf { span: SpanBuf::new(4, 20, "Clause"), score: 0.6 }]);
}

#[test]
fn neighbors_that_no_border_cut_stay_apart() {
    let short = [segment("d", 0, "due now. ", &[(0, 8)]), segment("d", 9, "on Monday", &[(0, 9)])];
    assert_eq!(ranges(&gold(&short)), [(0, 8), (9, 18)], "the first ends before its segment does");
    let late = [segment("d", 0, "due now.", &[(0, 8)]), segment("d", 9, "and then", &[(4, 8)])];
    assert_eq!(ranges(&gold(&late)), [(0, 8), (13, 17)], "the second begins after its segment does");
    let mut labels = [segment("d", 0, "due", &[(0, 3)]), segment("d", 4, "now", &[(0, 3)])];
    labels[1].spans[0].label = "Other".to_owned();
    assert_eq!(ranges(&gold(&labels)), [(0, 3), (4, 7)], "their labels differ");
}

#[test]
fn a_span_over_three_segments_is_one() {
    let segments =
        [segment("d", 0, "a b", &[(2, 3)]), segment("d", 4, "c", &[(0, 1)]), segment("d", 6, "d e", &[(0, 1)])];
    assert_eq!(ranges(&gold(&segments)), [(2, 7)]);
}

#[test]
fn what_overlapping_segments_both_saw_counts_once() {
    // "one two three four": segments 0..13 and 4..18 share "two three".
    let segments = [
        segment("d", 0, "one two three", &[(4, 7), (8, 13)]),
        segment("d", 4, "two three four", &[(0, 3), (4, 14)]), // `three` went on in `three four`
    ];
    let joined = gold(&segments);
    assert_eq!(joined.text, "one two three four");
    assert_eq!(ranges(&joined), [(4, 7), (8, 18)]);
}

#[test]
fn a_segment_that_grew_moves_the_next_along() {
    let segments = [segment("d", 0, "twelve percent", &[]), segment("d", 4, "due", &[(0, 3)])]; // was "12 %"
    let joined = gold(&segments);
    assert_eq!(&joined.text[joined.spans[0].range()], "due");
}

#[test]
fn labels_come_once_and_the_surest_first() {
    let mut segments = [segment("d", 0, "a", &[]), segment("d", 2, "b", &[])];
    segments[0].labels = vec!["Cap".into(), "Term".into()];
    segments[1].labels = vec!["Term".into()];
    let label = |label: &str, score| ScoredLabelBuf { label: label.into(), score };
    let said = |labels| PredictionBuf { labels, ..Default::default() };
    let (gold, said) =
        documents(&segments, vec![said(vec![label("Term", 0.7), label("Cap", 0.6)]), said(vec![label("Cap", 0.9)])]);
    assert_eq!(gold[0].labels, ["Cap", "Term"]);
    assert_eq!(said[0].labels, [label("Cap", 0.9), label("Term", 0.7)]);
}

/// A document of words, its spans (over whole words, at least one bare word between two), and places to
/// cut it, not always between words.
fn document() -> impl Strategy<Value = (String, Vec<SpanBuf>, Vec<usize>)> {
    let words = prop::collection::vec(("[a-z发热👩é]{1,4}", any::<bool>(), 1..3usize), 1..24);
    (words, prop::collection::vec(any::<prop::sample::Index>(), 0..6)).prop_map(|(words, cuts)| {
        let (mut text, mut spans) = (String::new(), Vec::<SpanBuf>::new());
        let mut was_inside = false;
        for (word, is_inside, blanks) in &words {
            let start = text.len();
            text.push_str(word);
            match (was_inside, is_inside) {
                (true, true) => spans.last_mut().unwrap().end = text.len() as u32,
                (false, true) => spans.push(SpanBuf::new(start, text.len(), "Clause")),
                _ => {}
            }
            was_inside = *is_inside;
            text.push_str(&" ".repeat(*blanks));
        }
        let text = text.trim_end().to_owned();
        let borders: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| borders[cut.index(borders.len())]).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        cuts.dedup();
        (text, spans, cuts)
    })
}

/// The document as segments without the white space at their ends, each with its pieces of the spans.
fn cut(text: &str, spans: &[SpanBuf], cuts: &[usize]) -> Vec<ExampleBuf> {
    let trimmed = |(start, end): (usize, usize)| {
        let kept = text[start..end].trim_start();
        let start = end - kept.len();
        (start, start + kept.trim_end().len())
    };
    let bounds = cuts.windows(2).map(|pair| trimmed((pair[0], pair[1]))).filter(|(start, end)| start < end);
    let piece = |span: &SpanBuf, start: usize, end: usize| {
        let (from, to) = ((span.start as usize).max(start), (span.end as usize).min(end));
        (from < to).then(|| (from - start, to - start))
    };
    bounds
        .map(|(start, end)| {
            let pieces: Vec<_> = spans.iter().filter_map(|span| piece(span, start, end)).collect();
            segment("d", start, &text[start..end], &pieces)
        })
        .collect()
}

proptest! {
    #[test]
    fn a_document_cut_anywhere_comes_back_whole((text, spans, cuts) in document(), order in any::<u64>()) {
        let mut segments = cut(&text, &spans, &cuts);
        engraft_plugin::Random::new(order).shuffle(&mut segments);
        let said = segments.iter().map(|segment| echo(segment, 0.5)).collect();
        let (gold, said) = documents(&segments, said);
        prop_assert_eq!(&gold[0].text, &text);
        prop_assert_eq!(&gold[0].spans, &spans);
        let said: Vec<SpanBuf> = said[0].spans.iter().map(|scored| scored.span.clone()).collect();
        prop_assert_eq!(said, spans);
    }
}
