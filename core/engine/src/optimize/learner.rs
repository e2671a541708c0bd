//! A network that learns: its program in both directions, its weights, their moments.

mod saved;

use super::adamw::{AdamW, State};
use super::budget::Allotment;
use super::kept::Kept;
use super::norm;
use crate::backend::gradient::Gradient;
use crate::backend::session::Session;
use crate::backend::{Feed, Machine};
use crate::batch::Step;
use crate::batch::feed::Feeder;
use crate::model::{Network, Origin, Parameter};
use crate::program::differentiate::{Gradients, differentiate_with};
use crate::program::prefix::{Prefix, prefix};
use crate::program::simplify::{scale_early, without_dropout};
use crate::program::{Id, Input};
use crate::run::{OptimizeSettings, Precision};
use crate::{Error, Result};
use candle_core::{DType, Tensor};
use engraft_plugin::plan::Plan;
use std::collections::BTreeMap;

/// A trained parameter.
struct Moving {
    parameter: Parameter,
    state: State,
    steps: usize,
    learning_rate: f64,
    decays: bool,
    from: f64,
    until: f64,
}

/// What an optimizer step did.
#[derive(Clone, Copy, Debug)]
pub struct Stepped {
    /// The gradient's norm before clipping.
    pub norm: f64,
}

/// A network with weights that move.
pub struct Learner {
    training: Session,
    inference: Session,
    kept: Option<Kept>,
    moving: Vec<Moving>,
    allotments: Vec<Allotment>,
    /// Of those that move: the tables of which batches read rows alone, and what says which.
    tables: Vec<(usize, Input)>,
    /// Numbers that train.
    pub trained: usize,
    /// Numbers in all.
    pub total: usize,
}

impl Learner {
    /// Makes a network ready to learn: differentiates it for what the plan trains, lays both programs
    /// out, puts the weights (in the order of [`Network::parameters`]) on the machine. Inference multiplies in f32.
    ///
    /// # Errors
    /// [`Error::Audit`] when nothing trains, or something is to train that the loss does not reach.
    pub fn new(network: &Network, plan: &Plan, weights: Vec<Tensor>, machine: &Machine) -> Result<Self> {
        let inference = machine.multiplying(Precision::F32);
        Self::with_cache(network, plan, weights, (machine, &inference), None)
    }

    /// The same, which infers on a machine of its own and keeps at most so many bytes of what never changes from epoch to
    /// epoch.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_cache(
        network: &Network,
        plan: &Plan,
        weights: Vec<Tensor>,
        (machine, infers): (&Machine, &Machine),
        cache: Option<usize>,
    ) -> Result<Self> {
        let chosen: Vec<Option<Choice>> = network.parameters.iter().map(|p| choose(p, plan)).collect();
        let wrt: Vec<Id> =
            network.parameters.iter().zip(&chosen).filter(|(_, c)| c.is_some()).map(|(p, _)| p.id).collect();
        if wrt.is_empty() {
            return Err(Error::Audit(format!("method `{}` trains nothing", plan.method)));
        }
        let mut program = scale_early(&network.program);
        let gradients = differentiate_with(&mut program, network.loss, &network.penalties, &wrt)?;
        let mut kept = None;
        if let Some(budget) = cache {
            let wanted: Vec<Id> =
                gradients.accumulate.iter().chain(&gradients.of).copied().chain([network.loss]).collect();
            if let Some(Prefix { cut, rest }) = prefix(&program, &wanted, &wrt) {
                let rows = cut.iter().map(|&id| (id, program.kind(id).rows)).collect();
                let session = Session::new(machine.clone(), program, cut, Gradients::default());
                kept = Some(Kept::new(session, rows, budget));
                program = rest;
            }
        }
        let mut training = Session::new(machine.clone(), program, vec![network.loss], gradients);
        let still = without_dropout(&network.program);
        let outputs = network.outputs();
        let mut inference = Session::new(infers.clone(), still, outputs, Gradients::default());

        let (mut moving, mut tables) = (Vec::with_capacity(wrt.len()), Vec::new());
        let (mut trained, mut total) = (0, 0);
        for ((parameter, choice), weight) in network.parameters.iter().zip(chosen).zip(weights) {
            let weight = weight.to_device(&machine.device)?;
            total += weight.elem_count();
            let weight = match choice {
                None => {
                    training.fix(parameter.id);
                    weight
                }
                Some(choice) => {
                    trained += weight.elem_count();
                    let mut state = State::new(&weight)?;
                    if let (Origin::Base, Some(input)) = (&parameter.origin, training.rows_read(parameter.id)) {
                        tables.push((moving.len(), input));
                        state = state.waiting();
                    }
                    let weight = state.weight()?;
                    let Choice { learning_rate, decays, from, until } = choice;
                    let parameter = parameter.clone();
                    moving.push(Moving { parameter, state, steps: 0, learning_rate, decays, from, until });
                    weight
                }
            };
            if let Some(kept) = &mut kept {
                kept.session().set(parameter.id, weight.clone());
            }
            training.set(parameter.id, weight.clone());
            inference.set(parameter.id, weight);
        }
        let allotments = Allotment::all(plan, &moving.iter().map(|m| &m.parameter).collect::<Vec<_>>())?;
        Ok(Self { training, inference, kept, moving, allotments, tables, trained, total })
    }

    /// The training program.
    pub fn training(&mut self) -> &mut Session {
        self.training.take_memory(&mut self.inference);
        &mut self.training
    }

    /// Bytes of a training batch beside the parameters.
    pub fn peak(&self, tokens: usize, sequences: usize) -> usize {
        self.training.peak(tokens, sequences)
    }

    /// Numbers of the gradients of a step: those of tables are a few rows, and not among them.
    pub fn dense(&self) -> usize {
        self.training.dense()
    }

    /// Bytes of what products read packed, at most, in the largest batches of training and of evaluation: tokens and
    /// sequences.
    pub fn packs(&self, training: (usize, usize), evaluation: (usize, usize)) -> usize {
        let (kept, training) = self.training.packs(training.0, training.1);
        let (evaluated, evaluation) = self.inference.packs(evaluation.0, evaluation.1);
        kept + evaluated + training.max(evaluation)
    }

    /// Takes the memory of the largest batches at once: tokens and sequences, in training and in evaluation, which share it.
    pub fn reserve(&mut self, training: (usize, usize), evaluation: (usize, usize)) {
        self.training.reserve(training.0, training.1);
        self.inference.take_memory(&mut self.training);
        self.inference.reserve(evaluation.0, evaluation.1);
    }

    /// Bytes of an evaluated batch beside the parameters.
    pub fn inference_peak(&self, tokens: usize, sequences: usize) -> usize {
        self.inference.peak(tokens, sequences)
    }

    /// Forward and backward over the batches of one optimizer step, made one after the other; the loss.
    ///
    /// # Errors
    /// What the tensor library or the batches refuse.
    pub fn gradients(&mut self, feeds: impl IntoIterator<Item = Result<Feed>>) -> Result<(f64, Vec<Gradient>)> {
        self.training().begin()?;
        let mut loss = 0.0;
        for feed in feeds {
            let feed = feed?;
            self.read(&feed)?;
            loss += scalar(&self.training.batch(&feed)?[0])?;
        }
        Ok((loss, self.training.end()?))
    }

    /// The same over the batches of a step that were made ahead, each scaled by the count of the whole step: 1×16 and
    /// 16×1 are the same step. What frozen layers make of their windows is taken from the cache where it is kept.
    ///
    /// # Errors
    /// What the tensor library or the batches refuse.
    pub fn gradients_of(
        &mut self,
        step: &Step,
        feeder: &Feeder,
        seed: u64,
        number: usize,
    ) -> Result<(f64, Vec<Gradient>)> {
        let scale = 1.0 / step.count.max(1) as f64;
        self.training().begin()?;
        let mut loss = 0.0;
        for batch in &step.batches {
            if let Some(kept) = &mut self.kept {
                for (id, value) in kept.of(batch, feeder)? {
                    self.training.set(id, value);
                }
            }
            let feed = feeder.feed(&batch.packed, scale, seed, number, batch.first)?;
            self.read(&feed)?;
            loss += scalar(&self.training.batch(&feed)?[0])?;
        }
        Ok((loss, self.training.end()?))
    }

    /// Makes the rows of tables ready that a batch reads.
    fn read(&mut self, feed: &Feed) -> Result<()> {
        for &(at, input) in &self.tables {
            if let Some(rows) = feed.rows(input)? {
                self.moving[at].state.read(&rows)?;
            }
        }
        Ok(())
    }

    /// Makes all rows of tables ready to be read.
    fn settle(&mut self) -> Result<()> {
        self.tables.iter().try_for_each(|&(at, _)| self.moving[at].state.settle())
    }

    /// Bytes that are kept of frozen layers; nothing without a cache, or where no layer can be kept.
    pub fn kept(&self) -> Option<usize> {
        self.kept.as_ref().map(Kept::bytes)
    }

    /// Clips the gradients and moves the weights; `progress` is the part of the run that is done. The memory of the
    /// gradients is used again by the next step.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn step(
        &mut self,
        gradients: Vec<Gradient>,
        settings: &OptimizeSettings,
        learning_rate: f64,
        progress: f64,
    ) -> Result<Stepped> {
        let norm = norm::global(&gradients)?;
        // torch.nn.utils.clip_grad_norm_: scaled by min(1, clip / (norm + 1e-6)).
        let scale = if settings.clip_norm > 0.0 { (settings.clip_norm / (norm + 1e-6)).min(1.0) } else { 1.0 };
        for (moving, gradient) in self.moving.iter_mut().zip(&gradients) {
            if progress < moving.from || progress >= moving.until {
                continue;
            }
            moving.steps += 1;
            let adamw = AdamW {
                learning_rate: learning_rate * moving.learning_rate,
                decay: if moving.decays { settings.weight_decay } else { 0.0 },
                beta1: settings.beta1,
                beta2: settings.beta2,
                epsilon: settings.epsilon,
                scale,
                step: moving.steps,
            };
            moving.state.step(gradient, &adamw)?;
            let weight = moving.state.weight()?;
            self.training.set(moving.parameter.id, weight.clone());
            self.inference.set(moving.parameter.id, weight);
        }
        self.allot(&gradients, scale, progress)?;
        self.training.recycle(gradients);
        Ok(Stepped { norm })
    }

    /// Gives up directions, where the plan has a budget.
    fn allot(&mut self, gradients: &[Gradient], scale: f64, progress: f64) -> Result<()> {
        let steps = self.moving.iter().map(|m| m.steps).max().unwrap_or(0);
        for allotment in &mut self.allotments {
            let weight = |at: usize| self.moving[at].state.weight();
            let closed = allotment.step(steps, progress, weight, |at| Ok((gradients[at].dense()? * scale)?))?;
            for (at, weight) in closed {
                let moving = &mut self.moving[at];
                let (first, second) = moving.state.moments()?;
                moving.state = State::restore(&weight, &first, &second)?;
                let weight = moving.state.weight()?;
                self.training.set(moving.parameter.id, weight.clone());
                self.inference.set(moving.parameter.id, weight);
            }
        }
        Ok(())
    }

    /// The forward program without dropout, on the weights as they now are; its outputs are logits and
    /// loss.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn inference(&mut self) -> Result<&mut Session> {
        self.settle()?;
        self.inference.take_memory(&mut self.training);
        Ok(&mut self.inference)
    }

    /// The trained weights by name, on the CPU.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn weights(&mut self) -> Result<BTreeMap<String, Tensor>> {
        self.settle()?;
        let named =
            |m: &Moving| Ok((m.parameter.name.clone(), m.state.weight()?.to_device(&candle_core::Device::Cpu)?));
        self.moving.iter().map(named).collect()
    }

    /// Whether a parameter trains.
    pub fn trains(&self, name: &str) -> bool {
        self.moving.iter().any(|m| m.parameter.name == name)
    }

    /// Names of the trained parameters, in the order of [`gradients`](Self::gradients).
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.moving.iter().map(|m| m.parameter.name.as_str())
    }
}

/// How a parameter trains.
struct Choice {
    learning_rate: f64,
    decays: bool,
    from: f64,
    until: f64,
}

/// Whether and how the plan trains a parameter. Weight decay leaves out biases and norms: whatever has
/// fewer than two axes.
fn choose(parameter: &Parameter, plan: &Plan) -> Option<Choice> {
    let decays = |said: Option<bool>| said.unwrap_or(parameter.shape.len() > 1);
    let always = |learning_rate, said| Choice { learning_rate, decays: decays(said), from: 0.0, until: 2.0 };
    match &parameter.origin {
        Origin::Head => Some(always(1.0, None)),
        Origin::Graft { parameter, .. } => parameter.train.then(|| always(parameter.lr, parameter.decay)),
        Origin::Base => plan.trains.iter().find(|train| train.select.matches(&parameter.name)).map(|train| Choice {
            learning_rate: train.lr,
            decays: decays(train.decay),
            from: train.from.unwrap_or(0.0),
            until: train.until.unwrap_or(2.0),
        }),
    }
}

fn scalar(tensor: &Tensor) -> Result<f64> {
    Ok(tensor.to_dtype(DType::F64)?.to_scalar()?)
}
