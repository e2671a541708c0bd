//! The `adapter_config.json` that PEFT reads. The engine adds the base model's name, the task type and
//! `modules_to_save`.

use crate::settings::Begin;
use crate::{Group, Settings};
use engraft_plugin::plan::targets::{Targets, whole};
use engraft_plugin::plan::{ModelMap, SiteKind};
use serde_json::{Map, Value, json};

/// PEFT's configuration for grafts at these sites.
pub(crate) fn config(settings: &Settings, targets: &Targets, groups: &[Group], model: &ModelMap) -> Value {
    let mut modules = targets.modules(model);
    if let (true, Some(modules)) = (settings.embedding, modules.as_array_mut()) {
        let embeddings = model.sites.iter().filter(|site| site.kind == SiteKind::Embedding);
        modules.extend(embeddings.map(|site| json!(site.name)));
    }
    // PiSSA is written as an update of twice the rank at the same scale.
    let (rank, alpha) = written(settings, settings.rank, settings.alpha);
    let mut config = json!({
        "peft_type": "LORA",
        "r": rank,
        "lora_alpha": whole(alpha),
        "lora_dropout": whole(settings.dropout),
        "target_modules": modules,
        "use_rslora": settings.rslora,
        "use_dora": false,
        "bias": if settings.bias { "lora_only" } else { "none" },
        "fan_in_fan_out": false,
        "init_lora_weights": true,
        "inference_mode": true,
    });
    let (mut ranks, mut alphas) = (Map::new(), Map::new());
    for (sizes, sites) in groups {
        let (own_rank, own_alpha) = written(settings, sizes.rank, sizes.alpha);
        for site in sites {
            if own_rank != rank {
                ranks.insert(site.name.clone(), json!(own_rank));
            }
            if own_alpha != alpha {
                alphas.insert(site.name.clone(), whole(own_alpha));
            }
        }
    }
    // Embeddings begin as ever, at the rank that was asked for.
    let embeddings = model.sites.iter().filter(|site| site.kind == SiteKind::Embedding && settings.embedding);
    for site in embeddings.filter(|_| rank != settings.rank) {
        ranks.insert(site.name.clone(), json!(settings.rank));
        alphas.insert(site.name.clone(), whole(settings.alpha));
    }
    for (key, value) in [("rank_pattern", ranks), ("alpha_pattern", alphas)] {
        if !value.is_empty() {
            config[key] = json!(value);
        }
    }
    if settings.up_bias {
        config["lora_bias"] = json!(true);
    }
    config
}

/// A rank and alpha as the file has them.
fn written(settings: &Settings, rank: usize, alpha: f64) -> (usize, f64) {
    if settings.begin != Begin::Pissa {
        return (rank, alpha);
    }
    (2 * rank, alpha * if settings.rslora { 2f64.sqrt() } else { 2.0 })
}
