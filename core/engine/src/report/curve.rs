//! How training went, step by step, gathered from the run's events.

use super::events;
use crate::event::{Event, Observer};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The steps and dev evaluations of a run.
///
/// A run that was resumed has heard only its own part; [`Curve::read`] has them all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Every optimizer step.
    pub steps: Vec<StepPoint>,
    /// Every evaluation of the dev split.
    pub evaluations: Vec<Evaluation>,
    /// What the user was told.
    pub notes: Vec<super::content::Note>,
    /// Why training ended before its last step, if it did.
    pub stopped: Option<String>,
}

/// One optimizer step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepPoint {
    /// Steps done.
    pub step: usize,
    /// Its mean loss.
    pub loss: f64,
    /// Its learning rate.
    pub learning_rate: f64,
    /// Its gradient's norm before clipping.
    pub gradient_norm: f64,
}

/// One evaluation of the dev split.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evaluation {
    /// After how many steps.
    pub step: usize,
    /// The mean loss.
    pub loss: f64,
    /// Scores by `<metric>.<name>`.
    pub scores: BTreeMap<String, f64>,
}

impl Curve {
    /// The curve of a run's `events.jsonl`, up to its first torn line.
    ///
    /// # Errors
    /// [`Error::MissingFile`] or [`Error::Unreadable`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|error| Error::reading(path, "the run's events", error))?;
        let mut curve = Self::default();
        for (_, event) in events::lines(&bytes) {
            curve.hear(&event)?;
        }
        Ok(curve)
    }
}

impl Observer for Curve {
    fn hear(&mut self, event: &Event) -> Result<()> {
        match event.clone() {
            Event::Step { step, loss, learning_rate, gradient_norm, .. } => {
                self.steps.push(StepPoint { step, loss, learning_rate, gradient_norm });
            }
            Event::Evaluated { split, step, loss, scores } if split == "dev" => {
                self.evaluations.push(Evaluation { step, loss, scores });
            }
            Event::Note { stage, message } => self.notes.push(super::content::Note { stage, message }),
            Event::Stopped { reason, .. } => self.stopped = Some(reason),
            _ => {}
        }
        Ok(())
    }
}
