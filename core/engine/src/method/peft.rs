//! PEFT's layout: `adapter_config.json`, `adapter_model.safetensors`, the task head among the weights.
//!
//! Source: PEFT 0.21 `utils/save_and_load.py`, `tuners/lora`. A parameter's key is
//! `base_model.model.` and its Hugging Face name; the adapter's own name is not part of it on disk.

use crate::model::{Config, Family, HeadKind};
use crate::{Error, Result};
use engraft_plugin::plan::{GraftBuilder, Init, ModelMap, Plan, Save};
use engraft_plugin::{Task, TaskKind};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;

/// What PEFT puts before a Hugging Face name.
pub const PREFIX: &str = "base_model.model.";

/// The class that PEFT's `modules_to_save` and transformers' `architectures` speak of.
pub fn task_type(task: &Task) -> &'static str {
    if task.kind == TaskKind::Tokens { "TOKEN_CLS" } else { "SEQ_CLS" }
}

/// The whole `adapter_config.json` of a plan.
pub fn config(plan: &Plan, task: &Task, head: &[String], base: &str) -> Value {
    let mut config = plan.save.config.clone();
    if let Some(fields) = config.as_object_mut() {
        fields.insert("base_model_name_or_path".into(), json!(base));
        fields.insert("task_type".into(), json!(task_type(task)));
        fields.insert("modules_to_save".into(), json!(head));
        fields.insert("inference_mode".into(), json!(true));
    }
    config
}

#[derive(Deserialize)]
struct Lora {
    peft_type: String,
    r: usize,
    lora_alpha: f64,
    target_modules: Targets,
    #[serde(default)]
    lora_dropout: f64,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default)]
    use_dora: bool,
    #[serde(default)]
    rank_pattern: serde_json::Map<String, Value>,
    #[serde(default)]
    alpha_pattern: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Targets {
    One(String),
    Many(Vec<String>),
}

/// The plan of a folder that PEFT wrote: low-rank grafts of one rank.
///
/// # Errors
/// [`Error::Plan`] with what was found, for methods and variants that are not read.
pub fn plan_of(folder: &Path, map: &ModelMap) -> Result<Plan> {
    let path = folder.join("adapter_config.json");
    let refuse = |reason: String| Error::Plan { method: path.display().to_string(), reason };
    let bytes = std::fs::read(&path).map_err(|e| Error::reading(&path, "PEFT configuration", e))?;
    let config: Value = serde_json::from_slice(&bytes).map_err(|e| refuse(e.to_string()))?;
    let lora: Lora = serde_json::from_value(config.clone()).map_err(|e| refuse(e.to_string()))?;
    if lora.peft_type != "LORA" || lora.use_dora || !lora.rank_pattern.is_empty() || !lora.alpha_pattern.is_empty() {
        let found = format!("{} (use_dora: {})", lora.peft_type, lora.use_dora);
        return Err(refuse(format!("expected plain LORA without rank or alpha patterns, found {found}")));
    }
    let patterns = match lora.target_modules {
        Targets::Many(names) => names,
        Targets::One(pattern) => {
            return Err(refuse(format!(
                "target_modules: expected a list of module names, found the pattern `{pattern}`"
            )));
        }
    };
    let scale = lora.lora_alpha / if lora.use_rslora { (lora.r as f64).sqrt() } else { lora.r as f64 };
    let graft = GraftBuilder::at("lora", map.linears(&patterns).map_err(|e| refuse(e.message))?);
    let key = |name: &str| format!("{PREFIX}{{site}}.lora_{name}.weight");
    let init = Init::KaimingUniform { a: 5f64.sqrt() };
    let a = graft.parameter("A", &["r", "in"]).init(init).key(&key("A")).add();
    let b = graft.parameter("B", &["out", "r"]).key(&key("B")).add();
    let x = graft.x().dropout(lora.lora_dropout);
    graft.gives("output", graft.y() + x.matmul_t(a).matmul_t(b) * scale);
    Ok(Plan::new("lora").dim("r", lora.r).graft(graft).save(Save::peft(config)))
}

/// The transformers class of a model with a task's head.
pub fn architecture(config: &Config, task: &Task) -> String {
    let head = if task.kind == TaskKind::Tokens { "TokenClassification" } else { "SequenceClassification" };
    let class = match config.raw["model_type"].as_str() {
        Some("xlm-roberta") => "XLMRoberta",
        Some("camembert") => "Camembert",
        _ if config.family == Family::Bert => "Bert",
        _ => config.family.class(),
    };
    if config.head.kind == HeadKind::BilstmCrf {
        return format!("{class}Model"); // transformers has no class with such a head: it opens the encoder
    }
    format!("{class}For{head}")
}
