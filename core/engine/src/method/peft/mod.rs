//! PEFT's layout: `adapter_config.json`, `adapter_model.safetensors`, the task head among the weights.
//!
//! Source: PEFT 0.21 `utils/save_and_load.py`, `tuners/lora`. A parameter's key is
//! `base_model.model.` and its Hugging Face name; the adapter's own name is not part of it on disk. What PEFT wrote
//! without a plan beside it is read by the shapes and names of its tensors: `read`.

mod low_rank;
mod read;
mod rows;

pub(super) use read::places;
pub use read::plan_of;

use crate::model::{Config, Family, Head, HeadKind, Network};
use crate::{Error, Result};
use engraft_plugin::plan::Plan;
use engraft_plugin::{Task, TaskKind};
use serde_json::{Value, json};
use std::path::Path;

/// What PEFT puts before a Hugging Face name.
pub const PREFIX: &str = "base_model.model.";

/// What PEFT puts before the head of a model with a prompt or prefix.
pub const PROMPT_PREFIX: &str = "base_model.";

/// Whether PEFT counts a configuration among its prompt methods.
pub fn is_prompt(config: &Value) -> bool {
    matches!(config["peft_type"].as_str(), Some("PROMPT_TUNING" | "P_TUNING" | "PREFIX_TUNING"))
}

/// The class that PEFT's `modules_to_save` and transformers' `architectures` speak of.
pub fn task_type(task: &Task, head: Head) -> &'static str {
    match (task.kind, head.kind) {
        (TaskKind::Tokens, HeadKind::Span) => "QUESTION_ANS",
        (TaskKind::Tokens, _) => "TOKEN_CLS",
        _ => "SEQ_CLS",
    }
}

/// The head that a folder of PEFT's was trained with, if it says so.
///
/// # Errors
/// When the configuration cannot be read; what is no JSON is refused where the plan is read.
pub fn head_of(folder: &Path) -> Result<Option<HeadKind>> {
    let path = folder.join("adapter_config.json");
    let bytes = std::fs::read(&path).map_err(|e| Error::reading(&path, "PEFT configuration", e))?;
    let config: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    Ok(config["task_type"].as_str().map(|kind| if kind == "QUESTION_ANS" { HeadKind::Span } else { HeadKind::Linear }))
}

/// The whole `adapter_config.json` of a plan.
pub fn config(plan: &Plan, task: &Task, network: &Network, base: &str) -> Value {
    let mut config = plan.save.config.clone();
    if let Some(fields) = config.as_object_mut() {
        fields.insert("base_model_name_or_path".into(), json!(base));
        // PEFT has no heads beside trainable tokens: it opens them as a bare model.
        if fields.get("peft_type") != Some(&json!("TRAINABLE_TOKENS")) {
            fields.insert("task_type".into(), json!(task_type(task, network.config.head)));
            fields.insert("modules_to_save".into(), json!(network.map.head));
        }
        fields.insert("inference_mode".into(), json!(true));
    }
    config
}

/// The transformers class of a model with a task's head.
pub fn architecture(config: &Config, task: &Task) -> String {
    let head = match (task.kind, config.head.kind) {
        (TaskKind::Tokens, HeadKind::Span) => "QuestionAnswering",
        (TaskKind::Tokens, _) => "TokenClassification",
        _ => "SequenceClassification",
    };
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
