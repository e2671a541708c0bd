//! Deletes, swaps and inserts words at random (three of the four operations of EDA, Wei and Zou 2019, arXiv:1901.11196;
//! the fourth is `synonym`).
//!
//! Words inside spans stay, and so do words of negation: EDA as published may delete the `not` on which the label hangs.
//! An inserted word is one of the same text, so that no word comes that the domain does not know.

pub mod settings;
pub mod words;

pub use settings::Settings;

use engraft_plugin::kind::augmenter::{Augmenter, Variation};
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::{Example, Span, words};
use engraft_plugin::{Case, Edits, Error, Random, Result};
use serde_json::json;
use std::ops::Range;
use words::{is_free, with_blank};

/// The augmenter `edits`.
pub struct RandomEdits {
    settings: Settings,
    keep: Vec<String>,
}

impl Plugin for RandomEdits {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "edits",
            summary: "Deletes, swaps and inserts words at random, outside of spans.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        for (key, share) in [("delete", settings.delete), ("swap", settings.swap), ("insert", settings.insert)] {
            if !(0.0..=1.0).contains(&share) {
                return Err(Error::new(format!("settings.{key}"), format!("`{key}`: expected 0 to 1, found {share}")));
            }
        }
        let keep = settings.keep.iter().map(|word| word.to_lowercase()).collect();
        Ok(Self { settings, keep })
    }
}

impl Augmenter for RandomEdits {
    fn augment(&self, example: &Example<'_>, random: &mut Random) -> Result<Vec<Variation>> {
        let (text, spans) = (example.text(), example.spans());
        let mut free = words(text);
        free.retain(|word| is_free(text, word, spans, &self.keep));
        let mut variations = Vec::new();
        for _ in 0..self.settings.variations {
            let edits = self.change(text, spans, &free, random);
            if !edits.is_empty() {
                variations.push(Variation::edits(edits));
            }
        }
        Ok(variations)
    }
}

impl RandomEdits {
    /// One change a word at most; what is deleted is never the last free word.
    fn change(&self, text: &str, spans: &[Span<'_>], free: &[Range<usize>], random: &mut Random) -> Edits {
        let Settings { delete, swap, insert, .. } = self.settings;
        let mut becomes: Vec<Option<String>> = vec![None; free.len()];
        let mut left = free.len();
        for at in 0..free.len() {
            if becomes[at].is_some() {
                continue;
            }
            let word = &text[free[at].clone()];
            let draw = random.uniform();
            if draw < delete {
                if left > 1 {
                    left -= 1;
                    becomes[at] = Some(String::new());
                }
            } else if draw < delete + swap {
                let other = random.below(free.len());
                if other != at && becomes[other].is_none() {
                    becomes[at] = Some(text[free[other].clone()].to_owned());
                    becomes[other] = Some(word.to_owned());
                }
            } else if draw < delete + swap + insert {
                let other = &text[free[random.below(free.len())].clone()];
                let blank = if word.is_ascii() || other.is_ascii() { " " } else { "" };
                becomes[at] = Some(format!("{word}{blank}{other}"));
            }
        }
        let mut edits = Edits::none();
        let mut done = 0;
        for (word, into) in free.iter().zip(becomes) {
            match into {
                Some(into) if into.is_empty() => {
                    let range = with_blank(text, word, spans);
                    // The blank may have gone with the word before.
                    let range = range.start.max(done)..range.end;
                    done = range.end;
                    edits.delete(range);
                }
                Some(into) if into != text[word.clone()] => {
                    done = word.end;
                    edits.replace(word.clone(), into);
                }
                _ => {}
            }
        }
        edits
    }
}

fn examples() -> Vec<Case> {
    let example = json!({
        "text": "The patient has not had severe chest pain today.",
        "spans": [{ "start": 31, "end": 41, "label": "Symptom" }],
    });
    let case = |title, settings, text: &str, start: u32| {
        let span = json!([{ "start": start, "end": start + 10, "label": "Symptom" }]);
        Case::new(title, json!({ "example": example, "seed": 3 }), json!([{ "text": text, "spans": span }]))
            .with(settings)
    };
    vec![
        case(
            "about every second word is deleted, but not the negation, and nothing of the span",
            json!({ "delete": 0.5, "swap": 0.0, "insert": 0.0 }),
            "patient has not chest pain today.",
            16,
        ),
        case(
            "words change places",
            json!({ "delete": 0.0, "swap": 0.5, "insert": 0.0 }),
            "severe has patient not had The chest pain today.",
            31,
        ),
        case(
            "words come again",
            json!({ "delete": 0.0, "swap": 0.0, "insert": 0.5 }),
            "The severe patient has patient not had severe today chest pain today today.",
            52,
        ),
    ]
}

engraft_plugin::register!(augmenter RandomEdits);
