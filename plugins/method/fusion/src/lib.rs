//! AdapterFusion (Pfeiffer et al. 2021, arXiv:2005.00247): attention over what trained bottlenecks add.
//!
//! ```text
//! δᵢ = what trained graft i adds to the branch                       tokens × hidden, frozen
//! p = softmax over i of (q Qᵀ + a) · (δᵢ Kᵀ + b)                     q: norm(y + r), or y where no graft uses it
//! y' = y + Σ pᵢ · δᵢ Vᵀ                                              to the loss λ · ‖V − I‖²
//! ```
//!
//! | symbol | what | shape | first values |
//! |---|---|---|---|
//! | y, r | the branch, the stream beside it | tokens × hidden | |
//! | Q, K | query, key | hidden × hidden | normal(0.02) |
//! | a, b | their biases | hidden | zeros |
//! | V | value | hidden × hidden | the identity: training starts from a mean of the grafts |
//!
//! As AdapterHub's `adapters` 1.3 computes it (`Fuse` of `seq_bn`), attention dropout apart.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::targets::within;
use engraft_plugin::plan::{Dim, GraftBuilder, Init, Junction, ModelMap, Plan, Save, SiteKind, Step, Value, junctions};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;

/// The method `fusion`.
pub struct Fusion {
    settings: Settings,
}

impl Plugin for Fusion {
    type Settings = Settings;

    fn about() -> About {
        let two = json!({ "model": "tiny-bert", "grafts": { "en": "bottleneck", "de": "bottleneck" } });
        let small = Case::new(
            "two bottlenecks on the same branches",
            two,
            json!({ "grafts": { "fusion-0": 2 }, "trained": 2 * (3 * 32 * 32 + 2 * 32), "saved": "engraft" }),
        );
        let other = json!({ "model": "tiny-bert", "grafts": { "en": "bottleneck", "de": "lora" } });
        let refused = Case::new("a graft that is no bottleneck", other, json!({ "error": "settings.grafts" }));
        About { id: "fusion", summary: "Composes trained bottlenecks by attention.", examples: vec![small, refused] }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        within("regularization", settings.regularization, 0.0..)?;
        Ok(Self { settings })
    }
}

impl Method for Fusion {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let trained = model.trained(&self.settings.grafts)?;
        if trained.len() < 2 {
            let why = "`grafts`: expected two trained grafts or more to compose, found one";
            return Err(Error::new("settings.grafts", why));
        }
        let names: Vec<&str> = trained.iter().map(|graft| graft.name).collect();
        let mut plan = Plan::new("fusion");
        for shared in trained.iter().map(|graft| graft.shared()) {
            plan.shared.extend(shared?);
        }
        let hidden = model.dims.get("hidden").map_or(0, |&n| n as usize);
        for (number, junction) in junctions(model, &trained)?.iter().enumerate() {
            if junction.at.kind != SiteKind::Sublayer {
                let (kind, name) = (junction.at.kind, names[junction.present[0]]);
                let why =
                    format!("`grafts`: expected bottlenecks on residual branches, found `{name}` at {kind} sites");
                return Err(Error::new("settings.grafts", why));
            }
            plan = plan.graft(self.graft(&format!("fusion-{number}"), junction, &names, hidden));
        }
        Ok(plan.save(Save::engraft()))
    }
}

impl Fusion {
    fn graft(&self, name: &str, junction: &Junction, names: &[&str], hidden: usize) -> GraftBuilder {
        let graft = GraftBuilder::at(name, junction.at.clone());
        let names: Vec<String> = junction.present.iter().map(|&number| names[number].to_owned()).collect();
        let key = |what: &str| format!("{{site}}.adapter_fusion_layer.{}.{what}", names.join(","));
        let square = |name, what: &str| graft.parameter(name, &["hidden", "hidden"]).key(&key(what));
        let q_weight = square("Q", "query.weight").init(Init::Normal(0.02)).add();
        let q_bias = graft.parameter("a", &["hidden"]).key(&key("query.bias")).add();
        let k_weight = square("K", "key.weight").init(Init::Normal(0.02)).add();
        let k_bias = graft.parameter("b", &["hidden"]).key(&key("key.bias")).add();
        let places = Init::Values((0..hidden).map(|at| (at * (hidden + 1)) as f32).collect());
        let places = graft.parameter("diagonal", &["hidden"]).init(places).frozen().unsaved().add();
        let v_weight = square("V", "value.weight").init(identity()).add();

        let query = if junction.uses("z") { graft.site("z") } else { graft.y() };
        let row: [Dim; 2] = [1usize.into(), "hidden".into()];
        let rows: Vec<Value<'_>> = junction.added(&graft).into_iter().map(|added| added.reshape(&row)).collect();
        let added = rows[1..].iter().fold(rows[0], |all, row| all.concat(*row, -2)); // tokens×[grafts, hidden]
        let (q, k) = (query.matmul_t(q_weight) + q_bias, added.matmul_t(k_weight) + k_bias);
        let shares = (q * k).sum(-1).softmax(-2); // tokens×[grafts, 1]
        graft.observe(name, shares.reshape(&[names.len()]), names.clone());
        let context = (shares * added.matmul_t(v_weight)).sum(-2).reshape(&["hidden"]);
        graft.gives("output", graft.y() + context);
        if self.settings.regularization > 0.0 {
            let identity = graft.fill(1.0, &["hidden"]).scatter(places, &["hidden", "hidden"]);
            let off = v_weight - identity;
            graft.penalty((off * off).sum(-1).sum(-2), self.settings.regularization);
        }
        graft
    }
}

/// Ones at the places of the diagonal.
fn identity() -> Init {
    let step = |step: serde_json::Value| serde_json::from_value::<Step>(step).expect("a step as the wire has it");
    let ones = step(json!(["ones", "fill", 1, ["hidden"]]));
    let square = step(json!(["identity", "scatter", "ones", "diagonal", ["hidden", "hidden"]]));
    Init::Computed { steps: vec![ones, square], value: "identity".to_owned() }
}

engraft_plugin::register!(method Fusion);
