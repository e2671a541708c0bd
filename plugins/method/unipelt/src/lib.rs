//! UniPELT (Mao et al. 2022, arXiv:2110.07577): low-rank updates, a prefix and bottlenecks, each under a gate of its own.
//!
//! | part | where | formula | gate g = mean over the text of sigmoid(· Gᵀ + b) |
//! |---|---|---|---|
//! | lora | query, value | y + g · x Aᵀ Bᵀ | of x |
//! | prefix | attention | attention(q, [g·K; k], [g·V; v]) | of what feeds the attention |
//! | bottleneck | feed-forward's branch | y + g · (relu(z Dᵀ + d) Uᵀ + u), z = norm(y + r) | of z |
//!
//! The gates look at a text, never at the padding beside it (AdapterHub's mean counts that too).
//!
//! | symbol | shape | first values |
//! |---|---|---|
//! | A, B | r × in, out × r | uniform, kaiming with a = √5; zeros |
//! | K, V | from tanh(e W₁ᵀ + b₁) W₂ᵀ + b₂ | normal(0.02), e normal(1) |
//! | D, U | hidden/reduction × hidden and back | normal(0.02) |
//! | G, b | 1 × width, 1 | normal(0.02), zeros |

mod prefix;
pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::targets::{Targets, within};
use engraft_plugin::plan::{At, Dim, GraftBuilder, Init, ModelMap, Plan, Save, Select, SiteKind, Value};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;

/// The method `unipelt`.
pub struct Unipelt {
    settings: Settings,
}

impl Plugin for Unipelt {
    type Settings = Settings;

    fn about() -> About {
        let tiny = json!({ "model": "tiny-bert" });
        let small = Case::new(
            "all three parts",
            tiny.clone(),
            json!({
                "grafts": { "bottleneck": 2, "lora": 4, "prefix": 2 },
                "trained": 4 * (256 + 33) + 2 * (8 * 33 + 9 * 32 + 33) + 2 * 33 + 5 * 32 + 16 * 33 + 128 * 17,
                "saved": "engraft",
            }),
        );
        let refused = Case::new("a bottleneck of nothing", tiny, json!({ "error": "settings.reduction" }));
        let examples = vec![
            small.with(json!({ "rank": 4, "reduction": 4, "length": 5, "width": 16 })),
            refused.with(json!({ "reduction": 64 })),
        ];
        About {
            id: "unipelt",
            summary: "Trains low-rank updates, a prefix and bottlenecks, each under a gate.",
            examples,
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        within("reduction", settings.reduction, 1.0..)?;
        if settings.rank == 0 || settings.length == 0 || settings.width == 0 {
            return Err(Error::new("settings.rank", "`rank`, `length`, `width`: expected 1 or more, found 0"));
        }
        Ok(Self { settings })
    }
}

impl Method for Unipelt {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let Settings { rank, targets, reduction, length, width } = &self.settings;
        let hidden = model.dims.get("hidden").map_or(0, |&n| n as usize);
        let narrow = (hidden as f64 / reduction) as usize;
        if narrow == 0 {
            let why = format!("`reduction`: expected at most {hidden}, the model's width, found {reduction}");
            return Err(Error::new("settings.reduction", why));
        }
        let targets = Targets::linears(model, targets, &[])?;
        targets.check_rank(*rank)?;
        let plan =
            Plan::new("unipelt").dim("r", *rank).dim("m", narrow).graft(low_rank(targets.at)).graft(bottleneck(model));
        Ok(prefix::add(plan, *length, *width, model)?.save(Save::engraft()))
    }
}

/// The mean of a text's gates: `sequence×[1]`.
fn gate<'g>(graft: &'g GraftBuilder, of: Value<'g>, width: &str) -> Value<'g> {
    let weight = graft.parameter("G", &[1usize.into(), width.into()] as &[Dim]).init(Init::Normal(0.02));
    let weight = weight.key("{site}.gate.weight").add();
    let bias = graft.parameter("gb", &[1usize]).key("{site}.gate.bias").add();
    (of.matmul_t(weight) + bias).sigmoid().mean_of_tokens()
}

fn low_rank(at: At) -> GraftBuilder {
    let graft = GraftBuilder::at("lora", at);
    let a = graft.parameter("A", &["r", "in"]).init(Init::KaimingUniform { a: 5f64.sqrt() }).key("{site}.lora_A").add();
    let b = graft.parameter("B", &["out", "r"]).key("{site}.lora_B").add();
    let g = gate(&graft, graft.x(), "in").spread();
    graft.gives("output", graft.y() + graft.x().matmul_t(a).matmul_t(b) * g);
    graft
}

fn bottleneck(model: &ModelMap) -> GraftBuilder {
    let branches = model.sites.iter().filter(|s| s.kind == SiteKind::Sublayer && s.role == "ffn");
    let at = At::new(SiteKind::Sublayer, Select::Many(branches.map(|site| site.name.clone()).collect()));
    let graft = GraftBuilder::at("bottleneck", at);
    let wide = |name, shape: &[&str], key: &str| {
        graft.parameter(name, shape).init(Init::Normal(0.02)).key(&format!("{{site}}.adapter_{key}")).add()
    };
    let (down, up) = (wide("D", &["m", "hidden"], "down.weight"), wide("U", &["hidden", "m"], "up.weight"));
    let d = graft.parameter("d", &["m"]).key("{site}.adapter_down.bias").add();
    let u = graft.parameter("u", &["hidden"]).key("{site}.adapter_up.bias").add();
    let z = graft.site("z");
    let f = (z.matmul_t(down) + d).relu().matmul_t(up) + u;
    graft.gives("output", graft.y() + f * gate(&graft, z, "hidden").spread());
    graft
}

engraft_plugin::register!(method Unipelt);
