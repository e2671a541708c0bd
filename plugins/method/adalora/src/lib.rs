//! AdaLoRA (Zhang et al. 2023, arXiv:2303.10512): low-rank updates P Λ Q whose ranks are allotted in training.
//!
//! y' = y + s · drop(x) (A ⊙ E)ᵀ Bᵀ, s = α / r₀, and to the loss ½ · mean ‖A Aᵀ − I‖ over all A and B
//!
//! | symbol | what | shape | first values |
//! |---|---|---|---|
//! | A, B | directions | r₀ × in, out × r₀ | normal(0.02) |
//! | E | how much of each direction | r₀ × 1 | zeros, so that training starts from the base model |
//!
//! Every few steps the directions of all layers are ranked by their importance, the smoothed |weight · gradient| times its
//! smoothed change, and E is set to 0 for all but the best. How many are kept falls from r₀ to `target` a layer on a cubic.
//!
//! Written in PEFT's layout. Source: PEFT 0.21 `tuners/adalora` (its scale is α / (r₀ + 10⁻⁵)).

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::targets::{Targets, peft_key, whole, within};
use engraft_plugin::plan::{Budget, GraftBuilder, Init, ModelMap, Plan, Save, Value};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;

/// The method `adalora`.
pub struct Adalora {
    settings: Settings,
}

impl Plugin for Adalora {
    type Settings = Settings;

    fn about() -> About {
        let tiny = json!({ "model": "tiny-bert" });
        let four = Case::new(
            "from rank 4 at query and value: 4 sites of 4·32 + 32·4 + 4 numbers",
            tiny.clone(),
            json!({ "grafts": { "adalora": 4 }, "trained": 1040, "saved": "peft" }),
        );
        let refused = Case::new("a target above the rank", tiny, json!({ "error": "settings.target" }));
        let examples = vec![
            four.with(json!({ "rank": 4, "target": 2, "targets": ["query", "value"] })),
            refused.with(json!({ "rank": 4, "target": 5 })),
        ];
        About {
            id: "adalora",
            summary: "Trains low-rank updates and allots their ranks to the layers that need them.",
            examples,
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        within("alpha", settings.alpha, f64::MIN_POSITIVE..)?;
        within("dropout", settings.dropout, 0.0..1.0)?;
        within("orthogonality", settings.orthogonality, 0.0..)?;
        within("smoothing", settings.smoothing, f64::MIN_POSITIVE..1.0)?;
        within("from", settings.from, 0.0..1.0)?;
        // Later, a short run would end before its last allotment.
        within("until", settings.until, settings.from..=0.9)?;
        if settings.target == 0 || settings.target > settings.rank || settings.every == 0 {
            let (target, rank) = (settings.target, settings.rank);
            let why = format!("`target`: expected 1 to {rank}, the first rank, and `every` above 0, found {target}");
            return Err(Error::new("settings.target", why));
        }
        Ok(Self { settings })
    }
}

impl Method for Adalora {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let settings = &self.settings;
        let targets = Targets::linears(model, &settings.targets, &settings.layers)?;
        targets.check_rank(settings.rank)?;
        let (rank, sites) = (settings.rank, targets.sites.len());
        let config = json!({
            "peft_type": "ADALORA", "init_r": rank, "target_r": settings.target, "lora_alpha": whole(settings.alpha),
            "lora_dropout": whole(settings.dropout), "target_modules": targets.modules(model), "bias": "none",
            "tinit": 0, "tfinal": 0, "deltaT": settings.every, "beta1": settings.smoothing, "beta2": settings.smoothing,
            "orth_reg_weight": settings.orthogonality, "total_step": 1,
        });

        let graft = GraftBuilder::at("adalora", targets.at.clone());
        let a = graft.parameter("A", &["r", "in"]).init(Init::Normal(0.02)).key(&peft_key("lora_A")).add();
        let b = graft.parameter("B", &["out", "r"]).init(Init::Normal(0.02)).key(&peft_key("lora_B")).add();
        let e = graft.parameter("E", &["r".into(), 1usize.into()] as &[engraft_plugin::plan::Dim]);
        let e = e.key(&peft_key("lora_E")).add();
        let x = graft.x().dropout(settings.dropout);
        let update = x.matmul_t(a * e).matmul_t(b);
        graft.gives("output", graft.y() + update * (settings.alpha / (rank as f64 + 1e-5)));
        if settings.orthogonality > 0.0 {
            let eye = (0..rank * rank).map(|at| f32::from(u8::from(at / rank == at % rank))).collect();
            let eye = graft.parameter("eye", &["r", "r"]).init(Init::Values(eye)).frozen().unsaved().add();
            let off = |product| distance(product, eye, rank);
            let bt = b.transpose(-1, -2);
            graft.penalty(off(a.matmul_t(a)) + off(bt.matmul_t(bt)), settings.orthogonality / (2 * sites) as f64);
        }
        let budget = Budget {
            graft: "adalora".to_owned(),
            gate: "E".to_owned(),
            with: vec![("A".to_owned(), -2), ("B".to_owned(), -1)],
            keep: settings.target * sites,
            from: settings.from,
            until: settings.until,
            every: settings.every,
            smoothing: settings.smoothing,
        };
        Ok(Plan::new("adalora").dim("r", rank).graft(graft).budget(budget).save(Save::peft(config)))
    }
}

/// ‖product − I‖ over all its numbers.
fn distance<'g>(product: Value<'g>, eye: Value<'g>, rank: usize) -> Value<'g> {
    (product - eye).reshape(&[rank * rank]).norm(-1)
}

engraft_plugin::register!(method Adalora);
