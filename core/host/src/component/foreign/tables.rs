//! Turns views into the borrowed values of wasmtime's bindings, without copying a text.
//!
//! The lists of all items lie one after another in one table a kind of thing; [`Tables::reader`] then takes them
//! off again, item by item, in the order in which they were put.

use super::types::{ExampleParam, PredictionParam};
use super::types::{FieldParam, ScoredLabelParam, ScoredSpanParam, SpanParam};
use engraft_plugin::text::{self, Example, Prediction};

/// The lists of a batch.
#[derive(Default)]
pub(super) struct Tables<'a> {
    spans: Vec<SpanParam<'a>>,
    labels: Vec<&'a str>,
    fields: Vec<FieldParam<'a>>,
    scored_spans: Vec<ScoredSpanParam<'a>>,
    scored_labels: Vec<ScoredLabelParam<'a>>,
}

fn span<'a>(span: &text::Span<'a>) -> SpanParam<'a> {
    let std::ops::Range { start, end } = span.range();
    SpanParam { start: start as u32, end: end as u32, label: span.label() }
}

impl<'a> Tables<'a> {
    /// The tables of a batch of examples.
    pub(super) fn of_examples<'b>(batch: impl IntoIterator<Item = &'b Example<'a>>) -> Self
    where
        'a: 'b,
    {
        let mut tables = Self::default();
        batch.into_iter().for_each(|example| tables.put_example(example));
        tables
    }

    pub(super) fn put_example(&mut self, example: &Example<'a>) {
        self.spans.extend(example.spans().iter().map(span));
        self.labels.extend(example.labels());
        self.put_fields(example.fields());
    }

    pub(super) fn put_prediction(&mut self, prediction: &Prediction<'a>) {
        let spans = prediction.spans().iter();
        self.scored_spans.extend(spans.map(|s| ScoredSpanParam { span: span(&s.span()), score: s.score() }));
        let labels = prediction.labels().iter();
        self.scored_labels.extend(labels.map(|l| ScoredLabelParam { label: l.label(), score: l.score() }));
        self.put_fields(prediction.fields());
    }

    pub(super) fn put_fields(&mut self, fields: &[text::Field<'a>]) {
        self.fields.extend(fields.iter().map(|field| FieldParam { name: field.name(), value: field.value() }));
    }

    /// Takes the lists off again.
    pub(super) fn reader(&self) -> Reader<'_> {
        let Self { spans, labels, fields, scored_spans, scored_labels } = self;
        Reader { spans, labels, fields, scored_spans, scored_labels }
    }
}

/// What of the tables is not taken yet.
pub(super) struct Reader<'t> {
    spans: &'t [SpanParam<'t>],
    labels: &'t [&'t str],
    fields: &'t [FieldParam<'t>],
    scored_spans: &'t [ScoredSpanParam<'t>],
    scored_labels: &'t [ScoredLabelParam<'t>],
}

fn take<'t, T>(from: &mut &'t [T], count: usize) -> &'t [T] {
    let (taken, rest) = from.split_at(count);
    *from = rest;
    taken
}

impl<'t> Reader<'t> {
    pub(super) fn example<'a: 't>(&mut self, example: &Example<'a>) -> ExampleParam<'t> {
        ExampleParam {
            id: example.id(),
            text: example.text(),
            spans: take(&mut self.spans, example.spans().len()),
            labels: take(&mut self.labels, example.labels().len()),
            fields: self.fields(example.fields().len()),
        }
    }

    pub(super) fn prediction<'a: 't>(&mut self, prediction: &Prediction<'a>) -> PredictionParam<'t> {
        PredictionParam {
            spans: take(&mut self.scored_spans, prediction.spans().len()),
            labels: take(&mut self.scored_labels, prediction.labels().len()),
            text: prediction.text(),
            fields: self.fields(prediction.fields().len()),
        }
    }

    pub(super) fn fields(&mut self, count: usize) -> &'t [FieldParam<'t>] {
        take(&mut self.fields, count)
    }
}
