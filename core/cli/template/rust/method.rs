//! A gate on the output of linear layers: y' = y ⊙ (1 + g), with g (out) zeros at first.
//!
//! Only the gates and the task head train.

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::{GraftBuilder, Init, ModelMap, Plan, Save};
use engraft_plugin::{Case, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The keys of its table in a run file. Their comments are its help.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The last words of the names of the layers that get a gate.
    pub targets: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { targets: ["key", "value"].map(str::to_owned).into() }
    }
}

/// The method.
pub struct Gate {
    targets: Vec<String>,
}

impl Plugin for Gate {
    type Settings = Settings;

    fn about() -> About {
        let tiny = || json!({ "model": "tiny-bert" });
        About {
            id: "{{name}}",
            summary: "Trains a gate on the output of linear layers.",
            examples: vec![
                Case::new(
                    "keys and values of two layers, 32 wide",
                    tiny(),
                    json!({ "grafts": { "gate": 4 }, "trained": 128, "saved": "engraft" }),
                ),
                Case::new("a layer that is not there", tiny(), json!({ "error": "plan.no-site" }))
                    .with(json!({ "targets": ["gate_proj"] })),
            ],
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if settings.targets.is_empty() {
            return Err(Error::new("settings.targets", "`targets`: expected the name of a layer, found none"));
        }
        Ok(Self { targets: settings.targets })
    }
}

impl Method for Gate {
    /// The mathematics, which the engine computes, on CPU or GPU, gradients included.
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let graft = GraftBuilder::at("gate", model.linears(&self.targets)?);
        let gate = graft.parameter("g", &["out"]).init(Init::Zeros).key("{site}.gate").add();
        graft.gives("output", graft.y() + graft.y() * gate);
        Ok(Plan::new("{{name}}").graft(graft).save(Save::engraft()))
    }
}

engraft_plugin::register!(method Gate);
