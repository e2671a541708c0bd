//! The settings of `contract`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is changed, and what that makes of labels.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What is changed. A run that wants several has a table for each.
    pub change: Change,
    /// The label of what was changed, by the label it had: `"Cap On Liability" = "Uncapped Liability"`. An empty text
    /// takes the label away from a text, and refuses a span.
    pub labels: BTreeMap<String, String>,
    /// Labels that are not named above stay as they are. Otherwise a text is refused whose new label nobody stated.
    pub keep_labels: bool,
    /// Pairs of parties beside the built-in ones: `[["Provider", "Client"]]`.
    pub parties: Vec<(String, String)>,
    /// How many variations are made of a text, at most.
    pub variations: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            change: Change::Negation,
            labels: BTreeMap::new(),
            keep_labels: false,
            parties: Vec::new(),
            variations: 1,
        }
    }
}

/// A change of what a clause says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Who owes whom: `Licensor` and `Licensee` change places throughout.
    Party,
    /// A limit is lifted or set, one a variation: `shall not exceed` becomes `may exceed`.
    Cap,
    /// What one must becomes what one must not, one a variation: `shall` becomes `shall not`.
    Negation,
}
