//! What a component can try, and what comes of it: a refusal of the item, or a failure that names its reason.
//! `tests/hostile` is the component.

mod support;

use engraft_host::Catalogue;
use engraft_host::component::Limits;
use engraft_plugin::abi::view::List;
use engraft_plugin::kind::augmenter::{AugmentBatch, Body, Work};
use engraft_plugin::kind::domain::DomainBatch;
use engraft_plugin::kind::method::PlanMethod;
use engraft_plugin::kind::metric::MetricBatch;
use engraft_plugin::kind::preprocessor::CleanBatch;
use engraft_plugin::kind::{Kind, Setting};
use engraft_plugin::plan::check::check;
use engraft_plugin::text::{ExampleBuf, PredictionBuf, RowBuf, Views};
use engraft_plugin::{Answers, Edits, Failure, edit};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn catalogue(limits: Limits) -> Catalogue {
    Catalogue::new(support::entries("engraft-hostile", limits)).expect("one plugin of each kind")
}

macro_rules! opens {
    ($name:ident, $kind:ident, $open:ident, $batched:ident) => {
        fn $name(mode: &str) -> Arc<dyn $batched> {
            let is_endless = ["loop", "wait", "print"].contains(&mode);
            let catalogue = catalogue(if is_endless { support::brief() } else { support::tight() });
            let entry = catalogue.find(Kind::$kind, "hostile").expect("it is there");
            entry.$open(json!({ "mode": mode }), &Setting::default()).expect("it opens").plugin
        }
    };
}

opens!(preprocessor, Preprocessor, open_preprocessor, CleanBatch);
opens!(augmenter, Augmenter, open_augmenter, AugmentBatch);
opens!(metric, Metric, open_metric, MetricBatch);
opens!(domain, Domain, open_domain, DomainBatch);
opens!(method, Method, open_method, PlanMethod);

/// The text that all of this is tried on: its last byte lies inside a character.
fn example() -> ExampleBuf {
    ExampleBuf::new("1", "aé")
}

fn clean(plugin: &dyn CleanBatch) -> Answers<Edits> {
    plugin.clean_batch(Views::examples(&[example(), example()]).as_slice())
}

/// Why a preprocessor of this mode was stopped.
fn stopped(mode: &str) -> String {
    let failure = clean(&*preprocessor(mode)).expect_err("it does harm");
    assert!(matches!(failure, Failure::Stopped(_)), "{failure:?}");
    failure.to_string()
}

/// What a preprocessor of this mode says that it saw of the machine.
fn saw(mode: &str) -> String {
    let answers = clean(&*preprocessor(mode)).expect("it does no harm");
    answers[0].as_ref().expect_err("it tells what it saw as a refusal").message.clone()
}

fn is_within(limit: Duration, call: impl FnOnce()) {
    let begin = Instant::now();
    call();
    assert!(begin.elapsed() < limit, "it took {:?}", begin.elapsed());
}

#[test]
fn a_plugin_that_loops_for_ever_is_stopped_at_its_deadline() {
    is_within(Duration::from_secs(60), || {
        assert!(stopped("loop").contains("it ran past the time that a call may take"));
    });
}

#[test]
fn a_plugin_that_loops_when_it_is_opened_is_stopped_too() {
    let catalogue = catalogue(support::brief());
    let entry = catalogue.find(Kind::Metric, "hostile").unwrap();
    let error = entry.open(json!({ "mode": "open-loops" }), &Setting::default()).err().unwrap();
    assert_eq!(error.code(), "plugin.open");
    assert!(error.to_string().contains("metric `hostile` did not open: plugin.failure: it was stopped"), "{error}");
}

#[test]
fn settings_that_a_component_refuses_are_its_own_words() {
    let catalogue = catalogue(Limits::default());
    let entry = catalogue.find(Kind::Augmenter, "hostile").unwrap();
    let error = entry.open(json!({ "mode": "open-refuses" }), &Setting::default()).err().unwrap();
    assert_eq!(error.to_string(), "augmenter `hostile` did not open: hostile.said: no thank you");
}

#[test]
fn sleeping_an_hour_takes_no_time() {
    let plugin = preprocessor("sleep");
    is_within(Duration::from_secs(60), || assert!(clean(&*plugin).unwrap().iter().all(Result::is_ok)));
}

#[test]
fn a_plugin_that_waits_for_the_clock_to_move_is_stopped_at_its_deadline() {
    is_within(Duration::from_secs(60), || {
        assert!(stopped("wait").contains("it ran past the time that a call may take"));
    });
}

#[test]
fn memory_without_end_is_refused() {
    let why = stopped("grow");
    assert!(why.contains("memory"), "{why}");
}

#[test]
fn recursion_without_end_is_stopped() {
    // Rust keeps a stack of its own in linear memory: whichever of the two is full first.
    let why = stopped("recurse");
    assert!(why.contains("its stack was full") || why.contains("it trapped: out of bounds memory access"), "{why}");
}

#[test]
fn a_trap_ends_the_call() {
    assert!(stopped("trap").contains("it trapped: wasm `unreachable` instruction executed"));
}

#[test]
fn leaving_ends_the_call_and_not_the_host() {
    assert!(stopped("exit").contains("it left with exit code"));
}

#[test]
fn a_panic_is_told_in_its_own_words_as_of_a_linked_plugin() {
    let failure = clean(&*preprocessor("panic")).unwrap_err();
    assert_eq!(failure, Failure::Panic("these are my last words".to_owned()));
}

#[test]
fn printing_for_ever_is_stopped_and_what_is_kept_is_bounded() {
    let why = stopped("print");
    assert!(why.contains("it ran past the time that a call may take; it printed: noise, noise"), "{:.200}", why);
    assert!(why.len() < 70_000, "{}", why.len());
}

#[test]
fn files_are_not_there() {
    assert!(saw("file").starts_with("denied: "), "{}", saw("file"));
    assert!(saw("write").starts_with("denied: "), "{}", saw("write"));
}

#[test]
fn a_granted_folder_is_read_and_nothing_beside_it() {
    let outer = tempfile::tempdir().expect("there is room");
    let lexicon = outer.path().join("lexicon");
    std::fs::create_dir(&lexicon).expect("there is room");
    std::fs::write(lexicon.join("words.txt"), "gout").expect("there is room");
    std::fs::write(outer.path().join("secret.txt"), "secret").expect("there is room");
    let entries = support::granted("engraft-hostile", &[("lexicon", &lexicon)]).expect("it can be granted");
    let saw = |mode: &str| {
        let entry = entries.iter().find(|entry| entry.descriptor.kind == Kind::Preprocessor).expect("it is there");
        let opened = entry.open_preprocessor(json!({ "mode": mode }), &Setting::default()).expect("it opens");
        clean(&*opened.plugin).expect("it does no harm")[0].as_ref().expect_err("it tells what it saw").message.clone()
    };
    assert_eq!(saw("granted"), "got in: \"gout\"");
    for mode in ["file", "granted-up", "granted-write", "granted-new", "granted-remove"] {
        assert!(saw(mode).starts_with("denied: "), "{mode}: {}", saw(mode));
    }
    assert_eq!(std::fs::read_dir(&lexicon).expect("it is there").count(), 1, "nothing was written");
    // A link that is put there later leads nowhere.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outer.path().join("secret.txt"), lexicon.join("link")).expect("there is room");
        assert!(saw("granted-link").starts_with("denied: "), "{}", saw("granted-link"));
    }
}

#[test]
#[cfg(unix)]
fn a_folder_with_a_link_or_a_pipe_in_it_is_not_granted() {
    let lexicon = tempfile::tempdir().expect("there is room");
    std::os::unix::fs::symlink("/etc/passwd", lexicon.path().join("link")).expect("there is room");
    let error = support::granted("engraft-hostile", &[("lexicon", lexicon.path())]).expect_err("it holds a link");
    assert_eq!(error.code(), "plugin.grant");
    assert!(error.to_string().contains("regular files only"), "{error}");
    let error = support::granted("engraft-hostile", &[("../up", lexicon.path())]).expect_err("that is no name");
    assert_eq!(error.code(), "plugin.grant");
}

#[test]
fn the_network_is_not_there() {
    assert!(saw("network").starts_with("denied: "), "{}", saw("network"));
    assert!(saw("name").starts_with("denied: "), "{}", saw("name"));
}

#[test]
fn environment_arguments_and_input_are_empty() {
    assert_eq!(saw("environment"), "[]");
    assert_eq!(saw("arguments"), "[]");
    assert_eq!(saw("input"), "got in: 0");
}

#[test]
fn clocks_stand_at_zero() {
    assert_eq!(saw("clock"), "Ok(0ns)");
}

#[test]
fn random_numbers_are_the_same_in_every_instance() {
    assert_eq!(saw("random"), saw("random"));
}

#[test]
fn too_much_output_is_refused_before_it_is_allocated() {
    let why = stopped("flood");
    assert!(why.contains("fuel"), "{why}");
}

#[test]
fn a_wrong_count_is_a_failure_in_every_kind() {
    for (mode, got) in [("too-few", 1), ("too-many", 3)] {
        let expected = Failure::Count { expected: 2, got };
        assert_eq!(clean(&*preprocessor(mode)).unwrap_err(), expected);
        let examples = [example(), example()];
        let predictions = [PredictionBuf::default(), PredictionBuf::default()];
        let views = Views::pairs(examples.iter().zip(&predictions));
        assert_eq!(metric(mode).tally_batch(views.as_slice()).unwrap_err(), expected);
        let works: Vec<_> = views.as_slice().iter().map(|pair| Work { example: pair.gold(), seed: 1 }).collect();
        assert_eq!(augmenter(mode).augment_batch(&works).unwrap_err(), expected);
        let domain = domain(mode);
        let rows = [RowBuf::default(), RowBuf::default()];
        assert_eq!(domain.adapt_batch(Views::rows(&rows).as_slice()).unwrap_err(), expected);
        assert_eq!(domain.rules_batch(Views::examples(&examples).as_slice()).unwrap_err(), expected);
        let pairs: Vec<_> = views.as_slice().iter().map(|pair| (pair.gold(), pair.predicted())).collect();
        assert_eq!(domain.refine_batch(&pairs).unwrap_err(), expected);
    }
}

#[test]
fn edits_that_do_not_fit_their_text_are_refused_with_a_code() {
    for (mode, code) in [
        ("edit-outside", "edit.outside"),
        ("edit-inside-character", "edit.inside-character"),
        ("edits-overlap", "edit.order"),
        ("edits-descend", "edit.order"),
    ] {
        let answers = clean(&*preprocessor(mode)).unwrap();
        assert_eq!(edit::apply(&example(), answers[0].as_ref().unwrap()).unwrap_err().code, code);
    }
}

#[test]
fn holes_that_cannot_be_filled_are_refused_with_a_code() {
    for (mode, code) in [
        ("hole-outside", "edit.outside"),
        ("hole-inside-character", "edit.inside-character"),
        ("holes-overlap", "edit.order"),
        ("hole-nan", "hole.temperature"),
        ("hole-cold", "hole.temperature"),
        ("hole-none", "hole.count"),
        ("hole-many", "hole.count"),
        ("hole-variants", "hole.variants"),
        ("hole", ""),
    ] {
        let examples = [example()];
        let views = Views::examples(&examples);
        let work = Work { example: views.as_slice()[0], seed: 1 };
        let variations = augmenter(mode).augment_batch(&[work]).unwrap().remove(0).unwrap();
        let Body::Holes(holes) = &variations[0].body else { panic!("{variations:?}") };
        let found = holes.check(&examples[0].text).err().map_or_else(String::new, |error| error.code);
        assert_eq!(found, code, "{mode}");
    }
}

#[test]
fn spans_that_do_not_fit_their_text_are_refused_with_a_code() {
    for (mode, code) in [
        ("span-outside", "span.outside"),
        ("span-turned", "span.outside"),
        ("span-inside-character", "span.inside-character"),
    ] {
        let adapted = domain(mode).adapt_batch(Views::rows(&[RowBuf::default()]).as_slice()).unwrap();
        assert_eq!(adapted[0].as_ref().unwrap()[0].check().unwrap_err().code, code);
        let examples = [example()];
        let views = Views::examples(&examples);
        let work = Work { example: views.as_slice()[0], seed: 1 };
        let variations = augmenter(mode).augment_batch(&[work]).unwrap().remove(0).unwrap();
        let Body::Rewrite { text, spans } = &variations[1].body else { panic!("{variations:?}") };
        let varied = ExampleBuf { text: text.clone(), spans: spans.clone(), ..example() };
        assert_eq!(varied.check().unwrap_err().code, code);
    }
}

#[test]
fn scores_that_are_no_numbers_are_refused() {
    let row = [1.0];
    let failure = |mode: &str| metric(mode).score_rows(&[List::new(&row)]).unwrap_err().to_string();
    assert_eq!(failure("nan"), "answered what the contract does not allow: score `harm` is NaN");
    assert_eq!(failure("infinity"), "answered what the contract does not allow: score `harm` is inf");
}

#[test]
fn a_task_that_is_none_is_refused() {
    assert!(matches!(domain("no-task").task(), Err(Failure::Answer(_))));
}

#[test]
fn plans_are_read_strictly() {
    let map = engraft_testkit::tiny_bert();
    for mode in ["no-plan", "nan-plan"] {
        assert!(matches!(method(mode).plan_for(&map), Err(Failure::Answer(_))), "{mode}");
    }
}

#[test]
fn a_plan_of_a_million_steps_is_refused() {
    let map = engraft_testkit::tiny_bert();
    let failure = method("steps").plan_for(&map).unwrap_err();
    assert!(failure.to_string().contains("fuel"), "{failure}"); // over the output of these tight limits
    let catalogue = catalogue(Limits::default());
    let entry = catalogue.find(Kind::Method, "hostile").unwrap();
    let method = entry.open_method(json!({ "mode": "steps" }), &Setting::default()).unwrap().plugin;
    let refused = check(&method.plan_for(&map).unwrap().unwrap(), &map).unwrap_err();
    assert_eq!(refused.code, "plan.refused");
    assert!(refused.message.contains("4096 steps") && refused.message.contains("1000000"), "{}", refused.message);
}

#[test]
fn a_plugin_that_failed_once_answers_again_from_a_fresh_instance() {
    let plugin = preprocessor("panic");
    assert_eq!(clean(&*plugin), clean(&*plugin));
}

#[test]
fn an_instance_serves_several_threads_at_once() {
    let plugin = preprocessor("nothing");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(clean(&*plugin).unwrap().iter().all(Result::is_ok)));
        }
    });
}

#[test]
fn another_id_than_the_one_asked_for_is_not_found() {
    let error = catalogue(Limits::default()).find(Kind::Metric, "hostil").unwrap_err();
    assert_eq!(error.code(), "plugin.unknown");
    assert!(error.help().unwrap().contains("did you mean `hostile`?"));
}
