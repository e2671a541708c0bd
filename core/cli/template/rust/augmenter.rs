//! Typing errors: two neighboring letters outside of spans swap places.

use engraft_plugin::kind::augmenter::{Augmenter, Variation};
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::Example;
use engraft_plugin::{Case, Edits, Error, Random, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::ops::Range;

/// The keys of its table in a run file. Their comments are its help.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How many variants of each text are made.
    pub variations: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { variations: 1 }
    }
}

/// The augmenter.
pub struct Typos {
    variations: usize,
}

impl Plugin for Typos {
    type Settings = Settings;

    fn about() -> About {
        let labelled = |text: &str| json!({ "text": text, "spans": [{ "start": 3, "end": 7, "label": "Disease" }] });
        About {
            id: "{{name}}",
            summary: "Swaps two neighboring letters outside of labelled spans.",
            examples: vec![
                Case::new(
                    "letters swap, spans stay as they are",
                    json!({ "example": labelled("Ab gout"), "seed": 1 }),
                    json!([labelled("bA gout")]),
                ),
                Case::new(
                    "where nothing may change, there is no variant",
                    json!({ "example": { "text": "gout", "spans": [{ "start": 0, "end": 4, "label": "Disease" }] }, "seed": 1 }),
                    json!([]),
                ),
            ],
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if settings.variations > 100 {
            let why = format!("`variations`: expected at most 100, found {}", settings.variations);
            return Err(Error::new("settings.variations", why));
        }
        Ok(Self { variations: settings.variations })
    }
}

impl Augmenter for Typos {
    /// All chance comes from `random`, which the host seeds: the same seed gives the same variants everywhere.
    fn augment(&self, example: &Example<'_>, random: &mut Random) -> Result<Vec<Variation>> {
        let places = places(example);
        let mut variations = Vec::new();
        for _ in 0..self.variations {
            if let Some(place) = random.choose(&places) {
                let swapped: String = example.text()[place.clone()].chars().rev().collect();
                let mut edits = Edits::none();
                edits.replace(place.clone(), swapped);
                variations.push(Variation::edits(edits));
            }
        }
        Ok(variations)
    }
}

/// The bytes of each two different neighboring letters that no span touches.
fn places(example: &Example<'_>) -> Vec<Range<usize>> {
    let letters: Vec<(usize, char)> = example.text().char_indices().collect();
    let pairs = letters.windows(2).filter(|pair| pair.iter().all(|(_, letter)| letter.is_alphabetic()));
    let pairs = pairs.filter(|pair| pair[0].1 != pair[1].1);
    let ranges = pairs.map(|pair| pair[0].0..pair[1].0 + pair[1].1.len_utf8());
    let is_free = |range: &Range<usize>| {
        example.spans().iter().all(|span| range.end <= span.start() || span.end() <= range.start)
    };
    ranges.filter(is_free).collect()
}

engraft_plugin::register!(augmenter Typos);
