//! Changes what a clause says, and states its new label: a party is flipped, a cap lifted, a negation turned.
//!
//! For models that must read the words and not the topic (adversarial examples in the sense of contrast sets, Gardner and
//! others 2020, arXiv:2004.02709). What is changed has another meaning, so its label is stated in the settings, label by
//! label; a text whose new label nobody stated is refused.

pub mod change;
pub mod phrases;
pub mod settings;

pub use settings::{Change, Settings};

use change::{Site, edit, sites};
use engraft_plugin::kind::augmenter::{Augmenter, Body, Variation};
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::Example;
use engraft_plugin::{Case, Edits, Error, Random, Result, edit as edits};
use phrases::{CAPS, LEFT, NEGATIONS, PARTIES};
use serde_json::json;

/// The augmenter `contract`.
pub struct Contract {
    settings: Settings,
}

impl Plugin for Contract {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "contract",
            summary: "Flips a party, a cap or a negation of a clause, and states the new label.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if let Some((a, b)) =
            settings.parties.iter().find(|(a, b)| a.trim().is_empty() || b.trim().is_empty() || a == b)
        {
            let why = format!("`parties`: expected pairs of two parties, found `{a}` and `{b}`");
            return Err(Error::new("settings.parties", why));
        }
        Ok(Self { settings })
    }
}

impl Augmenter for Contract {
    fn augment(&self, example: &Example<'_>, random: &mut Random) -> Result<Vec<Variation>> {
        let text = example.text();
        let built_in: &[(&str, &str)] = match self.settings.change {
            Change::Party => &PARTIES,
            Change::Cap => &CAPS,
            Change::Negation => &NEGATIONS,
        };
        let own = self.settings.parties.iter().map(|(a, b)| (a.as_str(), b.as_str()));
        let is_party = self.settings.change == Change::Party;
        let mut phrases: Vec<(&str, &str)> = own.filter(|_| is_party).chain(built_in.iter().copied()).collect();
        if is_party {
            phrases.extend(phrases.clone().into_iter().map(|(a, b)| (b, a)));
        }
        let found = sites(text, &phrases, &LEFT);
        if found.is_empty() {
            return Ok(Vec::new());
        }
        if is_party {
            // A contract in which only some mentions are flipped says nothing clear.
            return Ok(vec![self.vary(example, &found)?].into_iter().take(self.settings.variations).collect());
        }
        let mut order: Vec<&Site<'_>> = found.iter().collect();
        random.shuffle(&mut order);
        order
            .into_iter()
            .take(self.settings.variations)
            .map(|site| self.vary(example, std::slice::from_ref(site)))
            .collect()
    }
}

impl Contract {
    /// The text with these sites changed, and its labels.
    fn vary(&self, example: &Example<'_>, found: &[Site<'_>]) -> Result<Variation> {
        let changes: Edits = found.iter().map(|site| edit(example.text(), site)).collect();
        let mut varied = edits::apply(&example.to_buf(), &changes)?;
        for (old, new) in example.spans().iter().zip(&mut varied.spans) {
            let is_changed = found.iter().any(|site| old.start() < site.range.end && site.range.start < old.end());
            if is_changed {
                new.label = self.label(old.label())?.filter(|label| !label.is_empty()).ok_or_else(|| {
                    let why = format!("the new label of `{}` is empty, which a span's cannot be", old.label());
                    Error::new("contract.no-label", why)
                })?;
            }
        }
        let labels = example.labels().map(|label| self.label(label)).collect::<Result<Vec<_>>>()?;
        let labels = labels.into_iter().flatten().filter(|label| !label.is_empty()).collect();
        let body = Body::Rewrite { text: varied.text, spans: varied.spans };
        Ok(Variation { body, labels: Some(labels) })
    }

    /// What a label becomes.
    fn label(&self, label: &str) -> Result<Option<String>> {
        match self.settings.labels.get(label) {
            Some(new) => Ok(Some(new.clone())),
            None if self.settings.keep_labels => Ok(Some(label.to_owned())),
            None => {
                let why = format!("`labels` does not state what `{label}` becomes (or set `keep_labels`)");
                Err(Error::new("contract.unstated-label", why))
            }
        }
    }
}

fn examples() -> Vec<Case> {
    let clause = "Licensee shall not assign this Agreement. LICENSOR may.";
    let example = json!({ "text": clause, "labels": ["Anti-Assignment"] });
    vec![
        Case::new(
            "a negation is turned, and the label with it",
            json!({ "example": { "text": "Licensee shall not assign it.", "labels": ["Anti-Assignment"] }, "seed": 1 }),
            json!([{ "text": "Licensee shall assign it.", "labels": ["Assignment"] }]),
        )
        .with(json!({ "labels": { "Anti-Assignment": "Assignment" } })),
        Case::new(
            "parties change places throughout",
            json!({ "example": example, "seed": 1 }),
            json!([{
                "text": "Licensor shall not assign this Agreement. LICENSEE may.", "labels": ["Anti-Assignment"],
            }]),
        )
        .with(json!({ "change": "party", "keep_labels": true })),
        Case::new(
            "a cap is lifted within a span, which gets another label",
            json!({
                "example": {
                    "text": "1. 责任总额不得超过合同金额。",
                    "spans": [{ "start": 3, "end": 39, "label": "Cap" }],
                },
                "seed": 1,
            }),
            json!([{
                "text": "1. 责任总额可以超过合同金额。",
                "spans": [{ "start": 3, "end": 39, "label": "Uncapped" }],
            }]),
        )
        .with(json!({ "change": "cap", "labels": { "Cap": "Uncapped" } })),
        Case::new(
            "a label that nobody stated refuses the variation",
            json!({ "example": example, "seed": 1 }),
            json!({ "error": "contract.unstated-label" }),
        ),
    ]
}

engraft_plugin::register!(augmenter Contract);

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_plugin::edit::apply;
    use engraft_plugin::text::ExampleBuf;

    fn changed(text: &str, phrases: &[(&str, &str)]) -> String {
        let changes: Edits = sites(text, phrases, &LEFT).iter().map(|site| edit(text, site)).collect();
        apply(&ExampleBuf::new("1", text), &changes).unwrap().text
    }

    #[test]
    fn the_longest_phrase_is_taken_and_words_are_whole() {
        assert_eq!(
            changed("It SHALL NOT exceed; marshall may; willing.", &NEGATIONS),
            "It SHALL exceed; marshall may not; willing."
        );
        assert_eq!(changed("May 5: last will shall hold", &NEGATIONS), "May 5: last will shall not hold");
        assert_eq!(changed("被许可方与许可方", &[("许可方", "被许可方"), ("被许可方", "许可方")]), "许可方与被许可方");
    }

    #[test]
    fn several_words_keep_their_capitals() {
        assert_eq!(changed("The Disclosing Party", &PARTIES), "The Receiving Party");
    }
}
