//! Estimate: what a run will take, said before it has taken it.
//!
//! ```text
//! memory   held (process, weights, moments, vocabulary) + gradients + what frozen layers may keep
//!          + values of the largest batch, of training (both directions) or evaluation: they share their place
//!          + sides of products, as products read them
//!          or, where that is more, what is held and the weights once more, as the moments are made
//! time     seconds a token of a few steps · tokens of all steps
//!          + seconds a token of a few batches forward · tokens of all evaluations
//! ```

use crate::Result;
use crate::batch::{Planned, Steps};
use crate::evaluate::Scorer;
use crate::evaluate::infer::infer;
use crate::optimize::Learner;
use crate::run::Run;
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// Steps that warm up before the clock runs, and steps that it runs for.
const WARM: usize = 2;
const TIMED: usize = 8;
/// Windows that are predicted for the time of an evaluation.
const PREDICTED: usize = 64;

/// What a run will take.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Optimizer steps.
    pub steps: usize,
    /// Tokens of all steps.
    pub tokens: usize,
    /// Bytes; nothing where the system does not say what a process holds.
    pub memory: Option<Memory>,
    /// Seconds; nothing until some steps are timed.
    pub time: Option<Time>,
}

/// Bytes of memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Held before the first step: the process, weights, moments, the vocabulary.
    pub held: u64,
    /// Gradients of a step, those of tables left out: of them, only rows are there.
    pub gradients: u64,
    /// The values of the largest batch in training.
    pub batch: u64,
    /// The values of the largest batch in evaluation.
    pub evaluation: u64,
    /// Sides of products as products read them: those that are kept, and the most that pass.
    pub packs: u64,
    /// What frozen layers may keep.
    pub cache: u64,
    /// The most that is held at once.
    pub peak: u64,
}

/// Seconds on the wall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Time {
    /// A step of the mean number of tokens.
    pub step: f64,
    /// One evaluation of the dev split.
    pub evaluation: f64,
    /// The whole run from its first step on, the last evaluation included.
    pub all: f64,
}

/// The memory of a run that is ready to begin, by what the process held `before` the model was read and by the largest
/// batch of an evaluation, tokens and windows. What it holds now would not do: some of that is free for the first batch.
pub fn memory(
    run: &Run,
    planned: &Planned,
    learner: &Learner,
    (tokens, windows): (usize, usize),
    before: Option<u64>,
) -> Option<Memory> {
    let width = 4;
    // A trained weight has two moments.
    let held = before? + ((learner.total + 2 * learner.trained) * width) as u64;
    let gradients = (learner.dense() * width) as u64;
    let batch = learner.peak(planned.largest.0, planned.largest.1) as u64;
    let evaluation = learner.inference_peak(tokens, windows) as u64;
    let packs = learner.packs(planned.largest, (tokens, windows)) as u64;
    let cache = learner.kept().map_or(0, |_| run.settings.optimize.cache.map_or(0, |bytes| bytes.0));
    let begins = (learner.trained * width) as u64;
    let peak = held + begins.max(gradients + cache + batch.max(evaluation) + packs);
    Some(Memory { held, gradients, batch, evaluation, packs, cache, peak })
}

/// Times the first steps of a run as they are made.
#[derive(Debug, Default)]
pub struct Gauge {
    steps: usize,
    seconds: f64,
    tokens: usize,
}

impl Gauge {
    /// Hears of a step; after some of them, it knows what the whole run will take.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn step(
        &mut self,
        seconds: f64,
        tokens: usize,
        planned: &Planned,
        learner: &mut Learner,
        scorer: &Scorer<'_>,
    ) -> Result<Option<Time>> {
        self.steps += 1;
        if self.steps > WARM {
            self.seconds += seconds;
            self.tokens += tokens;
        }
        if self.steps != (WARM + TIMED).min(planned.steps) {
            return Ok(None);
        }
        let all = self.seconds * planned.tokens as f64 / self.tokens.max(1) as f64;
        let token = forward(learner, scorer)?;
        let tokens = |name| scorer.find(name).map_or(0, |scored| scored.windows.tokens) as f64;
        let evaluation = token * tokens("dev");
        let last = token * if scorer.find("test").is_some() { tokens("test") } else { tokens("dev") };
        let all = all + evaluation * planned.evaluations as f64 + last;
        Ok(Some(Time { step: self.seconds / (self.steps - WARM.min(self.steps)).max(1) as f64, evaluation, all }))
    }
}

/// Seconds a token, forward.
fn forward(learner: &mut Learner, scorer: &Scorer<'_>) -> Result<f64> {
    let Some(first) = scorer.splits.first() else { return Ok(0.0) };
    let items = first.windows.iter().take(PREDICTED).collect::<Result<Vec<_>>>()?;
    let limits = scorer.limits();
    infer(learner.inference()?, &scorer.feeder, &items[..items.len().min(limits.size)], limits, 1.0)?;
    let clock = Instant::now();
    infer(learner.inference()?, &scorer.feeder, &items, limits, 1.0)?;
    let tokens: usize = items.iter().map(|item| item.ids.len()).sum();
    Ok(clock.elapsed().as_secs_f64() / tokens.max(1) as f64)
}

/// Makes a few steps, of which nothing stays, and says what the run would take.
///
/// # Errors
/// What a plugin or the tensor library refuses.
pub fn measure(
    run: &Run,
    planned: &Planned,
    learner: &mut Learner,
    scorer: &Scorer<'_>,
    steps: &mut Steps,
) -> Result<Option<Time>> {
    let mut gauge = Gauge::default();
    for number in 0..planned.steps {
        let clock = Instant::now();
        let step = steps.take()?;
        let (_, gradients) = learner.gradients_of(&step, &scorer.feeder, run.seed, number)?;
        learner.step(gradients, &run.settings.optimize, 0.0, 0.0)?;
        let seconds = clock.elapsed().as_secs_f64();
        if let Some(time) = gauge.step(seconds, step.tokens, planned, learner, scorer)? {
            return Ok(Some(time));
        }
    }
    Ok(None)
}
