//! What a run leaves: a whole model in Hugging Face's layout, or a graft folder.

use super::{adapterhub, peft};
use crate::backend::{Frame, Machine};
use crate::files::{own, write_atomic};
use crate::model::weights::{self, Tensors};
use crate::model::{Head, Network, Origin, Parameter, tensors};
use crate::program::Id;
use crate::program::layout::Layout;
use crate::program::simplify::simplify;
use crate::{Error, Result};
use candle_core::{DType, Tensor};
use engraft_plugin::plan::{Plan, Save, SaveFormat};
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

/// The form of `graft.json` that is written and read.
const SCHEMA: &str = "engraft.graft/1";

impl GraftFile {
    /// The `graft.json` of a folder; `None` where PEFT wrote the folder.
    ///
    /// # Errors
    /// [`Error::Unreadable`]; [`Error::Plan`] when it is none, or of another form.
    pub fn find(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join("graft.json");
        if !path.exists() {
            return Ok(None);
        }
        let refuse = |reason| Error::Plan { method: path.display().to_string(), reason };
        let bytes = std::fs::read(&path).map_err(|e| Error::reading(&path, "graft", e))?;
        let json: Value = serde_json::from_slice(&bytes).map_err(|e| refuse(e.to_string()))?;
        match json["schema"].as_str() {
            Some(SCHEMA) => serde_json::from_value(json).map(Some).map_err(|e| refuse(e.to_string())),
            other => {
                let found = other.map_or_else(|| "nothing".to_owned(), |schema| format!("`{schema}`"));
                Err(refuse(format!(
                    "its `schema`: expected `{SCHEMA}`, found {found}; a newer Engraft may have written it"
                )))
            }
        }
    }
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
    /// [`Error::Link`] for a model whose tokenizer leads out of it, before anything is written; else as [`write`](Self::write).
    pub fn write_into(&self, folder: &Path, trained: &BTreeMap<String, Tensor>, all: &[Tensor]) -> Result<()> {
        let tokenizer = tokenizer_files(self.base_folder)?;
        std::fs::create_dir_all(folder).map_err(|e| Error::writing(folder, e))?;
        let format = self.plan.save.format;
        if format == SaveFormat::Model {
            let pairs = self.network.parameters.iter().zip(all);
            let tensors = pairs.map(|(p, t)| (p.name.clone(), trained.get(&p.name).unwrap_or(t).clone()));
            save(&folder.join("model.safetensors"), tensors.collect())?;
        } else {
            let prefix = head_prefix(&self.plan.save);
            let kept = self.network.parameters.iter().zip(all).filter(|(p, _)| is_kept(p));
            let tensors = kept.map(|(p, t)| {
                let name = if p.origin == Origin::Head { format!("{prefix}{}", p.name) } else { p.name.clone() };
                (name, trained.get(&p.name).unwrap_or(t).clone())
            });
            let mut tensors: BTreeMap<String, Tensor> = tensors.collect();
            tensors.extend(self.exports(trained, all)?);
            save(&folder.join(weights_file(format)), tensors)?;
            let value = |p: &Parameter| self.network.parameters.iter().position(|q| q.id == p.id).map(|at| &all[at]);
            let graft = GraftFile {
                head: self.network.config.head,
                base_sha256: Some(super::open::fingerprint(&self.network.parameters, value)?),
                schema: SCHEMA.to_owned(),
                base: self.base_source.to_owned(),
                task: self.task.clone(),
                plan: self.plan.clone(),
            };
            write_json(&folder.join("graft.json"), &graft)?;
        }
        if format == SaveFormat::Peft {
            let base = self.base_folder.display().to_string();
            write_json(&folder.join("adapter_config.json"), &peft::config(self.plan, self.task, self.network, &base))?;
        }
        if format == SaveFormat::Adapterhub {
            write_json(&folder.join("adapter_config.json"), &self.adapterhub_config())?;
        }
        write_json(&folder.join("config.json"), &self.model_config())?;
        for (name, from) in tokenizer {
            let bytes = std::fs::read(&from).map_err(|e| Error::reading(&from, "tokenizer", e))?;
            write_atomic(folder.join(name), bytes)?;
        }
        Ok(())
    }

    /// The static values that the plan writes besides its parameters.
    fn exports(&self, trained: &BTreeMap<String, Tensor>, all: &[Tensor]) -> Result<BTreeMap<String, Tensor>> {
        let Network { program, parameters, exports, .. } = self.network;
        let wanted: Vec<Id> = exports.values().copied().collect();
        let steps = simplify(program, &wanted).before;
        let layout = Layout::new(program, &steps, &wanted, &[]);
        let mut frame = Frame::new(program);
        let used = |id: Id| wanted.contains(&id) || steps.iter().any(|step| step.inputs.contains(&id));
        for (parameter, tensor) in parameters.iter().zip(all).filter(|(p, _)| used(p.id)) {
            let tensor = trained.get(&parameter.name).unwrap_or(tensor);
            frame.set(parameter.id, tensor.to_dtype(DType::F32)?);
        }
        let machine = Machine::cpu(DType::F32);
        machine.run(program, &steps, &layout, &mut frame, None)?;
        let made = |(key, id): (&String, &Id)| frame.get(*id).map(|tensor| (key.clone(), tensor.clone()));
        Ok(exports.iter().filter_map(made).collect())
    }

    /// AdapterHub's `adapter_config.json`.
    fn adapterhub_config(&self) -> Value {
        let architecture = peft::architecture(&self.network.config, self.task);
        json!({
            "config": self.plan.save.config,
            "hidden_size": self.network.config.hidden,
            "model_class": architecture,
            "model_name": self.base_source,
            "model_type": self.network.config.family.prefix(),
            "name": "engraft",
            "version": "adapters.1.3.0",
        })
    }

    /// `config.json` with the task's labels, as transformers reads it.
    fn model_config(&self) -> Value {
        let names = self.network.config.head.asked(self.task).names();
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

/// The files of a model's tokenizer that travel with what is trained on it: their names, and where they lie.
///
/// # Errors
/// [`Error::Link`] for one that leads out of the model.
pub fn tokenizer_files(model: &Path) -> Result<Vec<(&'static str, PathBuf)>> {
    let found = TOKENIZER_FILES.into_iter().map(|name| Ok(own(model, name)?.map(|path| (name, path))));
    found.filter_map(Result::transpose).collect()
}

/// Whether a parameter travels with a graft.
pub(crate) fn is_kept(parameter: &crate::model::Parameter) -> bool {
    match &parameter.origin {
        Origin::Base => false,
        Origin::Head => true,
        Origin::Graft { parameter, .. } => parameter.save,
    }
}

/// What stands before the names of the head: PEFT's wrappers of prompts are one level lower, AdapterHub has none.
fn head_prefix(save: &Save) -> &'static str {
    match save.format {
        SaveFormat::Adapterhub => "",
        _ if peft::is_prompt(&save.config) => peft::PROMPT_PREFIX,
        _ => peft::PREFIX,
    }
}

/// The file of a graft's weights.
fn weights_file(format: SaveFormat) -> &'static str {
    if format == SaveFormat::Adapterhub { "adapter.safetensors" } else { "adapter_model.safetensors" }
}

/// The weights of a graft folder, if it has any.
pub fn weights_of(folder: &Path) -> Option<PathBuf> {
    [SaveFormat::Peft, SaveFormat::Adapterhub].map(|f| folder.join(weights_file(f))).into_iter().find(|p| p.exists())
}

/// Writes a safetensors file, whole or not at all; its SHA-256.
///
/// # Errors
/// [`Error::Unwritable`].
pub fn save(path: &Path, tensors: BTreeMap<String, Tensor>) -> Result<String> {
    tensors::write(path, &tensors)
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
    let tensors = weights::read(&weights_of(folder).unwrap_or_else(|| folder.join("adapter_model.safetensors")))?;
    // A head travels under PEFT's prefix; grafts are named by their keys.
    let is_head = |name: &str| bare.parameters.iter().any(|p| p.origin == Origin::Head && p.name == name);
    let named = tensors.into_iter().map(|(name, tensor)| {
        let prefixes = [peft::PREFIX, peft::PROMPT_PREFIX];
        let short = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix).filter(|short| is_head(short)));
        (short.map_or_else(|| name.clone(), str::to_owned), tensor)
    });
    let tensors: Tensors = named.collect();
    let plan = if let Some(file) = GraftFile::find(folder)? {
        file.plan
    } else if folder.join(weights_file(SaveFormat::Adapterhub)).exists() {
        adapterhub::plan_of(folder, &tensors, &bare.map, is_head)?
    } else {
        peft::plan_of(folder, &tensors, &bare.map, is_head)?
    };
    Ok((plan, tensors))
}
