//! Turns a batch of owned values into borrowed views, in one allocation a kind of thing.
//!
//! A [`Views`] owns the tables that views point into (spans, labels, fields) and borrows the text. The
//! tables are filled completely before the first view is made and never touched again, so that moving
//! the `Views` moves only the table headers and every pointer stays good.

use super::view::{List, Str};
use crate::text::{
    Example, ExampleBuf, Field, Pair, Prediction, PredictionBuf, Row, RowBuf, ScoredLabel, ScoredSpan, Span, SpanBuf,
};
use std::ops::Range;

/// A batch as views: `as_slice` lends them. They borrow from the `Views`, whose tables they point into.
///
/// ```
/// use engraft_plugin::text::{ExampleBuf, Views};
/// let batch = [ExampleBuf::new("1", "no fever"), ExampleBuf::new("2", "发热")];
/// let views = Views::examples(&batch);
/// assert_eq!(views.as_slice()[1].text(), "发热");
/// ```
pub struct Views<'a, T> {
    tables: Tables<'a>,
    items: Vec<T>,
}

#[derive(Default)]
struct Tables<'a> {
    spans: Vec<Span<'a>>,
    strings: Vec<Str<'a>>,
    fields: Vec<Field<'a>>,
    scored_spans: Vec<ScoredSpan<'a>>,
    scored_labels: Vec<ScoredLabel<'a>>,
}

/// Where in the tables one example's lists lie.
struct ExampleAt<'a> {
    owner: &'a ExampleBuf,
    spans: Range<usize>,
    labels: Range<usize>,
    fields: Range<usize>,
}

struct PredictionAt {
    spans: Range<usize>,
    labels: Range<usize>,
    text: Range<usize>,
    fields: Range<usize>,
}

/// Appends and says where.
fn put<T>(table: &mut Vec<T>, items: impl Iterator<Item = T>) -> Range<usize> {
    let start = table.len();
    table.extend(items);
    start..table.len()
}

/// A list over a finished table.
fn list<'a, T>(table: &[T], range: &Range<usize>) -> List<'a, T> {
    let slice = &table[range.clone()];
    // SAFETY: the table is complete when this is called, lives in the `Views` that owns the view, and
    // is never changed or shrunk; a Vec's buffer stays in place when the Vec is moved.
    unsafe { List::from_raw(slice.as_ptr(), slice.len()) }
}

fn span(owned: &SpanBuf) -> Span<'_> {
    Span::new(owned.start, owned.end, &owned.label)
}

impl<'a> Tables<'a> {
    fn put_fields(&mut self, fields: &'a [(String, String)]) -> Range<usize> {
        put(&mut self.fields, fields.iter().map(|(name, value)| Field::new(name, value)))
    }

    fn put_example(&mut self, owner: &'a ExampleBuf) -> ExampleAt<'a> {
        ExampleAt {
            owner,
            spans: put(&mut self.spans, owner.spans.iter().map(span)),
            labels: put(&mut self.strings, owner.labels.iter().map(|l| Str::new(l))),
            fields: self.put_fields(&owner.fields),
        }
    }

    fn put_prediction(&mut self, owner: &'a PredictionBuf) -> PredictionAt {
        let spans = owner.spans.iter().map(|s| ScoredSpan { span: span(&s.span), score: s.score });
        let labels = owner.labels.iter().map(|l| ScoredLabel { label: Str::new(&l.label), score: l.score });
        PredictionAt {
            spans: put(&mut self.scored_spans, spans),
            labels: put(&mut self.scored_labels, labels),
            text: put(&mut self.strings, owner.text.iter().map(|t| Str::new(t))),
            fields: self.put_fields(&owner.fields),
        }
    }

    fn example(&self, at: &ExampleAt<'a>) -> Example<'a> {
        Example {
            id: Str::new(&at.owner.id),
            text: Str::new(&at.owner.text),
            spans: list(&self.spans, &at.spans),
            labels: list(&self.strings, &at.labels),
            fields: list(&self.fields, &at.fields),
        }
    }

    fn prediction(&self, at: &PredictionAt) -> Prediction<'a> {
        Prediction {
            spans: list(&self.scored_spans, &at.spans),
            labels: list(&self.scored_labels, &at.labels),
            text: list(&self.strings, &at.text),
            fields: list(&self.fields, &at.fields),
        }
    }
}

impl<'a> Views<'a, Example<'a>> {
    /// The views; they live as long as this borrow.
    pub fn as_slice(&self) -> &[Example<'_>] {
        &self.items
    }

    /// Views of examples.
    pub fn examples(batch: impl IntoIterator<Item = &'a ExampleBuf>) -> Self {
        let mut tables = Tables::default();
        let places: Vec<_> = batch.into_iter().map(|e| tables.put_example(e)).collect();
        let items = places.iter().map(|at| tables.example(at)).collect();
        Self { tables, items }
    }
}

impl<'a> Views<'a, Row<'a>> {
    /// The views; they live as long as this borrow.
    pub fn as_slice(&self) -> &[Row<'_>] {
        &self.items
    }

    /// Views of rows.
    pub fn rows(batch: &'a [RowBuf]) -> Self {
        let mut tables = Tables::default();
        let places: Vec<_> = batch.iter().map(|row| tables.put_fields(&row.fields)).collect();
        let items = batch
            .iter()
            .zip(&places)
            .map(|(row, at)| Row { id: Str::new(&row.id), fields: list(&tables.fields, at) })
            .collect();
        Self { tables, items }
    }
}

impl<'a> Views<'a, Prediction<'a>> {
    /// The views; they live as long as this borrow.
    pub fn as_slice(&self) -> &[Prediction<'_>] {
        &self.items
    }

    /// Views of predictions.
    pub fn predictions(batch: impl IntoIterator<Item = &'a PredictionBuf>) -> Self {
        let mut tables = Tables::default();
        let places: Vec<_> = batch.into_iter().map(|p| tables.put_prediction(p)).collect();
        let items = places.iter().map(|at| tables.prediction(at)).collect();
        Self { tables, items }
    }
}

impl<'a> Views<'a, Pair<'a>> {
    /// The views; they live as long as this borrow.
    pub fn as_slice(&self) -> &[Pair<'_>] {
        &self.items
    }

    /// Views of gold and predicted, pair by pair.
    pub fn pairs(batch: impl IntoIterator<Item = (&'a ExampleBuf, &'a PredictionBuf)>) -> Self {
        let mut tables = Tables::default();
        let places: Vec<_> =
            batch.into_iter().map(|(gold, p)| (tables.put_example(gold), tables.put_prediction(p))).collect();
        let items = places
            .iter()
            .map(|(gold, p)| Pair { gold: tables.example(gold), predicted: tables.prediction(p) })
            .collect();
        Self { tables, items }
    }
}

impl<T> Views<'_, T> {
    /// How many table entries stand behind the views (spans, labels, fields).
    pub fn table_len(&self) -> usize {
        let t = &self.tables;
        t.spans.len() + t.strings.len() + t.fields.len() + t.scored_spans.len() + t.scored_labels.len()
    }
}
