//! The errors that reading machines make on scanned letters: `rn` for `m`, `1` for `l`, `0` for `O`.
//!
//! A model that will see scans should have seen their errors. Labelled spans stay as they are.

use engraft_plugin::kind::augmenter::{Augmenter, Variation};
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::Example;
use engraft_plugin::{Case, Edits, Error, Random, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::ops::Range;

/// The table of `scan-errors` in a run file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How many variants of each text are made.
    pub variations: usize,
    /// The chance that a place which can be misread is.
    pub probability: f64,
    /// What is read, and as what.
    pub errors: Vec<(String, String)>,
}

impl Default for Settings {
    fn default() -> Self {
        let errors = [("m", "rn"), ("rn", "m"), ("l", "1"), ("O", "0"), ("cl", "d"), ("e", "c"), ("S", "5")];
        let owned = |(read, as_what): (&str, &str)| (read.to_owned(), as_what.to_owned());
        Self { variations: 1, probability: 0.05, errors: errors.map(owned).into() }
    }
}

/// The augmenter `scan-errors`.
pub struct ScanErrors(Settings);

impl Plugin for ScanErrors {
    type Settings = Settings;

    fn about() -> About {
        let labelled = |text: &str, start: u32, end: u32| {
            json!({ "text": text, "spans": [{ "start": start, "end": end, "label": "Disease" }] })
        };
        About {
            id: "scan-errors",
            summary: "Makes the reading errors of scanned letters, outside of labelled spans.",
            examples: vec![
                Case::new(
                    "letters are misread, labelled spans are not",
                    json!({ "example": labelled("mild anemia", 5, 11), "seed": 7 }),
                    json!([labelled("rni1d anemia", 6, 12)]),
                )
                .with(json!({ "probability": 1.0 })),
                Case::new(
                    "what cannot be misread has no variant",
                    json!({ "example": { "text": "gut" }, "seed": 7 }),
                    json!([]),
                ),
            ],
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if !(0.0..=1.0).contains(&settings.probability) {
            let why = format!("`probability`: expected 0 to 1, found {}", settings.probability);
            return Err(Error::new("settings.probability", why));
        }
        if settings.errors.iter().any(|(read, _)| read.is_empty()) {
            return Err(Error::new("settings.errors", "`errors`: expected letters that are read, found none"));
        }
        Ok(Self(settings))
    }
}

impl Augmenter for ScanErrors {
    fn augment(&self, example: &Example<'_>, random: &mut Random) -> Result<Vec<Variation>> {
        let mut variations = Vec::new();
        for _ in 0..self.0.variations {
            let edits = self.misread(example, random);
            if !edits.is_empty() {
                variations.push(Variation::edits(edits));
            }
        }
        Ok(variations)
    }
}

impl ScanErrors {
    /// One pass over the text; at each place the first error that fits may happen.
    fn misread(&self, example: &Example<'_>, random: &mut Random) -> Edits {
        let text = example.text();
        let mut edits = Edits::none();
        let mut at = 0;
        while let Some(letter) = text[at..].chars().next() {
            let mut step = letter.len_utf8();
            let fitting = self.0.errors.iter().find(|(read, _)| text[at..].starts_with(read.as_str()));
            if let Some((read, as_what)) = fitting {
                let range = at..at + read.len();
                if is_free(&range, example) && random.chance(self.0.probability) {
                    step = read.len();
                    edits.replace(range, as_what.clone());
                }
            }
            at += step;
        }
        edits
    }
}

/// Whether no span touches these bytes.
fn is_free(range: &Range<usize>, example: &Example<'_>) -> bool {
    example.spans().iter().all(|span| range.end <= span.start() || span.end() <= range.start)
}

engraft_plugin::register!(augmenter ScanErrors);
