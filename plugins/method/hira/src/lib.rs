//! HiRA (Huang et al. 2025, ICLR): a low-rank matrix scales the weight itself, which makes the update one of high rank.
//!
//! W' = W + W ⊙ (B A)
//!
//! | symbol | shape | first values |
//! |---|---|---|
//! | A | r × in | uniform, kaiming with a = √5 |
//! | B | out × r | zeros, so that training starts from the base model |
//!
//! Written in PEFT's layout. Source: PEFT 0.21 `tuners/hira`.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::targets::{Targets, peft_key};
use engraft_plugin::plan::{GraftBuilder, Init, ModelMap, Plan, Save};
use engraft_plugin::{Case, Result};
use serde_json::json;

/// The method `hira`.
pub struct Hira {
    settings: Settings,
}

impl Plugin for Hira {
    type Settings = Settings;

    fn about() -> About {
        let tiny = json!({ "model": "tiny-bert" });
        let four = Case::new(
            "rank 4 at query and value",
            tiny.clone(),
            json!({ "grafts": { "hira": 4 }, "trained": 1024, "saved": "peft" }),
        );
        let refused = Case::new("a rank above the width is refused", tiny, json!({ "error": "settings.rank" }));
        let examples =
            vec![four.with(json!({ "rank": 4, "targets": ["query", "value"] })), refused.with(json!({ "rank": 64 }))];
        About { id: "hira", summary: "Trains a low-rank scale of each weight.", examples }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        Ok(Self { settings })
    }
}

impl Method for Hira {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let Settings { rank, targets, layers } = &self.settings;
        let targets = Targets::linears(model, targets, layers)?;
        targets.check_rank(*rank)?;
        let config = json!({
            "peft_type": "HIRA", "r": rank, "hira_dropout": 0, "target_modules": targets.modules(model),
        });

        let graft = GraftBuilder::at("hira", targets.at.clone());
        let a = graft.parameter("A", &["r", "in"]).init(Init::KaimingUniform { a: 5f64.sqrt() });
        let a = a.key(&peft_key("hira_A")).add();
        let b = graft.parameter("B", &["out", "r"]).key(&peft_key("hira_B")).add();
        graft.gives("weight", graft.w() + graft.w() * b.matmul(a));

        Ok(Plan::new("hira").dim("r", *rank).graft(graft).save(Save::peft(config)))
    }
}

engraft_plugin::register!(method Hira);
