//! Scores of labels of whole texts: accuracy, precision, recall and F1, the confusion matrix.
//!
//! For each label, over all texts,
//!
//! precision = right / predicted, recall = right / gold, F1 = 2 · right / (gold + predicted);
//!
//! `macro_…` is the mean over the labels of the task, `weighted_…` weighs them by their gold texts,
//! `micro_…` adds the counts first. A ratio of nothing to nothing is 0. The same numbers as
//! scikit-learn's `precision_recall_fscore_support(labels=…, zero_division=0)` and `accuracy_score`,
//! which `tests/scikit_learn.rs` shows on 200 random data sets.
//!
//! A text of a multi-label task is accurate when all its labels are right and no other is given.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::metric::{Counts, Metric, Score, Tally};
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::Pair;
use engraft_plugin::{Case, Error, Result, TaskKind};
use serde_json::json;

/// The metric `classification`.
pub struct Classification {
    labels: Vec<String>,
    is_multi_label: bool,
    gives_confusion: bool,
}

impl Plugin for Classification {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "classification",
            summary: "Accuracy, precision, recall, F1 and confusion of labels of whole texts.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, setting: &Setting) -> Result<Self> {
        let task = setting.task()?;
        if task.kind == TaskKind::Tokens {
            let why = "`classification` scores labels of whole texts, and this task labels spans: use `entity-f1`";
            return Err(Error::new("metric.other-task", why));
        }
        let is_multi_label = task.kind == TaskKind::MultiLabel;
        Ok(Self { labels: task.labels.clone(), is_multi_label, gives_confusion: settings.confusion && !is_multi_label })
    }
}

/// The place of a label that is not there: a text without a prediction.
const NONE: f64 = -1.0;

impl Metric for Classification {
    /// One label a text: the places of the gold and of the predicted label. Several: for each label of
    /// the task 1 if it is gold plus 2 if it is predicted.
    fn tally(&self, pair: &Pair<'_>) -> Result<Vec<f64>> {
        let (example, prediction) = (pair.gold(), pair.predicted());
        let mut predicted = prediction.labels().iter().map(|scored| scored.label());
        if !self.is_multi_label {
            let gold = example.labels().next().ok_or_else(|| {
                Error::new("metric.no-label", "expected a gold label, found none; give each text one label")
            })?;
            let predicted = predicted.next().map_or(Ok(NONE), |label| self.place(label).map(|at| at as f64))?;
            return Ok(vec![self.place(gold)? as f64, predicted]);
        }
        let mut row = vec![0u8; self.labels.len()];
        for label in example.labels() {
            row[self.place(label)?] |= 1;
        }
        for label in predicted {
            row[self.place(label)?] |= 2;
        }
        Ok(row.into_iter().map(f64::from).collect())
    }

    fn scores(&self, rows: &[Tally<'_>]) -> Result<Vec<Score>> {
        let (counts, accurate) = if self.is_multi_label { self.count_many(rows) } else { self.count_one(rows) };
        let accuracy = if rows.is_empty() { 0.0 } else { accurate / rows.len() as f64 };
        let mut scores = vec![Score::new("accuracy", accuracy)];
        scores.extend(averages(&counts));
        for (label, counts) in self.labels.iter().zip(&counts) {
            scores.extend([
                Score::new(format!("precision/{label}"), counts.precision()),
                Score::new(format!("recall/{label}"), counts.recall()),
                Score::new(format!("f1/{label}"), counts.f1()),
                Score::new(format!("support/{label}"), counts.gold),
            ]);
        }
        if self.gives_confusion {
            scores.extend(self.confusion(rows));
        }
        Ok(scores)
    }
}

impl Classification {
    fn place(&self, label: &str) -> Result<usize> {
        self.labels.iter().position(|known| known == label).ok_or_else(|| {
            let known = self.labels.join(", ");
            Error::new("metric.unknown-label", format!("expected one of the task's labels ({known}), found `{label}`"))
        })
    }

    /// Counts of each label, and how many texts are accurate, where a text has one label.
    fn count_one(&self, rows: &[Tally<'_>]) -> (Vec<Counts>, f64) {
        let mut counts = vec![Counts::default(); self.labels.len()];
        let mut accurate = 0.0;
        for row in rows {
            let (gold, predicted) = (row[0] as usize, row[1]);
            counts[gold].gold += 1.0;
            if predicted != NONE {
                counts[predicted as usize].predicted += 1.0;
            }
            if predicted == row[0] {
                counts[gold].right += 1.0;
                accurate += 1.0;
            }
        }
        (counts, accurate)
    }

    /// The same where a text has any number of labels.
    fn count_many(&self, rows: &[Tally<'_>]) -> (Vec<Counts>, f64) {
        let mut counts = vec![Counts::default(); self.labels.len()];
        let mut accurate = 0.0;
        for row in rows {
            let mut is_accurate = true;
            for (counts, cell) in counts.iter_mut().zip(row.as_slice()) {
                let cell = *cell as u8;
                let (gold, predicted) = (cell & 1, cell >> 1);
                counts.gold += f64::from(gold);
                counts.predicted += f64::from(predicted);
                counts.right += f64::from(gold & predicted);
                is_accurate &= gold == predicted;
            }
            accurate += f64::from(u8::from(is_accurate));
        }
        (counts, accurate)
    }

    /// A cell for each pair of labels, gold first.
    fn confusion(&self, rows: &[Tally<'_>]) -> Vec<Score> {
        let size = self.labels.len();
        let mut cells = vec![0.0; size * size];
        for row in rows.iter().filter(|row| row[1] != NONE) {
            cells[row[0] as usize * size + row[1] as usize] += 1.0;
        }
        let cell = |(at, count): (usize, f64)| {
            let (gold, predicted) = (at / size, at % size);
            let name = format!("confusion/{}/{}", self.labels[gold], self.labels[predicted]);
            if gold == predicted { Score::new(name, count) } else { Score::lower(name, count) }
        };
        cells.into_iter().enumerate().map(cell).collect()
    }
}

fn averages(labels: &[Counts]) -> Vec<Score> {
    let mut all = Counts::default();
    for counts in labels {
        all += *counts;
    }
    let mean = |of: fn(&Counts) -> f64| labels.iter().map(of).sum::<f64>() / labels.len().max(1) as f64;
    let weighted = |of: fn(&Counts) -> f64| {
        let sum: f64 = labels.iter().map(|counts| of(counts) * counts.gold).sum();
        if all.gold > 0.0 { sum / all.gold } else { 0.0 }
    };
    let mut scores = Vec::new();
    for (name, of) in
        [("precision", Counts::precision as fn(&Counts) -> f64), ("recall", Counts::recall), ("f1", Counts::f1)]
    {
        scores.push(Score::new(format!("macro_{name}"), mean(of)));
        scores.push(Score::new(format!("micro_{name}"), of(&all)));
        scores.push(Score::new(format!("weighted_{name}"), weighted(of)));
    }
    scores
}

fn examples() -> Vec<Case> {
    let pair = |gold: &[&str], predicted: &[&str]| {
        let predicted: Vec<_> = predicted.iter().map(|label| json!({ "label": label })).collect();
        json!({ "gold": { "labels": gold }, "predicted": { "labels": predicted } })
    };
    vec![
        Case::new(
            "one label a text: two of three right",
            json!({
                "task": { "kind": "sequence", "labels": ["negative", "positive"] },
                "pairs": [
                    pair(&["negative"], &["negative"]),
                    pair(&["positive"], &["negative"]),
                    pair(&["positive"], &["positive"]),
                ],
            }),
            json!({
                "accuracy": 2.0 / 3.0, "macro_f1": 2.0 / 3.0, "recall/positive": 0.5,
                "confusion/positive/negative": 1, "confusion/positive/positive": 1,
            }),
        ),
        Case::new(
            "several labels a text: a text is accurate when all its labels are right",
            json!({
                "task": { "kind": "multi-label", "labels": ["Insurance", "Exclusivity"] },
                "pairs": [
                    pair(&["Insurance", "Exclusivity"], &["Insurance"]),
                    pair(&[], &[]),
                ],
            }),
            json!({ "accuracy": 0.5, "micro_f1": 2.0 / 3.0, "f1/Exclusivity": 0, "support/Insurance": 1 }),
        ),
    ]
}

engraft_plugin::register!(metric Classification);
