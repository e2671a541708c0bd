//! DoRA (Liu et al. 2024, arXiv:2402.09353): the direction of a weight by low rank, its magnitude by itself.
//!
//! V = W + s · B A,   k = m / ‖V‖ (a row's length each; no gradient passes ‖V‖)
//!
//! y' = y + (k − 1) ⊙ (d Wᵀ) + k ⊙ s · d Aᵀ Bᵀ, with d = drop(x) and s = α / r
//!
//! | symbol | what | shape | first values |
//! |---|---|---|---|
//! | x, y | input and output of the layer | tokens × in, tokens × out | |
//! | A | down | r × in | uniform within ± 1/√in |
//! | B | up | out × r | zeros |
//! | m | magnitude of each row | out | ‖W‖, so that training starts from the base model |
//!
//! Written in PEFT's layout (`use_dora`). Source: PEFT 0.21 `tuners/lora/dora.py`.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::targets::{Targets, peft_key, whole, within};
use engraft_plugin::plan::{Arg, Dim, GraftBuilder, Init, ModelMap, Plan, Save, Step};
use engraft_plugin::{Case, Result};
use serde_json::json;

/// The method `dora`.
pub struct Dora {
    settings: Settings,
}

impl Plugin for Dora {
    type Settings = Settings;

    fn about() -> About {
        let tiny = json!({ "model": "tiny-bert" });
        let four = Case::new(
            "rank 4 at query and value of both layers: 4 sites of 4·32 + 32·4 + 32 numbers",
            tiny.clone(),
            json!({ "grafts": { "dora": 4 }, "trained": 1152, "saved": "peft" }),
        );
        let refused = Case::new("a rank above the width is refused", tiny, json!({ "error": "settings.rank" }));
        let examples =
            vec![four.with(json!({ "rank": 4, "targets": ["query", "value"] })), refused.with(json!({ "rank": 64 }))];
        About { id: "dora", summary: "Trains direction (low rank) and magnitude of frozen linear layers.", examples }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        within("alpha", settings.alpha, f64::MIN_POSITIVE..)?;
        within("dropout", settings.dropout, 0.0..1.0)?;
        Ok(Self { settings })
    }
}

impl Method for Dora {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let Settings { rank, alpha, dropout, targets, layers } = &self.settings;
        let targets = Targets::linears(model, targets, layers)?;
        targets.check_rank(*rank)?;
        let scale = alpha / *rank as f64;
        let config = json!({
            "peft_type": "LORA", "use_dora": true, "r": rank, "lora_alpha": whole(*alpha),
            "lora_dropout": whole(*dropout), "target_modules": targets.modules(model), "bias": "none",
        });

        let graft = GraftBuilder::at("dora", targets.at.clone());
        let a = graft.parameter("A", &["r", "in"]).init(Init::KaimingUniform { a: 5f64.sqrt() });
        let a = a.key(&peft_key("lora_A.weight")).add();
        let b = graft.parameter("B", &["out", "r"]).key(&peft_key("lora_B.weight")).add();
        let m = graft.parameter("m", &["out"]).init(lengths_of_rows()).key(&peft_key("lora_magnitude_vector")).add();
        let length = (graft.w() + b.matmul(a) * scale).norm(-1).reshape(&["out"]).stop_gradient();
        let k = m / length;
        let d = graft.x().dropout(*dropout);
        let turned = k * (d.matmul_t(a).matmul_t(b) * scale);
        graft.gives("output", graft.y() + (k - 1.0) * d.matmul_t(graft.w()) + turned);

        Ok(Plan::new("dora").dim("r", *rank).graft(graft).save(Save::peft(config)))
    }
}

/// ‖W‖ of each row: B begins with zeros.
fn lengths_of_rows() -> Init {
    let step = |name: &str, op: &str, args| Step { name: name.to_owned(), op: op.to_owned(), args };
    let norm = step("n", "norm", vec![Arg::Name("w".to_owned()), Arg::Number(-1.0)]);
    let flat = step("f", "reshape", vec![Arg::Name("n".to_owned()), Arg::List(vec![Dim::from("out")])]);
    Init::Computed { steps: vec![norm, flat], value: "f".to_owned() }
}

engraft_plugin::register!(method Dora);
