//! IA³ (Liu et al. 2022, arXiv:2205.05638): scales what attention gives and what feed-forward takes.
//!
//! y' = y ⊙ l at attention's keys and values; y' = f(x ⊙ l) at the second feed-forward layer
//!
//! | symbol | what | shape | first values |
//! |---|---|---|---|
//! | x, y | input and output of the layer | tokens × in, tokens × out | |
//! | l | scale | out × 1, or 1 × in | ones, so that training starts from the base model |
//!
//! Scales do not decay: 0 would silence the layer, 1 is the base model.
//! Written in PEFT's layout. Source: PEFT 0.21 `tuners/ia3`.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::targets::{Targets, peft_key};
use engraft_plugin::plan::{At, GraftBuilder, Init, ModelMap, Plan, Save, Select, Site, SiteKind};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;

/// The method `ia3`.
pub struct Ia3 {
    settings: Settings,
}

impl Plugin for Ia3 {
    type Settings = Settings;

    fn about() -> About {
        let tiny = json!({ "model": "tiny-bert" });
        let all = Case::new(
            "key, value and both layers called output.dense",
            tiny.clone(),
            json!({ "grafts": { "attention": 4, "feedforward": 4 }, "trained": 4 * 32 + 2 * 32 + 2 * 48, "saved": "peft" }),
        );
        let keys = Case::new(
            "keys alone, in the last layer",
            tiny.clone(),
            json!({ "grafts": { "attention": 1 }, "trained": 32, "saved": "peft" }),
        );
        let both = Case::new(
            "a layer named twice scales its input",
            tiny,
            json!({ "grafts": { "feedforward": 4 }, "trained": 2 * 32 + 2 * 48, "saved": "peft" }),
        );
        let examples = vec![
            all,
            keys.with(json!({ "targets": ["key"], "feedforward": [], "layers": [1] })),
            both.with(json!({ "targets": ["output.dense"], "feedforward": ["output.dense"] })),
        ];
        About { id: "ia3", summary: "Trains scales of what layers give (attention) or take (feed-forward).", examples }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if settings.targets.is_empty() && settings.feedforward.is_empty() {
            let why = "`targets`: expected the name of a linear layer or more, found none";
            return Err(Error::new("settings.targets", why));
        }
        Ok(Self { settings })
    }
}

impl Method for Ia3 {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let Settings { targets, feedforward, layers } = &self.settings;
        let both: Vec<String> = targets.iter().chain(feedforward).cloned().collect();
        let both = Targets::linears(model, &both, layers)?;
        let mut plan = Plan::new("ia3");
        let mut inputs = None;
        if !feedforward.is_empty() {
            let given = Targets::linears(model, feedforward, layers)?;
            let graft = GraftBuilder::at("feedforward", given.at.clone());
            let l = graft.parameter("l", &[1usize.into(), "in".into()] as &[engraft_plugin::plan::Dim]);
            let l = l.init(Init::Ones).key(&peft_key("ia3_l")).decay(false).add();
            graft.gives("input", graft.x() * l.reshape(&["in"]));
            plan = plan.graft(graft);
            inputs = Some(given);
        }
        // A layer that is meant by both scales its input, as in PEFT.
        let is_output = |site: &&Site| inputs.as_ref().is_none_or(|inputs| !inputs.at.select.matches(&site.name));
        let outputs: Vec<String> = match targets.is_empty() {
            true => Vec::new(),
            false => Targets::linears(model, targets, layers)?.sites.iter().filter(is_output).map(name).collect(),
        };
        if !outputs.is_empty() {
            let graft = GraftBuilder::at("attention", At::new(SiteKind::Linear, Select::Many(outputs)));
            let l = graft.parameter("l", &["out".into(), 1usize.into()] as &[engraft_plugin::plan::Dim]);
            let l = l.init(Init::Ones).key(&peft_key("ia3_l")).decay(false).add();
            graft.gives("output", graft.y() * l.reshape(&["out"]));
            plan = plan.graft(graft);
        }
        // PEFT wants those of feed-forward to stand among all, name by name: both are short, or both are whole.
        let is_short = |of: &Targets| of.modules(model) == json!(of.names);
        let names = |of: &Targets| match is_short(&both) && inputs.as_ref().is_none_or(is_short) {
            true => of.names.clone(),
            false => of.sites.iter().map(name).collect(),
        };
        let config = json!({
            "peft_type": "IA3",
            "target_modules": names(&both),
            "feedforward_modules": inputs.as_ref().map(names).unwrap_or_default(),
        });
        Ok(plan.save(Save::peft(config)))
    }
}

fn name(site: &Site) -> String {
    site.name.clone()
}

engraft_plugin::register!(method Ia3);
