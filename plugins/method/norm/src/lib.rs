//! LN tuning (Zhao et al. 2024, arXiv:2312.11420): the scales and shifts of the layer norms train.
//!
//! norm(x) = (x − mean) / √(variance + ε) ⊙ g + b, with new g and b
//!
//! | symbol | shape | first values |
//! |---|---|---|
//! | g, b | hidden | the base model's |
//!
//! Written in PEFT's layout. Source: PEFT 0.21 `tuners/ln_tuning`.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::targets::peft_key;
use engraft_plugin::plan::{GraftBuilder, Init, ModelMap, Plan, Save, Select, SiteKind};
use engraft_plugin::{Case, Result};
use serde_json::json;

/// The method `norm`.
pub struct Norm {
    settings: Settings,
}

impl Plugin for Norm {
    type Settings = Settings;

    fn about() -> About {
        let tiny = json!({ "model": "tiny-bert" });
        let all = Case::new(
            "every norm: the embeddings' and two a layer",
            tiny.clone(),
            json!({ "grafts": { "norm": 5 }, "trained": 5 * 64, "saved": "peft" }),
        );
        let last =
            Case::new("the last layer's", tiny, json!({ "grafts": { "norm": 2 }, "trained": 2 * 64, "saved": "peft" }));
        let examples = vec![all, last.with(json!({ "targets": ["*.layer.1.*"] }))];
        About { id: "norm", summary: "Trains scale and shift of the layer norms.", examples }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        Ok(Self { settings })
    }
}

impl Method for Norm {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let at = model.sites_of(SiteKind::Norm, &self.settings.targets)?;
        let names = match &at.select {
            Select::Many(names) => json!(names),
            Select::One(name) => json!([name]),
        };
        let config = json!({ "peft_type": "LN_TUNING", "target_modules": names });

        let graft = GraftBuilder::at("norm", at);
        let copy = |name, of: &str, key: &str| {
            graft.parameter(name, &["hidden"]).init(Init::Base(of.to_owned())).key(&peft_key(key)).add()
        };
        graft.gives("weight", copy("g", "weight", "ln_tuning_layers.weight"));
        graft.gives("bias", copy("b", "bias", "ln_tuning_layers.bias"));

        Ok(Plan::new("norm").graft(graft).save(Save::peft(config)))
    }
}

engraft_plugin::register!(method Norm);
