//! A plugin in C that answers what the contract does not allow: each answer is the plugin's failure.

use crate::support::{library, open};
use engraft_host::{Catalogue, Entry, Error};
use engraft_plugin::kind::augmenter::Work;
use engraft_plugin::kind::{Kind, Setting};
use engraft_plugin::text::{ExampleBuf, PredictionBuf, RowBuf, Views};
use engraft_plugin::{Answers, Failure};
use serde_json::json;
use std::path::Path;
use std::sync::LazyLock;

static HOSTILE: LazyLock<Catalogue> = LazyLock::new(|| {
    let built = library(Path::new("tests/native/answers.c"), "answers", &[]);
    Catalogue::new(open(&built).expect("it loads")).expect("one of each kind")
});

fn entry(kind: Kind) -> &'static Entry {
    HOSTILE.find(kind, "hostile").expect("it is in the library")
}

/// Asks for two items of each kind with the setting `what`; `None` for what the kind is not asked.
fn ask(kind: Kind, what: &str) -> Result<(), Failure> {
    let examples = [ExampleBuf::new("1", "no fièvre"), ExampleBuf::new("2", "no fièvre")];
    let prediction = PredictionBuf::default();
    let views = Views::examples(&examples);
    let (settings, setting) = (json!({ "do": what }), Setting::default());
    let entry = entry(kind);
    match kind {
        Kind::Metric => {
            let pairs = Views::pairs(examples.iter().map(|example| (example, &prediction)));
            done(entry.open_metric(settings, &setting).expect("it opens").plugin.tally_batch(pairs.as_slice()))
        }
        Kind::Preprocessor => {
            done(entry.open_preprocessor(settings, &setting).expect("it opens").plugin.clean_batch(views.as_slice()))
        }
        Kind::Augmenter => {
            let work: Vec<_> = views.as_slice().iter().map(|&example| Work { example, seed: 1 }).collect();
            done(entry.open_augmenter(settings, &setting).expect("it opens").plugin.augment_batch(&work))
        }
        Kind::Domain => {
            let plugin = entry.open_domain(settings, &setting).expect("it opens").plugin;
            let rows = [RowBuf::default(), RowBuf::default()];
            let predictions = Views::predictions([&prediction, &prediction]);
            let pairs: Vec<_> = views.as_slice().iter().copied().zip(predictions.as_slice().iter().copied()).collect();
            let adapted = done(plugin.adapt_batch(Views::rows(&rows).as_slice()));
            adapted.and(done(plugin.rules_batch(views.as_slice()))).and(done(plugin.refine_batch(&pairs)))
        }
        other => panic!("a {other} is not asked a batch"),
    }
}

fn done<T>(answers: Answers<T>) -> Result<(), Failure> {
    answers.map(|answers| assert_eq!(answers.len(), 2))
}

const BATCHED: [Kind; 4] = [Kind::Domain, Kind::Preprocessor, Kind::Augmenter, Kind::Metric];

fn fails(kind: Kind, what: &str, words: &str) {
    let failure = ask(kind, what).expect_err(what);
    assert!(failure.to_string().contains(words), "{kind}, {what}: {failure}");
}

#[test]
fn a_batch_that_is_not_answered_item_by_item_is_a_failure() {
    for kind in BATCHED {
        assert_eq!(ask(kind, "nothing"), Err(Failure::Count { expected: 2, got: 0 }), "{kind}");
        fails(kind, "status", "7, which is no success, and did not say why");
        fails(kind, "whole", "refused a whole batch, where items are refused one by one: c.no: no");
        fails(kind, "refuse-past-end", "item 2 of a batch of 2");
        assert_eq!(ask(kind, "panic"), Err(Failure::Panic("ouch".to_owned())), "{kind}");
    }
    fails(Kind::Metric, "twice", "item 0 twice");
    fails(Kind::Metric, "both", "item 0 twice");
    fails(Kind::Metric, "past-end", "item 2 of a batch of 2");
}

#[test]
fn refused_items_are_no_failure() {
    for kind in BATCHED {
        assert_eq!(ask(kind, "refuse"), Ok(()), "{kind}");
        assert_eq!(ask(kind, ""), Ok(()), "{kind}");
    }
}

#[test]
fn an_error_text_that_is_not_utf8_is_a_failure() {
    for kind in BATCHED {
        fails(
            kind,
            "bad-utf8",
            "expected UTF-8, found a text that is none from byte 4 on: `bad \u{fffd}\u{fffd} text`",
        );
        fails(kind, "bad-code", "expected UTF-8");
    }
    for kind in Kind::ALL {
        let opened = |what: &str| entry(kind).open(json!({ "do": what }), &Setting::default()).err().unwrap();
        let error = opened("bad-utf8-open");
        assert!(matches!(error, Error::Open { .. }) && error.to_string().contains("expected UTF-8"), "{error}");
        let error = opened("silent-open");
        assert!(error.to_string().contains("did not say why"), "{error}");
    }
}

#[test]
fn lists_that_point_nowhere_are_failures() {
    fails(Kind::Metric, "null-row", "a null or misaligned pointer to 3 values");
    fails(Kind::Metric, "odd-row", "a null or misaligned pointer to 1 values");
    fails(Kind::Metric, "endless-row", "which no memory holds");
    fails(Kind::Preprocessor, "null-edit", "a null or misaligned pointer");
    fails(Kind::Domain, "null-spans", "a null or misaligned pointer to 4 values");
}

#[test]
fn edits_that_do_not_fit_the_text_are_failures() {
    fails(Kind::Preprocessor, "outside", "edit.outside: edit of 3..400");
    fails(Kind::Preprocessor, "backwards", "edit.outside: edit of 4..3");
    fails(Kind::Preprocessor, "inside-character", "edit.inside-character: edit of 3..6");
    fails(Kind::Preprocessor, "overlapping", "edit.order");
    fails(Kind::Preprocessor, "descending", "edit.order");
    fails(Kind::Preprocessor, "bad-edit", "expected UTF-8");
    fails(Kind::Augmenter, "outside", "edit.outside");
}

#[test]
fn spans_that_do_not_fit_the_text_and_scores_that_are_no_numbers_are_failures() {
    fails(Kind::Domain, "span-outside", "span.outside");
    fails(Kind::Domain, "span-inside-character", "span.inside-character");
    fails(Kind::Domain, "span-empty", "span.empty");
    fails(Kind::Domain, "span-nan", "a prediction with the score NaN");
    fails(Kind::Domain, "bad-example", "expected UTF-8");
    fails(Kind::Domain, "none", "no prediction where one was to be mended");
    fails(Kind::Augmenter, "rewrite-outside", "span.outside");
    fails(Kind::Augmenter, "bad-labels", "expected UTF-8");
}

#[test]
fn holes_that_cannot_be_filled_are_failures() {
    assert_eq!(ask(Kind::Augmenter, "hole"), Ok(()));
    fails(Kind::Augmenter, "hole-outside", "edit.outside: edit of 0..400");
    fails(
        Kind::Augmenter,
        "hole-nan",
        "hole.temperature: expected a temperature that is a number from 0 on, found NaN",
    );
    fails(Kind::Augmenter, "hole-variants", "hole.variants: expected 1 to 64 variants, found 4000000000");
    fails(Kind::Augmenter, "hole-null", "a null or misaligned pointer to 3 values");
    fails(Kind::Augmenter, "hole-words", "expected UTF-8");
    fails(Kind::Augmenter, "hole-in-text", "a variation that is a whole new text and has holes");
}

#[test]
fn scores_that_are_no_numbers_are_failures_and_refused_rows_are_not() {
    let score = |what: &str| {
        entry(Kind::Metric).open_metric(json!({ "do": what }), &Setting::default()).unwrap().plugin.score_rows(&[])
    };
    assert_eq!(score("nan").unwrap_err(), Failure::Answer("score `f1` is NaN".to_owned()));
    assert!(score("bad-name").unwrap_err().to_string().contains("expected UTF-8"));
    assert!(score("item-scores").unwrap_err().to_string().contains("refused item 0 of a call that has none"));
    assert_eq!(score("refuse-scores").unwrap().unwrap_err().code, "c.no");
    assert_eq!(score("").unwrap().unwrap().len(), 1);
}

#[test]
fn a_task_or_a_plan_that_cannot_be_read_is_a_failure() {
    let task = |what: &str| {
        let opened = entry(Kind::Domain).open_domain(json!({ "do": what }), &Setting::default());
        opened.unwrap().plugin.task()
    };
    assert_eq!(task("no-task").unwrap_err(), Failure::Count { expected: 1, got: 0 });
    assert_eq!(task("two-tasks").unwrap_err(), Failure::Count { expected: 1, got: 2 });
    assert!(task("bad-task").unwrap_err().to_string().contains("a task that cannot be read"));
    assert!(task("refuse-task").unwrap_err().to_string().contains("no task: c.no: no"));
    assert_eq!(task("").unwrap().labels, ["A"]);
    let plan = |what: &str| {
        let opened = entry(Kind::Method).open_method(json!({ "do": what }), &Setting::default());
        opened.unwrap().plugin.plan_for(&engraft_testkit::tiny_bert())
    };
    assert_eq!(plan("no-plan").unwrap_err(), Failure::Count { expected: 1, got: 0 });
    assert!(plan("").unwrap_err().to_string().contains("a plan that cannot be read"));
    assert_eq!(plan("refuse-plan").unwrap().unwrap_err().code, "c.no");
}
