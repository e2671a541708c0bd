//! Low-rank gates: what a linear layer gives is scaled, token by token, by what it is given.
//!
//! y' = y ⊙ (1 + tanh(x Aᵀ Bᵀ))
//!
//! | symbol | what | shape | first values |
//! |---|---|---|---|
//! | x, y | input and output of the layer | tokens × in, tokens × out | |
//! | A | down | r × in | uniform within ± 1/√in |
//! | B | up | out × r | zeros, so that training starts from the base model |
//!
//! Unlike LoRA the change is a factor: it can switch an output off, and is bounded. It depends on x, so it does not
//! merge into the weight. No other library has it; the plan is all that the engine needs to train it at full speed.

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::{GraftBuilder, Init, ModelMap, Plan, Save};
use engraft_plugin::{Case, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The table of `low-rank-gate` in a run file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The width r between A and B.
    pub rank: usize,
    /// The last words of the names of the layers that get a gate.
    pub targets: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { rank: 8, targets: ["query", "key", "value", "dense"].map(str::to_owned).into() }
    }
}

/// The method `low-rank-gate`.
pub struct LowRankGate(Settings);

impl Plugin for LowRankGate {
    type Settings = Settings;

    fn about() -> About {
        let tiny = || json!({ "model": "tiny-bert" });
        About {
            id: "low-rank-gate",
            summary: "Trains low-rank gates on the outputs of linear layers.",
            examples: vec![
                Case::new(
                    "query of two layers, 32 wide: 2 · 2 · (32 + 32) numbers",
                    tiny(),
                    json!({ "grafts": { "gate": 2 }, "trained": 256, "saved": "engraft" }),
                )
                .with(json!({ "rank": 2, "targets": ["query"] })),
                Case::new("a rank of nothing", tiny(), json!({ "error": "settings.rank" })).with(json!({ "rank": 0 })),
            ],
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if settings.rank == 0 {
            return Err(Error::new("settings.rank", "`rank`: expected 1 or more, found 0"));
        }
        Ok(Self(settings))
    }
}

impl Method for LowRankGate {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let graft = GraftBuilder::at("gate", model.linears(&self.0.targets)?);
        let a = graft.parameter("A", &["r", "in"]).init(Init::KaimingUniform { a: 5f64.sqrt() });
        let a = a.key("{site}.gate_A.weight").add();
        let b = graft.parameter("B", &["out", "r"]).key("{site}.gate_B.weight").add();
        let gate = graft.x().matmul_t(a).matmul_t(b).tanh();
        graft.gives("output", graft.y() + graft.y() * gate);
        Ok(Plan::new("low-rank-gate").dim("r", self.0.rank).graft(graft).save(Save::engraft()))
    }
}

engraft_plugin::register!(method LowRankGate);
