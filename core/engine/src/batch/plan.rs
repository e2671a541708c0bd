//! How many steps a run has, and its largest batches: known before the first step.

use super::{Epoch, Examples, Limits};
use crate::Result;
use crate::augment::Tally;
use crate::run::Run;
use std::sync::atomic::AtomicBool;

/// The steps of a run.
#[derive(Debug, Default)]
pub struct Planned {
    /// Optimizer steps.
    pub steps: usize,
    /// Tokens of all steps.
    pub tokens: usize,
    /// Tokens and windows of the largest batch, the most of each.
    pub largest: (usize, usize),
    /// Evaluations of the dev split, where there is one.
    pub evaluations: usize,
    /// What the augmenters did in the epoch before the one in which the run goes on.
    pub tally: Tally,
}

/// Goes through the epochs until `max_steps` are found, and gives back the one in which the run goes on: it need not be
/// made again.
///
/// # Errors
/// What an augmenter or the disk refuses.
pub fn plan<'a>(run: &Run, examples: &'a Examples<'_>, goes_on: usize) -> Result<(Planned, Option<Epoch<'a>>)> {
    let settings = &run.settings.optimize;
    let limits = Limits::of(&run.settings.batch)?;
    let accumulate = settings.accumulate.max(1);
    let most = settings.max_steps.unwrap_or(usize::MAX);
    let (mut planned, mut first) = (Planned::default(), None);
    let mut epochs = 0;
    for number in 0..settings.epochs {
        if planned.steps >= most {
            break;
        }
        let Some(epoch) = examples.epoch(number, &AtomicBool::new(true))? else { break };
        let order = epoch.order(run.seed);
        let most_batches = (most - planned.steps).saturating_mul(accumulate);
        let mut batches = 0;
        for batch in epoch.batches(&order, limits, 0).take(most_batches) {
            let (places, tokens) = batch?;
            batches += 1;
            planned.tokens += tokens;
            planned.largest = (planned.largest.0.max(tokens), planned.largest.1.max(places.len()));
        }
        planned.steps += usize::div_ceil(batches, accumulate);
        epochs += 1;
        if number + 1 == goes_on {
            planned.tally = epoch.tally.clone();
        }
        if number == goes_on {
            first = Some(epoch);
        }
    }
    planned.evaluations = run.settings.evaluate.every.map_or(epochs, |every| planned.steps.div_ceil(every.max(1)));
    Ok((planned, first))
}
