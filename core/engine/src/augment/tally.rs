//! What augmenters did, in numbers for the report.

use engraft_plugin::text::ExampleBuf;
use serde::{Deserialize, Serialize};
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
}

impl Tally {
    pub(super) fn of(&mut self, plugin: &str) -> &mut Counts {
        self.0.entry(plugin.to_owned()).or_default()
    }
}

impl Counts {
    pub(super) fn refuse(&mut self, reason: &engraft_plugin::Error) {
        *self.refused.entry(reason.code.clone()).or_default() += 1;
    }

    /// Counts a variation, and keeps it if it is one.
    pub(super) fn add(&mut self, varied: engraft_plugin::Result<Option<ExampleBuf>>, into: &mut Vec<ExampleBuf>) {
        match varied {
            Err(reason) => self.refuse(&reason),
            Ok(None) => self.unchanged += 1,
            Ok(Some(example)) => {
                self.variants += 1;
                into.push(example);
            }
        }
    }
}
