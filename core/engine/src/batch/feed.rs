//! A packed batch becomes the tensors that a program reads.

use super::{Packed, PackedTargets};
use crate::backend::random::Keys;
use crate::backend::{Feed, Machine};
use crate::model::{Added, Config, Head, HeadKind};
use crate::tokenize::{NOT_SCORED, OUT};
use crate::{Error, Result};
use candle_core::Tensor;
use engraft_plugin::{Task, TaskKind};
use std::borrow::Cow;

/// Knows the machine, the model's positions and the task's targets.
#[derive(Clone, Debug)]
pub struct Feeder {
    machine: Machine,
    position_offset: u32,
    most_positions: u32,
    kind: TaskKind,
    outputs: usize,
    head: Head,
    added: Added,
}

impl Feeder {
    /// A feeder for a model and a task.
    pub fn new(machine: &Machine, config: &Config, task: &Task) -> Self {
        let position_offset = config.position_offset as u32;
        let most_positions = config.positions as u32;
        let (kind, head, added) = (task.kind, config.head, Added::default());
        let outputs = head.asked(task).outputs();
        Self { machine: machine.clone(), position_offset, most_positions, kind, outputs, head, added }
    }

    /// Leaves room before each window for the rows that a network's grafts add.
    #[must_use]
    pub const fn with(mut self, added: Added) -> Self {
        self.added = added;
        self
    }

    /// The head that answers.
    pub const fn head(&self) -> Head {
        self.head
    }

    /// Rows before each window that are no tokens.
    pub const fn added_rows(&self) -> usize {
        self.added.rows
    }

    /// The tensors of a batch, its sum of losses multiplied by `scale`, its random numbers those of the
    /// sequences `first..` of optimizer step `step`.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn feed(&self, packed: &Packed, scale: f64, seed: u64, step: usize, first: usize) -> Result<Feed> {
        let device = &self.machine.device;
        let packed = &self.widen(packed)?;
        let bounds: Vec<usize> = packed.bounds.iter().map(|&bound| bound as usize).collect();
        let positions = packed.positions.iter().map(|&at| at + self.position_offset);
        let sequences = bounds.len().saturating_sub(1);
        let (mut classes, mut labels) = (None, None);
        match &packed.targets {
            PackedTargets::Tokens(tags) => classes = Some(Tensor::new(&tags[..], device)?),
            PackedTargets::Classes(all) => classes = Some(Tensor::new(&all[..], device)?),
            PackedTargets::Labels(all) => {
                labels = Some(Tensor::new(&all[..], device)?.reshape((sequences, ()))?.to_dtype(self.machine.dtype)?);
            }
            PackedTargets::Ends { columns, shares } => {
                labels = Some(Tensor::new(&shares[..], device)?.reshape(((), *columns))?.to_dtype(self.machine.dtype)?);
            }
            PackedTargets::None => match self.kind {
                TaskKind::Tokens if self.head.kind == HeadKind::Span => {
                    labels = Some(Tensor::zeros((packed.ids.len(), self.outputs), self.machine.dtype, device)?);
                }
                TaskKind::MultiLabel => {
                    labels = Some(Tensor::zeros((sequences, self.outputs), self.machine.dtype, device)?);
                }
                TaskKind::Tokens => classes = Some(Tensor::full(-100i64, packed.ids.len(), device)?),
                _ => classes = Some(Tensor::full(-100i64, sequences, device)?),
            },
        }
        Ok(Feed {
            ids: Tensor::new(&packed.ids[..], device)?,
            positions: Tensor::from_iter(positions, device)?,
            classes,
            labels,
            tasks: None,
            scale,
            keys: Keys::new(seed, step, first, &bounds),
            bounds,
        })
    }

    /// The batch with the added rows and the shifted positions.
    fn widen<'p>(&self, packed: &'p Packed) -> Result<Cow<'p, Packed>> {
        let Added { rows, have_positions, shift } = self.added;
        if rows == 0 && shift == 0 {
            return Ok(Cow::Borrowed(packed));
        }
        let before = if have_positions { rows } else { 0 } + shift;
        let (rows, before) = (rows as u32, before as u32);
        let mut wide = Packed { bounds: vec![0], items: packed.items.clone(), ..Packed::default() };
        let (mut tags, mut ends) = (Vec::new(), Vec::new());
        for pair in packed.bounds.windows(2) {
            let own = pair[0] as usize..pair[1] as usize;
            wide.ids.extend((0..rows).map(|_| 0).chain(packed.ids[own.clone()].iter().copied()));
            let tokens = packed.positions[own.clone()].iter().map(|&at| at + before);
            wide.positions.extend((0..rows).map(|at| if have_positions { at } else { 0 }).chain(tokens));
            wide.bounds.push(wide.ids.len() as u32);
            match &packed.targets {
                PackedTargets::Tokens(all) => {
                    tags.extend((0..rows).map(|_| NOT_SCORED).chain(all[own].iter().copied()));
                }
                PackedTargets::Ends { columns, shares } => {
                    let own = &shares[own.start * columns..own.end * columns];
                    ends.extend(std::iter::repeat_n(OUT, rows as usize * columns).chain(own.iter().copied()));
                }
                _ => {}
            }
        }
        wide.targets = match &packed.targets {
            PackedTargets::Tokens(_) => PackedTargets::Tokens(tags),
            PackedTargets::Ends { columns, .. } => PackedTargets::Ends { columns: *columns, shares: ends },
            other => other.clone(),
        };
        match wide.positions.iter().max() {
            Some(&last) if last + self.position_offset >= self.most_positions => Err(Error::Setting {
                key: "tokenize.max_length".to_owned(),
                expected: format!(
                    "at most {}, since the method's rows take {before} of the model's positions",
                    self.most_positions.saturating_sub(before + self.position_offset)
                ),
                got: (last + 1 - before).to_string(),
            }),
            _ => Ok(Cow::Owned(wide)),
        }
    }
}
