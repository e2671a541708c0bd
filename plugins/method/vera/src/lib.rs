//! VeRA (Kopiczko et al. 2024, arXiv:2310.11454): random matrices that all layers share, scaled by vectors.
//!
//! y' = y + b ⊙ (d ⊙ (drop(x) Aᵀ)) Bᵀ, with A and B cut to the layer's width
//!
//! | symbol | what | shape | first values |
//! |---|---|---|---|
//! | x, y | input and output of the layer | tokens × in, tokens × out | |
//! | A, B | shared, frozen | r × widest in, widest out × r | uniform within ± √(6 / last axis) |
//! | d | scale of the rank | r | 0.1 |
//! | b | scale of the output | out | zeros, so that training starts from the base model |
//!
//! Written in PEFT's layout, A and B with it (`save_projection`). Source: PEFT 0.21 `tuners/vera`.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::targets::{Targets, peft_key, whole, within};
use engraft_plugin::plan::{Dim, GraftBuilder, Init, ModelMap, Parameter, Plan, Save};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;

/// The method `vera`.
pub struct Vera {
    settings: Settings,
}

impl Plugin for Vera {
    type Settings = Settings;

    fn about() -> About {
        let tiny = json!({ "model": "tiny-bert" });
        let eight = Case::new(
            "rank 8 at query and value: 4 sites of 8 + 32 numbers",
            tiny.clone(),
            json!({ "grafts": { "vera": 4 }, "trained": 160, "saved": "peft" }),
        );
        let refused = Case::new("rank 0 is refused", tiny, json!({ "error": "settings.rank" }));
        let examples = vec![eight.with(json!({ "rank": 8 })), refused.with(json!({ "rank": 0 }))];
        About { id: "vera", summary: "Trains vectors that scale random matrices which all layers share.", examples }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        within("dropout", settings.dropout, 0.0..1.0)?;
        within("d_initial", settings.d_initial, ..)?;
        if settings.rank == 0 {
            return Err(Error::new("settings.rank", "`rank`: expected 1 or more, found 0"));
        }
        Ok(Self { settings })
    }
}

impl Method for Vera {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let Settings { rank, d_initial, dropout, targets, layers } = &self.settings;
        let targets = Targets::linears(model, targets, layers)?;
        let widest = |symbol: &str| targets.sites.iter().filter_map(|s| s.dims.get(symbol)).max().copied().unwrap_or(1);
        let (inside, outside) = (Dim::Number(widest("in")), Dim::Number(widest("out")));
        let config = json!({
            "peft_type": "VERA", "r": rank, "d_initial": d_initial, "vera_dropout": whole(*dropout),
            "target_modules": targets.modules(model), "projection_prng_key": 0, "save_projection": true, "bias": "none",
        });

        let random = Init::KaimingUniform { a: 0.0 };
        let shared =
            |name: &str, shape: &[Dim], key: &str| Parameter::new(name, shape).init(random.clone()).key(key).frozen();
        let graft = GraftBuilder::at("vera", targets.at.clone());
        let b = graft.parameter("b", &["out"]).key(&peft_key("vera_lambda_b")).add();
        let d = graft.parameter("d", &["r"]).init(Init::Constant(*d_initial)).key(&peft_key("vera_lambda_d")).add();
        let down = graft.site("A").narrow(-1, 0, "in");
        let up = graft.site("B").narrow(-2, 0, "out");
        let inner = graft.x().dropout(*dropout).matmul_t(down) * d;
        graft.gives("output", graft.y() + inner.matmul_t(up) * b);

        Ok(Plan::new("vera")
            .dim("r", *rank)
            .share(shared("A", &["r".into(), inside], "base_model.vera_A"))
            .share(shared("B", &[outside, "r".into()], "base_model.vera_B"))
            .graft(graft)
            .save(Save::peft(config)))
    }
}

engraft_plugin::register!(method Vera);
