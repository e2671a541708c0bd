//! Batches ahead: made by other threads while the model computes.
//!
//! ```text
//! epochs   augment → tokenize → disk     one epoch ahead
//! steps    order → disk → packed batches  a few steps ahead
//! caller   computes
//! ```
//!
//! What is made is the same as without threads, in the same order. An error is handed on in its place; when the
//! caller stops asking, both threads end.

use super::{Epoch, Examples, Limits, Packed, pack};
use crate::augment::Tally;
use crate::checkpoint::Progress;
use crate::run::Run;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// Steps that lie ready at most.
const READY: usize = 4;

/// The batches of one optimizer step.
#[derive(Debug, Default)]
pub struct Step {
    /// Its batches.
    pub batches: Vec<Batch>,
    /// Tokens in all.
    pub tokens: usize,
    /// Windows in all.
    pub windows: usize,
    /// What all add to the divisor of the loss.
    pub count: usize,
    /// Whether it is the last of its epoch.
    pub ends_epoch: bool,
    /// What the augmenters did for the epoch that it begins, or with which the run goes on.
    pub tally: Option<Tally>,
}

/// One batch.
#[derive(Debug, Default)]
pub struct Batch {
    /// Its windows.
    pub packed: Packed,
    /// The number of each window where it comes again in every epoch.
    pub numbers: Vec<Option<usize>>,
    /// Windows of the step before it.
    pub first: usize,
}

/// Seconds of making batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Overlap {
    /// Spent in making them, by both threads.
    pub made: f64,
    /// Spent by the caller in waiting for them.
    pub waited: f64,
}

/// The steps of a run, as they are made.
#[derive(Debug)]
pub struct Steps {
    from: Receiver<Result<Step>>,
    waited: Duration,
}

impl Steps {
    /// The next step.
    ///
    /// # Errors
    /// What a plugin, the disk or a checkpoint's place refuses.
    pub fn take(&mut self) -> Result<Step> {
        let clock = Instant::now();
        let step = self.from.recv();
        self.waited += clock.elapsed();
        step.unwrap_or_else(|_| Err(Error::Program("a step is asked for beyond the last epoch".to_owned())))
    }
}

/// Makes the steps from `progress` on, while `compute` takes them; `first` is its epoch where that is made already.
///
/// # Errors
/// Those of `compute`.
pub fn ahead<'a, T>(
    run: &Run,
    examples: &'a Examples<'_>,
    progress: &Progress,
    first: Option<Epoch<'a>>,
    compute: impl FnOnce(&mut Steps) -> Result<T>,
) -> Result<(T, Overlap)> {
    let limits = Limits::of(&run.settings.batch)?;
    let (from, position) = (progress.epoch, progress.position);
    let is_wanted = &AtomicBool::new(true);
    let made = &AtomicU64::new(0);
    let timed = move |clock: Instant| made.fetch_add(clock.elapsed().as_nanos() as u64, Ordering::Relaxed);
    // Tokenizing in a thread of its own leaves the pool to the kernels.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let pool = pool.map_err(|error| Error::Program(format!("no thread for batches: {error}")))?;
    thread::scope(|scope| {
        let (epochs, of_epochs) = sync_channel(0);
        let (steps, of_steps) = sync_channel(READY);
        scope.spawn(move || {
            let mut first = first;
            for number in from..run.settings.optimize.epochs {
                let clock = Instant::now();
                let epoch = match first.take() {
                    Some(epoch) => Ok(Some(epoch)),
                    None => pool.install(|| examples.epoch(number, is_wanted)),
                };
                timed(clock);
                let Some(epoch) = epoch.transpose() else { return };
                if epochs.send(epoch).is_err() {
                    return;
                }
            }
        });
        scope.spawn(move || {
            let mut position = position;
            for epoch in of_epochs {
                let done = epoch.and_then(|epoch| send(run, &epoch, limits, position, &steps, &timed));
                match done {
                    Ok(true) => position = 0,
                    Ok(false) => return,
                    Err(error) => return drop(steps.send(Err(error))),
                }
            }
        });
        let mut steps = Steps { from: of_steps, waited: Duration::ZERO };
        let done = compute(&mut steps);
        is_wanted.store(false, Ordering::Relaxed);
        let waited = steps.waited.as_secs_f64();
        // A thread that waits for its step to be taken must not wait for ever.
        drop(steps);
        let made = Duration::from_nanos(made.load(Ordering::Relaxed)).as_secs_f64();
        Ok((done?, Overlap { made, waited }))
    })
}

/// Makes the steps of an epoch and hands them on; whether they are still wanted.
fn send(
    run: &Run,
    epoch: &Epoch<'_>,
    limits: Limits,
    position: usize,
    into: &SyncSender<Result<Step>>,
    timed: &impl Fn(Instant) -> u64,
) -> Result<bool> {
    let mut clock = Instant::now();
    let order = epoch.order(run.seed);
    if position >= order.len() && position > 0 {
        let reason = format!("epoch {} has no window {position}", epoch.number);
        return Err(Error::Checkpoint { path: run.out.join("checkpoints"), reason });
    }
    let mut tally = Some(epoch.tally.clone());
    let mut batches = epoch.batches(&order, limits, position).peekable();
    while batches.peek().is_some() {
        let mut step = Step { tally: tally.take(), ..Step::default() };
        for batch in batches.by_ref().take(run.settings.optimize.accumulate.max(1)) {
            step.add(epoch, batch?.0.map(|place| order.at(place)))?;
        }
        step.ends_epoch = batches.peek().is_none();
        timed(clock);
        if into.send(Ok(step)).is_err() {
            return Ok(false);
        }
        clock = Instant::now();
    }
    Ok(true)
}

impl Step {
    fn add(&mut self, epoch: &Epoch<'_>, chosen: impl Iterator<Item = usize>) -> Result<()> {
        let windows = chosen.map(|at| epoch.get(at)).collect::<Result<Vec<_>>>()?;
        let (items, numbers): (Vec<_>, Vec<_>) = windows.into_iter().unzip();
        let packed = pack(&items, &(0..items.len()).collect::<Vec<_>>());
        self.tokens += packed.ids.len();
        self.count += items.iter().map(|item| item.targets.count()).sum::<usize>();
        self.batches.push(Batch { packed, numbers, first: self.windows });
        self.windows += items.len();
        Ok(())
    }
}
