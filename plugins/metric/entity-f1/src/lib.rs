//! Strict entity F1: a predicted span is right when a gold span has the same bounds and the same label.
//!
//! With *gold*, *predicted* and *right* the numbers of spans over all texts,
//!
//! precision = right / predicted, recall = right / gold, F1 = 2 · right / (gold + predicted);
//!
//! `macro_f1` is the mean of the F1 of the labels seen (gold or predicted), `weighted_f1` weighs them by
//! their gold spans. The same numbers as seqeval's `mode="strict", scheme=IOB2` (Nakayama 2018), which
//! `tests/seqeval.rs` shows on 200 random corpora. What is not right is split into kinds of error
//! ([`errors`]), as in the analysis of Ribeiro et al. and the SemEval-2013 scheme.

pub mod errors;
pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::metric::{Counts, Metric, Score, Tally};
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::{Pair, Span};
use engraft_plugin::{Case, Error, Result};
use errors::{Errors, Mention};
use serde_json::json;

/// The metric `entity-f1`.
pub struct EntityF1 {
    labels: Vec<String>,
}

impl Plugin for EntityF1 {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "entity-f1",
            summary: "Strict entity precision, recall and F1, with the kinds of error.",
            examples: examples(),
        }
    }

    fn open(_settings: Settings, setting: &Setting) -> Result<Self> {
        Ok(Self { labels: setting.task()?.labels.clone() })
    }
}

/// Numbers of a row that belong to one label: gold, predicted, right.
const PER_LABEL: usize = 3;

impl Metric for EntityF1 {
    /// Gold, predicted and right for each label of the task, then the four kinds of error.
    fn tally(&self, pair: &Pair<'_>) -> Result<Vec<f64>> {
        let gold = self.mentions(pair.gold().spans().iter().copied())?;
        let predicted = self.mentions(pair.predicted().spans().iter().map(|scored| scored.span()))?;
        let mut row = vec![0.0; PER_LABEL * self.labels.len()];
        for mention in &gold {
            row[PER_LABEL * mention.label] += 1.0;
        }
        for mention in &predicted {
            row[PER_LABEL * mention.label + 1] += 1.0;
            if gold.binary_search(mention).is_ok() {
                row[PER_LABEL * mention.label + 2] += 1.0;
            }
        }
        row.extend(Errors::between(&gold, &predicted).counts());
        Ok(row)
    }

    fn scores(&self, rows: &[Tally<'_>]) -> Result<Vec<Score>> {
        let sum = |column: usize| rows.iter().map(|row| row[column]).sum::<f64>();
        let counts: Vec<Counts> = (0..self.labels.len())
            .map(|label| PER_LABEL * label)
            .map(|at| Counts { gold: sum(at), predicted: sum(at + 1), right: sum(at + 2) })
            .collect();
        let mut scores = averages(&counts);
        for (label, counts) in self.labels.iter().zip(&counts) {
            scores.extend([
                Score::new(format!("precision/{label}"), counts.precision()),
                Score::new(format!("recall/{label}"), counts.recall()),
                Score::new(format!("f1/{label}"), counts.f1()),
                Score::new(format!("support/{label}"), counts.gold),
            ]);
        }
        let first = PER_LABEL * self.labels.len();
        let kinds = errors::NAMES.iter().enumerate();
        scores.extend(kinds.map(|(kind, name)| Score::lower(format!("errors/{name}"), sum(first + kind))));
        Ok(scores)
    }
}

fn averages(labels: &[Counts]) -> Vec<Score> {
    let mut all = Counts::default();
    let (mut seen, mut sum, mut weighted) = (0.0, 0.0, 0.0);
    for counts in labels.iter().filter(|counts| counts.gold + counts.predicted > 0.0) {
        all += *counts;
        seen += 1.0;
        sum += counts.f1();
        weighted += counts.f1() * counts.gold;
    }
    vec![
        Score::new("precision", all.precision()),
        Score::new("recall", all.recall()),
        Score::new("f1", all.f1()),
        Score::new("macro_f1", if seen > 0.0 { sum / seen } else { 0.0 }),
        Score::new("weighted_f1", if all.gold > 0.0 { weighted / all.gold } else { 0.0 }),
    ]
}

impl EntityF1 {
    /// Spans in order, each once: the same span twice is one mention.
    fn mentions<'a>(&self, spans: impl Iterator<Item = Span<'a>>) -> Result<Vec<Mention>> {
        let mention = |span: Span<'_>| {
            let label =
                self.labels.iter().position(|label| label == span.label()).ok_or_else(|| self.unknown(&span))?;
            Ok(Mention { start: span.start(), end: span.end(), label })
        };
        let mut mentions = spans.map(mention).collect::<Result<Vec<_>>>()?;
        mentions.sort_unstable();
        mentions.dedup();
        Ok(mentions)
    }

    fn unknown(&self, span: &Span<'_>) -> Error {
        let (label, known) = (span.label(), self.labels.join(", "));
        Error::new("metric.unknown-label", format!("expected one of the task's labels ({known}), found `{label}`"))
    }
}

fn examples() -> Vec<Case> {
    let task = json!({ "kind": "tokens", "labels": ["Disease", "Drug"] });
    let span = |start: u32, end: u32, label: &str| json!({ "start": start, "end": end, "label": label });
    let gold =
        json!({ "text": "severe asthma, given aspirin", "spans": [span(7, 13, "Disease"), span(21, 28, "Drug")] });
    vec![
        Case::new(
            "one of two right, the other too wide",
            json!({ "task": task, "pairs": [
                { "gold": gold, "predicted": { "spans": [span(0, 13, "Disease"), span(21, 28, "Drug")] } }
            ] }),
            json!({ "precision": 0.5, "recall": 0.5, "f1": 0.5, "macro_f1": 0.5, "f1/Drug": 1.0, "errors/boundary": 1 }),
        ),
        Case::new(
            "right bounds under another label are a type error; what nobody predicted is missing",
            json!({ "task": task, "pairs": [
                { "gold": gold, "predicted": { "spans": [span(21, 28, "Disease")] } }
            ] }),
            json!({ "f1": 0, "errors/type": 1, "errors/missing": 1, "errors/boundary": 0, "errors/spurious": 0 }),
        ),
    ]
}

engraft_plugin::register!(metric EntityF1);
