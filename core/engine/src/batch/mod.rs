//! Batch: windows become packed batches, in an order that a seed decides.

pub mod feed;
mod order;
mod pack;

pub use order::order;
pub use pack::{Packed, PackedTargets, pack};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[batch]`: how windows become batches.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Windows in a batch.
    pub size: usize,
    /// The share of the windows without any label that an epoch keeps, 0 to 1, drawn anew for each: where
    /// labels are rare, most of what is read teaches little.
    pub unlabeled: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { size: 16, unlabeled: 1.0 }
    }
}
