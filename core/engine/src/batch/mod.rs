//! Batch: windows become packed batches, in an order that a seed decides.

pub mod feed;
mod order;
mod pack;

pub use order::{Sampler, order};
pub use pack::{Packed, PackedTargets, pack};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[batch]`: how windows become batches.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Windows in a batch.
    pub size: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { size: 16 }
    }
}
