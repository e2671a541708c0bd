//! LoHa (Hyeon-Woo et al. 2022, arXiv:2108.06098): the elementwise product of two low-rank matrices.
//!
//! W' = W + s · (W₁ₐ W₁ᵦ) ⊙ (W₂ₐ W₂ᵦ), with s = α / r: an update of rank up to r².
//!
//! | symbol | shape | first values |
//! |---|---|---|
//! | W₁ₐ, W₁ᵦ | out × r, r × in | uniform, kaiming with a = √5 |
//! | W₂ₐ, W₂ᵦ | out × r, r × in | uniform; zeros, so that training starts from the base model |
//!
//! Written in PEFT's layout. Source: PEFT 0.21 `tuners/loha`.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::targets::{Targets, peft_key, whole, within};
use engraft_plugin::plan::{GraftBuilder, Init, ModelMap, Plan, Save};
use engraft_plugin::{Case, Result};
use serde_json::json;

/// The method `loha`.
pub struct Loha {
    settings: Settings,
}

impl Plugin for Loha {
    type Settings = Settings;

    fn about() -> About {
        let tiny = json!({ "model": "tiny-bert" });
        let four = Case::new(
            "rank 4 at query and value: 4 sites of four factors",
            tiny.clone(),
            json!({ "grafts": { "loha": 4 }, "trained": 4 * 4 * 128, "saved": "peft" }),
        );
        let refused = Case::new("a rank above the width is refused", tiny, json!({ "error": "settings.rank" }));
        let examples =
            vec![four.with(json!({ "rank": 4, "targets": ["query", "value"] })), refused.with(json!({ "rank": 64 }))];
        About { id: "loha", summary: "Trains the elementwise product of two low-rank updates.", examples }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        within("alpha", settings.alpha, f64::MIN_POSITIVE..)?;
        Ok(Self { settings })
    }
}

impl Method for Loha {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let Settings { rank, alpha, targets, layers } = &self.settings;
        let targets = Targets::linears(model, targets, layers)?;
        targets.check_rank(*rank)?;
        let config = json!({
            "peft_type": "LOHA", "r": rank, "alpha": whole(*alpha), "target_modules": targets.modules(model),
            "rank_dropout": 0, "module_dropout": 0,
        });

        let graft = GraftBuilder::at("loha", targets.at.clone());
        let factor = |name, shape: &[&str], init: Init, key: &str| {
            graft.parameter(name, shape).init(init).key(&peft_key(key)).add()
        };
        let uniform = Init::KaimingUniform { a: 5f64.sqrt() };
        let w1_a = factor("w1_a", &["out", "r"], uniform.clone(), "hada_w1_a");
        let w1_b = factor("w1_b", &["r", "in"], uniform.clone(), "hada_w1_b");
        let w2_a = factor("w2_a", &["out", "r"], uniform, "hada_w2_a");
        let w2_b = factor("w2_b", &["r", "in"], Init::Zeros, "hada_w2_b");
        let update = w1_a.matmul(w1_b) * w2_a.matmul(w2_b);
        graft.gives("weight", graft.w() + update * (alpha / *rank as f64));

        Ok(Plan::new("loha").dim("r", *rank).graft(graft).save(Save::peft(config)))
    }
}

engraft_plugin::register!(method Loha);
