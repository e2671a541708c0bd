//! The same scores as scikit-learn, on the data sets of `tests/fixtures/scores/classification.jsonl`
//! (`make.py` beside it made them).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use engraft_metric_classification::{Classification, Settings};
use engraft_plugin::abi::view::List;
use engraft_plugin::kind::metric::Metric;
use engraft_plugin::kind::{Plugin, Setting};
use engraft_plugin::text::{ExampleBuf, PredictionBuf, ScoredLabelBuf, Views};
use engraft_plugin::{Task, TaskKind};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

const FIXTURE: &str = include_str!("../../../../tests/fixtures/scores/classification.jsonl");

#[derive(Deserialize)]
struct DataSet {
    labels: Vec<String>,
    kind: String,
    gold: Vec<Vec<String>>,
    predicted: Vec<Vec<String>>,
    expected: BTreeMap<String, Value>,
}

fn scores(set: &DataSet) -> BTreeMap<String, f64> {
    let kind = if set.kind == "single" { TaskKind::Sequence } else { TaskKind::MultiLabel };
    let setting = Setting { task: Some(Task::new(kind, set.labels.clone())) };
    let metric = Classification::open(Settings::default(), &setting).unwrap();
    let example = |labels: &Vec<String>| ExampleBuf { labels: labels.clone(), ..ExampleBuf::default() };
    let gold: Vec<_> = set.gold.iter().map(example).collect();
    let scored = |label: &String| ScoredLabelBuf { label: label.clone(), score: 0.9 };
    let predicted: Vec<_> = set
        .predicted
        .iter()
        .map(|labels| PredictionBuf { labels: labels.iter().map(scored).collect(), ..PredictionBuf::default() })
        .collect();
    let rows: Vec<_> =
        Views::pairs(gold.iter().zip(&predicted)).as_slice().iter().map(|pair| metric.tally(pair).unwrap()).collect();
    let rows: Vec<_> = rows.iter().map(|row| List::new(row)).collect();
    metric.scores(&rows).unwrap().into_iter().map(|score| (score.name, score.value)).collect()
}

/// The fixture's scores under the names of the metric.
fn expected(set: &DataSet) -> Vec<(String, f64)> {
    let mut flat = Vec::new();
    for (name, value) in &set.expected {
        match (name.as_str(), value) {
            ("confusion", Value::Array(rows)) => {
                for (gold, row) in set.labels.iter().zip(rows) {
                    for (predicted, cell) in set.labels.iter().zip(row.as_array().unwrap()) {
                        flat.push((format!("confusion/{gold}/{predicted}"), cell.as_f64().unwrap()));
                    }
                }
            }
            ("per_label", Value::Object(labels)) => {
                for (label, scores) in labels {
                    let scores = scores.as_object().unwrap();
                    flat.extend(scores.iter().map(|(name, v)| (format!("{name}/{label}"), v.as_f64().unwrap())));
                }
            }
            (name, value) => flat.push((name.to_owned(), value.as_f64().unwrap())),
        }
    }
    flat
}

#[test]
fn the_scores_are_those_of_scikit_learn() {
    let mut kinds = BTreeMap::new();
    for (number, line) in FIXTURE.lines().enumerate() {
        let set: DataSet = serde_json::from_str(line).unwrap();
        let found = scores(&set);
        for (name, expected) in expected(&set) {
            let found = found[&name];
            assert!((found - expected).abs() < 1e-12, "set {number}, {name}: expected {expected}, found {found}");
            *kinds.entry(set.kind.clone()).or_insert(0) += 1;
        }
    }
    assert!(kinds.len() == 2 && kinds.values().all(|&compared| compared > 1000), "compared: {kinds:?}");
}
