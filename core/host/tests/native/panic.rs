//! A panic in each function, through `engraft_plugin`: caught on the plugin's side, told as what it is.

use crate::support::{open, panics};
use engraft_host::{Catalogue, Entry};
use engraft_plugin::kind::augmenter::Work;
use engraft_plugin::kind::{Kind, Setting};
use engraft_plugin::text::{ExampleBuf, PredictionBuf, RowBuf, Views};
use engraft_plugin::{Answers, Failure};
use serde_json::json;

fn entry(kind: Kind) -> Entry {
    let catalogue = Catalogue::new(open(&panics()).expect("it loads")).expect("one of each kind");
    catalogue.find(kind, "panics").expect("it is in the library").clone()
}

fn panicked<T: std::fmt::Debug>(answer: Result<T, Failure>, at: &str) {
    assert_eq!(answer.expect_err(at), Failure::Panic(format!("at {at}")));
}

fn answered<T>(answers: Answers<T>) {
    assert_eq!(answers.expect("it does not panic").len(), 1);
}

#[test]
fn a_panic_in_open_is_the_plugins_failure_in_every_kind() {
    for kind in Kind::ALL {
        let error = entry(kind).open(json!({ "at": "open" }), &Setting::default()).err().unwrap();
        assert_eq!(error.code(), "plugin.open");
        assert!(error.to_string().ends_with("panicked: at open"), "{error}");
        assert!(error.to_string().starts_with(&format!("{kind} `panics`")), "{error}");
    }
}

#[test]
fn a_panic_in_close_stays_in_the_library() {
    for kind in Kind::ALL {
        drop(entry(kind).open(json!({ "at": "close" }), &Setting::default()).unwrap());
    }
}

#[test]
fn a_panic_in_a_metric_is_its_failure() {
    let open = |at: &str| entry(Kind::Metric).open_metric(json!({ "at": at }), &Setting::default()).unwrap().plugin;
    let (gold, predicted) = (ExampleBuf::new("1", "a"), PredictionBuf::default());
    let pairs = Views::pairs([(&gold, &predicted)]);
    panicked(open("tally").tally_batch(pairs.as_slice()), "tally");
    panicked(open("scores").score_rows(&[]), "scores");
    answered(open("scores").tally_batch(pairs.as_slice()));
}

#[test]
fn a_panic_in_a_preprocessor_or_an_augmenter_is_its_failure() {
    let examples = [ExampleBuf::new("1", "a")];
    let views = Views::examples(&examples);
    let settings = |at: &str| json!({ "at": at });
    let preprocessor = entry(Kind::Preprocessor).open_preprocessor(settings("clean"), &Setting::default()).unwrap();
    panicked(preprocessor.plugin.clean_batch(views.as_slice()), "clean");
    let augmenter = entry(Kind::Augmenter).open_augmenter(settings("augment"), &Setting::default()).unwrap();
    panicked(augmenter.plugin.augment_batch(&[Work { example: views.as_slice()[0], seed: 1 }]), "augment");
}

#[test]
fn a_panic_in_a_domain_adapter_is_its_failure() {
    let open = |at: &str| entry(Kind::Domain).open_domain(json!({ "at": at }), &Setting::default()).unwrap().plugin;
    let (examples, prediction) = ([ExampleBuf::new("1", "a")], PredictionBuf::default());
    let (views, predictions) = (Views::examples(&examples), Views::predictions([&prediction]));
    let rows = [RowBuf::default()];
    panicked(open("task").task(), "task");
    panicked(open("adapt").adapt_batch(Views::rows(&rows).as_slice()), "adapt");
    panicked(open("rules").rules_batch(views.as_slice()), "rules");
    panicked(open("refine").refine_batch(&[(views.as_slice()[0], predictions.as_slice()[0])]), "refine");
    answered(open("refine").rules_batch(views.as_slice()));
}

#[test]
fn a_panic_in_a_method_is_its_failure() {
    let method = entry(Kind::Method).open_method(json!({ "at": "plan" }), &Setting::default()).unwrap();
    panicked(method.plugin.plan_for(&engraft_testkit::tiny_bert()), "plan");
}
