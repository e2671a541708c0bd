//! The one language in which models and grafts are written, and the passes over it.
//!
//! A [`Program`] is a flat list of steps over typed values (rows times a trailing shape, as plans have
//! them). A model file writes it under Hugging Face names, a plan's steps are inserted at their sites,
//! and everything else is a pass:
//!
//! | pass | gives |
//! |---|---|
//! | [`Program::push`] | check: row types and shapes, before anything is allocated |
//! | [`differentiate`] | the backward steps, for exactly the parameters that train |
//! | [`simplify`] | only the steps that are needed, in three phases |
//! | [`fuse`] | one step for several, on the CPU |
//! | [`recompute`] | what is cheap computed again for gradients, where that is asked |
//! | [`layout`] | when each value dies, and where it lies in the arena |
//! | [`sides`] | what products read packed, and how long it is kept |
//! | [`prefix`] | what need not be computed again in the next epoch |
//!
//! **Phases.** A value that depends on parameters alone is computed once an optimizer step
//! ([`Phase::Before`]), what depends on the batch once a batch ([`Phase::Batch`]), and the gradients
//! of the former once, from what the batches added up ([`Phase::After`]). Methods whose mathematics is
//! static (a norm of the weight, a product of factors) leave the hot loop without saying so.

pub mod differentiate;
pub mod draw;
pub mod explain;
pub mod fuse;
pub mod layout;
mod op;
pub mod prefix;
pub mod recompute;
pub mod rows;
pub mod sides;
pub mod simplify;

pub use engraft_plugin::plan::{Binary, Op as PlanOp, Pool, Reduce, Rows, Type, Unary};
pub use op::{Focal, Op};

use crate::{Error, Result};

/// A value of a program: its place in [`Program::values`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub usize);

/// When a value is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Once an optimizer step: from parameters alone.
    Before,
    /// Once a batch.
    Batch,
    /// Once an optimizer step, from what the batches added up.
    After,
}

/// What a batch brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// Token ids: `token×[]`.
    Ids,
    /// Places of the tokens in their sequences: `token×[]`.
    Positions,
    /// The place of each token in its sequence, from 0, as a real number: `token×[1]`.
    Place,
    /// How many tokens of its sequence come after each, as a real number: `token×[1]`.
    Remaining,
    /// The number of the task that each sequence belongs to: `sequence×[]`.
    Task,
    /// The class of each token or sequence; negative ones are not scored.
    Classes,
    /// 0 or 1 for each label: `sequence×[labels]`; or what share of its spans begins and ends at a token: `token×[ends]`.
    Labels,
    /// What the sum of losses is multiplied by (one over the count in the whole accumulated batch): `[]`.
    Scale,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A parameter, by its place in [`Program::parameters`].
    Parameter(usize),
    /// The batch.
    Input(Input),
    /// A number; its type is static with no axes.
    Constant(f64),
    /// A step, by its place in [`Program::steps`].
    Step(usize),
}

/// A typed value.
#[derive(Clone, Debug)]
pub struct Value {
    /// Rows times trailing shape.
    pub kind: Type,
    /// Where it comes from.
    pub source: Source,
    /// When it is computed.
    pub phase: Phase,
}

/// One operation.
#[derive(Clone, Debug)]
pub struct Step {
    /// What is computed.
    pub op: Op,
    /// Of what.
    pub inputs: Vec<Id>,
    /// What it gives.
    pub output: Id,
}

/// A parameter of a program.
#[derive(Clone, Debug)]
pub struct ParameterAt {
    /// Its name: Hugging Face's for the model's own, the key on disk for a graft's.
    pub name: String,
    /// Its value.
    pub id: Id,
}

/// Steps over typed values.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// All values, in order of definition.
    pub values: Vec<Value>,
    /// All steps; operands before use.
    pub steps: Vec<Step>,
    /// All parameters.
    pub parameters: Vec<ParameterAt>,
    /// Random sites given out so far: each dropout has a number of its own.
    random_sites: u32,
}

impl Program {
    /// The type of a value.
    pub fn kind(&self, id: Id) -> &Type {
        &self.values[id.0].kind
    }

    /// When a value is computed.
    pub fn phase(&self, id: Id) -> Phase {
        self.values[id.0].phase
    }

    fn define(&mut self, kind: Type, source: Source, phase: Phase) -> Id {
        self.values.push(Value { kind, source, phase });
        Id(self.values.len() - 1)
    }

    /// Adds a parameter, or finds the one of this name.
    pub fn parameter(&mut self, name: &str, shape: &[usize]) -> Id {
        if let Some(known) = self.parameters.iter().find(|p| p.name == name) {
            return known.id;
        }
        let source = Source::Parameter(self.parameters.len());
        let id = self.define(Type::fixed(shape), source, Phase::Before);
        self.parameters.push(ParameterAt { name: name.to_owned(), id });
        id
    }

    /// Adds something the batch brings, or finds it.
    pub fn input(&mut self, input: Input, kind: Type) -> Id {
        let known = self.values.iter().position(|v| v.source == Source::Input(input));
        known.map_or_else(|| self.define(kind, Source::Input(input), Phase::Batch), Id)
    }

    /// Adds a number.
    pub fn constant(&mut self, value: f64) -> Id {
        self.define(Type::fixed([]), Source::Constant(value), Phase::Before)
    }

    /// The number, if the value is one.
    pub fn constant_of(&self, id: Id) -> Option<f64> {
        match self.values[id.0].source {
            Source::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// Adds a step, after checking the types of its operands.
    ///
    /// # Errors
    /// [`Error::Program`] with expected and found shapes.
    pub fn push(&mut self, op: Op, inputs: &[Id]) -> Result<Id> {
        let phase = inputs.iter().map(|&id| self.phase(id)).max().unwrap_or(Phase::Before);
        // What is drawn at random is drawn for a batch, of static values too.
        let phase = if matches!(op, Op::Dropout { .. } | Op::Noise { .. }) { Phase::Batch } else { phase };
        self.push_in(phase, op, inputs)
    }

    /// Adds a step to a phase.
    fn push_in(&mut self, phase: Phase, op: Op, inputs: &[Id]) -> Result<Id> {
        let kinds: Vec<&Type> = inputs.iter().map(|&id| self.kind(id)).collect();
        let kind = op.infer(&kinds).map_err(|why| Error::Program(format!("{op:?}: {why}")))?;
        let output = self.define(kind, Source::Step(self.steps.len()), phase);
        self.steps.push(Step { op, inputs: inputs.to_vec(), output });
        Ok(output)
    }

    /// Adds an operation of plans. Those that are made of others are written so: a mean is a sum
    /// times a number, an index is a narrow without its axis, a product of blocks a product of stacks.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn push_plan(&mut self, op: PlanOp, inputs: &[Id]) -> Result<Id> {
        let kinds: Vec<&Type> = inputs.iter().map(|&id| self.kind(id)).collect();
        let kind = op.infer(&kinds).map_err(|why| Error::Program(format!("{op:?}: {why}")))?;
        match op {
            PlanOp::Reduce { how: Reduce::Mean, axis } => {
                let of = self.kind(inputs[0]);
                let count = of.shape[of.axis(axis).map_err(Error::Program)?] as f64;
                let sum = self.push(Op::Plan(PlanOp::Reduce { how: Reduce::Sum, axis }), inputs)?;
                let share = self.constant(1.0 / count);
                self.push(Op::Plan(PlanOp::Binary(Binary::Mul)), &[sum, share])
            }
            PlanOp::Index { axis, at } => {
                let narrow = self.push(Op::Plan(PlanOp::Narrow { axis, from: at, len: 1 }), inputs)?;
                self.push(Op::Plan(PlanOp::Reshape(kind.shape)), &[narrow])
            }
            PlanOp::MatmulBlocks => {
                let [groups, inner] = self.kind(inputs[0]).shape[..] else { unreachable!("infer checked two axes") };
                let stacked = self.push(Op::Plan(PlanOp::Reshape(vec![groups, 1, inner])), &inputs[..1])?;
                let product = self.push(Op::Plan(PlanOp::Matmul { transposed: false }), &[stacked, inputs[1]])?;
                self.push(Op::Plan(PlanOp::Reshape(kind.shape)), &[product])
            }
            PlanOp::Dropout { p } => self.dropout(inputs[0], p),
            PlanOp::Noise { normal } => {
                let site = self.random_site();
                self.push(Op::Noise { normal, site }, inputs)
            }
            op => self.push(Op::Plan(op), inputs),
        }
    }

    /// Dropout with a random site of its own; no step where nothing is dropped.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn dropout(&mut self, id: Id, p: f64) -> Result<Id> {
        if p == 0.0 {
            return Ok(id);
        }
        let site = self.random_site();
        self.push(Op::Dropout { p, site }, &[id])
    }

    /// A number for something random, its own in this program.
    pub const fn random_site(&mut self) -> u32 {
        self.random_sites += 1;
        self.random_sites
    }
}
