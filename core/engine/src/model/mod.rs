//! Model: pretrained encoders, written as steps under their Hugging Face names.
//!
//! [`bert`] is the whole BERT family (BERT, MiniLM, RoBERTa, DistilBERT) in one file; [`build`] puts
//! grafts into the steps as they are written; [`weights`] reads a folder.

pub mod bert;
pub mod build;
mod config;
mod first;
mod head;
mod heads;
mod insert;
mod loss;
pub(crate) mod masked;
mod observed;
pub mod prior;
mod span;
mod tagger;
pub mod tensors;
pub mod weights;

pub use build::{Added, Origin, Parameter};
pub use config::{Config, Dropouts, Family};
pub use heads::{Head, HeadKind};
pub use loss::{Balanced, Loss, LossSettings, Weights};
pub use observed::{Observed, Told, mean};
pub use tagger::Field;

use crate::Result;
use crate::program::{Id, Program};
use build::Builder;
use engraft_plugin::Task;
use engraft_plugin::plan::{ModelMap, Plan};
use std::collections::BTreeMap;

/// A model with its task head and its grafts: one program from ids to loss.
#[derive(Clone, Debug)]
pub struct Network {
    /// The folder's configuration.
    pub config: Config,
    /// The forward steps, dropout included.
    pub program: Program,
    /// `token×[tags]`, `token×[ends]`, or `sequence×[labels]`.
    pub logits: Id,
    /// The scaled sum of losses: `[]`.
    pub loss: Id,
    /// Every parameter and where it comes from, in the order of the program.
    pub parameters: Vec<Parameter>,
    /// What grafts add to the loss once an optimizer step, and by which factor.
    pub penalties: Vec<(Id, f64)>,
    /// The rows that grafts add to sequences.
    pub added: Added,
    /// Static values that are written to disk besides the parameters, by key.
    pub exports: BTreeMap<String, Id>,
    /// What grafts tell of each text.
    pub observed: Vec<Observed>,
    /// The model as methods see it.
    pub map: ModelMap,
}

impl Network {
    /// Writes the program of a model, a task's head and a plan's grafts.
    ///
    /// # Errors
    /// [`crate::Error::Plan`] when a graft does not fit, [`crate::Error::Program`] when the model file is wrong.
    pub fn new(config: &Config, dropouts: &Dropouts, task: &Task, plan: Option<&Plan>) -> Result<Self> {
        let mut builder = Builder::new(config, plan);
        let hidden = bert::encoder(&mut builder, config, dropouts)?; // token×[hidden]
        let (logits, loss) = head::head(&mut builder, config, dropouts, task, hidden)?;
        let observed = observed::means(&mut builder)?;
        let map = builder.map(config);
        let Builder { program, parameters, penalties, added, exports, .. } = builder;
        let config = config.clone();
        Ok(Self { config, program, logits, loss, parameters, penalties, added, exports, observed, map })
    }

    /// What a forward pass gives: logits, loss, and what grafts tell of each text.
    pub fn outputs(&self) -> Vec<Id> {
        [self.logits, self.loss].into_iter().chain(self.observed.iter().map(|observed| observed.value)).collect()
    }
}
