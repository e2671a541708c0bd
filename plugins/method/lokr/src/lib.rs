//! LoKr (Edalati et al. 2022, arXiv:2212.10650; LyCORIS, arXiv:2309.14859): an update that is a Kronecker product.
//!
//! y' = y + s · vec(W₁ X W₂ᵀ), with X the input as a c × d matrix and s = α / r: (W₁ ⊗ W₂) x without the product
//!
//! | symbol | what | shape | first values |
//! |---|---|---|---|
//! | a · b = out, c · d = in | as near to the roots as divisors go, a ≤ b, c ≤ d | | |
//! | W₁ | | a × c | zeros, so that training starts from the base model |
//! | W₂ | or W₂ₐ W₂ᵦ where r < max(b, d) / 2 | b × d | uniform, kaiming with a = √5 |
//!
//! Written in PEFT's layout. Source: PEFT 0.21 `tuners/lokr` (its default: W₁ whole).

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::targets::{Targets, peft_key, whole, within};
use engraft_plugin::plan::{At, GraftBuilder, Init, ModelMap, Plan, Save};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;

/// The method `lokr`.
pub struct Lokr {
    settings: Settings,
}

impl Plugin for Lokr {
    type Settings = Settings;

    fn about() -> About {
        let tiny = json!({ "model": "tiny-bert" });
        let whole = Case::new(
            "32 × 32 is (4 × 4) ⊗ (8 × 8): 4 sites of 16 + 64 numbers",
            tiny.clone(),
            json!({ "grafts": { "lokr-32-32": 4 }, "trained": 320, "saved": "peft" }),
        );
        let refused = Case::new("rank 0 is refused", tiny, json!({ "error": "settings.rank" }));
        let examples = vec![whole.with(json!({ "targets": ["query", "value"] })), refused.with(json!({ "rank": 0 }))];
        About { id: "lokr", summary: "Trains a Kronecker product beside frozen linear layers.", examples }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        within("alpha", settings.alpha, f64::MIN_POSITIVE..)?;
        if settings.rank == 0 {
            return Err(Error::new("settings.rank", "`rank`: expected 1 or more, found 0"));
        }
        Ok(Self { settings })
    }
}

impl Method for Lokr {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let targets = Targets::linears(model, &self.settings.targets, &self.settings.layers)?;
        let mut plan = Plan::new("lokr").dim("r", self.settings.rank);
        for (sizes, at) in targets.by(&["in", "out"]) {
            plan = plan.graft(self.graft(sizes[0], sizes[1], at));
        }
        let config = json!({
            "peft_type": "LOKR", "r": self.settings.rank, "alpha": whole(self.settings.alpha),
            "target_modules": targets.modules(model), "rank_dropout": 0, "module_dropout": 0,
            "decompose_both": false, "decompose_factor": -1,
        });
        Ok(plan.save(Save::peft(config)))
    }
}

impl Lokr {
    fn graft(&self, inside: usize, outside: usize, at: At) -> GraftBuilder {
        let Settings { rank, alpha, .. } = self.settings;
        let ((a, b), (c, d)) = (factors(outside), factors(inside));
        let graft = GraftBuilder::at(&format!("lokr-{inside}-{outside}"), at);
        let uniform = Init::KaimingUniform { a: 5f64.sqrt() };
        let factor = |name, shape: &[usize], init: Init, key: &str| {
            graft.parameter(name, shape).init(init).key(&peft_key(key)).add()
        };
        let w1 = factor("w1", &[a, c], Init::Zeros, "lokr_w1");
        let w2 = if 2 * rank < b.max(d) {
            let w2_a = factor("w2_a", &[b, rank], uniform.clone(), "lokr_w2_a");
            w2_a.matmul(factor("w2_b", &[rank, d], uniform, "lokr_w2_b"))
        } else {
            factor("w2", &[b, d], uniform, "lokr_w2")
        };
        let right = graft.x().reshape(&[c, d]).matmul_t(w2).transpose(-1, -2); // tokens × (b, c)
        let update = right.matmul_t(w1).transpose(-1, -2).reshape(&["out"]); // tokens × (a, b)
        graft.gives("output", graft.y() + update * (alpha / rank as f64));
        graft
    }
}

/// The two divisors nearest to the root, the smaller first.
fn factors(number: usize) -> (usize, usize) {
    let small = (1..=number).take_while(|m| m * m <= number).filter(|m| number.is_multiple_of(*m)).last().unwrap_or(1);
    (small, number / small)
}

engraft_plugin::register!(method Lokr);
