//! Trainable tokens: the embeddings of chosen tokens train, all others stay.
//!
//! y' = t[place of the token in the table] for a chosen token, else y
//!
//! | symbol | what | shape | first values |
//! |---|---|---|---|
//! | t | the new embeddings | chosen tokens × hidden | the base model's rows |
//!
//! Written in PEFT's layout. Source: PEFT 0.21 `tuners/trainable_tokens`.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::targets::peft_key;
use engraft_plugin::plan::{Dim, GraftBuilder, Init, ModelMap, Plan, Save, Select, SiteKind};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;

/// The method `tokens`.
pub struct Tokens {
    settings: Settings,
}

impl Plugin for Tokens {
    type Settings = Settings;

    fn about() -> About {
        let tiny = json!({ "model": "tiny-bert" });
        let two =
            Case::new("two tokens", tiny.clone(), json!({ "grafts": { "tokens": 1 }, "trained": 64, "saved": "peft" }));
        let refused = Case::new("a token beyond the vocabulary", tiny, json!({ "error": "settings.ids" }));
        let examples = vec![two.with(json!({ "ids": [7, 59] })), refused.with(json!({ "ids": [60] }))];
        About { id: "tokens", summary: "Trains the embeddings of chosen tokens.", examples }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        Ok(Self { settings })
    }
}

impl Method for Tokens {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let ids = &self.settings.ids;
        let vocabulary = model.dims.get("vocab").copied().unwrap_or(0);
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.len() < ids.len() || ids.is_empty() || ids.iter().any(|&id| i64::from(id) >= vocabulary) {
            let why = format!("`ids`: expected different numbers below {vocabulary}, one or more, found {ids:?}");
            return Err(Error::new("settings.ids", why));
        }
        let at = model.sites_of(SiteKind::Embedding, &["*"])?;
        let names = match &at.select {
            Select::Many(names) => json!(names),
            Select::One(name) => json!([name]),
        };
        let config = json!({ "peft_type": "TRAINABLE_TOKENS", "token_indices": ids, "target_modules": names });

        let n = ids.len();
        let graft = GraftBuilder::at("tokens", at);
        let shape: [Dim; 2] = [n.into(), "hidden".into()];
        let t = graft.parameter("t", &shape).init(Init::Rows(ids.clone()));
        // They stand in the place of rows of the base: towards zero is nowhere.
        let t = t.key(&peft_key("trainable_tokens_delta")).decay(false).add();
        let table = |name, values| graft.parameter(name, &[n]).init(Init::Values(values)).frozen().unsaved().add();
        let chosen = table("chosen", ids.iter().map(|&id| id as f32).collect());
        let numbers = table("numbers", (1..=n).map(|number| number as f32).collect());
        // Each token's number among the chosen ones, from 1; 0 for all others.
        let number = numbers.scatter(chosen, &["vocab"]).gather(graft.site("ids"));
        let blank: [Dim; 2] = [1usize.into(), "hidden".into()];
        let rows = graft.fill(0.0, &blank).concat(t, -2);
        let is_chosen = graft.fill(0.0, &[1usize]).less(number.reshape(&[1usize]));
        graft.gives("output", is_chosen.select(rows.gather(number), graft.y()));

        Ok(Plan::new("tokens").graft(graft).save(Save::peft(config)))
    }
}

engraft_plugin::register!(method Tokens);
