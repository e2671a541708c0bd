//! The `adapter_config.json` that PEFT reads. The engine adds the base model's name, the task type and
//! `modules_to_save`.

use crate::Settings;
use engraft_plugin::plan::{At, ModelMap, Select};
use serde_json::{Value, json};

/// PEFT's configuration for a graft at these sites.
pub(crate) fn config(settings: &Settings, targets: &[String], at: &At, model: &ModelMap) -> Value {
    json!({
        "peft_type": "LORA",
        "r": settings.rank,
        "lora_alpha": number(settings.alpha),
        "lora_dropout": number(settings.dropout),
        "target_modules": target_modules(targets, at, model),
        "use_rslora": settings.rslora,
        "use_dora": false,
        "bias": "none",
        "fan_in_fan_out": false,
        "init_lora_weights": true,
        "inference_mode": true,
    })
}

/// Whole numbers without a point: PEFT's own files have them so.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value < 1e15 { json!(value as i64) } else { json!(value) }
}

/// The targets as they were given, if PEFT finds exactly our sites by them; else the sites' names. PEFT
/// knows no globs, and it would look for `dense` in the task head too.
fn target_modules(targets: &[String], at: &At, model: &ModelMap) -> Value {
    let matrices = model.parameters.iter().filter(|parameter| parameter.shape.len() == 2);
    let modules = matrices.filter_map(|parameter| parameter.name.strip_suffix(".weight"));
    let is_plain = targets.iter().all(|target| !target.contains(['*', '{']));
    let found_by_peft = Select::Many(targets.to_vec());
    let is_linear = |name: &str| !name.ends_with("_embeddings");
    let finds_more = modules.filter(|m| is_linear(m)).any(|m| found_by_peft.matches(m) && !at.select.matches(m));
    match &at.select {
        Select::Many(names) if !is_plain || finds_more => json!(names),
        _ => json!(targets),
    }
}
