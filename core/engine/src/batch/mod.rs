//! Batch: windows become packed batches, in an order that a seed decides.
//!
//! [`Windows`] wait on disk, an [`Epoch`] has them and what augmenters add; its order is [cut](Limits) into batches,
//! which are made [`ahead`] of the model.

mod ahead;
mod cut;
mod epoch;
pub mod feed;
mod order;
mod pack;
mod plan;
mod sample;
mod windows;

pub use ahead::{Batch, Overlap, Step, Steps, ahead};
pub use cut::Limits;
pub use epoch::{Epoch, Examples, windows};
pub use order::{Order, Permutation};
pub use pack::{Packed, PackedTargets, pack};
pub use plan::{Planned, plan};
pub use sample::{Balance, Curriculum, How, Mix};
pub use windows::{Windowing, Windows};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[batch]`: how windows become batches.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Most windows in a batch; 16 where neither this nor `tokens` is given.
    pub size: Option<usize>,
    /// Most tokens in a batch: it takes the next windows of the epoch's order until one more would be too much, so that
    /// batches of short and of long texts cost the same. Beside `size`, a batch ends at what is reached first. A
    /// window that is longer is a batch of its own.
    pub tokens: Option<usize>,
    /// The share of the windows without any label that an epoch keeps, 0 to 1, drawn anew for each: where
    /// labels are rare, most of what is read teaches little.
    pub unlabeled: f64,
    /// Groups of windows equally often in every epoch: `{ by = "label", how = "over" }`.
    pub balance: Option<Balance>,
    /// The share of each domain in every epoch.
    pub mix: Option<Mix>,
    /// Easy windows first.
    pub curriculum: Option<Curriculum>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { size: None, tokens: None, unlabeled: 1.0, balance: None, mix: None, curriculum: None }
    }
}

#[cfg(test)]
mod tests;
