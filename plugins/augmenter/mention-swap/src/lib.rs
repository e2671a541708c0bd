//! Swaps mentions for others of their label (mention replacement, Dai and Adel 2020, arXiv:2010.11683).
//!
//! An edit equal to a span carries the span to the replacement, so the new mention has the old label
//! and exact bounds. The pool is the settings' lists: a plugin sees one example at a time and keeps
//! nothing. Mentions that overlap others stay, and so do labels without a list. Behind `a` or `an` only
//! a mention that takes the same article comes; at the beginning of a sentence it gets a capital.

pub mod medical;
pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::augmenter::{Augmenter, Variation};
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::{Example, Span};
use engraft_plugin::{Case, Edits, Error, Random, Result};
use serde_json::json;
use std::collections::BTreeMap;

/// The augmenter `mention-swap`.
pub struct MentionSwap {
    settings: Settings,
    mentions: BTreeMap<String, Vec<String>>,
}

impl Plugin for MentionSwap {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "mention-swap",
            summary: "Swaps labelled mentions for others of the same label.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if !(0.0..=1.0).contains(&settings.probability) {
            let why = format!("`probability`: expected 0 to 1, found {}", settings.probability);
            return Err(Error::new("settings.probability", why));
        }
        let mut mentions = BTreeMap::new();
        if settings.built_in {
            let owned = |list: &[&str]| list.iter().map(|&mention| mention.to_owned()).collect();
            mentions.extend(medical::MENTIONS.iter().map(|(label, list)| ((*label).to_owned(), owned(list))));
        }
        for (label, list) in &settings.mentions {
            if list.is_empty() || list.iter().any(|mention| mention.trim().is_empty()) {
                let why = format!("`mentions`: expected mentions of `{label}`, found an empty one or none");
                return Err(Error::new("settings.mentions", why));
            }
            mentions.insert(label.clone(), list.clone());
        }
        Ok(Self { settings, mentions })
    }
}

impl Augmenter for MentionSwap {
    fn augment(&self, example: &Example<'_>, random: &mut Random) -> Result<Vec<Variation>> {
        let mut variations = Vec::new();
        for _ in 0..self.settings.variations {
            let edits = self.swap(example, random);
            if !edits.is_empty() {
                variations.push(Variation::edits(edits));
            }
        }
        Ok(variations)
    }
}

impl MentionSwap {
    fn swap(&self, example: &Example<'_>, random: &mut Random) -> Edits {
        let (text, spans) = (example.text(), example.spans());
        let mut edits = Edits::none();
        for (place, span) in spans.iter().enumerate() {
            let Some(list) = self.mentions.get(span.label()).filter(|_| is_apart(place, spans)) else { continue };
            if !random.chance(self.settings.probability) {
                continue;
            }
            let (before, old) = (&text[..span.start()], &text[span.range()]);
            let fitting: Vec<&String> = list.iter().filter(|new| fits(new, old, before)).collect();
            if let Some(&new) = random.choose(&fitting) {
                edits.replace(span.range(), if begins_sentence(before, old) { capital(new) } else { new.clone() });
            }
        }
        edits
    }
}

/// Whether a span shares no byte with another; spans come in ascending order of start.
fn is_apart(place: usize, spans: &[Span<'_>]) -> bool {
    let span = &spans[place];
    let overlaps = |other: &Span<'_>| span.start() < other.end() && other.start() < span.end();
    spans.iter().enumerate().all(|(number, other)| number == place || !overlaps(other))
}

/// Another mention than the old one, that goes with the article before it.
fn fits(new: &str, old: &str, before: &str) -> bool {
    let article = before.trim_end().rsplit(|character: char| !character.is_alphanumeric()).next().unwrap_or_default();
    let goes = match article {
        "a" | "A" => !takes_an(new),
        "an" | "An" => takes_an(new),
        _ => true,
    };
    goes && !new.eq_ignore_ascii_case(old)
}

/// By the first letter, or by its name where a word is read letter by letter (`an MRI`).
fn takes_an(mention: &str) -> bool {
    let mut letters = mention.chars();
    let (first, second) = (letters.next().unwrap_or(' '), letters.next().unwrap_or(' '));
    if first.is_uppercase() && (second.is_uppercase() || !second.is_alphabetic()) {
        return "AEFHILMNORSX".contains(first);
    }
    "aeiou".contains(first.to_ascii_lowercase()) && !mention.to_lowercase().starts_with("eu")
}

/// Whether the old mention has the capital of a sentence's first word.
fn begins_sentence(before: &str, old: &str) -> bool {
    let before = before.trim_end_matches(' ');
    let mut letters = old.chars();
    let has_capital = letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase);
    has_capital && (before.is_empty() || before.ends_with(['.', '!', '?', ':', '\n']))
}

fn capital(mention: &str) -> String {
    let mut characters = mention.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn examples() -> Vec<Case> {
    let span = |start: u32, end: u32, label: &str| json!({ "start": start, "end": end, "label": label });
    vec![
        Case::new(
            "a mention becomes another of its label, the span with it",
            json!({
                "example": { "text": "Asthma was treated with aspirin.", "spans": [span(0, 6, "Disease"), span(24, 31, "Drug")] },
                "seed": 7,
            }),
            json!([{ "text": "Gout was treated with warfarin.", "spans": [span(0, 4, "Disease"), span(22, 30, "Drug")] }]),
        )
        .with(json!({ "probability": 1.0, "mentions": { "Disease": ["gout"], "Drug": ["warfarin", "aspirin"] } })),
        Case::new(
            "a label without a list stays as it is",
            json!({ "example": { "text": "BRCA1 is a gene.", "spans": [span(0, 5, "Gene")] }, "seed": 7 }),
            json!([]),
        )
        .with(json!({ "probability": 1.0 })),
        Case::new(
            "behind an article only what goes with it comes",
            json!({ "example": { "text": "after an MRI of the hip", "spans": [span(9, 23, "Procedure")] }, "seed": 7 }),
            json!([{ "text": "after an endoscopy", "spans": [span(9, 18, "Procedure")] }]),
        )
        .with(json!({ "probability": 1.0, "mentions": { "Procedure": ["dialysis", "endoscopy", "CT scan"] } })),
    ]
}

engraft_plugin::register!(augmenter MentionSwap);
