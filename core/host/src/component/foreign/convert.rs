//! What components answer, as the contract's own values. Texts move.

use super::types;
use engraft_plugin::text::{ExampleBuf, PredictionBuf, ScoredLabelBuf, ScoredSpanBuf, SpanBuf};
use engraft_plugin::{Edit, Edits};

pub(super) fn spans(spans: Vec<types::SpanResult>) -> Vec<SpanBuf> {
    spans.into_iter().map(span).collect()
}

fn span(types::SpanResult { start, end, label }: types::SpanResult) -> SpanBuf {
    SpanBuf { start, end, label }
}

pub(super) fn edits(edits: Vec<types::Edit>) -> Edits {
    edits.into_iter().map(|types::Edit { start, end, text }| Edit { start, end, text }).collect()
}

fn fields(fields: Vec<types::FieldResult>) -> Vec<(String, String)> {
    fields.into_iter().map(|field| (field.name, field.value)).collect()
}

pub(super) fn example(example: types::ExampleResult) -> ExampleBuf {
    let types::ExampleResult { id, text, spans: its, labels, fields: beside } = example;
    ExampleBuf { id, text, spans: spans(its), labels, fields: fields(beside) }
}

pub(super) fn prediction(prediction: types::PredictionResult) -> PredictionBuf {
    let types::PredictionResult { spans, labels, text, fields: beside } = prediction;
    let spans = spans.into_iter().map(|s| ScoredSpanBuf { span: span(s.span), score: s.score }).collect();
    let labels = labels.into_iter().map(|l| ScoredLabelBuf { label: l.label, score: l.score }).collect();
    PredictionBuf { spans, labels, text, fields: fields(beside) }
}
