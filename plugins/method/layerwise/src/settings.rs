//! The settings of `layerwise`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which layers train, how fast, and from when on.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How many of the last layers train; not given: all.
    pub last: Option<usize>,
    /// Whether the embeddings train too, as the layer below all others.
    pub embeddings: bool,
    /// What the learning rate is multiplied by for each layer down.
    pub decay: f64,
    /// The part of the run (0 to below 1) at which the lowest of them begins to train; those between begin evenly before.
    pub unfreeze: f64,
    /// Learning rates of parts of the model, as multiples: a glob over parameter names and a number
    /// (`{ "*.attention.*" = 0.5 }`); 0 freezes. The first glob that matches counts.
    pub parts: BTreeMap<String, f64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { last: None, embeddings: false, decay: 1.0, unfreeze: 0.0, parts: BTreeMap::new() }
    }
}
