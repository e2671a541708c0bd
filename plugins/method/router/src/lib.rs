//! Several trained grafts under a gate: mixture of experts over grafts that were trained apart.
//!
//! ```text
//! g = softmax(p Gᵀ)          p: the mean over the text of what flows in, or each token of it
//! y' = y + Σ gᵢ · δᵢ         δᵢ: what graft i adds to y here; 0 where it does not stand
//! ```
//!
//! Where no gᵢ reaches `confidence`, outside of training, y' = y: the base model decides.
//!
//! | symbol | what | shape | first values |
//! |---|---|---|---|
//! | x, y | what flows in (at branches and embeddings: y), what the site gives | tokens × in, tokens × out | |
//! | G | the gate, one a site | grafts × in | zeros: all weigh the same |
//! | the grafts' own | frozen | | what they were trained to |
//!
//! Sources: Jacobs et al. 1991 (adaptive mixtures of local experts); the gate over frozen low-rank updates of Wu et al.
//! 2024, "Mixture of LoRA Experts" (arXiv:2404.13628), with the choice by text beside theirs by token.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::targets::within;
use engraft_plugin::plan::{Arg, Dim, GraftBuilder, Junction, ModelMap, Plan, Rows, Save, SiteKind, Value, junctions};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;
use settings::By;

/// The method `router`.
pub struct Router {
    settings: Settings,
}

impl Plugin for Router {
    type Settings = Settings;

    fn about() -> About {
        let two = json!({ "model": "tiny-bert", "grafts": { "en": "lora", "de": "loha" } });
        let small = Case::new(
            "two grafts, one of which stands at value layers only",
            two.clone(),
            json!({ "grafts": { "router-0": 2, "router-1": 2 }, "trained": 4 * 2 * 32, "saved": "engraft" }),
        );
        let unknown = Case::new("a graft that the run does not name", two, json!({ "error": "settings.grafts" }));
        let none =
            Case::new("no grafts at all", json!({ "model": "tiny-bert" }), json!({ "error": "settings.grafts" }));
        let rows = json!({ "model": "tiny-bert", "grafts": { "en": "lora", "de": "prefix" } });
        let rows = Case::new("a prefix, which changes no output", rows, json!({ "error": "settings.grafts" }));
        let examples = vec![small, unknown.with(json!({ "grafts": ["en", "fr"] })), rows, none];
        About { id: "router", summary: "Weighs trained grafts by a gate that looks at the text.", examples }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        within("confidence", settings.confidence, 0.0..=1.0)?;
        within("gate_rate", settings.gate_rate, 0.0..)?;
        Ok(Self { settings })
    }
}

impl Method for Router {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let trained = model.trained(&self.settings.grafts)?;
        if trained.len() < 2 {
            let why = "`grafts`: expected two trained grafts or more to choose from, found one";
            return Err(Error::new("settings.grafts", why));
        }
        let names: Vec<String> = trained.iter().map(|graft| graft.name.to_owned()).collect();
        let mut plan = Plan::new("router").dim("grafts", names.len());
        for shared in trained.iter().map(|graft| graft.shared()) {
            plan.shared.extend(shared?);
        }
        for (number, junction) in junctions(model, &trained)?.iter().enumerate() {
            plan = plan.graft(self.graft(&format!("router-{number}"), junction, &names));
        }
        Ok(plan.save(Save::engraft()))
    }
}

impl Router {
    fn graft(&self, name: &str, junction: &Junction, names: &[String]) -> GraftBuilder {
        let graft = GraftBuilder::at(name, junction.at.clone());
        let (seen, width) =
            if junction.at.kind == SiteKind::Linear { (graft.x(), "in") } else { (graft.y(), "hidden") };
        let key = format!("router.{}.{{site}}.weight", junction.at.kind);
        let gate =
            graft.parameter("G", &[Dim::from("grafts"), width.into()]).lr(self.settings.gate_rate).key(&key).add();
        let is_text = junction.rows == Rows::Token && self.settings.by == By::Sequence;
        let seen = if is_text { seen.mean_of_tokens() } else { seen };
        let mut shares = seen.matmul_t(gate).softmax(-1); // rows×[grafts]
        let mut labels = names.to_vec();
        if self.settings.confidence > 0.0 {
            shares = shares * sure(shares, names.len(), self.settings.confidence);
            labels.push("base".to_owned());
            graft.observe("router", shares.concat(-shares.sum(-1) + 1.0, -1), labels);
        } else {
            graft.observe("router", shares, labels);
        }
        let shares = if is_text { shares.spread() } else { shares };
        let mut y = graft.y();
        for (&number, added) in junction.present.iter().zip(junction.added(&graft)) {
            y = y + added * shares.narrow(-1, number, 1usize);
        }
        graft.gives("output", y);
        graft
    }
}

/// 1 where the largest share reaches the confidence, else 0; in training always 1, so that every graft is tried.
fn sure(shares: Value<'_>, count: usize, confidence: f64) -> Value<'_> {
    let one = |number| shares.narrow(-1, number, 1usize);
    let largest = (1..count).fold(one(0), |largest, number| largest.maximum(one(number))); // rows×[1]
    let is_below = largest.apply("less", [Arg::Number(confidence)]);
    let noise = largest.noise(); // 0 outside of training
    let is_training = (noise * 0.0).less(noise * noise);
    is_training.maximum(-is_below + 1.0)
}

engraft_plugin::register!(method Router);
