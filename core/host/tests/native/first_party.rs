//! One plugin of each kind gives the same bytes linked and native.

use crate::support::{instance, open, plugin};
use engraft_host::{Catalogue, Entry};
use engraft_plugin::abi::view::List;
use engraft_plugin::kind::Kind;
use engraft_plugin::kind::augmenter::Work;
use engraft_plugin::register::Instance;
use engraft_plugin::text::{ExampleBuf, PredictionBuf, RowBuf, ScoredSpanBuf, SpanBuf, Views, field};
use engraft_plugin::{Task, TaskKind};
use serde_json::Value;

use engraft_augmenter_mention_swap as _;
use engraft_domain_medical_ner as _;
use engraft_method_lora as _;
use engraft_metric_entity_f1 as _;
use engraft_preprocessor_whitespace as _;

/// What both loaders give for each example of the descriptor, and that it is the same to the last digit.
fn gives_the_same(kind: Kind, id: &str) {
    let linked = Catalogue::linked().expect("linked plugins keep the contract");
    let linked = linked.find(kind, id).expect("it is linked");
    let native =
        Catalogue::new(open(&plugin(&format!("engraft-{kind}-{id}"))).expect("it loads")).expect("one of a name");
    let native = native.find(kind, id).expect("the library describes it");
    assert_eq!(native.origin.loader(), "native");
    assert_eq!(native.descriptor, linked.descriptor);
    assert!(!linked.descriptor.examples.is_empty());
    for case in &linked.descriptor.examples {
        let outcome = |entry: &Entry| {
            let answer = engraft_testkit::outcome_of(|settings, task| instance(entry, settings, task), kind, case);
            answer.map_or_else(|error| format!("{}: {}", error.code, error.message), |value| value.to_string())
        };
        assert_eq!(outcome(native), outcome(linked), "{id}: {}", case.title);
    }
    let task = Task::new(TaskKind::Tokens, ["Disease", "Drug"]);
    let open = |entry: &Entry| instance(entry, &Value::Null, Some(task.clone())).expect("it opens with its defaults");
    same_on_hostile_texts(&open(linked), &open(native));
}

/// Asks both the same of the texts that break careless plugins, one batch a function.
fn same_on_hostile_texts(linked: &Instance, native: &Instance) {
    let texts = engraft_testkit::texts();
    let examples: Vec<ExampleBuf> =
        texts.iter().enumerate().map(|(n, text)| spanned(ExampleBuf::new(n.to_string(), text))).collect();
    let predictions: Vec<PredictionBuf> = examples.iter().map(prediction).collect();
    let views = Views::examples(&examples);
    let pairs = Views::pairs(examples.iter().zip(&predictions));
    match (linked, native) {
        (Instance::Domain(linked), Instance::Domain(native)) => {
            let rows: Vec<RowBuf> = examples.iter().map(row).collect();
            let pairs: Vec<_> = pairs.as_slice().iter().map(|pair| (pair.gold(), pair.predicted())).collect();
            assert_eq!(native.task(), linked.task());
            let rows = Views::rows(&rows);
            assert_eq!(native.adapt_batch(rows.as_slice()), linked.adapt_batch(rows.as_slice()));
            assert_eq!(native.rules_batch(views.as_slice()), linked.rules_batch(views.as_slice()));
            assert_eq!(native.refine_batch(&pairs), linked.refine_batch(&pairs));
        }
        (Instance::Preprocessor(linked), Instance::Preprocessor(native)) => {
            assert_eq!(native.clean_batch(views.as_slice()), linked.clean_batch(views.as_slice()));
        }
        (Instance::Augmenter(linked), Instance::Augmenter(native)) => {
            let work: Vec<_> = (7..).zip(views.as_slice()).map(|(seed, &example)| Work { example, seed }).collect();
            assert_eq!(native.augment_batch(&work), linked.augment_batch(&work));
        }
        (Instance::Metric(linked), Instance::Metric(native)) => {
            let rows = linked.tally_batch(pairs.as_slice()).expect("it does not fail");
            assert_eq!(native.tally_batch(pairs.as_slice()).as_ref(), Ok(&rows));
            let rows: Vec<_> = rows.iter().flatten().map(|row| List::new(row)).collect();
            assert_eq!(native.score_rows(&rows), linked.score_rows(&rows));
        }
        (Instance::Method(linked), Instance::Method(native)) => {
            let model = engraft_testkit::tiny_bert();
            assert_eq!(native.plan_for(&model), linked.plan_for(&model));
        }
        _ => panic!("one is a {}, the other a {}", linked.kind(), native.kind()),
    }
}

/// The example with a span over its first character and one over the rest.
fn spanned(mut example: ExampleBuf) -> ExampleBuf {
    let end = example.text.chars().next().map_or(0, char::len_utf8);
    for (range, label) in [(0..end, "Disease"), (end..example.text.len(), "Drug")] {
        if !range.is_empty() {
            example.spans.push(SpanBuf::new(range.start, range.end, label));
        }
    }
    example
}

fn prediction(example: &ExampleBuf) -> PredictionBuf {
    let spans = example.spans.iter().rev().take(1).map(|span| ScoredSpanBuf { span: span.clone(), score: 0.25 });
    PredictionBuf { spans: spans.collect(), ..PredictionBuf::default() }
}

fn row(example: &ExampleBuf) -> RowBuf {
    let spans = serde_json::to_string(&example.spans).expect("spans have a JSON form");
    let fields = [(field::TEXT, example.text.clone()), (field::SPANS, spans)];
    RowBuf { id: example.id.clone(), fields: fields.map(|(name, value)| (name.to_owned(), value)).into() }
}

#[test]
fn a_metric_gives_the_same_linked_and_native() {
    gives_the_same(Kind::Metric, "entity-f1");
}

#[test]
fn a_preprocessor_gives_the_same_linked_and_native() {
    gives_the_same(Kind::Preprocessor, "whitespace");
}

#[test]
fn a_domain_adapter_gives_the_same_linked_and_native() {
    gives_the_same(Kind::Domain, "medical-ner");
}

#[test]
fn an_augmenter_gives_the_same_linked_and_native() {
    gives_the_same(Kind::Augmenter, "mention-swap");
}

#[test]
fn a_method_gives_the_same_linked_and_native() {
    gives_the_same(Kind::Method, "lora");
}
