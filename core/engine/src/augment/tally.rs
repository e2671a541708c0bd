//! What augmenters did, in numbers for the report.

use super::distance::distance;
use engraft_plugin::text::ExampleBuf;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What each augmenter did, by its id; adds up over calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tally(pub BTreeMap<String, Counts>);

/// What one augmenter did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Variations that became training examples.
    pub variants: usize,
    /// Examples that it refused and variations that were refused, by the code of the reason.
    pub refused: BTreeMap<String, usize>,
    /// Variations that were dropped because their text is the original's.
    pub unchanged: usize,
    /// Holes that the run's model filled.
    #[serde(default)]
    pub holes: usize,
    /// Words of the variations that differ from those of their originals.
    #[serde(default)]
    pub changed: usize,
    /// Words of the variations, or of their originals where those have more.
    #[serde(default)]
    pub words: usize,
}

impl Tally {
    pub(super) fn of(&mut self, plugin: &str) -> &mut Counts {
        self.0.entry(plugin.to_owned()).or_default()
    }

    /// As it stands in the report: `distance` is the share of words in which variations differ from their originals.
    pub fn told(&self) -> Value {
        let one = |(plugin, counts): (&String, &Counts)| {
            let Counts { variants, refused, unchanged, holes, changed, words } = counts;
            let distance = (1000.0 * *changed as f64 / (*words).max(1) as f64).round() / 1000.0;
            let mut told =
                json!({ "variants": variants, "refused": refused, "unchanged": unchanged, "distance": distance });
            if *holes > 0 {
                told["holes"] = json!(holes);
            }
            (plugin.clone(), told)
        };
        Value::Object(self.0.iter().map(one).collect())
    }
}

impl Counts {
    pub(super) fn refuse(&mut self, reason: &engraft_plugin::Error) {
        *self.refused.entry(reason.code.clone()).or_default() += 1;
    }

    /// Counts a variation, and keeps it if it is one.
    pub(super) fn add(
        &mut self,
        original: &str,
        varied: engraft_plugin::Result<Option<ExampleBuf>>,
        into: &mut Vec<ExampleBuf>,
    ) {
        match varied {
            Err(reason) => self.refuse(&reason),
            Ok(None) => self.unchanged += 1,
            Ok(Some(example)) => {
                let (changed, words) = distance(original, &example.text);
                self.variants += 1;
                self.changed += changed;
                self.words += words;
                into.push(example);
            }
        }
    }
}
