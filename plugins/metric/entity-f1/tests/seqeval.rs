//! The same scores as seqeval's strict IOB2 mode, on the corpora of `tests/fixtures/scores/entity.jsonl`
//! (`make.py` beside it made them).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use engraft_metric_entity_f1::{EntityF1, Settings};
use engraft_plugin::abi::view::List;
use engraft_plugin::kind::metric::Metric;
use engraft_plugin::kind::{Plugin, Setting};
use engraft_plugin::text::{ExampleBuf, PredictionBuf, ScoredSpanBuf, SpanBuf, Views};
use engraft_plugin::{Task, TaskKind};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const FIXTURE: &str = include_str!("../../../../tests/fixtures/scores/entity.jsonl");

#[derive(Deserialize)]
struct Corpus {
    documents: Vec<Document>,
    expected: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Document {
    text: String,
    gold: Vec<(u32, u32, String)>,
    predicted: Vec<(u32, u32, String)>,
}

fn spans(list: &[(u32, u32, String)]) -> impl Iterator<Item = SpanBuf> {
    list.iter().map(|(start, end, label)| SpanBuf { start: *start, end: *end, label: label.clone() })
}

fn scores(corpus: &Corpus) -> BTreeMap<String, f64> {
    let documents = &corpus.documents;
    let labels: BTreeSet<&String> =
        documents.iter().flat_map(|d| d.gold.iter().chain(&d.predicted)).map(|s| &s.2).collect();
    let task = Task::new(TaskKind::Tokens, labels.into_iter().cloned());
    let metric = EntityF1::open(Settings::default(), &Setting { task: Some(task) }).unwrap();
    let gold: Vec<_> = documents
        .iter()
        .map(|d| ExampleBuf { text: d.text.clone(), spans: spans(&d.gold).collect(), ..ExampleBuf::default() })
        .collect();
    let predicted: Vec<_> = documents
        .iter()
        .map(|d| spans(&d.predicted).map(|span| ScoredSpanBuf { span, score: 1.0 }).collect())
        .map(|spans| PredictionBuf { spans, ..PredictionBuf::default() })
        .collect();
    let rows: Vec<_> =
        Views::pairs(gold.iter().zip(&predicted)).as_slice().iter().map(|pair| metric.tally(pair).unwrap()).collect();
    let rows: Vec<_> = rows.iter().map(|row| List::new(row)).collect();
    metric.scores(&rows).unwrap().into_iter().map(|score| (score.name, score.value)).collect()
}

#[test]
fn the_scores_are_those_of_seqeval() {
    let mut compared = 0;
    for (number, line) in FIXTURE.lines().enumerate() {
        let corpus: Corpus = serde_json::from_str(line).unwrap();
        let found = scores(&corpus);
        let mut same = |name: &str, expected: f64| {
            let found = found[name];
            assert!((found - expected).abs() < 1e-12, "corpus {number}, {name}: expected {expected}, found {found}");
            compared += 1;
        };
        for (name, expected) in &corpus.expected {
            match expected {
                Value::Object(labels) => {
                    for (label, scores) in labels {
                        for (name, expected) in scores.as_object().unwrap() {
                            same(&format!("{name}/{label}"), expected.as_f64().unwrap());
                        }
                    }
                }
                number => same(name, number.as_f64().unwrap()),
            }
        }
    }
    assert!(compared > 200 * 5, "only {compared} scores compared");
}
