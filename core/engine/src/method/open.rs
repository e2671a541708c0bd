//! Opens a graft folder on a base model: the model that it was trained on, unless told otherwise.

use super::graft::{self, GraftFile};
use super::peft;
use crate::model::tensors;
use crate::model::weights::{self, Tensors};
use crate::model::{Config, Dropouts, Head, Network, Origin, Parameter};
use crate::{Error, Result};
use candle_core::{DType, Tensor};
use engraft_plugin::Task;
use engraft_plugin::plan::Plan;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Which base models will do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// The one that the graft was trained on.
    #[default]
    Same,
    /// Any of the same shapes.
    Any,
}

/// A graft on its base model.
pub struct Grafted {
    /// The base model's configuration, with the graft's head.
    pub config: Config,
    /// What is predicted: the graft's own labels.
    pub task: Task,
    /// Its plan.
    pub plan: Plan,
    /// The program.
    pub network: Network,
    /// The weights of both.
    pub tensors: Tensors,
}

/// Opens a graft folder (ours, or PEFT's) on the model in `model`.
///
/// A graft's own labels go before those of `task`, which it has where PEFT wrote it.
///
/// # Errors
/// [`Error::OtherBase`] on another model than it was trained on, [`Error::OtherTask`] for another kind of task; what is
/// wrong with either folder.
pub fn open(model: &Path, folder: &Path, task: Option<&Task>, base: Base) -> Result<Grafted> {
    let mut config = Config::read(model)?;
    let file = GraftFile::find(folder)?;
    let task = match (task, &file) {
        (Some(task), Some(file)) if task.kind != file.task.kind => {
            let (expected, found) = (task.kind, file.task.kind);
            return Err(Error::OtherTask { path: folder.to_owned(), expected, found });
        }
        // The same labels: what else a task says may have been set since.
        (Some(task), Some(file)) if task.labels == file.task.labels => task.clone(),
        (_, Some(file)) => file.task.clone(),
        (Some(task), None) => task.clone(),
        (None, None) => return Err(Error::reading(folder.join("graft.json"), "graft", no_such_file())),
    };
    match &file {
        Some(file) => config.head = file.head,
        None if folder.join("adapter_config.json").exists() => {
            // Its own head, not that of the folder of the base.
            config.head = peft::head_of(folder)?.map_or(config.head, Head::of);
        }
        None => {}
    }
    let none = Dropouts::default();
    let bare = Network::new(&config, &none, &task, None)?;
    let mut tensors = weights::read_folder(model)?;
    if let (Base::Same, Some(expected)) = (base, file.as_ref().and_then(|file| file.base_sha256.as_ref())) {
        let found = fingerprint(&bare.parameters, |p| weights::find(&tensors, &p.name, bare.config.family.prefix()))?;
        if found != *expected {
            let source_name = file.as_ref().map(|file| file.base.clone()).unwrap_or_default();
            return Err(Error::OtherBase { graft: folder.to_owned(), source_name, model: model.to_owned() });
        }
    }
    let (plan, own) = graft::read(folder, &bare)?;
    super::accept(&plan, &bare)?;
    let network = Network::new(&config, &none, &task, Some(&plan))?;
    let mut grafted = network.parameters.iter().filter(|p| graft::is_kept(p) && p.origin != Origin::Head);
    if let Some(missing) = grafted.find(|p| !own.contains_key(&p.name)) {
        return Err(Error::Weight {
            path: graft::weights_of(folder).unwrap_or_else(|| folder.join("adapter_model.safetensors")),
            tensor: missing.name.clone(),
            expected: format!("{:?}", missing.shape),
            got: "nothing".to_owned(),
        });
    }
    // The base was checked; the graft's file may not bring another.
    let prefix = network.config.family.prefix();
    let mut base = network.parameters.iter().filter(|p| p.origin == Origin::Base);
    if let Some(other) = base.find(|p| weights::find(&own, &p.name, prefix).is_some()) {
        return Err(Error::Weight {
            path: graft::weights_of(folder).unwrap_or_else(|| folder.join("adapter_model.safetensors")),
            tensor: other.name.clone(),
            expected: "no weight of the base model in a graft".to_owned(),
            got: "one".to_owned(),
        });
    }
    tensors.extend(own);
    Ok(Grafted { config, task, plan, network, tensors })
}

fn no_such_file() -> std::io::Error {
    std::io::ErrorKind::NotFound.into()
}

/// The SHA-256 of the base parameters among these: names, shapes and numbers, in the order of the names. It is the same
/// for every way of cutting the same weights into files.
///
/// # Errors
/// What the tensor library refuses.
pub fn fingerprint<'a>(parameters: &[Parameter], value: impl Fn(&Parameter) -> Option<&'a Tensor>) -> Result<String> {
    let mut base: Vec<&Parameter> = parameters.iter().filter(|p| p.origin == Origin::Base).collect();
    base.sort_by(|a, b| a.name.cmp(&b.name));
    let mut hash = Sha256::new();
    for parameter in base {
        let Some(tensor) = value(parameter) else { continue };
        hash.update(format!("{} {:?}\n", parameter.name, tensor.dims()));
        let hashed = tensors::blocks(&tensor.to_dtype(DType::F32)?, |bytes| {
            hash.update(bytes);
            Ok(())
        });
        hashed.map_err(|error| Error::Program(format!("the numbers of `{}`: {error}", parameter.name)))?;
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
