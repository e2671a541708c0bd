//! Evaluate: predictions become scores.
//!
//! In the order of use: [`rules`] is the baseline and [`refine`] the domain's last word on a prediction;
//! [`documents`] joins what a domain adapter cut into pieces; [`score`] asks the metrics; [`decides`]
//! says which score chooses between two checkpoints. How a model predicts is in [`infer`].

mod decides;
mod documents;
pub mod infer;
mod join;
mod refine;
mod score;

pub use decides::{check_decides, decides};
pub use documents::documents;
pub use refine::{refine, rules};
pub use score::{Score, Scored, score};

/// Examples in one call of a plugin.
const BATCH: usize = 256;
