//! A plugin of each kind, linked and as a component: the same bytes on the examples of its descriptor and on
//! texts that break careless plugins.

mod support;

use engraft_augmenter_synonym as _;
use engraft_domain_sentiment as _;
use engraft_host::component::Limits;
use engraft_host::{Catalogue, Entry};
use engraft_method_lora as _;
use engraft_metric_entity_f1 as _;
use engraft_plugin::Task;
use engraft_plugin::abi::view::List;
use engraft_plugin::kind::augmenter::Work;
use engraft_plugin::kind::{Kind, Setting};
use engraft_plugin::register::Instance;
use engraft_plugin::text::{ExampleBuf, PredictionBuf, RowBuf, Views};
use engraft_preprocessor_html_clean as _;
use serde_json::{Value, json};
use std::fmt::Write;

/// Compares a linked plugin with its component.
fn compare(kind: Kind, id: &str) {
    let catalogue = Catalogue::linked().expect("linked plugins keep the contract");
    let linked = catalogue.find(kind, id).expect("it is linked");
    let component = Catalogue::new(support::entries(&format!("engraft-{kind}-{id}"), Limits::default()))
        .expect("no two plugins of one name");
    assert_eq!(component.entries().len(), 1, "the component holds this plugin and no other");
    let component = component.find(kind, id).expect("the component holds it");
    assert_eq!(component.descriptor, linked.descriptor);
    assert_eq!(component.origin.loader(), "component");
    let cases = &linked.descriptor.examples;
    assert!(!cases.is_empty(), "`{id}` has examples");
    for case in cases {
        let (expected, found) =
            (answer(linked, &case.settings, &case.input), answer(component, &case.settings, &case.input));
        assert_eq!(expected, found, "“{}”", case.title);
    }
    let none = json!({});
    for input in inputs(kind) {
        assert_eq!(answer(linked, &none, &input), answer(component, &none, &input));
    }
}

/// Inputs of a kind over hostile texts, all of them in one batch where a kind has batches.
fn inputs(kind: Kind) -> Vec<Value> {
    let texts = engraft_testkit::texts().into_iter().enumerate();
    let examples: Vec<Value> = texts.map(|(n, text)| json!({ "id": format!("{n}"), "text": text })).collect();
    let all = |make: fn(&Value) -> Value| examples.iter().map(make).collect();
    match kind {
        Kind::Domain => all(|e| json!({ "id": e["id"], "fields": [["text", e["text"]], ["label", "positive"]] })),
        Kind::Augmenter => all(|e| json!({ "example": e, "seed": 7 })),
        Kind::Metric => {
            let task = json!({ "kind": "tokens", "labels": ["Disease", "Drug"] });
            let gold = json!({ "text": "no fever", "spans": [{ "start": 3, "end": 8, "label": "Disease" }] });
            let unknown = json!({ "spans": [{ "start": 3, "end": 8, "label": "Ärger", "score": 0.1 }] });
            let pairs = [json!({ "gold": gold, "predicted": gold }), json!({ "gold": gold, "predicted": unknown })];
            let third = json!({ "gold": { "text": "" }, "predicted": {} });
            vec![json!({ "task": task, "pairs": [pairs[0], pairs[1], third] }), json!({ "task": null, "pairs": [] })]
        }
        Kind::Method => Vec::new(),
        _ => all(Value::clone),
    }
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("it has the form of the kind")
}

/// All that a plugin answers to one input, to the last bit, refusals included.
fn answer(entry: &Entry, settings: &Value, input: &Value) -> String {
    let settings = if settings.is_null() { json!({}) } else { settings.clone() };
    let task: Option<Task> = input.get("task").and_then(read);
    match entry.open(settings, &Setting { task }) {
        Ok(instance) => ask(&instance, input),
        Err(error) => error.to_string(),
    }
}

fn ask(instance: &Instance, input: &Value) -> String {
    let mut said = String::new();
    let mut say = |answer: &dyn std::fmt::Debug| writeln!(said, "{answer:?}").expect("a text takes all");
    match instance {
        Instance::Domain(domain) => {
            say(&domain.task());
            if let Some(pair) = input.get("refine") {
                let (example, prediction): (ExampleBuf, PredictionBuf) =
                    (read(&pair["example"]), read(&pair["prediction"]));
                let views = Views::pairs([(&example, &prediction)]);
                let pair = views.as_slice()[0];
                say(&domain.refine_batch(&[(pair.gold(), pair.predicted())]));
            } else if let Some(example) = input.get("rules") {
                say(&domain.rules_batch(Views::examples(&[read::<ExampleBuf>(example)]).as_slice()));
            } else {
                let rows = [read::<RowBuf>(input), RowBuf::default()];
                let adapted = domain.adapt_batch(Views::rows(&rows).as_slice());
                say(&adapted);
                let examples: Vec<ExampleBuf> =
                    adapted.expect("it does not fail").into_iter().flatten().flatten().collect();
                say(&domain.rules_batch(Views::examples(&examples).as_slice()));
            }
        }
        Instance::Preprocessor(plugin) => {
            say(&plugin.clean_batch(Views::examples(&[read::<ExampleBuf>(input), ExampleBuf::default()]).as_slice()));
        }
        Instance::Augmenter(plugin) => {
            let example: ExampleBuf = read(&input["example"]);
            let views = Views::examples([&example]);
            let seed = input["seed"].as_u64().expect("a seed");
            let works: Vec<_> = (0..3).map(|n| Work { example: views.as_slice()[0], seed: seed + n }).collect();
            say(&plugin.augment_batch(&works));
        }
        Instance::Metric(metric) => {
            let pairs = input["pairs"].as_array().expect("a list").iter();
            let pairs: Vec<(ExampleBuf, PredictionBuf)> =
                pairs.map(|pair| (read(&pair["gold"]), read(&pair["predicted"]))).collect();
            let views = Views::pairs(pairs.iter().map(|(gold, predicted)| (gold, predicted)));
            let rows = metric.tally_batch(views.as_slice());
            say(&rows);
            let rows: Vec<Vec<f64>> = rows.expect("it does not fail").into_iter().flatten().collect();
            say(&metric.score_rows(&rows.iter().map(|row| List::new(row)).collect::<Vec<_>>()));
        }
        Instance::Method(method) => say(&method.plan_for(&engraft_testkit::tiny_bert())),
    }
    said
}

#[test]
fn a_metric_answers_the_same_linked_and_as_a_component() {
    compare(Kind::Metric, "entity-f1");
}

#[test]
fn a_preprocessor_answers_the_same_linked_and_as_a_component() {
    compare(Kind::Preprocessor, "html-clean");
}

#[test]
fn a_domain_adapter_answers_the_same_linked_and_as_a_component() {
    compare(Kind::Domain, "sentiment");
}

#[test]
fn an_augmenter_answers_the_same_linked_and_as_a_component() {
    compare(Kind::Augmenter, "synonym");
}

#[test]
fn a_method_answers_the_same_linked_and_as_a_component() {
    compare(Kind::Method, "lora");
}
