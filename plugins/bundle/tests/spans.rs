//! No sequence of preprocessors and augmenters leaves a span that does not cover the text it covered, or a stated
//! replacement; and what a text is cleaned to does not depend on its spans.

use engraft_bundle as _;
use engraft_plugin::kind::augmenter::{AugmentBatch, Body, Variation, Work};
use engraft_plugin::kind::preprocessor::CleanBatch;
use engraft_plugin::kind::{Kind, Setting};
use engraft_plugin::register::{Instance, linked};
use engraft_plugin::text::{ExampleBuf, SpanBuf, Views};
use engraft_plugin::{Edits, edit};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};

/// Settings with which a plugin does as much as it can, beside its defaults.
fn eager(kind: Kind, id: &str) -> Vec<Value> {
    match (kind, id) {
        (Kind::Preprocessor, "unicode") => vec![
            json!({ "form": "nfkc", "punctuation": true, "quotes": true, "keep_digits": false }),
            json!({ "form": "nfd" }),
        ],
        (Kind::Preprocessor, "control") => vec![json!({ "private_use": true, "line_breaks": "unix" })],
        (Kind::Preprocessor, "whitespace") => vec![json!({ "newlines": "spaces" })],
        (Kind::Preprocessor, "numbers") => vec![json!({ "decimal_comma": true, "slashes": "day-first" })],
        (Kind::Preprocessor, "private") => vec![
            json!({ "find": ["date", "name", "phone", "mail"], "names": ["gout", "发热"], "patterns": { "X": ["a.c"] } }),
            json!({ "find": ["date", "phone", "name"], "into": "surrogate", "seed": 3, "names": ["gout"] }),
        ],
        (Kind::Preprocessor, "template") => vec![json!({ "template": "[{title}: ]a {text} b" })],
        (Kind::Preprocessor, "language") => vec![json!({ "mark": "<{language}> " })],
        (Kind::Preprocessor, "dictionary") => vec![
            json!({ "terms": "gout\tpodagra\n发热\t发烧\nno fever\tafebrile", "abbreviations": "pain\tan ache", "any_case": true }),
            json!({ "ontology": "M10\tgout of the foot\tgout\nR50\tfever\t发热", "link": "both", "likeness": 0.6 }),
        ],
        (Kind::Augmenter, "edits") => vec![json!({ "delete": 0.3, "swap": 0.3, "insert": 0.3, "variations": 2 })],
        (Kind::Augmenter, "masked") => {
            vec![json!({ "substitute": 0.5, "insert": 0.5, "inside_spans": true, "variations": 3 })]
        }
        (Kind::Augmenter, "reorder") => vec![json!({ "keep_linked": false, "variations": 2 })],
        (Kind::Augmenter, "contract") => vec![
            json!({ "keep_labels": true, "variations": 3 }),
            json!({ "change": "party", "labels": { "A": "B", "B": "A" } }),
            json!({ "change": "cap", "keep_labels": true }),
        ],
        (Kind::Augmenter, "voice") => vec![json!({ "probability": 1.0 })],
        (Kind::Augmenter, "chinese") => vec![json!({ "probability": 1.0, "inside_spans": true })],
        (Kind::Augmenter, "synonym") => {
            vec![json!({ "probability": 1.0, "inside_spans": true, "lexicons": ["gout\tpodagra"] })]
        }
        (Kind::Augmenter, "mention-swap") => {
            vec![json!({ "probability": 1.0, "mentions": { "A": ["asthma", "痛风"], "B": ["x"] } })]
        }
        (Kind::Augmenter, "translated") => {
            vec![
                json!({ "pairs": "The court paid the fee.\tthe fee is what the court paid\nNo gout.\tgout, there is none" }),
            ]
        }
        _ => Vec::new(),
    }
}

type Named<T> = Vec<(String, Arc<T>)>;

/// Every linked preprocessor and augmenter, with its defaults and with eager settings.
static PLUGINS: LazyLock<(Named<dyn CleanBatch>, Named<dyn AugmentBatch>)> = LazyLock::new(|| {
    let (mut clean, mut augment): (Named<dyn CleanBatch>, Named<dyn AugmentBatch>) = (Vec::new(), Vec::new());
    for registration in linked() {
        let descriptor = (registration.describe)();
        if !matches!(descriptor.kind, Kind::Preprocessor | Kind::Augmenter) {
            continue;
        }
        for settings in std::iter::once(json!({})).chain(eager(descriptor.kind, &descriptor.id)) {
            let name = format!("{} {settings}", descriptor.id);
            match (registration.open)(&settings.to_string(), &Setting::default()) {
                Ok(Instance::Preprocessor(plugin)) => clean.push((name, plugin)),
                Ok(Instance::Augmenter(plugin)) => augment.push((name, plugin)),
                Ok(_) => panic!("{name} is of another kind"),
                Err(error) => panic!("{name}: {error}"),
            }
        }
    }
    (clean, augment)
});

#[test]
fn every_preprocessor_and_augmenter_is_asked_with_settings_of_its_own() {
    let (clean, augment) = &*PLUGINS;
    assert!(clean.len() >= 18 && augment.len() >= 17, "{} and {}", clean.len(), augment.len());
}

/// Pieces that plugins look for, in Chinese and English, with emoji, marks, line breaks of two systems.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(vec![
            "The court paid the fee. ", "No gout. ", "Licensee shall not assign it. ", "发热三天，", "二〇二五年三月五日", "12.5亿",
            "1,250,000 ", "March 5, 2025 ", "Dr. Smith ", "13800138000 ", "a@b.org ", "<b>pain</b> ", "&amp; ", "no fever", "gout ",
            "不得超过", "甲方", "姓名：张三", "It was seen. ", "2024-02-29", "\u{1b}[1m", "high risk ",
        ]).prop_map(str::to_owned),
        2 => "[a-c. ]{1,4}",
        1 => "[发热病在。！]{1,2}",
        1 => "[é\u{301}\u{200d}👩🏽‍⚕️ß\u{feff}\u{200b}ＡＢ１２，ｶﾞ]",
        1 => proptest::sample::select(vec!["\r\n", "\n\n", "  ", "\t", "\u{a0}", "\u{3000}"]).prop_map(str::to_owned),
        1 => "\\PC",
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

prop_compose! {
    /// An example with spans anywhere: over each other, within each other, at the edges.
    fn example()(
        text in text(),
        places in proptest::collection::vec((any::<usize>(), any::<usize>(), proptest::bool::ANY), 0..5),
    ) -> ExampleBuf {
        let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let mut example = ExampleBuf::new("x", text);
        for (a, b, is_a) in places {
            let (a, b) = (boundaries[a % boundaries.len()], boundaries[b % boundaries.len()]);
            if a != b {
                example.spans.push(SpanBuf::new(a.min(b), a.max(b), if is_a { "A" } else { "B" }));
            }
        }
        example.spans.sort_by_key(|span| (span.start, span.end));
        example.labels = vec!["A".to_owned()];
        example.fields = vec![("title".to_owned(), "Note".to_owned())];
        example
    }
}

/// What a span must cover after edits: what it covered, with the replacements of edits that lie inside it.
fn expected(example: &ExampleBuf, span: &SpanBuf, edits: &Edits) -> String {
    let range = span.range();
    let (mut out, mut done) = (String::new(), range.start);
    for edit in edits.as_slice() {
        let (start, end) = (edit.start as usize, edit.end as usize);
        let is_insertion_at_an_edge = start == end && (start == range.start || start == range.end);
        if start >= range.start && end <= range.end && !is_insertion_at_an_edge {
            out += &example.text[done..start];
            out += &edit.text;
            done = end;
        }
    }
    out + &example.text[done..range.end]
}

/// The example after edits, once all of its spans are known to be right; `None` where the host refuses them.
fn edited(name: &str, example: &ExampleBuf, edits: &Edits) -> Result<Option<ExampleBuf>, TestCaseError> {
    let after = match edit::apply(example, edits) {
        Ok(after) => after,
        Err(error) => {
            let is_span = error.code == "edit.cuts-span" || error.code == "edit.empties-span";
            prop_assert!(is_span, "{name}: {error}");
            return Ok(None);
        }
    };
    prop_assert!(after.check().is_ok(), "{name}: {:?}", after.check());
    for (before, now) in example.spans.iter().zip(&after.spans) {
        prop_assert_eq!(&after.text[now.range()], expected(example, before, edits), "{}", name);
    }
    Ok(Some(after))
}

/// The example that a whole new text makes: each of its spans covers what one of the old ones covered, but for the case
/// of a first letter; or it has another label, and then the plugin has stated what changed.
fn rewritten(name: &str, example: &ExampleBuf, text: String, spans: Vec<SpanBuf>) -> Result<ExampleBuf, TestCaseError> {
    let after = ExampleBuf { text, spans, ..example.clone() };
    prop_assert!(after.check().is_ok(), "{name}: {:?}", after.check());
    prop_assert_eq!(after.spans.len(), example.spans.len(), "{}", name);
    if !name.starts_with("contract") {
        let covered = |example: &ExampleBuf| {
            let words = |span: &SpanBuf| (span.label.clone(), example.text[span.range()].to_ascii_lowercase());
            let mut all: Vec<_> = example.spans.iter().map(words).collect();
            all.sort();
            all
        };
        prop_assert_eq!(covered(&after), covered(example), "{}", name);
    }
    Ok(after)
}

fn clean(name: &str, plugin: &dyn CleanBatch, example: &ExampleBuf) -> Result<ExampleBuf, TestCaseError> {
    let bare = ExampleBuf { spans: Vec::new(), ..example.clone() };
    let mut answers = plugin.clean_batch(Views::examples([example, &bare]).as_slice()).expect("it does not fail");
    let (without, with) = (answers.pop().expect("two"), answers.pop().expect("two"));
    let (with, without) = match (with, without) {
        (Ok(with), Ok(without)) => (with, without),
        (with, without) => {
            prop_assert_eq!(with.is_ok(), without.is_ok(), "{}", name);
            return Ok(example.clone());
        }
    };
    let bare = edit::apply(&bare, &without).expect("no span is in the way");
    let Some(after) = edited(name, example, &with)? else { return Ok(example.clone()) };
    prop_assert_eq!(&after.text, &bare.text, "{}: what a text becomes depends on its spans", name);
    Ok(after)
}

fn vary(name: &str, plugin: &dyn AugmentBatch, example: &ExampleBuf, seed: u64) -> Result<ExampleBuf, TestCaseError> {
    let views = Views::examples([example]);
    let work = [Work { example: views.as_slice()[0], seed }];
    let Ok(variations) = plugin.augment_batch(&work).expect("it does not fail").pop().expect("one") else {
        return Ok(example.clone());
    };
    let mut last = example.clone();
    for Variation { body, labels } in variations {
        last = match body {
            Body::Edits(edits) => edited(name, example, &edits)?.unwrap_or(last),
            Body::Rewrite { text, spans } => rewritten(name, example, text, spans)?,
            Body::Holes(holes) => {
                prop_assert_eq!(holes.check(&example.text), Ok(()), "{}", name);
                edited(name, example, &holes.filled(&vec!["word"; holes.holes.len()]))?.unwrap_or(last)
            }
            _ => panic!("a form that this test does not know"),
        };
        last.labels = labels.unwrap_or(last.labels);
    }
    Ok(last)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn no_sequence_of_plugins_leaves_a_stale_span(
        example in example(),
        steps in proptest::collection::vec((any::<usize>(), any::<u64>()), 1..7),
    ) {
        let (cleaners, augmenters) = &*PLUGINS;
        let mut example = example;
        for (step, seed) in steps {
            let step = step % (cleaners.len() + augmenters.len());
            example = match cleaners.get(step) {
                Some((name, plugin)) => clean(name, plugin.as_ref(), &example)?,
                None => {
                    let (name, plugin) = &augmenters[step - cleaners.len()];
                    vary(name, plugin.as_ref(), &example, seed)?
                }
            };
        }
    }
}
