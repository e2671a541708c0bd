//! What happens in a run, as it happens: one line each in `events.jsonl`, points in TensorBoard, ticks
//! of the progress bar.

use crate::estimate::Estimate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that happened. Times are not part of it: two equal runs have equal events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The run begins: all is read, checked and allocated.
    Start {
        /// Optimizer steps in all.
        steps: usize,
        /// The step it starts from: 0, or where it resumes.
        from: usize,
        /// Epochs in all.
        epochs: usize,
        /// Parameters that train.
        trained: usize,
        /// Parameters in all.
        parameters: usize,
    },
    /// What the run will take. It depends on the machine and the hour: only the user hears it.
    Estimate(Estimate),
    /// A message for the user, once: lost spans, refused records.
    Note {
        /// `data`, `tokenize`, `method`: where in the walk it arose.
        stage: String,
        /// The message.
        message: String,
    },
    /// An optimizer step is done.
    Step {
        /// Steps done.
        step: usize,
        /// Mean loss over the tokens (or texts) of the step.
        loss: f64,
        /// The learning rate it was made with.
        learning_rate: f64,
        /// The gradient's norm before clipping.
        gradient_norm: f64,
        /// Tokens in the step.
        tokens: usize,
    },
    /// A split was evaluated.
    Evaluated {
        /// `dev` or `test`.
        split: String,
        /// After how many steps.
        step: usize,
        /// The mean loss.
        loss: f64,
        /// Scores by `<metric>.<name>`.
        scores: BTreeMap<String, f64>,
    },
    /// A checkpoint was written.
    Checkpoint {
        /// After how many steps.
        step: usize,
        /// Whether it is the best so far.
        best: bool,
    },
    /// Training ends before its last step.
    Stopped {
        /// After how many steps.
        step: usize,
        /// Why: `no better dev score for 3 evaluations`.
        reason: String,
    },
    /// The run is done.
    Done {
        /// Steps made.
        step: usize,
    },
}

/// Hears the events of a run. Called from the training thread, in order.
pub trait Observer {
    /// One event.
    ///
    /// # Errors
    /// What cannot be written ends the run.
    fn hear(&mut self, event: &Event) -> crate::Result<()>;
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn hear(&mut self, _event: &Event) -> crate::Result<()> {
        Ok(())
    }
}
