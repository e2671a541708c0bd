//! Precision, recall and F1 of long spans, by overlap: for clauses, where exact bounds mean little.
//!
//! A predicted span P finds a gold span G of its label when the characters that both cover are at
//! least `threshold` of those that either covers (the Jaccard index),
//!
//! |P ∩ G| / |P ∪ G| ≥ threshold.
//!
//! A span finds at most one other: pairs are taken by falling overlap, earlier spans first where it is
//! equal. Then, with *right* the number of pairs, precision = right / predicted, recall = right / gold.
//! The threshold of one half is that of CUAD (Hendrycks et al. 2021, arXiv:2103.06268), counted there on
//! words.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::metric::{Counts, Metric, Score, Tally};
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::{Pair, Span};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;
use std::ops::Range;

/// The metric `span-overlap`.
pub struct SpanOverlap {
    labels: Vec<String>,
    threshold: f64,
}

impl Plugin for SpanOverlap {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "span-overlap",
            summary: "Precision, recall and F1 of spans that overlap enough.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, setting: &Setting) -> Result<Self> {
        let threshold = settings.threshold;
        if !(threshold > 0.0 && threshold <= 1.0) {
            let why = format!("`threshold`: expected a share above 0 and at most 1, found {threshold}");
            return Err(Error::new("settings.threshold", why));
        }
        Ok(Self { labels: setting.task()?.labels.clone(), threshold })
    }
}

/// Numbers of a row that belong to one label: gold, predicted, right.
const PER_LABEL: usize = 3;

impl Metric for SpanOverlap {
    /// Gold, predicted and right for each label of the task.
    fn tally(&self, pair: &Pair<'_>) -> Result<Vec<f64>> {
        let (example, prediction) = (pair.gold(), pair.predicted());
        let mut gold = self.by_label(example.spans().iter().copied())?;
        let mut predicted = self.by_label(prediction.spans().iter().map(|scored| scored.span()))?;
        count_characters(example.text(), gold.iter_mut().chain(&mut predicted).flatten());
        let mut row = Vec::with_capacity(PER_LABEL * self.labels.len());
        for (gold, predicted) in gold.iter().zip(&predicted) {
            let right = pairs(gold, predicted, self.threshold);
            row.extend([gold.len(), predicted.len(), right].map(|count| count as f64));
        }
        Ok(row)
    }

    fn scores(&self, rows: &[Tally<'_>]) -> Result<Vec<Score>> {
        let sum = |column: usize| rows.iter().map(|row| row[column]).sum::<f64>();
        let (mut all, mut seen, mut f1) = (Counts::default(), 0.0, 0.0);
        let mut of_labels = Vec::new();
        for (place, label) in self.labels.iter().enumerate() {
            let at = PER_LABEL * place;
            let counts = Counts { gold: sum(at), predicted: sum(at + 1), right: sum(at + 2) };
            all += counts;
            if counts.gold + counts.predicted > 0.0 {
                seen += 1.0;
                f1 += counts.f1();
            }
            of_labels.extend([
                Score::new(format!("precision/{label}"), counts.precision()),
                Score::new(format!("recall/{label}"), counts.recall()),
                Score::new(format!("f1/{label}"), counts.f1()),
                Score::new(format!("support/{label}"), counts.gold),
            ]);
        }
        let mut scores = vec![
            Score::new("precision", all.precision()),
            Score::new("recall", all.recall()),
            Score::new("f1", all.f1()),
            Score::new("macro_f1", if seen > 0.0 { f1 / seen } else { 0.0 }),
        ];
        scores.extend(of_labels);
        Ok(scores)
    }
}

impl SpanOverlap {
    /// The ranges of each label of the task, in order, each once.
    fn by_label<'a>(&self, spans: impl Iterator<Item = Span<'a>>) -> Result<Vec<Vec<Range<usize>>>> {
        let mut ranges = vec![Vec::new(); self.labels.len()];
        for span in spans {
            let place = self.labels.iter().position(|label| label == span.label()).ok_or_else(|| {
                let (label, known) = (span.label(), self.labels.join(", "));
                Error::new(
                    "metric.unknown-label",
                    format!("expected one of the task's labels ({known}), found `{label}`"),
                )
            })?;
            ranges[place].push(span.range());
        }
        for ranges in &mut ranges {
            ranges.sort_unstable_by_key(|range| (range.start, range.end));
            ranges.dedup();
        }
        Ok(ranges)
    }
}

/// Turns ranges of bytes into ranges of characters, in one walk over the text.
fn count_characters<'a>(text: &str, ranges: impl Iterator<Item = &'a mut Range<usize>>) {
    let mut bounds: Vec<&mut usize> = ranges.flat_map(|range| [&mut range.start, &mut range.end]).collect();
    bounds.sort_unstable();
    let (mut byte, mut character) = (0, 0);
    for bound in bounds {
        character += text.get(byte..*bound).map_or(0, |between| between.chars().count());
        byte = *bound;
        *bound = character;
    }
}

/// How many one-to-one pairs overlap enough.
fn pairs(gold: &[Range<usize>], predicted: &[Range<usize>], threshold: f64) -> usize {
    let mut candidates = Vec::new();
    for (g, gold) in gold.iter().enumerate() {
        for (p, predicted) in predicted.iter().enumerate() {
            let overlap = jaccard(gold, predicted);
            if overlap >= threshold {
                candidates.push((overlap, g, p));
            }
        }
    }
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let (mut gold_taken, mut predicted_taken) = (vec![false; gold.len()], vec![false; predicted.len()]);
    let mut right = 0;
    for (_, g, p) in candidates {
        if !gold_taken[g] && !predicted_taken[p] {
            (gold_taken[g], predicted_taken[p]) = (true, true);
            right += 1;
        }
    }
    right
}

/// |a ∩ b| / |a ∪ b|.
fn jaccard(a: &Range<usize>, b: &Range<usize>) -> f64 {
    let both = a.end.min(b.end).saturating_sub(a.start.max(b.start));
    let either = a.len() + b.len() - both;
    if either == 0 { 0.0 } else { both as f64 / either as f64 }
}

fn examples() -> Vec<Case> {
    let task = json!({ "kind": "multi-label", "labels": ["Insurance", "Parties"] });
    let text = "Each party keeps insurance.";
    let span = |start: u32, end: u32, label: &str| json!({ "start": start, "end": end, "label": label });
    let pair = |predicted: &[serde_json::Value]| json!({ "gold": { "text": text, "spans": [span(0, 27, "Insurance")] }, "predicted": { "spans": predicted } });
    vec![
        Case::new(
            "half of the clause is enough, a second half finds nothing more",
            json!({ "task": task, "pairs": [pair(&[span(0, 14, "Insurance"), span(14, 27, "Insurance")])] }),
            json!({ "precision": 0.5, "recall": 1.0, "f1": 2.0 / 3.0, "f1/Insurance": 2.0 / 3.0 }),
        ),
        Case::new(
            "with a stricter threshold it is not",
            json!({ "task": task, "pairs": [pair(&[span(0, 14, "Insurance")])] }),
            json!({ "precision": 0, "recall": 0, "f1": 0, "macro_f1": 0 }),
        )
        .with(json!({ "threshold": 0.8 })),
        Case::new(
            "another label finds nothing",
            json!({ "task": task, "pairs": [pair(&[span(0, 27, "Parties")])] }),
            json!({ "f1": 0, "support/Insurance": 1 }),
        ),
    ]
}

engraft_plugin::register!(metric SpanOverlap);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_rather_than_bytes() {
        let mut ranges = [3..9, 0..3, 0..10];
        count_characters("no 发热!", ranges.iter_mut());
        assert_eq!(ranges, [3..5, 0..3, 0..6]);
    }

    #[test]
    #[allow(clippy::single_range_in_vec_init, reason = "a list of one span is meant")]
    fn the_best_pair_is_taken_first_and_each_span_once() {
        assert_eq!(pairs(&[0..10, 10..20], &[0..14, 12..20], 0.5), 2);
        assert_eq!(pairs(&[0..10], &[0..9, 1..10], 0.5), 1);
        assert_eq!(pairs(&[0..10], &[5..15], 0.5), 0);
    }
}
