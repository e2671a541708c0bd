//! The metrics of a run, asked for their scores.

use super::BATCH;
use crate::{Error, Result};
use engraft_plugin::Failure;
use engraft_plugin::kind::expect_count;
use engraft_plugin::kind::metric::{MetricBatch, Tally};
use engraft_plugin::register::Opened;
use engraft_plugin::text::{ExampleBuf, PredictionBuf, Views};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The scores of one split.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    /// Scores by `<metric id>.<name>`: `entity-f1.f1`, `entity-f1.f1/Disease`. Of two metrics with one id
    /// the second is called `<id>#2`.
    pub scores: BTreeMap<String, Score>,
    /// The same names in the order in which the metrics stand and gave them.
    pub names: Vec<String>,
}

/// A score's value, and which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Its value; finite.
    pub value: f64,
    /// Whether more is better.
    pub higher_is_better: bool,
}

impl Scored {
    /// One score's value.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.scores.get(name).map(|score| score.value)
    }

    /// All values by name, as events carry them.
    pub fn values(&self) -> BTreeMap<String, f64> {
        self.scores.iter().map(|(name, score)| (name.clone(), score.value)).collect()
    }

    fn insert(&mut self, name: String, score: Score) -> bool {
        self.names.push(name.clone());
        self.scores.insert(name, score).is_none()
    }
}

/// Scores predictions by every metric. `gold` and `predicted` go together, item by item.
///
/// # Errors
/// Those of [`Scoring`].
///
/// # Panics
/// When there are not as many predictions as examples.
pub fn score(metrics: &[Opened<dyn MetricBatch>], gold: &[ExampleBuf], predicted: &[PredictionBuf]) -> Result<Scored> {
    let mut scoring = Scoring::new(metrics);
    scoring.add(gold, predicted)?;
    scoring.scores()
}

/// Scores that add up, part by part. Of a text, only its row of numbers stays in memory.
pub struct Scoring<'a> {
    metrics: Vec<Rows<'a>>,
}

/// The rows of one metric, side by side.
struct Rows<'a> {
    metric: &'a Opened<dyn MetricBatch>,
    rows: usize,
    width: usize,
    numbers: Vec<f64>,
}

impl<'a> Scoring<'a> {
    /// Nothing is scored yet.
    pub fn new(metrics: &'a [Opened<dyn MetricBatch>]) -> Self {
        let none = |metric| Rows { metric, rows: 0, width: 0, numbers: Vec::new() };
        Self { metrics: metrics.iter().map(none).collect() }
    }

    /// Adds predictions. `gold` and `predicted` go together, item by item.
    ///
    /// # Errors
    /// [`Error::Refused`] when a metric refuses a pair (named by its example's id); [`Error::PluginFailure`] when it
    /// fails, or answers rows of unequal length.
    ///
    /// # Panics
    /// When there are not as many predictions as examples.
    pub fn add(&mut self, gold: &[ExampleBuf], predicted: &[PredictionBuf]) -> Result<()> {
        assert_eq!(gold.len(), predicted.len(), "there is one prediction an example");
        self.metrics.iter_mut().try_for_each(|rows| rows.add(gold, predicted))
    }

    /// The scores of all that was added.
    ///
    /// # Errors
    /// [`Error::Refused`] when a metric refuses its rows; [`Error::PluginFailure`] when it fails, or gives one name
    /// twice.
    pub fn scores(&self) -> Result<Scored> {
        let mut scored = Scored::default();
        for (at, rows) in self.metrics.iter().enumerate() {
            let metric = rows.metric;
            let before = self.metrics[..at].iter().filter(|other| other.metric.id == metric.id).count();
            let prefix = if before == 0 { metric.id.clone() } else { format!("{}#{}", metric.id, before + 1) };
            let scores = metric.plugin.score_rows(&rows.tallies()).map_err(|failure| failed(metric, failure))?;
            for score in scores.map_err(|reason| Error::Refused { plugin: metric.id.clone(), reason })? {
                let named = format!("{prefix}.{}", score.name);
                if !scored.insert(named, Score { value: score.value, higher_is_better: score.higher_is_better }) {
                    return Err(failed(metric, Failure::Answer(format!("it gives the score `{}` twice", score.name))));
                }
            }
        }
        Ok(scored)
    }
}

impl Rows<'_> {
    fn add(&mut self, gold: &[ExampleBuf], predicted: &[PredictionBuf]) -> Result<()> {
        let metric = self.metric;
        for (gold, predicted) in gold.chunks(BATCH).zip(predicted.chunks(BATCH)) {
            let pairs = Views::pairs(gold.iter().zip(predicted));
            let answers =
                metric.plugin.tally_batch(pairs.as_slice()).and_then(|answers| expect_count(answers, gold.len()));
            for (answer, gold) in answers.map_err(|failure| failed(metric, failure))?.into_iter().zip(gold) {
                let row = answer.map_err(|reason| refused(metric, &gold.id, reason))?;
                if self.rows == 0 {
                    self.width = row.len();
                }
                if row.len() != self.width {
                    let lengths = BTreeSet::from([self.width, row.len()]);
                    let found = format!("rows of one metric all have one length, these have {lengths:?}");
                    return Err(failed(metric, Failure::Answer(found)));
                }
                self.rows += 1;
                self.numbers.extend(row);
            }
        }
        Ok(())
    }

    fn tallies(&self) -> Vec<Tally<'_>> {
        (0..self.rows).map(|row| Tally::new(&self.numbers[row * self.width..][..self.width])).collect()
    }
}

/// A plugin that broke its promise.
pub(super) fn failed<T: ?Sized>(plugin: &Opened<T>, failure: Failure) -> Error {
    Error::PluginFailure { plugin: plugin.id.clone(), failure }
}

/// A plugin that refused one example, which is named.
pub(super) fn refused<T: ?Sized>(plugin: &Opened<T>, example: &str, reason: engraft_plugin::Error) -> Error {
    let reason = engraft_plugin::Error::new(reason.code, format!("example `{example}`: {}", reason.message));
    Error::Refused { plugin: plugin.id.clone(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_plugin::kind::metric;
    use engraft_plugin::text::{Pair, ScoredLabelBuf};
    use std::sync::Arc;

    /// Counts texts and right first labels; misbehaves on request.
    #[derive(Default)]
    struct Right {
        ragged: bool,
        twice: bool,
    }

    impl metric::Metric for Right {
        fn tally(&self, pair: &Pair<'_>) -> engraft_plugin::Result<Vec<f64>> {
            if pair.gold().text() == "refuse" {
                return Err(engraft_plugin::Error::new("pair.odd", "expected a text"));
            }
            assert_ne!(pair.gold().text(), "panic", "this text");
            let right = pair.gold().labels().next() == pair.predicted().labels().first().map(|l| l.label());
            let row = vec![f64::from(u8::from(right)), 1.0];
            Ok(if self.ragged && pair.gold().id() == "1" { row[..1].to_vec() } else { row })
        }
        fn scores(&self, rows: &[Tally<'_>]) -> engraft_plugin::Result<Vec<metric::Score>> {
            let wrong = rows.iter().map(|row| 1.0 - row[0]).sum();
            let right: f64 = rows.iter().map(|row| row[0]).sum();
            let mut scores = vec![metric::Score::new("right", right), metric::Score::lower("errors", wrong)];
            scores.extend(self.twice.then(|| metric::Score::new("right", 0.0)));
            Ok(scores)
        }
    }

    fn opened(plugin: Right) -> Opened<dyn MetricBatch> {
        let settings = serde_json::Value::Null;
        Opened {
            id: "right".into(),
            version: "1".into(),
            settings,
            plugin: Arc::new(plugin),
            meter: None,
            grants: Vec::new(),
        }
    }

    fn pairs(count: usize) -> (Vec<ExampleBuf>, Vec<PredictionBuf>) {
        let gold = (0..count).map(|n| ExampleBuf {
            labels: vec![if n % 3 == 0 { "a" } else { "b" }.into()],
            ..ExampleBuf::new(n.to_string(), "text")
        });
        let said =
            PredictionBuf { labels: vec![ScoredLabelBuf { label: "b".into(), score: 1.0 }], ..Default::default() };
        (gold.collect(), vec![said; count])
    }

    #[test]
    fn scores_cover_every_batch_and_keep_their_order_and_direction() {
        let (gold, predicted) = pairs(2 * BATCH + 88); // 600
        let scored = score(&[opened(Right::default()), opened(Right::default())], &gold, &predicted).unwrap();
        assert_eq!(scored.names, ["right.right", "right.errors", "right#2.right", "right#2.errors"]);
        assert_eq!(scored.value("right.right"), Some(400.0));
        assert_eq!(scored.scores["right.errors"], Score { value: 200.0, higher_is_better: false });
        assert_eq!(scored.values()["right#2.errors"], 200.0);
    }

    #[test]
    fn a_refused_pair_ends_the_run_and_is_named() {
        let (mut gold, predicted) = pairs(300);
        gold[270].text = "refuse".into();
        let error = score(&[opened(Right::default())], &gold, &predicted).unwrap_err();
        assert_eq!(error.to_string(), "plugin `right`: pair.odd: example `270`: expected a text");
    }

    #[test]
    fn a_metric_that_breaks_its_promise_ends_the_run() {
        let (mut gold, predicted) = pairs(3);
        let unequal = score(&[opened(Right { ragged: true, twice: false })], &gold, &predicted).unwrap_err();
        assert!(unequal.to_string().contains("rows of one metric all have one length, these have {1, 2}"), "{unequal}");
        let twice = score(&[opened(Right { ragged: false, twice: true })], &gold, &predicted).unwrap_err();
        assert!(twice.to_string().contains("it gives the score `right` twice"), "{twice}");
        gold[2].text = "panic".into();
        let panic = score(&[opened(Right::default())], &gold, &predicted).unwrap_err();
        assert_eq!(panic.code(), "plugin.failure");
    }
}
