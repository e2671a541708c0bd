//! The settings of `sentiment`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which labels there are, how data names them, and what becomes of unsure predictions.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The labels, from the worst to the best. With two or three of them the usual other names in data
    /// are understood (`neg`, `pos`, `0`, `1`, …), and there is a rule baseline.
    pub labels: Vec<String>,
    /// Other names of the labels in the data, read without regard to case: `bad = "negative"`.
    pub aliases: BTreeMap<String, String>,
    /// Words for the rule baseline with their weight from -2 (worst) to 2 (best), beside the built-in
    /// ones or in their place. A `*` at the end stands for any ending.
    pub words: BTreeMap<String, f64>,
    /// A prediction that is less sure than this gets the label `fallback`; 0: none does.
    pub confidence: f64,
    /// The label of unsure predictions.
    pub fallback: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            labels: ["negative", "neutral", "positive"].map(str::to_owned).into(),
            aliases: BTreeMap::new(),
            words: BTreeMap::new(),
            confidence: 0.0,
            fallback: None,
        }
    }
}
