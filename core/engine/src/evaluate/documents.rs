//! Documents that a domain adapter cut into examples are put together again, gold and prediction alike.

use super::join::{Piece, join};
use engraft_plugin::text::{ExampleBuf, PredictionBuf, ScoredLabelBuf, ScoredSpanBuf, SpanBuf, field};
use std::collections::HashMap;

/// Examples and predictions by document. Examples with the fields `document` and `offset` are segments:
/// those of one document become one example, at the place of the first. All others pass through.
///
/// - **Text**: each segment at its offset, spaces in the gaps. Where an earlier segment has grown into it
///   (a preprocessor wrote more than it took), a segment begins where that one ends.
/// - **Spans** move with their segment. Where a segment's border cut a span, its pieces become one again:
///   same label, the earlier ending where its segment ends, the later beginning where its segment
///   begins, nothing or white space between. So do the halves that overlapping segments saw. A joined
///   prediction is as sure as its least sure piece.
/// - **Labels**: each once; predicted ones the surest first.
/// - **Fields**: of gold, the first segment's without `offset`; of predictions, all, each once.
///
/// # Panics
/// When there are not as many predictions as examples.
pub fn documents(examples: &[ExampleBuf], predictions: Vec<PredictionBuf>) -> (Vec<ExampleBuf>, Vec<PredictionBuf>) {
    assert_eq!(examples.len(), predictions.len(), "there is one prediction an example");
    let mut segments: Vec<Option<Segment<'_>>> = examples
        .iter()
        .zip(predictions)
        .map(|(example, prediction)| Some(Segment { offset: 0, example, prediction }))
        .collect();
    let mut take = |at: usize| segments[at].take().expect("each example is in one group");
    let whole = |group: Group<'_>| match group {
        Group::Alone(at) => (examples[at].clone(), take(at).prediction),
        Group::Document(id, mut places) => {
            places.sort_unstable();
            let of_document = places.into_iter().map(|(offset, at)| Segment { offset, ..take(at) }).collect();
            put_together(id, of_document)
        }
    };
    groups(examples).into_iter().map(whole).unzip()
}

/// What becomes one example.
enum Group<'a> {
    /// An example of its own, by index.
    Alone(usize),
    /// A document: its id, and offset and index of each segment.
    Document(&'a str, Vec<(usize, usize)>),
}

struct Segment<'a> {
    offset: usize,
    example: &'a ExampleBuf,
    prediction: PredictionBuf,
}

/// In order of first appearance.
fn groups(examples: &[ExampleBuf]) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (at, example) in examples.iter().enumerate() {
        let offset = example.field(field::OFFSET).and_then(|offset| offset.trim().parse().ok());
        let (Some(id), Some(offset)) = (example.field(field::DOCUMENT), offset) else {
            groups.push(Group::Alone(at));
            continue;
        };
        let place = *places.entry(id).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(Group::Document(_, segments)) => segments.push((offset, at)),
            _ => groups.push(Group::Document(id, vec![(offset, at)])),
        }
    }
    groups
}

/// One document of its segments, which come in the order of their offsets.
fn put_together(id: &str, segments: Vec<Segment<'_>>) -> (ExampleBuf, PredictionBuf) {
    let mut gold = ExampleBuf::new(id, "");
    let mut said = PredictionBuf::default();
    let (mut gold_pieces, mut said_pieces) = (Vec::new(), Vec::new());
    if let Some(first) = segments.first() {
        gold.fields = first.example.fields.iter().filter(|(name, _)| name != field::OFFSET).cloned().collect();
    }
    for (number, Segment { offset, example, prediction }) in segments.into_iter().enumerate() {
        let start = place(&mut gold.text, offset, &example.text);
        let piece = |span: &SpanBuf, score| Piece::new(span, score, number, start, example.text.len());
        gold_pieces.extend(example.spans.iter().map(|span| piece(span, 1.0)));
        said_pieces.extend(prediction.spans.iter().map(|scored| piece(&scored.span, scored.score)));
        add_new(&mut gold.labels, example.labels.iter().cloned());
        add_labels(&mut said.labels, prediction.labels);
        add_new(&mut said.fields, prediction.fields);
        if let Some(text) = prediction.text {
            said.text = Some(said.text.map_or(text.clone(), |before| format!("{before}\n{text}")));
        }
    }
    gold.spans = join(gold_pieces, &gold.text).into_iter().map(|piece| piece.to_span()).collect();
    let scored = |piece: Piece| ScoredSpanBuf { span: piece.to_span(), score: piece.score };
    said.spans = join(said_pieces, &gold.text).into_iter().map(scored).collect();
    said.labels.sort_by(|a, b| b.score.total_cmp(&a.score));
    (gold, said)
}

/// Writes a segment into the document's text and says where it begins.
fn place(text: &mut String, offset: usize, segment: &str) -> usize {
    if let Some(there) = text.get(offset..) {
        if let Some(rest) = segment.strip_prefix(there) {
            text.push_str(rest);
            return offset;
        }
        if there.starts_with(segment) {
            return offset;
        }
    }
    text.extend(std::iter::repeat_n(' ', offset.saturating_sub(text.len())));
    text.push_str(segment);
    text.len() - segment.len()
}

fn add_new<T: PartialEq>(all: &mut Vec<T>, more: impl IntoIterator<Item = T>) {
    for item in more {
        if !all.contains(&item) {
            all.push(item);
        }
    }
}

/// Each label once, as sure as the surest segment.
fn add_labels(all: &mut Vec<ScoredLabelBuf>, more: Vec<ScoredLabelBuf>) {
    for label in more {
        match all.iter_mut().find(|known| known.label == label.label) {
            Some(known) => known.score = known.score.max(label.score),
            None => all.push(label),
        }
    }
}

#[cfg(test)]
#[path = "documents_tests.rs"]
mod tests;
