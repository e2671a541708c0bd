//! Metrics score predictions.

use super::{each, guard};
use crate::abi::view::List;
use crate::error::Failure;
use crate::text::Pair;
use crate::{Answers, Result};
use serde::{Deserialize, Serialize};

/// One row of numbers an example, as [`Metric::tally`] gave it.
pub type Tally<'a> = List<'a, f64>;

/// Scores predictions in two steps: a row of numbers an example, and scores of many rows.
///
/// Because a metric keeps nothing between calls, examples are tallied in any order and on any thread,
/// a run can be resumed, and a bootstrap re-scores rows without asking for a tally again. The rows are
/// whatever the metric wants to add up: true positives, lengths, sums.
///
/// ```
/// use engraft_plugin::{Result, kind::metric::{Metric, Score, Tally}, text::Pair};
///
/// /// The share of texts whose first label is right.
/// struct Accuracy;
///
/// impl Metric for Accuracy {
///     fn tally(&self, pair: &Pair<'_>) -> Result<Vec<f64>> {
///         let right = pair.gold().labels().next() == pair.predicted().labels().first().map(|l| l.label());
///         Ok(vec![f64::from(u8::from(right))])
///     }
///     fn scores(&self, rows: &[Tally<'_>]) -> Result<Vec<Score>> {
///         let right: f64 = rows.iter().map(|row| row[0]).sum();
///         Ok(vec![Score::new("accuracy", right / rows.len().max(1) as f64)])
///     }
/// }
/// ```
pub trait Metric: Send + Sync {
    /// The numbers of one example; rows of one metric all have one length.
    ///
    /// # Errors
    /// Why this pair cannot be scored.
    fn tally(&self, pair: &Pair<'_>) -> Result<Vec<f64>>;

    /// The scores of a set of rows, any subset, any number of times.
    ///
    /// # Errors
    /// Why these rows cannot be scored.
    fn scores(&self, rows: &[Tally<'_>]) -> Result<Vec<Score>>;
}

/// A named score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Its name: `f1`, or with a label behind a slash `f1/Disease`, or a cell of the confusion matrix
    /// `confusion/<gold>/<predicted>`.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Whether more is better.
    pub higher_is_better: bool,
}

impl Score {
    /// A score of which more is better.
    pub fn new(name: impl Into<String>, value: f64) -> Self {
        Self { name: name.into(), value, higher_is_better: true }
    }
    /// A score of which less is better.
    pub fn lower(name: impl Into<String>, value: f64) -> Self {
        Self { name: name.into(), value, higher_is_better: false }
    }
}

/// What precision, recall and F1 are made of. A ratio of nothing to nothing is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Gold items.
    pub gold: f64,
    /// Predicted items.
    pub predicted: f64,
    /// Predicted items that are right.
    pub right: f64,
}

impl Counts {
    /// right / predicted.
    pub fn precision(&self) -> f64 {
        ratio(self.right, self.predicted)
    }
    /// right / gold.
    pub fn recall(&self) -> f64 {
        ratio(self.right, self.gold)
    }
    /// The harmonic mean of both: 2 · right / (gold + predicted).
    pub fn f1(&self) -> f64 {
        ratio(2.0 * self.right, self.gold + self.predicted)
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.gold += other.gold;
        self.predicted += other.predicted;
        self.right += other.right;
    }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

/// [`Metric`], a batch at a time: what the engine calls.
pub trait MetricBatch: Send + Sync {
    /// A row of numbers for each pair.
    ///
    /// # Errors
    /// A failure of the plugin itself.
    fn tally_batch(&self, batch: &[Pair<'_>]) -> Answers<Vec<f64>>;
    /// The scores of the rows. NaN and infinity are refused.
    ///
    /// # Errors
    /// A failure of the plugin itself.
    fn score_rows(&self, rows: &[Tally<'_>]) -> Result<Result<Vec<Score>>, Failure>;
}

impl<M: Metric> MetricBatch for M {
    fn tally_batch(&self, batch: &[Pair<'_>]) -> Answers<Vec<f64>> {
        each(batch, |pair| self.tally(&pair))
    }
    fn score_rows(&self, rows: &[Tally<'_>]) -> Result<Result<Vec<Score>>, Failure> {
        let scores = guard(|| self.scores(rows))?;
        if let Some(bad) = scores.iter().flatten().find(|score| !score.value.is_finite()) {
            return Err(Failure::Answer(format!("score `{}` is {}", bad.name, bad.value)));
        }
        Ok(scores)
    }
}
