//! The settings of `ia3`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which layers are scaled.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Linear layers whose output is scaled: whole names, their ends from a dot on (`query`), or globs
    /// (`*.self.{key,value}`). BERT's names are understood on DistilBERT too.
    pub targets: Vec<String>,
    /// Linear layers whose input is scaled. `output.dense` is attention's last layer too, as in PEFT.
    pub feedforward: Vec<String>,
    /// Only in these layers, counted from 0; none given: in all.
    pub layers: Vec<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        let (targets, feedforward) = (["key", "value"].map(str::to_owned).into(), vec!["output.dense".to_owned()]);
        Self { targets, feedforward, layers: Vec::new() }
    }
}
