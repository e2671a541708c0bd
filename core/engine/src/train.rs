//! Train: THE loop.
//!
//! Everything is made ready before ([`crate::pipeline`]); here weights move. All randomness is a
//! function of (seed, epoch, step, place), so that a run that was killed goes on exactly.

use crate::augment::Tally;
use crate::batch::{Epoch, Examples, Overlap, Planned, ahead};
use crate::checkpoint::{Progress, Store};
use crate::estimate::{Estimate, Gauge};
use crate::evaluate::{Scorer, decides};
use crate::event::{Event, Observer};
use crate::optimize::{Learner, learning_rate};
use crate::run::Run;
use crate::{Error, Result};
use candle_core::Tensor;
use std::collections::BTreeMap;

/// What training leaves.
#[derive(Debug, Default)]
pub struct Trained {
    /// Where it ended.
    pub progress: Progress,
    /// Optimizer steps that were planned.
    pub planned: usize,
    /// Tokens and seconds of this process's optimizer steps, evaluations apart.
    pub tokens: usize,
    /// Seconds of the same.
    pub seconds: f64,
    /// What the augmenters did in the last epoch.
    pub tally: Tally,
    /// How far the making of batches was hidden behind the steps.
    pub batches: Overlap,
}

/// Moves the weights from `progress` to the end of the run; the best ones are in the learner afterwards.
///
/// # Errors
/// [`Error::Diverged`] when the loss is no number, [`Error::Unwritable`] when a checkpoint cannot be
/// written, and whatever a plugin or the tensor library refuses. The last good checkpoint is kept.
pub fn train<'a>(
    run: &Run,
    examples: &'a Examples<'_>,
    (planned, first): (Planned, Option<Epoch<'a>>),
    learner: &mut Learner,
    scorer: &Scorer<'_>,
    (store, mut progress): (&Store, Progress),
    observer: &mut dyn Observer,
) -> Result<Trained> {
    let settings = &run.settings.optimize;
    let every = run.settings.evaluate.every;
    let mut trained = Trained { planned: planned.steps, tally: planned.tally.clone(), ..Trained::default() };
    let (plan, planned) = (&planned, planned.steps);
    let mut gauge = Gauge::default();
    observer.hear(&Event::Start {
        steps: planned,
        from: progress.step,
        epochs: settings.epochs,
        trained: learner.trained,
        parameters: learner.total,
    })?;

    let start = progress.clone();
    let ((), batches) = ahead(run, examples, &start, first, |steps| {
        while !progress.is_over && progress.step < planned {
            // one optimizer step: forward and backward over its batches, then the weights move
            let clock = std::time::Instant::now();
            let step = steps.take()?;
            let rate = learning_rate(settings, progress.step, planned);
            let (loss, gradients) = learner.gradients_of(&step, &scorer.feeder, run.seed, progress.step)?;
            if !loss.is_finite() {
                return Err(Error::Diverged { step: progress.step + 1, loss });
            }
            let done = learner.step(gradients, settings, rate, progress.step as f64 / planned as f64)?;
            progress.step += 1;
            progress.position += step.windows;
            trained.tokens += step.tokens;
            let seconds = clock.elapsed().as_secs_f64();
            trained.seconds += seconds;
            if let Some(tally) = step.tally {
                trained.tally = tally;
            }
            observer.hear(&Event::Step {
                step: progress.step,
                loss,
                learning_rate: rate,
                gradient_norm: done.norm,
                tokens: step.tokens,
            })?;
            if let Some(time) = gauge.step(seconds, step.tokens, plan, learner, scorer)? {
                let estimate = Estimate { steps: planned, tokens: plan.tokens, memory: None, time: Some(time) };
                observer.hear(&Event::Estimate(estimate))?;
            }

            // score the dev split, keep the best, stop when it no longer gets better
            let is_last = progress.step == planned;
            let evaluates = every.map_or(step.ends_epoch, |every| progress.step.is_multiple_of(every)) || is_last;
            if step.ends_epoch {
                (progress.epoch, progress.position) = (progress.epoch + 1, 0);
            }
            if evaluates {
                judge(run, learner, scorer, &mut progress, planned, observer)?;
            }
            let every_so_often = run.settings.checkpoint.every;
            if evaluates || progress.is_over || every_so_often > 0 && progress.step.is_multiple_of(every_so_often) {
                save(run, learner, store, &progress, observer)?;
            }
        }
        Ok(())
    })?;
    if let Some((_, best)) = progress.best.filter(|(_, best)| *best != progress.step) {
        let loaded = store.load(best)?;
        learner.restore(loaded.tensors, &loaded.steps).map_err(|reason| damaged(run, reason))?;
    }
    observer.hear(&Event::Done { step: progress.step })?;
    Ok(Trained { progress, batches, ..trained })
}

/// Scores the dev split and decides: is it the best, is it time to stop?
fn judge(
    run: &Run,
    learner: &mut Learner,
    scorer: &Scorer<'_>,
    progress: &mut Progress,
    planned: usize,
    observer: &mut dyn Observer,
) -> Result<()> {
    let Some(outcome) = scorer.split(learner.inference()?, "dev", 0)? else {
        // Without a dev split the last weights are the best there are.
        progress.is_over = progress.step == planned;
        return Ok(());
    };
    observer.hear(&Event::Evaluated {
        split: "dev".to_owned(),
        step: progress.step,
        loss: outcome.loss,
        scores: outcome.scored.values(),
    })?;
    let (name, higher) = decides(scorer.task, &run.settings.evaluate, &outcome.scored)?;
    let value = outcome.scored.value(&name).unwrap_or(f64::NEG_INFINITY);
    let is_better = progress.best.is_none_or(|(best, _)| if higher { value > best } else { value < best });
    if is_better {
        progress.best = Some((value, progress.step));
        progress.worse = 0;
    } else {
        progress.worse += 1;
    }
    let patience = run.settings.optimize.patience;
    if patience > 0 && progress.worse >= patience && progress.step < planned {
        progress.is_over = true;
        let reason = format!("no better {name} on dev for {patience} evaluations");
        observer.hear(&Event::Stopped { step: progress.step, reason })?;
    }
    progress.is_over |= progress.step == planned;
    Ok(())
}

fn save(
    run: &Run,
    learner: &mut Learner,
    store: &Store,
    progress: &Progress,
    observer: &mut dyn Observer,
) -> Result<()> {
    // Told first: a run that is killed in between resumes from the checkpoint before, and tells it again.
    let best = progress.best.map(|(_, step)| step);
    observer.hear(&Event::Checkpoint { step: progress.step, best: best == Some(progress.step) })?;
    let (tensors, steps): (BTreeMap<String, Tensor>, _) = learner.state()?;
    store.save(progress, tensors, steps)?;
    store.prune(run.settings.checkpoint.keep, best.as_slice());
    Ok(())
}

fn damaged(run: &Run, reason: String) -> Error {
    Error::Checkpoint { path: run.out.join("checkpoints"), reason }
}
