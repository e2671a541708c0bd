//! The settings of `medical-ner`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which entities there are, how data names them, and what the rules know beside their own.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The entity labels. Case does not matter in data: `DISEASE` is read as `Disease`.
    pub labels: Vec<String>,
    /// Other names of the labels in the data, read without regard to case: `Chemical = "Drug"`.
    pub aliases: BTreeMap<String, String>,
    /// Terms for the rule baseline beside its own, by label: `Drug = ["aspirin"]`; read without regard
    /// to case, except for terms all in capitals.
    pub terms: BTreeMap<String, Vec<String>>,
    /// Whether predictions are mended: cut words completed, parts that only a hyphen keeps apart joined, what is no mention
    /// dropped. `false` leaves them as the model gave them, to compare it with other programs.
    pub refine: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let labels = ["Disease", "Drug", "Symptom", "Procedure"].map(str::to_owned).into();
        Self { labels, aliases: BTreeMap::new(), terms: BTreeMap::new(), refine: true }
    }
}
