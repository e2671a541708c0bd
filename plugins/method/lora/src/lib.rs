//! LoRA (Hu et al. 2021, arXiv:2106.09685): a low-rank update beside frozen linear layers.
//!
//! ```text
//!        x ─────────────── W, b ──────────────┐
//!        │   (frozen, out × in)               +──► y + s · B A x
//!        └─ dropout ─ A (r × in) ─ B (out × r) ┘
//! ```
//!
//! y' = y + s · drop(x) Aᵀ Bᵀ, with s = α / r, or α / √r (rsLoRA, Kalajdzievski 2023, arXiv:2312.03732).
//!
//! | symbol | what | shape | first values |
//! |---|---|---|---|
//! | x, y | input and output of the layer | tokens × in, tokens × out | |
//! | A | down | r × in | uniform within ± 1/√in (PyTorch's for a linear layer) |
//! | B | up | out × r | zeros, so that training starts from the base model |
//!
//! Written in PEFT's layout: the folder opens with `PeftModel.from_pretrained`.

mod peft;
pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::{At, GraftBuilder, Init, ModelMap, Plan, Save, Select, Site};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;

/// The method `lora`.
pub struct Lora {
    settings: Settings,
}

impl Plugin for Lora {
    type Settings = Settings;

    fn about() -> About {
        About { id: "lora", summary: "Trains low-rank updates beside frozen linear layers.", examples: examples() }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        let refuse = |key: &str, expected: &str, found: String| {
            Err(Error::new(format!("settings.{key}"), format!("`{key}`: expected {expected}, found {found}")))
        };
        if settings.rank == 0 {
            return refuse("rank", "1 or more", settings.rank.to_string());
        }
        if !(settings.alpha > 0.0 && settings.alpha.is_finite()) {
            return refuse("alpha", "a number above 0", settings.alpha.to_string());
        }
        if !(0.0..1.0).contains(&settings.dropout) {
            return refuse("dropout", "a share from 0 to below 1", settings.dropout.to_string());
        }
        if settings.targets.is_empty() {
            return refuse("targets", "the name of a linear layer or more", "none".to_owned());
        }
        Ok(Self { settings })
    }
}

impl Method for Lora {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let targets = self.targets(model);
        let at = self.in_layers(model.linears(&targets)?, model)?;
        self.check_rank(&at, model)?;
        let config = peft::config(&self.settings, &targets, &at, model);

        let graft = GraftBuilder::at("lora", at);
        let a = graft.parameter("A", &["r", "in"]).init(Init::KaimingUniform { a: 5f64.sqrt() });
        let a = a.key("base_model.model.{site}.lora_A.weight").add();
        let b = graft.parameter("B", &["out", "r"]).key("base_model.model.{site}.lora_B.weight").add();
        let x = graft.x().dropout(self.settings.dropout);
        graft.gives("output", graft.y() + x.matmul_t(a).matmul_t(b) * self.scale());

        Ok(Plan::new("lora").dim("r", self.settings.rank).graft(graft).save(Save::peft(config)))
    }
}

/// BERT's names of linear layers, and DistilBERT's for the same.
const DISTILBERT: [(&str, &[&str]); 4] =
    [("query", &["q_lin"]), ("key", &["k_lin"]), ("value", &["v_lin"]), ("dense", &["out_lin", "lin1", "lin2"])];

impl Lora {
    fn scale(&self) -> f64 {
        let rank = self.settings.rank as f64;
        self.settings.alpha / if self.settings.rslora { rank.sqrt() } else { rank }
    }

    /// The targets in the model's own names.
    fn targets(&self, model: &ModelMap) -> Vec<String> {
        let own = |target: &String| {
            let alias = DISTILBERT.iter().find(|(name, _)| model.family == "distilbert" && name == target);
            alias.map_or_else(|| vec![target.clone()], |(_, names)| names.iter().map(|&n| n.to_owned()).collect())
        };
        self.settings.targets.iter().flat_map(own).collect()
    }

    /// The selected sites that lie in the layers asked for.
    fn in_layers(&self, at: At, model: &ModelMap) -> Result<At> {
        let layers = &self.settings.layers;
        if layers.is_empty() {
            return Ok(at);
        }
        let kept: Vec<&Site> =
            sites(&at, model).filter(|site| site.layer.is_some_and(|l| layers.contains(&l))).collect();
        if let Some(layer) = layers.iter().find(|&&layer| kept.iter().all(|site| site.layer != Some(layer))) {
            let last = model.sites.iter().filter_map(|site| site.layer).max().unwrap_or(0);
            let why = format!("`layers`: layer {layer} has none of the targets; the model's layers are 0 to {last}");
            return Err(Error::new("settings.layers", why));
        }
        Ok(At::new(at.kind, Select::Many(kept.into_iter().map(|site| site.name.clone()).collect())))
    }

    /// A rank above a layer's width would be no low rank.
    fn check_rank(&self, at: &At, model: &ModelMap) -> Result<()> {
        let width =
            |site: &Site| ["in", "out"].iter().filter_map(|dim| site.dims.get(*dim)).min().copied().unwrap_or(0);
        let narrowest = sites(at, model).min_by_key(|site| width(site));
        match narrowest {
            Some(site) if (self.settings.rank as i64) > width(site) => {
                let (rank, width, name) = (self.settings.rank, width(site), &site.name);
                let why = format!("`rank`: expected at most {width}, the width of `{name}`, found {rank}");
                Err(Error::new("settings.rank", why))
            }
            _ => Ok(()),
        }
    }
}

fn sites<'m>(at: &At, model: &'m ModelMap) -> impl Iterator<Item = &'m Site> {
    model.sites.iter().filter(move |site| site.kind == at.kind && at.select.matches(&site.name))
}

fn examples() -> Vec<Case> {
    let tiny = json!({ "model": "tiny-bert" });
    vec![
        Case::new(
            "rank 4 at query and value of both layers: 4 sites of 4·32 + 32·4 numbers",
            tiny.clone(),
            json!({ "grafts": { "lora": 4 }, "trained": 1024, "saved": "peft" }),
        )
        .with(json!({ "rank": 4, "alpha": 8, "targets": ["query", "value"] })),
        Case::new(
            "every linear layer, only in the last layer",
            tiny.clone(),
            json!({ "grafts": { "lora": 6 }, "trained": 4 * 4 * 64 + 2 * 4 * 80, "saved": "peft" }),
        )
        .with(json!({ "rank": 4, "layers": [1] })),
        Case::new("a rank above the width is refused", tiny.clone(), json!({ "error": "settings.rank" }))
            .with(json!({ "rank": 64 })),
        Case::new("a target that the model does not have", tiny, json!({ "error": "plan.no-site" }))
            .with(json!({ "targets": ["q_proj"] })),
    ]
}

engraft_plugin::register!(method Lora);
