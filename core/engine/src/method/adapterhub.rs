//! Plans of bottleneck folders that AdapterHub's `adapters` wrote.
//!
//! Source: adapters 1.3 `configuration/adapter_config.py` and `methods/bottleneck.py`. The widths are read from the
//! tensors, where they stand from their names; what the formula does not cover is refused.

use super::peft::places;
use crate::model::weights::Tensors;
use crate::{Error, Result};
use engraft_plugin::plan::{At, Dim, GraftBuilder, ModelMap, Plan, Save, Select, SiteKind};
use serde_json::Value;
use std::path::Path;

/// The plan of a folder without `graft.json`, by its configuration and its weights, heads apart.
///
/// # Errors
/// [`Error::Plan`] with what was found, for methods and variants that are not read.
pub(super) fn plan_of(
    folder: &Path,
    tensors: &Tensors,
    map: &ModelMap,
    is_head: impl Fn(&str) -> bool,
) -> Result<Plan> {
    let path = folder.join("adapter_config.json");
    let refuse = |reason: String| Error::Plan { method: path.display().to_string(), reason };
    let bytes = std::fs::read(&path).map_err(|e| Error::reading(&path, "AdapterHub configuration", e))?;
    let file: Value = serde_json::from_slice(&bytes).map_err(|e| refuse(e.to_string()))?;
    let plan =
        bottleneck(&file["config"], file["name"].as_str().unwrap_or("engraft"), tensors, map).map_err(&refuse)?;
    let places = places(&plan);
    match tensors.keys().find(|key| !is_head(key) && !places.contains(*key)) {
        None => Ok(plan.save(Save::adapterhub(file["config"].clone()))),
        Some(key) => Err(refuse(format!("expected tensors of bottlenecks alone, found `{key}`"))),
    }
}

/// y + s·(a(v Dᵀ + d) Uᵀ + u), v the branch, what the base makes of it, or the stream.
fn bottleneck(config: &Value, name: &str, tensors: &Tensors, map: &ModelMap) -> Result<Plan, String> {
    for (key, wanted) in [
        ("architecture", Value::Null),
        ("original_ln_after", Value::Bool(true)),
        ("ln_before", Value::Bool(false)),
        ("ln_after", Value::Bool(false)),
        ("residual_before_ln", Value::Bool(true)),
        ("adapter_residual_before_ln", Value::Bool(false)),
        ("use_gating", Value::Bool(false)),
        ("phm_layer", Value::Bool(false)),
    ] {
        if config.get(key).is_some_and(|found| *found != wanted) {
            return Err(format!("{key}: expected {wanted}, found {}", config[key]));
        }
    }
    let key = |what: &str| format!("{{site}}.adapters.{name}.adapter_{what}");
    let shape =
        |site: &str| tensors.get(&key("down.0.weight").replace("{site}", site)).and_then(|t| t.dims().first().copied());
    let branches = map.sites.iter().filter(|site| site.kind == SiteKind::Sublayer);
    let sites: Vec<String> = branches.filter(|s| shape(&s.name).is_some()).map(|s| s.name.clone()).collect();
    let Some(width) = sites.first().and_then(|site| shape(site)) else {
        return Err(format!("expected bottlenecks of `{name}` on this model's branches, found none"));
    };
    let scale = match &config["scaling"] {
        Value::Null => 1.0,
        found => found.as_f64().ok_or_else(|| format!("scaling: expected a number, found {found}"))?,
    };
    let graft = GraftBuilder::at("bottleneck", At::new(SiteKind::Sublayer, Select::Many(sites)));
    let (m, hidden) = (Dim::from(width), Dim::from("hidden"));
    let down = graft.parameter("D", &[m.clone(), hidden.clone()]).key(&key("down.0.weight")).add();
    let d = graft.parameter("d", &[Dim::from(width)]).key(&key("down.0.bias")).add();
    let up = graft.parameter("U", &[hidden, m]).key(&key("up.weight")).add();
    let u = graft.parameter("u", &["hidden"]).key(&key("up.bias")).add();
    let v = match (config["is_parallel"].as_bool(), config["original_ln_before"].as_bool()) {
        (Some(true), _) => graft.site("r"),
        (_, Some(true)) => graft.site("z"),
        _ => graft.y(),
    };
    let inner = v.matmul_t(down) + d;
    let inner = match config["non_linearity"].as_str() {
        Some("swish" | "silu") => inner.silu(),
        Some("relu") => inner.relu(),
        Some("gelu") => inner.gelu(),
        Some("tanh") => inner.tanh(),
        found => return Err(format!("non_linearity: expected swish, silu, relu, gelu or tanh, found {found:?}")),
    };
    graft.gives("output", graft.y() + (inner.matmul_t(up) + u) * scale);
    Ok(Plan::new("bottleneck").graft(graft))
}
