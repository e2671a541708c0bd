//! Answers of any content from a component: there is one an item or a failure, scores are numbers, and the checks that
//! the engine makes of edits, spans and plans refuse what does not fit, whatever was answered.
//!
//! `tests/fuzz/run` builds the component and names it in `ENGRAFT_HOSTILE`.

#![no_main]

use engraft_host::Entry;
use engraft_host::component::{self, Options};
use engraft_plugin::kind::Setting;
use engraft_plugin::kind::augmenter::{Body, Work};
use engraft_plugin::register::Instance;
use engraft_plugin::text::{ExampleBuf, PredictionBuf, RowBuf, SpanBuf, Views, check_span};
use engraft_plugin::{Answers, Edits, edit};
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use std::path::Path;
use std::sync::LazyLock;

static KINDS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let file = std::env::var_os("ENGRAFT_HOSTILE").expect("fuzz/run names the component");
    component::open(Path::new(&file), &Options::default()).expect("it is a component")
});

fuzz_target!(|bytes: &[u8]| {
    let Some((&kind, bytes)) = bytes.split_first() else { return };
    let entry = &KINDS[usize::from(kind) % KINDS.len()];
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let settings = json!({ "mode": format!("any:{digits}") });
    let Ok(instance) = entry.try_open(&settings, &Setting::default()) else { return };
    ask(&instance);
});

fn ask(instance: &Instance) {
    let spans = vec![SpanBuf::new(0, 6, "Disease")];
    let examples = [ExampleBuf { spans, ..ExampleBuf::new("1", "痛风 or gout? 👩‍⚕️") }, ExampleBuf::new("2", "")];
    let views = Views::examples(&examples);
    let views = views.as_slice();
    let prediction = PredictionBuf::default();
    let predictions = Views::predictions([&prediction, &prediction]);
    match instance {
        Instance::Preprocessor(plugin) => each(plugin.clean_batch(views), 2, |at, edits| {
            edited(&examples[at], &edits);
        }),
        Instance::Augmenter(plugin) => {
            let work: Vec<Work<'_>> = views.iter().map(|&example| Work { example, seed: 7 }).collect();
            each(plugin.augment_batch(&work), 2, |at, variations| {
                for variation in variations {
                    match variation.body {
                        Body::Edits(edits) => edited(&examples[at], &edits),
                        Body::Rewrite { text, spans } => {
                            let _ = ExampleBuf { spans, ..ExampleBuf::new("1", text) }.check();
                        }
                        Body::Holes(holes) if holes.check(&examples[at].text).is_ok() => {
                            let words = vec!["word"; holes.holes.len()];
                            edited(&examples[at], &holes.filled(&words));
                        }
                        Body::Holes(_) => {}
                        other => panic!("{other:?}"),
                    }
                }
            });
        }
        Instance::Domain(plugin) => {
            let _ = plugin.task();
            let rows = [RowBuf::default(), RowBuf::default()];
            each(plugin.adapt_batch(Views::rows(&rows).as_slice()), 2, |_, examples| {
                for example in examples {
                    let _ = example.check();
                }
            });
            each(plugin.rules_batch(views), 2, |at, answer| {
                answer.iter().for_each(|answer| fits(&examples[at].text, answer));
            });
            let pairs: Vec<_> = views.iter().copied().zip(predictions.as_slice().iter().copied()).collect();
            each(plugin.refine_batch(&pairs), 2, |at, answer| fits(&examples[at].text, &answer));
        }
        Instance::Metric(plugin) => {
            let pairs = Views::pairs(examples.iter().map(|gold| (gold, &prediction)));
            each(plugin.tally_batch(pairs.as_slice()), 2, |_, _| {});
            if let Ok(Ok(scores)) = plugin.score_rows(&[]) {
                assert!(scores.iter().all(|score| score.value.is_finite()), "{scores:?}");
            }
        }
        Instance::Method(plugin) => {
            let _ = plugin.plan_for(&engraft_testkit::tiny_bert());
        }
    }
}

/// Edits are refused, or leave an example whose spans fit.
fn edited(example: &ExampleBuf, edits: &Edits) {
    if let Ok(edited) = edit::apply(example, edits) {
        edited.check().expect("the spans fit");
    }
}

fn fits(text: &str, prediction: &PredictionBuf) {
    for scored in &prediction.spans {
        let _ = check_span(text, &scored.span);
    }
}

/// Looks at the answers of a batch, where it was answered: one an item.
fn each<T>(answers: Answers<T>, asked: usize, look: impl Fn(usize, T)) {
    if let Ok(answers) = answers {
        assert_eq!(answers.len(), asked, "an answer an item");
        for (at, answer) in answers.into_iter().enumerate() {
            if let Ok(answer) = answer {
                look(at, answer);
            }
        }
    }
}
