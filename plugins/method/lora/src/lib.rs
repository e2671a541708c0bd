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
//! Written in PEFT's layout: the folder opens with `PeftModel.from_pretrained`. What the settings add to it stands in
//! `begin` (other first values) and `more` (biases, embeddings).

mod begin;
mod more;
mod peft;
pub mod settings;

pub use settings::Settings;

use begin::Sizes;
use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::targets::{Targets, in_its_words, peft_key, within};
use engraft_plugin::plan::{At, Dim, GraftBuilder, ModelMap, Plan, Save, Select, Site, SiteKind};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;
use settings::Begin;

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
        let alphas = settings.patterns.iter().filter_map(|pattern| pattern.alpha).chain([settings.alpha]);
        for alpha in alphas {
            within("alpha", alpha, f64::MIN_POSITIVE..)?;
        }
        within("dropout", settings.dropout, 0.0..1.0)?;
        within("up_rate", settings.up_rate, f64::MIN_POSITIVE..)?;
        if settings.up_bias && settings.embedding {
            return refuse("up_bias", "false with `embedding = true`, where PEFT has none", "true".to_owned());
        }
        if settings.begin == Begin::Orthogonal && settings.ranks().any(|rank| !rank.is_multiple_of(2)) {
            return refuse("rank", "even ranks with `begin = \"orthogonal\"`", format!("{}", settings.rank));
        }
        Ok(Self { settings })
    }
}

impl Method for Lora {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let settings = &self.settings;
        let targets = Targets::linears(model, &settings.targets, &settings.layers)?;
        let groups = self.groups(&targets, model)?;
        let mut plan = Plan::new("lora").dim("r", settings.rank);
        for (number, (sizes, sites)) in groups.iter().enumerate() {
            plan = plan.graft(self.graft(number, *sizes, sites));
        }
        if settings.embedding {
            plan = plan.graft(more::embedding(settings, model)?);
        }
        Ok(plan.save(Save::peft(peft::config(settings, &targets, &groups, model))))
    }
}

/// Sites of one rank and scale.
type Group = (Sizes, Vec<Site>);

impl Lora {
    /// The targets by rank and alpha: the first pattern that matches decides.
    fn groups(&self, targets: &Targets, model: &ModelMap) -> Result<Vec<Group>> {
        let settings = &self.settings;
        let patterns = settings.patterns.iter();
        let patterns: Vec<_> = patterns.map(|of| (of, Select::Many(in_its_words(model, &of.targets)))).collect();
        if let Some((none, _)) = patterns.iter().find(|(_, s)| !targets.sites.iter().any(|site| s.matches(&site.name)))
        {
            let why =
                format!("`patterns`: expected layers among `targets`, found {:?}, which is none of them", none.targets);
            return Err(Error::new("settings.patterns", why));
        }
        let mut groups: Vec<Group> = Vec::new();
        for site in &targets.sites {
            let pattern = patterns.iter().find(|(_, select)| select.matches(&site.name)).map(|(pattern, _)| *pattern);
            let rank = pattern.and_then(|pattern| pattern.rank).unwrap_or(settings.rank);
            let alpha = pattern.and_then(|pattern| pattern.alpha).unwrap_or(settings.alpha);
            let alone = Targets { sites: vec![site.clone()], ..targets.clone() };
            alone.check_rank(rank)?;
            let sizes = Sizes { rank, alpha };
            match groups.iter_mut().find(|(known, _)| *known == sizes) {
                Some((_, sites)) => sites.push(site.clone()),
                None => groups.push((sizes, vec![site.clone()])),
            }
        }
        Ok(groups)
    }

    fn graft(&self, number: usize, sizes: Sizes, sites: &[Site]) -> GraftBuilder {
        let settings = &self.settings;
        let name = if number == 0 { "lora".to_owned() } else { format!("lora-{number}") };
        let names = sites.iter().map(|site| site.name.clone()).collect();
        let graft = GraftBuilder::at(&name, At::new(SiteKind::Linear, Select::Many(names)));
        let scale = sizes.scale(settings.rslora);
        let rank = if sizes.rank == settings.rank { Dim::from("r") } else { Dim::from(sizes.rank) };
        let (a, b) = begin::factors(&graft, settings, sizes, rank, scale);
        let update = graft.x().dropout(settings.dropout).matmul_t(a).matmul_t(b);
        let update = if settings.up_bias {
            update + graft.parameter("b", &["out"]).key(&peft_key("lora_B.bias")).add()
        } else {
            update
        };
        graft.gives("output", more::with_bias(&graft, settings) + update * scale);
        graft
    }
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
        Case::new(
            "a higher rank at the values",
            tiny.clone(),
            json!({ "grafts": { "lora": 2, "lora-1": 2 }, "trained": 2 * 4 * 64 + 2 * 8 * 64, "saved": "peft" }),
        )
        .with(json!({ "rank": 4, "targets": ["query", "value"], "patterns": [{ "targets": ["value"], "rank": 8 }] })),
        Case::new("a pattern that means no target", tiny.clone(), json!({ "error": "settings.patterns" }))
            .with(json!({ "targets": ["query"], "patterns": [{ "targets": ["quary"], "rank": 8 }] })),
        Case::new("a rank above the width is refused", tiny.clone(), json!({ "error": "settings.rank" }))
            .with(json!({ "rank": 64 })),
        Case::new("a target that the model does not have", tiny, json!({ "error": "plan.no-site" }))
            .with(json!({ "targets": ["q_proj"] })),
    ]
}

engraft_plugin::register!(method Lora);
