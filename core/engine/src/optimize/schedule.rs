//! The learning rate of each step: a rise over the warm-up, then a fall to 0.

use crate::run::{OptimizeSettings, Schedule};

/// The learning rate of optimizer step `step` (from 0) of `total`, as `transformers`'
/// `get_{linear,cosine}_schedule_with_warmup` have it; the warm-up is `⌊warmup · total⌋` steps.
pub fn learning_rate(settings: &OptimizeSettings, step: usize, total: usize) -> f64 {
    let warmup = (settings.warmup * total as f64) as usize;
    let factor = if step < warmup {
        step as f64 / warmup as f64
    } else {
        let progress = (step - warmup) as f64 / (total.saturating_sub(warmup)).max(1) as f64;
        match settings.schedule {
            Schedule::Constant => 1.0,
            Schedule::Linear => (1.0 - progress).max(0.0),
            Schedule::Cosine => 0.5 * (1.0 + libm::cos(std::f64::consts::PI * progress)),
        }
    };
    settings.learning_rate * factor
}
