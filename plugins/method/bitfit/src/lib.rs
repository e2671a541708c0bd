//! BitFit (Ben Zaken et al. 2022, arXiv:2106.10199): only the biases train.
//!
//! b ← b − η · u(∇b L) for the biases b, with u the optimizer's update. Nothing is grafted, and the whole model is
//! written in Hugging Face layout.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::{ModelMap, Plan, Select, Train};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;

/// The method `bitfit`.
pub struct Bitfit {
    settings: Settings,
}

impl Plugin for Bitfit {
    type Settings = Settings;

    fn about() -> About {
        let tiny = json!({ "model": "tiny-bert" });
        let all =
            Case::new("every bias", tiny.clone(), json!({ "trained": 2 * (5 * 32 + 48) + 5 * 32, "saved": "model" }));
        let some = Case::new(
            "those of the queries and of the first feed-forward layer, which the paper finds to be enough",
            tiny,
            json!({ "trained": 2 * (32 + 48), "saved": "model" }),
        );
        let examples = vec![all, some.with(json!({ "targets": ["query", "intermediate.dense"] }))];
        About { id: "bitfit", summary: "Trains the biases and nothing else.", examples }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        Ok(Self { settings })
    }
}

impl Method for Bitfit {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let targets = &self.settings.targets;
        let is_meant = |module: &str| targets.is_empty() || Select::Many(targets.clone()).matches(module);
        let biases = model.parameters.iter().filter_map(|p| p.name.strip_suffix(".bias")).filter(|m| is_meant(m));
        let names: Vec<String> = biases.map(|module| format!("{module}.bias")).collect();
        if names.is_empty() {
            let why = format!("`targets`: expected modules with a bias, found {targets:?}, which is none");
            return Err(Error::new("settings.targets", why));
        }
        Ok(Plan::new("bitfit").train(Train { select: Select::Many(names), ..Train::select("") }))
    }
}

engraft_plugin::register!(method Bitfit);
