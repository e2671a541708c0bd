//! A new graft above trained ones: of a language below, of the task above (MAD-X, Pfeiffer et al. 2020,
//! arXiv:2005.00052).
//!
//! ```text
//! y₁ = what the trained graft makes of the site        frozen
//! y' = what the new graft makes of y₁                  trains
//! ```
//!
//! | style | where | y' |
//! |---|---|---|
//! | `bottleneck` | feed-forward's branch | y₁ + relu(z Dᵀ + d) Uᵀ + u, z = norm(y₁ + r) |
//! | `lora` | linear layers | y₁ + s · drop(x) Aᵀ Bᵀ, s = α / r |
//!
//! | symbol | what | shape | first values |
//! |---|---|---|---|
//! | r | the residual stream beside a branch | tokens × hidden | |
//! | D, U, d, u | down, up, their biases | hidden/reduction × hidden and back | normal(0.02), zeros |
//! | A, B | down, up | r × in, out × r | uniform, kaiming with a = √5; zeros |
//!
//! Any trained graft may lie below (prompts and prefixes too), and several, one above the other in the order given.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::targets::{Targets, within};
use engraft_plugin::plan::{At, GraftBuilder, Init, ModelMap, Plan, Save, Select, SiteKind};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;
use settings::Style;

/// The method `stack`.
pub struct Stack {
    settings: Settings,
}

impl Plugin for Stack {
    type Settings = Settings;

    fn about() -> About {
        let under = json!({ "model": "tiny-bert", "grafts": { "de": "bottleneck" } });
        let bottleneck = Case::new(
            "a bottleneck above a trained one",
            under.clone(),
            json!({
                "grafts": { "de.bottleneck": 2, "task": 2 }, "trained": 2 * (8 * 33 + 9 * 32), "saved": "engraft",
            }),
        );
        let lora = Case::new(
            "a low-rank update above a trained prefix",
            json!({ "model": "tiny-bert", "grafts": { "de": "prefix" } }),
            json!({ "grafts": { "de.prefix": 2, "task": 4 }, "trained": 4 * 2 * 32 * 4, "saved": "engraft" }),
        );
        let refused =
            Case::new("no trained graft", json!({ "model": "tiny-bert" }), json!({ "error": "settings.grafts" }));
        let examples =
            vec![bottleneck.with(json!({ "reduction": 4 })), lora.with(json!({ "style": "lora", "rank": 4 })), refused];
        About { id: "stack", summary: "Trains a graft above trained ones, which stay as they are.", examples }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        within("reduction", settings.reduction, 1.0..)?;
        within("alpha", settings.alpha, ..)?;
        within("dropout", settings.dropout, 0.0..1.0)?;
        Ok(Self { settings })
    }
}

impl Method for Stack {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let mut plan = Plan::new("stack");
        for under in model.trained(&self.settings.grafts)? {
            plan.shared.extend(under.shared()?);
            plan.grafts.extend(under.grafts(model)?);
        }
        let plan = match self.settings.style {
            Style::Bottleneck => self.bottleneck(plan, model)?,
            Style::Lora => self.low_rank(plan, model)?,
        };
        Ok(plan.save(Save::engraft()))
    }
}

impl Stack {
    fn bottleneck(&self, plan: Plan, model: &ModelMap) -> Result<Plan> {
        let hidden = model.dims.get("hidden").map_or(0, |&n| n as usize);
        let width = (hidden as f64 / self.settings.reduction) as usize;
        if width == 0 {
            let found = self.settings.reduction;
            let why = format!("`reduction`: expected at most {hidden}, the model's width, found {found}");
            return Err(Error::new("settings.reduction", why));
        }
        let branches = model.sites.iter().filter(|site| site.kind == SiteKind::Sublayer && site.role == "ffn");
        let at = At::new(SiteKind::Sublayer, Select::Many(branches.map(|site| site.name.clone()).collect()));
        let graft = GraftBuilder::at("task", at);
        let wide = |name, shape: &[&str], key: &str| {
            graft.parameter(name, shape).init(Init::Normal(0.02)).key(&format!("{{site}}.task.{key}")).add()
        };
        let (down, up) = (wide("D", &["m", "hidden"], "down.weight"), wide("U", &["hidden", "m"], "up.weight"));
        let d = graft.parameter("d", &["m"]).key("{site}.task.down.bias").add();
        let u = graft.parameter("u", &["hidden"]).key("{site}.task.up.bias").add();
        let inner = (graft.site("z").matmul_t(down) + d).relu();
        graft.gives("output", graft.y() + (inner.matmul_t(up) + u));
        Ok(plan.dim("m", width).graft(graft))
    }

    fn low_rank(&self, plan: Plan, model: &ModelMap) -> Result<Plan> {
        let Settings { rank, alpha, dropout, targets, .. } = &self.settings;
        let targets = Targets::linears(model, targets, &[])?;
        targets.check_rank(*rank)?;
        let graft = GraftBuilder::at("task", targets.at);
        let a = graft.parameter("A", &["r", "in"]).init(Init::KaimingUniform { a: 5f64.sqrt() });
        let a = a.key("{site}.task.lora_A.weight").add();
        let b = graft.parameter("B", &["out", "r"]).key("{site}.task.lora_B.weight").add();
        let update = graft.x().dropout(*dropout).matmul_t(a).matmul_t(b);
        graft.gives("output", graft.y() + update * (alpha / *rank as f64));
        Ok(plan.dim("r", *rank).graft(graft))
    }
}

engraft_plugin::register!(method Stack);
