//! Prompt tuning (Lester et al. 2021, arXiv:2104.08691): rows that are learned stand before the embedded words.
//!
//! [t; word embeddings] → positions, types, norm → the frozen model
//!
//! | symbol | what | shape | first values |
//! |---|---|---|---|
//! | t | the prompt | P × hidden | rows of the vocabulary, or normal |
//!
//! Tokens move P places on. A head that reads the first row of a text (`[CLS]`) reads the first of the prompt, as in PEFT,
//! whose layout is written. Source: PEFT 0.21 `tuners/prompt_tuning`.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::{Dim, GraftBuilder, Init, ModelMap, Plan, Save, SiteKind};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;
use settings::Begin;

/// The method `prompt`.
pub struct Prompt {
    settings: Settings,
}

impl Plugin for Prompt {
    type Settings = Settings;

    fn about() -> About {
        let tiny = json!({ "model": "tiny-bert" });
        let five =
            Case::new("five rows", tiny.clone(), json!({ "grafts": { "prompt": 1 }, "trained": 160, "saved": "peft" }));
        let refused = Case::new("a text that is none", tiny, json!({ "error": "settings.text" }));
        let examples = vec![five.with(json!({ "length": 5 })), refused.with(json!({ "begin": "text" }))];
        About { id: "prompt", summary: "Trains rows that stand before the words.", examples }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if settings.length == 0 {
            return Err(Error::new("settings.length", "`length`: expected 1 or more, found 0"));
        }
        if (settings.begin == Begin::Text) == settings.text.trim().is_empty() {
            let why = "`text`: expected words with `begin = \"text\"`, and none otherwise, found the opposite";
            return Err(Error::new("settings.text", why));
        }
        Ok(Self { settings })
    }
}

impl Method for Prompt {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let Settings { length, begin, text } = &self.settings;
        let dim = |name: &str| model.dims.get(name).copied().unwrap_or(0);
        let config = json!({
            "peft_type": "PROMPT_TUNING", "num_virtual_tokens": length, "prompt_tuning_init": "RANDOM",
            "token_dim": dim("hidden"), "num_layers": dim("layers"),
            "num_attention_heads": dim("heads"), "num_transformer_submodules": 1,
        });
        let init = match begin {
            Begin::Random => Init::Normal(0.02),
            Begin::Vocabulary => Init::Sample,
            Begin::Text => Init::Text(text.clone()),
        };
        let graft = GraftBuilder::at("prompt", model.sites_of(SiteKind::Prompt, &["prompt"])?);
        let shape: [Dim; 2] = [(*length).into(), "hidden".into()];
        let t = graft.parameter("t", &shape).init(init).key("prompt_embeddings").decay(false).add();
        graft.gives("rows", t);
        Ok(Plan::new("prompt").graft(graft).learns_at(3e-3, 1.0).save(Save::peft(config)))
    }
}

engraft_plugin::register!(method Prompt);
