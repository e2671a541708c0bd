//! Has the run's own masked language model draw words (contextual augmentation, Kobayashi 2018, arXiv:1805.06201; as
//! `ContextualWordEmbsAug` of nlpaug does it, with all words of a variation masked at once).
//!
//! The plugin leaves holes, and the engine fills them after the call. Words of negation stay, and so do words within
//! spans, unless they may change; a word that crosses the edge of a span always stays.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::augmenter::{Augmenter, Hole, Holes, MOST_HOLES, Variation};
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::{Example, is_negation, words};
use engraft_plugin::{Case, Edits, Error, Random, Result};
use serde_json::json;
use std::ops::Range;

/// The augmenter `masked`.
pub struct Masked {
    settings: Settings,
    keep: Vec<String>,
}

impl Plugin for Masked {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "masked",
            summary: "Has the run's own masked language model draw words in the place of others, outside of spans.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        let refuse = |key: &str, expected: &str, found: String| {
            Err(Error::new(format!("settings.{key}"), format!("`{key}`: expected {expected}, found {found}")))
        };
        for (key, share) in [("substitute", settings.substitute), ("insert", settings.insert)] {
            if !(0.0..=1.0).contains(&share) {
                return refuse(key, "0 to 1", share.to_string());
            }
        }
        if settings.substitute + settings.insert <= 0.0 {
            return refuse("substitute", "more than 0 where `insert` is 0", "0".to_owned());
        }
        if !(settings.temperature >= 0.0 && settings.temperature.is_finite()) {
            return refuse("temperature", "a number from 0 on", settings.temperature.to_string());
        }
        let keep = settings.keep.iter().map(|word| word.to_lowercase()).collect();
        Ok(Self { settings, keep })
    }
}

impl Augmenter for Masked {
    fn augment(&self, example: &Example<'_>, random: &mut Random) -> Result<Vec<Variation>> {
        let mut free = words(example.text());
        free.retain(|word| self.may_change(example, word));
        if free.is_empty() {
            return Ok(Vec::new());
        }
        Ok((0..self.settings.variations).map(|_| Variation::holes(self.holes(example.text(), &free, random))).collect())
    }
}

impl Masked {
    /// Whether a word of letters is none that stays, and lies where words may change.
    fn may_change(&self, example: &Example<'_>, range: &Range<usize>) -> bool {
        let word = &example.text()[range.clone()];
        let is_plain = word.chars().any(char::is_alphabetic) && !word.chars().any(|letter| letter.is_numeric());
        let is_outside = |start: usize, end: usize| range.end <= start || range.start >= end;
        let is_inside =
            |start: usize, end: usize| self.settings.inside_spans && start <= range.start && range.end <= end;
        let lies_well = |(start, end)| is_outside(start, end) || is_inside(start, end);
        let is_kept = || is_negation(word) || self.keep.contains(&word.to_lowercase());
        is_plain && example.spans().iter().all(|span| lies_well((span.start(), span.end()))) && !is_kept()
    }

    /// A hole for each word that is drawn, one at least.
    fn holes(&self, text: &str, free: &[Range<usize>], random: &mut Random) -> Holes {
        let Settings { substitute, insert, .. } = self.settings;
        let (mut holes, mut edits) = (Vec::new(), Edits::none());
        let mut put = |word: &Range<usize>, inserts: bool| {
            if inserts {
                if text[word.clone()].is_ascii() {
                    edits.replace(word.end..word.end, " ");
                }
                holes.push(self.hole(word.end..word.end));
            } else {
                holes.push(self.hole(word.clone()).exclude([&text[word.clone()]]));
            }
        };
        let mut count = 0;
        for word in free {
            let draw = random.uniform();
            if draw < substitute + insert && count < MOST_HOLES {
                count += 1;
                put(word, draw >= substitute);
            }
        }
        if count == 0 {
            let word = &free[random.below(free.len())];
            put(word, random.uniform() * (substitute + insert) >= substitute);
        }
        Holes::from(holes).beside(edits)
    }

    fn hole(&self, range: Range<usize>) -> Hole {
        let Settings { temperature, top_k, .. } = self.settings;
        Hole::at(range).temperature(temperature).top_k(top_k).exclude(&self.settings.exclude)
    }
}

fn examples() -> Vec<Case> {
    let example = json!({
        "text": "The patient has not had severe chest pain today.",
        "spans": [{ "start": 31, "end": 41, "label": "Symptom" }],
    });
    let case = |title, settings, text: &str, start: u32, end: u32| {
        let span = json!([{ "start": start, "end": end, "label": "Symptom" }]);
        Case::new(title, json!({ "example": example, "seed": 3 }), json!([{ "text": text, "spans": span }]))
            .with(settings)
    };
    vec![
        case(
            "places for words, none at the negation, none within the span",
            json!({ "substitute": 0.5 }),
            "[MASK] patient has not [MASK] [MASK] chest pain today.",
            37,
            47,
        ),
        case(
            "places between words",
            json!({ "substitute": 0.0, "insert": 0.4 }),
            "The [MASK] patient has not had [MASK] severe [MASK] chest pain today.",
            52,
            62,
        ),
        case(
            "within spans too",
            json!({ "substitute": 1.0, "inside_spans": true }),
            "[MASK] [MASK] [MASK] not [MASK] [MASK] [MASK] [MASK] [MASK].",
            39,
            52,
        ),
        Case::new(
            "a text in which nothing may change",
            json!({ "example": { "text": "no gout", "spans": [{ "start": 3, "end": 7, "label": "Disease" }] }, "seed": 3 }),
            json!([]),
        ),
    ]
}

engraft_plugin::register!(augmenter Masked);
