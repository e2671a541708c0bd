//! A packed batch becomes the tensors that a program reads.

use super::{Packed, PackedTargets};
use crate::Result;
use crate::backend::random::Keys;
use crate::backend::{Feed, Machine};
use crate::model::{Config, outputs};
use candle_core::Tensor;
use engraft_plugin::{Task, TaskKind};

/// Knows the machine, the model's positions and the task's targets.
#[derive(Clone, Debug)]
pub struct Feeder {
    machine: Machine,
    position_offset: u32,
    kind: TaskKind,
    outputs: usize,
}

impl Feeder {
    /// A feeder for a model and a task.
    pub fn new(machine: &Machine, config: &Config, task: &Task) -> Self {
        let position_offset = config.position_offset as u32;
        Self { machine: machine.clone(), position_offset, kind: task.kind, outputs: outputs(task) }
    }

    /// The tensors of a batch, its sum of losses multiplied by `scale`, its random numbers those of the
    /// sequences `first..` of optimizer step `step`.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn feed(&self, packed: &Packed, scale: f64, seed: u64, step: usize, first: usize) -> Result<Feed> {
        let device = &self.machine.device;
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
            PackedTargets::None => match self.kind {
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
            scale,
            keys: Keys::new(seed, step, first, &bounds),
            bounds,
        })
    }
}
