//! An augmenter that answers in every form of revision 1. The binaries beside this file were built from it once; the
//! source is kept to show what is in them, and is not built again.

use engraft_plugin::kind::augmenter::{Augmenter, Hole, Holes, Variation};
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::{Example, SpanBuf};
use engraft_plugin::{Case, Edits, Error, Random, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The keys of its table in a run file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Variants that are asked for of each hole.
    pub variants: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { variants: 2 }
    }
}

/// The augmenter.
pub struct EveryForm {
    variants: u32,
}

impl Plugin for EveryForm {
    type Settings = Settings;

    fn about() -> About {
        let gout = |text: &str, start: u32| {
            json!({ "text": text, "spans": [{ "start": start, "end": start + 4, "label": "Disease" }], "labels": ["yes"] })
        };
        let negated = json!({
            "text": "no gout", "spans": [{ "start": 3, "end": 7, "label": "Disease" }], "labels": ["no"],
        });
        About {
            id: "released-augmenter",
            summary: "Answers in every form.",
            examples: vec![
                Case::new(
                    "an edit, a new text with its label, a word of the model",
                    json!({ "example": gout("bad gout", 4), "seed": 7 }),
                    json!([gout("worse gout", 6), negated, gout("a [MASK] gout", 9)]),
                ),
                Case::new(
                    "a text without a blank is refused",
                    json!({ "example": { "text": "gout" }, "seed": 7 }),
                    json!({ "error": "released.no-blank" }),
                ),
            ],
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if settings.variants == 0 {
            return Err(Error::new("settings.variants", "`variants`: expected at least 1, found 0"));
        }
        Ok(Self { variants: settings.variants })
    }
}

impl Augmenter for EveryForm {
    fn augment(&self, example: &Example<'_>, random: &mut Random) -> Result<Vec<Variation>> {
        let Some((first, last)) = example.text().split_once(' ') else {
            return Err(Error::new("released.no-blank", "expected a text with a blank, found none"));
        };
        let mut edits = Edits::none();
        edits.replace(0..first.len(), ["worse", "worst"][random.below(2)]);
        let spans = if last.is_empty() { Vec::new() } else { vec![SpanBuf::new(3, 3 + last.len(), "Disease")] };
        let mut negated = Variation::rewrite(format!("no {last}"), spans);
        negated.labels = Some(vec!["no".to_owned()]);
        let mut article = Edits::none();
        article.replace(0..0, "a ");
        let hole = Hole::at(0..first.len()).temperature(0.5).top_k(10).exclude([first, "worse"]);
        let holes = Holes::from(vec![hole]).beside(article).variants(self.variants);
        Ok(vec![Variation::edits(edits), negated, Variation::holes(holes)])
    }
}

engraft_plugin::register!(augmenter EveryForm);
