//! RoAd (Liao and Monz 2024, arXiv:2409.00119): pairs of outputs are rotated and scaled.
//!
//! Outputs stand in groups of g; the two halves u, v of a group are the coordinates of g/2 points:
//!
//! u' = α cos θ ⊙ u − α sin θ ⊙ v,   v' = α cos θ ⊙ v + α sin θ ⊙ u
//!
//! | symbol | what | shape | first values |
//! |---|---|---|---|
//! | θ, α | angle and scale | out/2 (`road-1`), or out (`road-2`: one for u', one for v') | zeros, ones |
//!
//! Written in PEFT's layout. Source: PEFT 0.21 `tuners/road`.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::targets::{Targets, peft_key};
use engraft_plugin::plan::{At, GraftBuilder, Init, ModelMap, Plan, Save};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;
use settings::Variant;

/// The method `road`.
pub struct Road {
    settings: Settings,
}

impl Plugin for Road {
    type Settings = Settings;

    fn about() -> About {
        let tiny = json!({ "model": "tiny-bert" });
        let one = Case::new(
            "an angle and a scale for each pair of outputs of query and value",
            tiny.clone(),
            json!({ "grafts": { "road-32": 4 }, "trained": 4 * 32, "saved": "peft" }),
        );
        let refused = Case::new("groups that do not divide the width", tiny, json!({ "error": "settings.group" }));
        let examples = vec![
            one.with(json!({ "group": 8, "targets": ["query", "value"] })),
            refused.with(json!({ "group": 64, "targets": ["query"] })),
        ];
        About { id: "road", summary: "Trains rotations of pairs of a layer's outputs.", examples }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if settings.group == 0 || !settings.group.is_multiple_of(2) {
            let why = format!("`group`: expected an even number above 0, found {}", settings.group);
            return Err(Error::new("settings.group", why));
        }
        Ok(Self { settings })
    }
}

impl Method for Road {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let Settings { variant, group, targets, layers } = &self.settings;
        let targets = Targets::linears(model, targets, layers)?;
        let mut plan = Plan::new("road");
        for (sizes, at) in targets.by(&["out"]) {
            if !sizes[0].is_multiple_of(*group) {
                let why =
                    format!("`group`: expected a divisor of {}, the width of {:?}, found {group}", sizes[0], at.select);
                return Err(Error::new("settings.group", why));
            }
            plan = plan.graft(self.graft(sizes[0], at));
        }
        let variant = if *variant == Variant::One { "road_1" } else { "road_2" };
        let config = json!({
            "peft_type": "ROAD", "variant": variant, "group_size": group, "target_modules": targets.modules(model),
        });
        Ok(plan.save(Save::peft(config)))
    }
}

impl Road {
    fn graft(&self, outside: usize, at: At) -> GraftBuilder {
        let Settings { variant, group, .. } = self.settings;
        let (groups, half) = (outside / group, group / 2);
        let is_one = variant == Variant::One;
        let (count, each) = if is_one { (outside / 2, 1) } else { (outside, 2) };
        let graft = GraftBuilder::at(&format!("road-{outside}"), at);
        let theta = graft.parameter("theta", &[count]).key(&peft_key("road_theta")).add();
        let alpha = graft.parameter("alpha", &[count]).init(Init::Ones).key(&peft_key("road_alpha")).add();
        let along = (theta.cos() * alpha).reshape(&[groups, each, half]);
        let across = (theta.sin() * alpha).reshape(&[groups, each, half]);
        let y = graft.y().reshape(&[groups, 2, half]); // tokens × (groups, 2, half)
        let turned = (-y.narrow(-2, 1, 1)).concat(y.narrow(-2, 0, 1), -2); // (−v, u)
        graft.gives("output", (y * along + turned * across).reshape(&["out"]));
        graft
    }
}

engraft_plugin::register!(method Road);
