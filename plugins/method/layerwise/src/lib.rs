//! Layer by layer: the last layers train, each at a rate of its own, the lower ones later (discriminative
//! fine-tuning and gradual unfreezing, Howard and Ruder 2018, arXiv:1801.06146).
//!
//! θₗ ← θₗ − η · dᵏ · c · u(∇θₗ L), for the layer l that stands k layers below the last one
//!
//! | symbol | what | setting |
//! |---|---|---|
//! | d | what the rate is multiplied by for each layer down | `decay` |
//! | c | what the rate of a part of the model is multiplied by | `parts` |
//!
//! Layer k begins to train at the part `unfreeze` · k / n of the run. Nothing is grafted; the whole model is written in
//! Hugging Face layout.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::targets::within;
use engraft_plugin::plan::{ModelMap, Plan, Select, Train};
use engraft_plugin::{Case, Error, Result, math};
use serde_json::json;
use std::collections::BTreeMap;

/// The method `layerwise`.
pub struct Layerwise {
    settings: Settings,
}

impl Plugin for Layerwise {
    type Settings = Settings;

    fn about() -> About {
        let tiny = json!({ "model": "tiny-bert" });
        let last = Case::new("the last layer", tiny.clone(), json!({ "trained": 7_504, "saved": "model" }));
        let all =
            Case::new("all layers and the embeddings", tiny.clone(), json!({ "trained": 18_336, "saved": "model" }));
        let refused = Case::new("more layers than there are", tiny, json!({ "error": "settings.last" }));
        let examples = vec![
            last.with(json!({ "last": 1 })),
            all.with(json!({ "embeddings": true, "decay": 0.9 })),
            refused.with(json!({ "last": 3 })),
        ];
        About {
            id: "layerwise",
            summary: "Trains the last layers, each at a rate of its own, the lower ones later.",
            examples,
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        within("decay", settings.decay, f64::MIN_POSITIVE..=1.0)?;
        within("unfreeze", settings.unfreeze, 0.0..1.0)?;
        for (part, rate) in &settings.parts {
            within(&format!("parts.{part}"), *rate, 0.0..)?;
        }
        Ok(Self { settings })
    }
}

impl Method for Layerwise {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let settings = &self.settings;
        let layers = model.dims.get("layers").map_or(0, |&n| n as usize);
        let last = settings.last.unwrap_or(layers);
        if last == 0 || last > layers {
            let why = format!("`last`: expected 1 to {layers}, the model's layers, found {last}");
            return Err(Error::new("settings.last", why));
        }
        let names = |part: &str| {
            let select = Select::One(part.to_owned());
            model.parameters.iter().any(|p| select.matches(&p.name))
        };
        if let Some(part) = settings.parts.keys().find(|part| !names(part)) {
            let why = format!("`parts`: expected names of the model's parameters, found `{part}`, which is none");
            return Err(Error::new("settings.parts", why));
        }
        // By steps below the last layer: what is above all layers trains with it, the embeddings below all.
        let mut groups: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for parameter in &model.parameters {
            let depth = match layer_of(&parameter.name) {
                Some(layer) => layers - 1 - layer,
                None if parameter.name.contains("embeddings.") => layers,
                None => 0,
            };
            let is_meant = if depth == layers { settings.embeddings } else { depth < last };
            if is_meant {
                groups.entry(depth).or_default().push(parameter.name.clone());
            }
        }
        let count = groups.keys().max().copied().unwrap_or(0).max(1) as f64;
        let mut plan = Plan::new("layerwise");
        for (depth, names) in groups {
            let start = settings.unfreeze * depth as f64 / count;
            let from = (start > 0.0).then_some(start);
            let mut rates: Vec<(f64, Vec<String>)> = Vec::new();
            for name in names {
                let part = settings.parts.iter().find(|(part, _)| Select::One((*part).clone()).matches(&name));
                let rate = part.map_or(1.0, |(_, rate)| *rate);
                match rates.iter_mut().find(|(known, _)| *known == rate) {
                    Some((_, names)) => names.push(name),
                    None => rates.push((rate, vec![name])),
                }
            }
            for (rate, names) in rates.into_iter().filter(|(rate, _)| *rate > 0.0) {
                let lr = rate * math::pow(settings.decay, depth as f64);
                plan = plan.train(Train { select: Select::Many(names), lr, decay: None, from, until: None });
            }
        }
        Ok(plan)
    }
}

/// The number behind `layer.` in a name.
fn layer_of(name: &str) -> Option<usize> {
    name.split("layer.").nth(1)?.split('.').next()?.parse().ok()
}

engraft_plugin::register!(method Layerwise);
