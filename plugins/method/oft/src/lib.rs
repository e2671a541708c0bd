//! OFT (Qiu et al. 2023, arXiv:2306.07280): rotates what flows into a layer, block by block.
//!
//! x' = x R, R = (I + Q)(I − Q)⁻¹ ≈ I + 2Q + 2Q² + 2Q³ + Q⁴ with Q = U − Uᵀ (Cayley's map by Neumann's series)
//!
//! | symbol | what | shape | first values |
//! |---|---|---|---|
//! | v | U above the diagonal, row by row | in/b × b(b−1)/2 | zeros, so that training starts from the base model |
//! | b | width of a block | | |
//!
//! Written in PEFT's layout (`use_cayley_neumann`, 5 terms). Source: PEFT 0.21 `tuners/oft`.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::targets::{Targets, peft_key};
use engraft_plugin::plan::{At, GraftBuilder, Init, ModelMap, Plan, Save};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;

/// The method `oft`.
pub struct Oft {
    settings: Settings,
}

impl Plugin for Oft {
    type Settings = Settings;

    fn about() -> About {
        let tiny = json!({ "model": "tiny-bert" });
        let four = Case::new(
            "blocks of 4: 8 blocks of 6 numbers at query and value",
            tiny.clone(),
            json!({ "grafts": { "oft-32": 4 }, "trained": 4 * 48, "saved": "peft" }),
        );
        let refused = Case::new("blocks that do not divide the width", tiny, json!({ "error": "settings.block" }));
        let examples = vec![
            four.with(json!({ "block": 4, "targets": ["query", "value"] })),
            refused.with(json!({ "block": 5, "targets": ["query"] })),
        ];
        About { id: "oft", summary: "Trains rotations of what flows into frozen linear layers.", examples }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if settings.block < 2 {
            return Err(Error::new("settings.block", format!("`block`: expected 2 or more, found {}", settings.block)));
        }
        Ok(Self { settings })
    }
}

impl Method for Oft {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let Settings { block, targets, layers } = &self.settings;
        let targets = Targets::linears(model, targets, layers)?;
        let mut plan = Plan::new("oft");
        for (sizes, at) in targets.by(&["in"]) {
            if !sizes[0].is_multiple_of(*block) {
                let why =
                    format!("`block`: expected a divisor of {}, the width of {:?}, found {block}", sizes[0], at.select);
                return Err(Error::new("settings.block", why));
            }
            plan = plan.graft(graft(sizes[0], *block, at));
        }
        let config = json!({
            "peft_type": "OFT", "r": 0, "oft_block_size": block, "module_dropout": 0, "coft": false, "block_share": false,
            "peft_version": "0.18.0", "use_cayley_neumann": true, "num_cayley_neumann_terms": 5, "bias": "none",
            "target_modules": targets.modules(model),
        });
        Ok(plan.save(Save::peft(config)))
    }
}

fn graft(inside: usize, b: usize, at: At) -> GraftBuilder {
    let (blocks, numbers) = (inside / b, b * (b - 1) / 2);
    let graft = GraftBuilder::at(&format!("oft-{inside}"), at);
    let v = graft.parameter("v", &[blocks, numbers]).key(&peft_key("oft_R.weight")).add();
    let places = graft.parameter("places", &[b, b]).init(Init::Values(above_diagonal(b))).frozen().unsaved().add();
    // Behind the numbers of a block stands a 0 for all places on and below the diagonal.
    let padded = v.transpose(-1, -2).concat(graft.fill(0.0, &[1, blocks]), -2);
    let u = padded.gather(places).transpose(-1, -3).transpose(-1, -2); // (blocks, b, b)
    let q = u - u.transpose(-1, -2);
    let x = graft.x().reshape(&[blocks, b]); // tokens × (blocks, b)
    let once = x.matmul_blocks(q);
    let twice = once.matmul_blocks(q);
    let thrice = twice.matmul_blocks(q);
    let rest = (once + twice + thrice) * 2.0 + thrice.matmul_blocks(q);
    graft.gives("input", (x + rest).reshape(&["in"]));
    graft
}

/// For each place of a b × b matrix, its number above the diagonal, or one past the last.
fn above_diagonal(b: usize) -> Vec<f32> {
    let mut next = 0;
    let mut places = vec![(b * (b - 1) / 2) as f32; b * b];
    for row in 0..b {
        for column in row + 1..b {
            places[row * b + column] = next as f32;
            next += 1;
        }
    }
    places
}

engraft_plugin::register!(method Oft);
