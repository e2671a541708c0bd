//! A metric written in C through the header: the third-party example of this repository.

use crate::support::{instance, library, open, subject};
use engraft_host::{Catalogue, Entry, Origin};
use engraft_plugin::kind::{Kind, Setting};
use engraft_plugin::text::{ExampleBuf, PredictionBuf, ScoredSpanBuf, SpanBuf, Views};
use engraft_plugin::{Task, TaskKind};
use serde_json::json;
use std::path::Path;

fn metric() -> Entry {
    let built = library(Path::new("../../examples/plugins/metric-c/exact_match.c"), "exact_match", &[]);
    let catalogue = Catalogue::new(open(&built).expect("it loads")).expect("it holds one plugin");
    catalogue.find(Kind::Metric, "exact-match").expect("it is in the library").clone()
}

fn tokens() -> Option<Task> {
    let many = (0..12).map(|n| format!("L{n}"));
    Some(Task::new(TaskKind::Tokens, many.chain(["Ärger".to_owned()])))
}

#[test]
fn the_examples_of_a_metric_in_c_give_what_they_promise() {
    let entry = metric();
    assert!(matches!(&entry.origin, Origin::Native { sha256, .. } if sha256.len() == 64));
    assert_eq!(entry.descriptor.examples.len(), 2);
    assert_eq!(subject(&entry).examples(), Ok(()));
}

#[test]
fn a_metric_in_c_keeps_the_contract() {
    let entry = metric();
    assert_eq!(subject(&entry).settings(), Ok(()));
    assert_eq!(subject(&entry).batches(), Ok(()));
    assert_eq!(subject(&entry).hostile(), Ok(()));
}

#[test]
fn settings_and_task_reach_c_without_a_parser() {
    let entry = metric();
    assert!(instance(&entry, &json!({ "label": "L11" }), tokens()).is_ok());
    assert!(instance(&entry, &json!({ "label": "Ärger" }), tokens()).is_ok());
    let refused = instance(&entry, &json!({ "label": "Anger" }), tokens()).err().unwrap();
    assert_eq!(refused.code, "plugin.open");
    assert!(refused.message.ends_with("settings.label: `label` is no label of the task"), "{refused}");
    assert!(instance(&entry, &json!({ "label": "L1" }), None).is_err(), "without a task it has no labels");
}

#[test]
fn several_instances_stand_beside_each_other_and_are_asked_from_many_threads() {
    let entry = metric();
    let span = SpanBuf::new(0, 1, "L1");
    let gold = ExampleBuf { spans: vec![span.clone()], ..ExampleBuf::new("1", "a") };
    let hit = PredictionBuf { spans: vec![ScoredSpanBuf { span, score: 1.0 }], ..PredictionBuf::default() };
    let miss = PredictionBuf::default();
    let open = |label: &str| entry.open_metric(json!({ "label": label }), &Setting { task: tokens() }).unwrap().plugin;
    let (one, other) = (open("L1"), open("L2"));
    let ask = || {
        let pairs = Views::pairs([(&gold, &hit), (&gold, &miss)]);
        let of = |plugin: &dyn engraft_plugin::kind::metric::MetricBatch| plugin.tally_batch(pairs.as_slice()).unwrap();
        assert_eq!(of(one.as_ref()), [Ok(vec![1.0]), Ok(vec![0.0])]);
        assert_eq!(of(other.as_ref()), [Ok(vec![1.0]), Ok(vec![1.0])]);
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..500).for_each(|_| ask()));
        }
    });
}
