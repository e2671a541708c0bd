//! Optimize: gradients move weights.

pub mod adamw;
mod budget;
mod kept;
pub mod learner;
pub mod norm;
pub mod schedule;

pub use adamw::AdamW;
pub use learner::Learner;
pub use schedule::learning_rate;
