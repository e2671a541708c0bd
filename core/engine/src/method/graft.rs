//! What a run leaves: a whole model in Hugging Face's layout, or a graft folder.

use super::peft;
use crate::files::write_atomic;
use crate::model::weights::{self, Tensors};
use crate::model::{Head, Network, Origin, Parameter};
use crate::tokenize::tag_names;
use crate::{Error, Result};
use candle_core::Tensor;
use engraft_plugin::plan::{Plan, SaveFormat};
use engraft_plugin::{Task, TaskKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The files of a tokenizer that travel with a model.
const TOKENIZER_FILES: [&str; 7] = [
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "special_tokens_map.json",
    "added_tokens.json",
];

/// `graft.json`: all that is needed to load a graft without the plugin that made it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GraftFile {
    /// `engraft.graft/1`.
    pub schema: String,
    /// The base model, as the run named it.
    pub base: String,
    /// The task, with its labels.
    pub task: Task,
    /// The plan, resolved.
    pub plan: Plan,
    /// The task head.
    #[serde(default, skip_serializing_if = "Head::is_linear")]
    pub head: Head,
    /// The [fingerprint](super::open::fingerprint) of the base model's weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_sha256: Option<String>,
}

/// What is saved beside the weights.
pub struct Saved<'a> {
    /// The network.
    pub network: &'a Network,
    /// Its plan.
    pub plan: &'a Plan,
    /// Its task.
    pub task: &'a Task,
    /// The folder of the pretrained model.
    pub base_folder: &'a Path,
    /// The pretrained model, as the run named it.
    pub base_source: &'a str,
}

impl Saved<'_> {
    /// The folder that [`write`](Self::write) makes below a run's: `model` or `graft`.
    pub fn folder(&self, out: &Path) -> PathBuf {
        out.join(if self.plan.save.format == SaveFormat::Model { "model" } else { "graft" })
    }

    /// Writes the trained weights (by name) and all that travels with them. `all` are the network's
    /// weights in their order.
    ///
    /// # Errors
    /// [`Error::Unwritable`].
    pub fn write(&self, out: &Path, trained: &BTreeMap<String, Tensor>, all: &[Tensor]) -> Result<PathBuf> {
        let folder = self.folder(out);
        self.write_into(&folder, trained, all)?;
        Ok(folder)
    }

    /// Writes them into this folder.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_into(&self, folder: &Path, trained: &BTreeMap<String, Tensor>, all: &[Tensor]) -> Result<()> {
        std::fs::create_dir_all(folder).map_err(|e| Error::writing(folder, e))?;
        let format = self.plan.save.format;
        if format == SaveFormat::Model {
            let pairs = self.network.parameters.iter().zip(all);
            let tensors = pairs.map(|(p, t)| (p.name.clone(), trained.get(&p.name).unwrap_or(t).clone()));
            save(&folder.join("model.safetensors"), tensors.collect())?;
        } else {
            let kept = self.network.parameters.iter().zip(all).filter(|(p, _)| p.origin != Origin::Base);
            let tensors = kept.map(|(p, t)| {
                let name =
                    if p.origin == Origin::Head { format!("{}{}", peft::PREFIX, p.name) } else { p.name.clone() };
                (name, trained.get(&p.name).unwrap_or(t).clone())
            });
            save(&folder.join("adapter_model.safetensors"), tensors.collect())?;
            let value = |p: &Parameter| self.network.parameters.iter().position(|q| q.id == p.id).map(|at| &all[at]);
            let graft = GraftFile {
                head: self.network.config.head,
                base_sha256: Some(super::open::fingerprint(&self.network.parameters, value)?),
                schema: "engraft.graft/1".to_owned(),
                base: self.base_source.to_owned(),
                task: self.task.clone(),
                plan: self.plan.clone(),
            };
            write_json(&folder.join("graft.json"), &graft)?;
        }
        if format == SaveFormat::Peft {
            let base = self.base_folder.display().to_string();
            write_json(
                &folder.join("adapter_config.json"),
                &peft::config(self.plan, self.task, &self.network.map.head, &base),
            )?;
        }
        write_json(&folder.join("config.json"), &self.model_config())?;
        for name in TOKENIZER_FILES {
            let from = self.base_folder.join(name);
            if from.exists() {
                let bytes = std::fs::read(&from).map_err(|e| Error::reading(&from, "tokenizer", e))?;
                write_atomic(folder.join(name), bytes)?;
            }
        }
        Ok(())
    }

    /// `config.json` with the task's labels, as transformers reads it.
    fn model_config(&self) -> Value {
        let names = match self.task.kind {
            TaskKind::Tokens => tag_names(self.task),
            _ => self.task.labels.clone(),
        };
        let mut config = self.network.config.raw.clone();
        if let Some(fields) = config.as_object_mut() {
            self.network.config.head.write(fields);
            let id2label: BTreeMap<String, &String> =
                names.iter().enumerate().map(|(i, n)| (i.to_string(), n)).collect();
            let label2id: BTreeMap<&String, usize> = names.iter().enumerate().map(|(i, n)| (n, i)).collect();
            fields.insert("architectures".into(), json!([peft::architecture(&self.network.config, self.task)]));
            fields.insert("id2label".into(), json!(id2label));
            fields.insert("label2id".into(), json!(label2id));
            let problem = match self.task.kind {
                TaskKind::MultiLabel => Some("multi_label_classification"),
                TaskKind::Sequence => Some("single_label_classification"),
                _ => None,
            };
            if let Some(problem) = problem {
                fields.insert("problem_type".into(), json!(problem));
            }
        }
        config
    }
}

/// Writes a safetensors file, whole or not at all; its SHA-256.
///
/// # Errors
/// [`Error::Unwritable`].
pub fn save(path: &Path, tensors: BTreeMap<String, Tensor>) -> Result<String> {
    let cpu = candle_core::Device::Cpu;
    let tensors: BTreeMap<String, Tensor> = tensors
        .into_iter()
        .map(|(name, t)| Ok((name, t.to_device(&cpu)?.contiguous()?)))
        .collect::<candle_core::Result<_>>()?;
    // transformers wants to know that the tensors are PyTorch's kind.
    let metadata = std::collections::HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let bytes = safetensors::serialize(&tensors, Some(metadata))
        .map_err(|e| Error::writing(path, std::io::Error::other(e.to_string())))?;
    let hash = crate::checkpoint::hash(&bytes);
    write_atomic(path, bytes)?;
    Ok(hash)
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|e| Error::writing(path, e.into()))?;
    bytes.push(b'\n');
    write_atomic(path, bytes)
}

/// A graft folder's plan (from `graft.json`, or read from PEFT's configuration) and its weights, named
/// as the network names them.
///
/// # Errors
/// [`Error::Plan`] for a folder that cannot be read as a graft, [`Error::Model`] for truncated weights.
pub fn read(folder: &Path, bare: &Network) -> Result<(Plan, Tensors)> {
    let path = folder.join("graft.json");
    let plan = if path.exists() {
        let bytes = std::fs::read(&path).map_err(|e| Error::reading(&path, "graft", e))?;
        let file: GraftFile = serde_json::from_slice(&bytes)
            .map_err(|e| Error::Plan { method: path.display().to_string(), reason: e.to_string() })?;
        file.plan
    } else {
        peft::plan_of(folder, &bare.map)?
    };
    let tensors = weights::read(&folder.join("adapter_model.safetensors"))?;
    // A head travels under PEFT's prefix; grafts are named by their keys.
    let is_head = |name: &str| bare.parameters.iter().any(|p| p.origin == Origin::Head && p.name == name);
    let named = tensors.into_iter().map(|(name, tensor)| match name.strip_prefix(peft::PREFIX) {
        Some(short) if is_head(short) => (short.to_owned(), tensor),
        _ => (name, tensor),
    });
    Ok((plan, named.collect()))
}
