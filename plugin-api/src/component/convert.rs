//! Between the values of `wit/` and the contract's own. Texts move, they are not copied.

use super::bindings::engraft::text::types;
use super::bindings::exports::engraft::{augmenter::augmenter, domain::domain, metric::metric};
use crate::kind::augmenter::{Body, Hole, Holes, Variation};
use crate::kind::metric::Score;
use crate::text::{ExampleBuf, PredictionBuf, RowBuf, ScoredLabelBuf, ScoredSpanBuf, SpanBuf};
use crate::{Edits, Error};

pub(super) fn examples(batch: Vec<types::Example>) -> Vec<ExampleBuf> {
    batch.into_iter().map(Into::into).collect()
}

pub(super) fn pairs(
    batch: impl IntoIterator<Item = (types::Example, types::Prediction)>,
) -> Vec<(ExampleBuf, PredictionBuf)> {
    batch.into_iter().map(|(example, prediction)| (example.into(), prediction.into())).collect()
}

pub(super) fn rows(batch: Vec<domain::Row>) -> Vec<RowBuf> {
    batch.into_iter().map(|row| RowBuf { id: row.id, fields: all(row.fields) }).collect()
}

/// Answers whose values are lists.
pub(super) fn answers<L, T, U>(answers: Vec<crate::Result<L>>) -> Vec<Result<Vec<U>, types::Error>>
where
    L: IntoList<Item = T>,
    U: From<T>,
{
    answers.into_iter().map(|answer| Ok(answer?.into_list().into_iter().map(Into::into).collect())).collect()
}

/// A list, whatever type holds it.
pub(super) trait IntoList {
    type Item;
    fn into_list(self) -> Vec<Self::Item>;
}

impl<T> IntoList for Vec<T> {
    type Item = T;
    fn into_list(self) -> Self {
        self
    }
}

impl IntoList for Edits {
    type Item = crate::Edit;
    fn into_list(self) -> Vec<crate::Edit> {
        self.as_slice().to_vec()
    }
}

fn all<T, U: From<T>>(items: Vec<T>) -> Vec<U> {
    items.into_iter().map(Into::into).collect()
}

impl From<Error> for types::Error {
    fn from(Error { code, message }: Error) -> Self {
        Self { code, message }
    }
}

impl From<types::Field> for (String, String) {
    fn from(types::Field { name, value }: types::Field) -> Self {
        (name, value)
    }
}

impl From<(String, String)> for types::Field {
    fn from((name, value): (String, String)) -> Self {
        Self { name, value }
    }
}

impl From<types::Span> for SpanBuf {
    fn from(types::Span { start, end, label }: types::Span) -> Self {
        Self { start, end, label }
    }
}

impl From<SpanBuf> for types::Span {
    fn from(SpanBuf { start, end, label }: SpanBuf) -> Self {
        Self { start, end, label }
    }
}

impl From<crate::Edit> for types::Edit {
    fn from(crate::Edit { start, end, text }: crate::Edit) -> Self {
        Self { start, end, text }
    }
}

impl From<types::Example> for ExampleBuf {
    fn from(types::Example { id, text, spans, labels, fields }: types::Example) -> Self {
        Self { id, text, spans: all(spans), labels, fields: all(fields) }
    }
}

impl From<ExampleBuf> for types::Example {
    fn from(ExampleBuf { id, text, spans, labels, fields }: ExampleBuf) -> Self {
        Self { id, text, spans: all(spans), labels, fields: all(fields) }
    }
}

impl From<types::Prediction> for PredictionBuf {
    fn from(types::Prediction { spans, labels, text, fields }: types::Prediction) -> Self {
        let span = |s: types::ScoredSpan| ScoredSpanBuf { span: s.span.into(), score: s.score };
        let label = |l: types::ScoredLabel| ScoredLabelBuf { label: l.label, score: l.score };
        let (spans, labels) = (spans.into_iter().map(span).collect(), labels.into_iter().map(label).collect());
        Self { spans, labels, text, fields: all(fields) }
    }
}

impl From<PredictionBuf> for types::Prediction {
    fn from(PredictionBuf { spans, labels, text, fields }: PredictionBuf) -> Self {
        let span = |s: ScoredSpanBuf| types::ScoredSpan { span: s.span.into(), score: s.score };
        let label = |l: ScoredLabelBuf| types::ScoredLabel { label: l.label, score: l.score };
        let (spans, labels) = (spans.into_iter().map(span).collect(), labels.into_iter().map(label).collect());
        Self { spans, labels, text, fields: all(fields) }
    }
}

impl From<Score> for metric::Score {
    fn from(Score { name, value, higher_is_better }: Score) -> Self {
        Self { name, value, higher_is_better }
    }
}

impl From<Variation> for augmenter::Variation {
    fn from(Variation { body, labels }: Variation) -> Self {
        let body = match body {
            Body::Edits(edits) => augmenter::Body::Edits(all(edits.into_list())),
            Body::Rewrite { text, spans } => augmenter::Body::Rewrite(augmenter::Rewrite { text, spans: all(spans) }),
            Body::Holes(Holes { holes, edits, variants }) => {
                let (holes, edits) = (all(holes), all(edits.into_list()));
                augmenter::Body::Holes(augmenter::Holes { holes, edits, variants })
            }
        };
        Self { body, labels }
    }
}

impl From<Hole> for augmenter::Hole {
    fn from(Hole { start, end, temperature, top_k, exclude }: Hole) -> Self {
        Self { start, end, temperature, top_k, exclude }
    }
}
