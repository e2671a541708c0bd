//! Full fine-tuning: every weight of the model trains, at the run's learning rate.
//!
//! θ ← θ − η · u(∇θ L) for all parameters θ, with u the optimizer's update. Nothing is grafted, and the
//! whole model is written in Hugging Face layout.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::{ModelMap, Plan, Train};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;

/// The method `full`.
pub struct Full;

impl Plugin for Full {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "full",
            summary: "Trains every weight of the model.",
            examples: vec![
                Case::new(
                    "everything trains, nothing is grafted",
                    json!({ "model": "tiny-bert" }),
                    json!({ "trained": 18_336, "saved": "model" }),
                ),
                Case::new(
                    "there is nothing to set",
                    json!({ "model": "tiny-bert" }),
                    json!({ "error": "settings.unreadable" }),
                )
                .with(json!({ "rank": 8 })),
            ],
        }
    }

    fn open(_settings: Settings, _setting: &Setting) -> Result<Self> {
        Ok(Self)
    }
}

impl Method for Full {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        if model.parameters.is_empty() {
            return Err(Error::new("plan.no-parameter", "expected a model with parameters, found one without"));
        }
        Ok(Plan::new("full").train(Train::select("*")))
    }
}

engraft_plugin::register!(method Full);
