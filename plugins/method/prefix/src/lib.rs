//! Prefix tuning (Li and Liang 2021, arXiv:2101.00190): each attention sees P more keys and values, which are learned.
//!
//! attention(q, [Kₗ; k], [Vₗ; v]) in layer l, with the table T (P × 2·layers·hidden) = [K₀ V₀ K₁ V₁ …]
//!
//! | symbol | what | shape | first values |
//! |---|---|---|---|
//! | T | the table itself (`width` not given) | P × 2·layers·hidden | normal |
//! | e, W₁, b₁, W₂, b₂ | or T = tanh(e W₁ᵀ + b₁) W₂ᵀ + b₂ | P × hidden, h × hidden, h, 2·layers·hidden × h, … | |
//!
//! The positions of the tokens shift by P, as in PEFT, whose layout is written: it keeps T alone, the network is written
//! beside it. Source: PEFT 0.21 `tuners/prefix_tuning`.

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::{GraftBuilder, Init, ModelMap, Parameter, Plan, Save, SiteKind};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;

/// The method `prefix`.
pub struct Prefix {
    settings: Settings,
}

impl Plugin for Prefix {
    type Settings = Settings;

    fn about() -> About {
        let tiny = json!({ "model": "tiny-bert" });
        let plain = Case::new(
            "five keys and values in each of two layers",
            tiny.clone(),
            json!({ "grafts": { "prefix": 2 }, "trained": 5 * 128, "saved": "peft" }),
        );
        let made = Case::new(
            "made by a network 16 wide",
            tiny.clone(),
            json!({ "grafts": { "prefix": 2 }, "trained": 5 * 32 + 16 * 33 + 128 * 17, "saved": "peft" }),
        );
        let refused = Case::new("no rows", tiny, json!({ "error": "settings.length" }));
        let examples = vec![
            plain.with(json!({ "length": 5 })),
            made.with(json!({ "length": 5, "width": 16 })),
            refused.with(json!({ "length": 0 })),
        ];
        About { id: "prefix", summary: "Trains keys and values that every attention sees before the words'.", examples }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if settings.length == 0 || settings.width == Some(0) {
            let why = format!(
                "`length`: expected 1 or more, and so of `width`, found {} and {:?}",
                settings.length, settings.width
            );
            return Err(Error::new("settings.length", why));
        }
        Ok(Self { settings })
    }
}

impl Method for Prefix {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let Settings { length, width } = self.settings;
        let dim = |name: &str| model.dims.get(name).copied().unwrap_or(0);
        let wide = 2 * dim("layers") * dim("kv");
        let config = json!({
            "peft_type": "PREFIX_TUNING", "num_virtual_tokens": length, "prefix_projection": width.is_some(),
            "encoder_hidden_size": width.map_or_else(|| dim("hidden"), |width| width as i64),
            "token_dim": dim("hidden"), "num_layers": dim("layers"),
            "num_attention_heads": dim("heads"), "num_transformer_submodules": 1,
        });
        let graft = GraftBuilder::at("prefix", model.sites_of(SiteKind::Attention, &["*"])?.shift(length));
        let mut plan = Plan::new("prefix").dim("p", length).dim("wide", wide as usize).dim("h", width.unwrap_or(1));
        let table = if width.is_some() {
            let uniform = Init::KaimingUniform { a: 5f64.sqrt() };
            let key = |what: &str| format!("prompt_encoder.{what}");
            plan = plan
                .share(Parameter::new("e", &["p", "hidden"]).init(Init::Normal(1.0)).key(&key("embedding.weight")))
                .share(Parameter::new("W1", &["h", "hidden"]).init(uniform.clone()).key(&key("transform.0.weight")))
                .share(Parameter::new("b1", &["h"]).key(&key("transform.0.bias")))
                .share(Parameter::new("W2", &["wide", "h"]).init(uniform).key(&key("transform.2.weight")))
                .share(Parameter::new("b2", &["wide"]).key(&key("transform.2.bias")));
            let inner = (graft.site("e").matmul_t(graft.site("W1")) + graft.site("b1")).tanh();
            let table = inner.matmul_t(graft.site("W2")) + graft.site("b2");
            graft.export("prompt_embeddings", table);
            table
        } else {
            let table = Parameter::new("table", &["p", "wide"]).init(Init::Normal(0.5)).key("prompt_embeddings");
            plan = plan.share(table);
            graft.site("table")
        };
        let own =
            table.reshape(&["p".into(), "layers".into(), 2usize.into(), "kv".into()] as &[engraft_plugin::plan::Dim]);
        let own = own.index(-3, "layer"); // (P, 2, kv)
        graft.gives("k_rows", own.index(-2, 0));
        graft.gives("v_rows", own.index(-2, 1));
        let (lowest, highest) = if width.is_some() { (1e-4, 3e-2) } else { (1e-3, 3e-1) };
        Ok(plan.graft(graft).learns_at(lowest, highest).save(Save::peft(config)))
    }
}

engraft_plugin::register!(method Prefix);
