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
        let (order, batches) = epoch.batches(run.seed, limits, 0);
        let mut at = 0;
        for step in batches.chunks(accumulate).take(most - planned.steps) {
            planned.steps += 1;
            for &windows in step {
                let tokens = order[at..at + windows].iter().map(|&at| epoch.length(at)).sum();
                at += windows;
                planned.tokens += tokens;
                planned.largest = (planned.largest.0.max(tokens), planned.largest.1.max(windows));
            }
        }
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
