//! Weights: read from Hugging Face folders, drawn fresh where the folder has none.

use super::Network;
use super::build::{Origin, Parameter};
use super::first::First;
use crate::backend::Machine;
use crate::error::near;
use crate::program::Id;
use crate::{Error, Result};
use candle_core::Tensor;
use engraft_plugin::plan::Init;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Named tensors on the CPU.
pub type Tensors = BTreeMap<String, Tensor>;

pub use super::tensors::read;

/// Reads a model folder: `model.safetensors`, or the files that its index names.
///
/// # Errors
/// As [`read`]; an index that names a file outside the folder is refused.
pub fn read_folder(folder: &Path) -> Result<Tensors> {
    let index = folder.join("model.safetensors.index.json");
    if !index.exists() {
        return read(&folder.join("model.safetensors"));
    }
    let refuse = |reason: String| Error::Model { path: index.clone(), reason };
    let json = std::fs::read(&index).map_err(|e| Error::reading(&index, "weight index", e))?;
    let json: serde_json::Value = serde_json::from_slice(&json).map_err(|e| refuse(e.to_string()))?;
    let map = json["weight_map"].as_object().ok_or_else(|| refuse("expected `weight_map`".to_owned()))?;
    let mut files: Vec<&str> = map.values().filter_map(|v| v.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    let mut all = Tensors::new();
    for file in files {
        if file.contains(['/', '\\']) || file.starts_with('.') {
            return Err(refuse(format!("`{file}` is no file of this folder")));
        }
        all.extend(read(&folder.join(file))?);
    }
    Ok(all)
}

/// A model's weights in the order of its parameters, converted to the machine's numbers, on the CPU.
///
/// `tensors` come from `path`; the head is drawn fresh where they lack it or have it of another shape,
/// unless `needs_head`. Grafts are drawn by the plan.
///
/// # Errors
/// [`Error::Weight`] for a tensor that is missing or of the wrong shape.
pub fn gather(
    network: &Network,
    tensors: &Tensors,
    path: &Path,
    machine: &Machine,
    run_seed: u64,
    needs_head: bool,
) -> Result<Vec<Tensor>> {
    let mut out: Vec<Tensor> = Vec::with_capacity(network.parameters.len());
    for parameter in &network.parameters {
        let found = find(tensors, &parameter.name, network.config.family.prefix());
        let fits = found.is_some_and(|t| t.dims() == parameter.shape);
        let tensor = match (&parameter.origin, found) {
            (Origin::Graft { parameter: of, sees, dims, .. }, None) => {
                let value =
                    |id: Id| network.parameters.iter().position(|p| p.id == id).and_then(|at| out.get(at).cloned());
                First { parameter, sees, dims, value: &value }.draw(&of.init, run_seed)?
            }
            (Origin::Head, None) if !needs_head => fresh_head(parameter, network.config.initializer_range, run_seed)?,
            (Origin::Head, Some(_)) if !fits && !needs_head => {
                fresh_head(parameter, network.config.initializer_range, run_seed)?
            }
            (_, Some(tensor)) if fits => tensor.clone(),
            (_, found) => return Err(misfit(parameter, found, tensors, path)),
        };
        out.push(tensor.to_dtype(machine.dtype)?.contiguous()?);
    }
    Ok(out)
}

/// A tensor by its full name, without the encoder's prefix, or under the names of old files.
pub(crate) fn find<'t>(tensors: &'t Tensors, name: &str, prefix: &str) -> Option<&'t Tensor> {
    let short = name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.'));
    [Some(name), short].into_iter().flatten().find_map(|name| {
        let old = || match name.strip_suffix("LayerNorm.weight") {
            Some(head) => tensors.get(&format!("{head}LayerNorm.gamma")),
            None => name.strip_suffix("LayerNorm.bias").and_then(|head| tensors.get(&format!("{head}LayerNorm.beta"))),
        };
        tensors.get(name).or_else(old)
    })
}

/// A parameter of the pretrained model.
///
/// # Errors
/// [`Error::Weight`] when it is missing or of the wrong shape.
pub(crate) fn pretrained<'t>(
    parameter: &Parameter,
    tensors: &'t Tensors,
    path: &Path,
    prefix: &str,
) -> Result<&'t Tensor> {
    match find(tensors, &parameter.name, prefix) {
        Some(tensor) if tensor.dims() == parameter.shape => Ok(tensor),
        found => Err(misfit(parameter, found, tensors, path)),
    }
}

fn misfit(parameter: &Parameter, found: Option<&Tensor>, tensors: &Tensors, path: &Path) -> Error {
    let got = match found {
        Some(tensor) => format!("{:?}", tensor.dims()),
        None => match near(&parameter.name, tensors.keys()) {
            Some(near) => format!("nothing (the nearest name is `{near}`)"),
            None => "nothing".to_owned(),
        },
    };
    let path: PathBuf = path.to_owned();
    Error::Weight { path, tensor: parameter.name.clone(), expected: format!("{:?}", parameter.shape), got }
}

fn fresh_head(parameter: &Parameter, range: f64, run_seed: u64) -> Result<Tensor> {
    let init = match super::tagger::bound(parameter) {
        Some(bound) => Init::Uniform(bound),
        None if parameter.shape.len() > 1 => Init::Normal(range),
        None => Init::Zeros,
    };
    let alone = First { parameter, sees: &BTreeMap::new(), dims: &BTreeMap::new(), value: &|_| None };
    alone.draw(&init, run_seed)
}
