//! The settings of `legal-clauses`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which clauses are looked for, and how a contract is cut.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The labels, in the order of the model's outputs. CUAD's 41 are understood by the rules.
    pub labels: Vec<String>,
    /// Labels whose spans are short, and what is looked for in a segment that has them. The spans of all
    /// other labels are whole segments.
    pub items: BTreeMap<String, Item>,
    /// Regular expressions for the rule baseline, by label: a segment that matches one has the label.
    /// They see lower-case text with single spaces, and come in the place of the built-in ones.
    pub patterns: BTreeMap<String, Vec<String>>,
    /// From which probability on a segment has a label.
    pub threshold: f64,
    /// The same, where the rules give the segment this label too.
    pub threshold_with_rule: f64,
    /// Most bytes of a segment; a longer sentence is cut.
    pub max_segment: usize,
    /// Leaves out spans of labels that are not in `labels`; otherwise the run refuses them.
    pub ignore_other_labels: bool,
}

/// What is looked for in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Item {
    /// Names of parties, and the short names that the contract gives them.
    Party,
    /// A date.
    Date,
    /// The contract's title.
    Title,
}

/// The labels that are looked for unless others are set.
const LABELS: [&str; 11] = [
    "Governing Law",
    "Termination For Convenience",
    "Cap On Liability",
    "Anti-Assignment",
    "Renewal Term",
    "Audit Rights",
    "Exclusivity",
    "Insurance",
    "Parties",
    "Agreement Date",
    "Document Name",
];

/// The labels whose spans are short.
const ITEMS: [(&str, Item); 4] = [
    ("Parties", Item::Party),
    ("Agreement Date", Item::Date),
    ("Effective Date", Item::Date),
    ("Document Name", Item::Title),
];

impl Default for Settings {
    fn default() -> Self {
        Self {
            labels: LABELS.map(str::to_owned).into(),
            items: ITEMS.map(|(label, item)| (label.to_owned(), item)).into(),
            patterns: BTreeMap::new(),
            threshold: 0.5,
            threshold_with_rule: 0.02,
            max_segment: 1200,
            ignore_other_labels: false,
        }
    }
}
