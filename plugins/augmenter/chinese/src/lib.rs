//! Swaps Chinese characters for homophones and look-alikes, as people and scanners mistake them, so that a model reads
//! texts with such mistakes.
//!
//! Characters in labelled spans stay unless one says otherwise. Negations and numerals are never swapped.

pub mod groups;
pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::augmenter::{Augmenter, Variation};
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::{Example, Span};
use engraft_plugin::{Case, Edits, Error, Random, Result};
use groups::{HOMOPHONES, LOOK_ALIKES};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Characters that no group of the built-in ones may hold: their change would change what a text says.
const SAID: &str = "不没无未非勿莫否一二三四五六七八九十百千万亿〇零两甲乙丙丁";

/// The augmenter `chinese`.
pub struct Chinese {
    settings: Settings,
    others: BTreeMap<char, Vec<char>>,
}

impl Plugin for Chinese {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "chinese",
            summary: "Swaps Chinese characters for homophones and look-alikes.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if !(0.0..=1.0).contains(&settings.probability) {
            let why = format!("`probability`: expected 0 to 1, found {}", settings.probability);
            return Err(Error::new("settings.probability", why));
        }
        if let Some(group) = settings.groups.iter().find(|group| group.chars().count() < 2) {
            let why =
                format!("`groups`: expected two characters or more that may stand for each other, found `{group}`");
            return Err(Error::new("settings.groups", why));
        }
        let homophones = HOMOPHONES.iter().copied().filter(|_| settings.homophones);
        let look_alikes = LOOK_ALIKES.iter().copied().filter(|_| settings.look_alikes);
        let mut others: BTreeMap<char, BTreeSet<char>> = BTreeMap::new();
        for group in homophones.chain(look_alikes) {
            add(&mut others, group.chars().filter(|c| !SAID.contains(*c)).collect());
        }
        for group in &settings.groups {
            add(&mut others, group.chars().collect());
        }
        let others = others.into_iter().map(|(of, others)| (of, others.into_iter().collect())).collect();
        Ok(Self { settings, others })
    }
}

/// Adds a group: each may become each other.
fn add(others: &mut BTreeMap<char, BTreeSet<char>>, group: Vec<char>) {
    for &of in &group {
        others.entry(of).or_default().extend(group.iter().filter(|&&other| other != of));
    }
}

impl Augmenter for Chinese {
    fn augment(&self, example: &Example<'_>, random: &mut Random) -> Result<Vec<Variation>> {
        let mut variations = Vec::new();
        for _ in 0..self.settings.variations {
            let edits = self.swap(example.text(), example.spans(), random);
            if !edits.is_empty() {
                variations.push(Variation::edits(edits));
            }
        }
        Ok(variations)
    }
}

impl Chinese {
    fn swap(&self, text: &str, spans: &[Span<'_>], random: &mut Random) -> Edits {
        let mut edits = Edits::none();
        for (at, character) in text.char_indices() {
            let Some(others) = self.others.get(&character).filter(|others| !others.is_empty()) else { continue };
            let is_inside = !self.settings.inside_spans && spans.iter().any(|span| span.range().contains(&at));
            if is_inside || !random.chance(self.settings.probability) {
                continue;
            }
            if let Some(other) = random.choose(others) {
                edits.replace(at..at + character.len_utf8(), other.to_string());
            }
        }
        edits
    }
}

fn examples() -> Vec<Case> {
    let example = json!({
        "text": "患者在服用降压药",
        "spans": [{ "start": 15, "end": 24, "label": "Drug" }],
    });
    vec![
        Case::new(
            "characters are swapped, those of a span stay",
            json!({ "example": example, "seed": 1 }),
            json!([{ "text": "换着再复佣降压药", "spans": [{ "start": 15, "end": 24, "label": "Drug" }] }]),
        )
        .with(json!({ "probability": 1.0, "look_alikes": false })),
        Case::new(
            "a group of one's own, inside spans too",
            json!({ "example": example, "seed": 1 }),
            json!([{ "text": "患者在服用降鸭药", "spans": [{ "start": 15, "end": 24, "label": "Drug" }] }]),
        )
        .with(json!({
            "probability": 1.0, "homophones": false, "look_alikes": false, "groups": ["压鸭"], "inside_spans": true,
        })),
        Case::new(
            "negations and numerals are not swapped",
            json!({ "example": { "text": "不无三千万" }, "seed": 1 }),
            json!([]),
        )
        .with(json!({ "probability": 1.0 })),
    ]
}

engraft_plugin::register!(augmenter Chinese);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_negation_or_numeral_is_swapped_or_comes_of_a_swap() {
        let plugin = Chinese::open(Settings::default(), &Setting::default()).unwrap();
        for said in SAID.chars() {
            assert!(plugin.others.get(&said).is_none_or(Vec::is_empty), "{said}");
            assert!(plugin.others.values().all(|others| !others.contains(&said)), "{said}");
        }
        assert!(plugin.others.len() > 400, "{}", plugin.others.len());
    }

    #[test]
    fn every_built_in_group_has_two_characters_or_more() {
        for group in HOMOPHONES.iter().chain(LOOK_ALIKES) {
            let distinct: BTreeSet<char> = group.chars().collect();
            assert!(distinct.len() >= 2 && distinct.len() == group.chars().count(), "{group}");
        }
    }
}
