//! Evaluate: predictions become scores.
//!
//! In the order of use: [`rules`] is the baseline and [`refine`] the domain's last word on a prediction;
//! [`documents`] joins what a domain adapter cut into pieces; [`score`] asks the metrics; [`decides`]
//! says which score chooses between two checkpoints. How a model predicts is in [`infer`], how a split goes all that
//! way, group by group, in [`Scorer`].

mod decides;
mod documents;
mod groups;
pub mod infer;
mod join;
mod refine;
mod score;
mod split;

pub use decides::{check_decides, decides};
pub use documents::documents;
pub use groups::Groups;
pub use refine::{refine, rules};
pub use score::{Score, Scored, Scoring, score};
pub use split::{Outcome, ScoredSplit, Scorer};

/// Examples in one call of a plugin.
const BATCH: usize = 256;
