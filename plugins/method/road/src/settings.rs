//! The settings of `road`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which outputs are rotated.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `road-1`: one angle and scale for each pair; `road-2`: one for each output.
    pub variant: Variant,
    /// Outputs in a group, whose halves are the coordinates; a divisor of the layer's width.
    pub group: usize,
    /// Which linear layers: whole names, their ends from a dot on (`query`, `output.dense`), or globs
    /// (`*.self.{query,value}`). BERT's names are understood on DistilBERT too.
    pub targets: Vec<String>,
    /// Only in these layers, counted from 0; none given: in all.
    pub layers: Vec<usize>,
}

/// How many angles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Variant {
    /// One for each pair.
    #[default]
    #[serde(rename = "road-1")]
    One,
    /// One for each output.
    #[serde(rename = "road-2")]
    Two,
}

impl Default for Settings {
    fn default() -> Self {
        let targets = ["query", "key", "value", "dense"].map(str::to_owned).into();
        Self { variant: Variant::One, group: 64, targets, layers: Vec::new() }
    }
}
