//! P-tuning (Liu et al. 2021, arXiv:2103.10385): the rows of a prompt are made by a small network.
//!
//! t = relu(relu(e W₁ᵀ + b₁) W₂ᵀ + b₂) W₃ᵀ + b₃ stands before the embedded words
//!
//! | symbol | what | shape | first values |
//! |---|---|---|---|
//! | e | what the rows are made of | P × hidden | normal |
//! | W₁, W₂, W₃ | | h × hidden, h × h, hidden × h | uniform, kaiming with a = √5 |
//! | b₁, b₂, b₃ | | h, h, hidden | zeros |
//!
//! Written in PEFT's layout, which keeps t alone; the network is written beside it. Source: PEFT 0.21 `tuners/p_tuning`
//! with its MLP (its LSTM is not offered).

pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::{Dim, GraftBuilder, Init, ModelMap, Plan, Save, SiteKind, Value};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;

/// The method `p-tuning`.
pub struct PTuning {
    settings: Settings,
}

impl Plugin for PTuning {
    type Settings = Settings;

    fn about() -> About {
        let tiny = json!({ "model": "tiny-bert" });
        let five = Case::new(
            "five rows, a network 16 wide",
            tiny.clone(),
            json!({ "grafts": { "prompt": 1 }, "trained": 5 * 32 + (16 * 32 + 16) + (16 * 16 + 16) + (32 * 16 + 32), "saved": "peft" }),
        );
        let refused = Case::new("no rows", tiny, json!({ "error": "settings.length" }));
        let examples = vec![five.with(json!({ "length": 5, "width": 16 })), refused.with(json!({ "length": 0 }))];
        About { id: "p-tuning", summary: "Trains a small network that makes rows before the words.", examples }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        for (key, value) in [("length", settings.length), ("width", settings.width)] {
            if value == 0 {
                return Err(Error::new(format!("settings.{key}"), format!("`{key}`: expected 1 or more, found 0")));
            }
        }
        Ok(Self { settings })
    }
}

impl Method for PTuning {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let Settings { length, width } = self.settings;
        let dim = |name: &str| model.dims.get(name).copied().unwrap_or(0);
        let config = json!({
            "peft_type": "P_TUNING", "num_virtual_tokens": length, "encoder_reparameterization_type": "MLP",
            "encoder_hidden_size": width, "encoder_num_layers": 2, "encoder_dropout": 0,
            "token_dim": dim("hidden"), "num_layers": dim("layers"),
            "num_attention_heads": dim("heads"), "num_transformer_submodules": 1,
        });
        let graft = GraftBuilder::at("prompt", model.sites_of(SiteKind::Prompt, &["prompt"])?);
        let rows: [Dim; 2] = [length.into(), "hidden".into()];
        let e = graft.parameter("e", &rows).init(Init::Normal(1.0)).key("prompt_encoder.embedding.weight").add();
        let hidden = || Dim::from("hidden");
        let one = layer(&graft, e, ["W1", "b1"], [width.into(), hidden()], 0).relu();
        let two = layer(&graft, one, ["W2", "b2"], [width.into(), width.into()], 2).relu();
        let t = layer(&graft, two, ["W3", "b3"], [hidden(), width.into()], 4);
        graft.export("prompt_embeddings", t);
        graft.gives("rows", t);
        Ok(Plan::new("p-tuning").graft(graft).learns_at(1e-4, 3e-2).save(Save::peft(config)))
    }
}

/// x Wᵀ + b, under PyTorch's names of a sequence of layers.
fn layer<'g>(graft: &'g GraftBuilder, x: Value<'g>, names: [&'static str; 2], shape: [Dim; 2], at: usize) -> Value<'g> {
    let key = |what: &str| format!("prompt_encoder.mlp_head.{at}.{what}");
    let w = graft.parameter(names[0], &shape).init(Init::KaimingUniform { a: 5f64.sqrt() }).key(&key("weight")).add();
    let b = graft.parameter(names[1], &shape[..1]).key(&key("bias")).add();
    x.matmul_t(w) + b
}

engraft_plugin::register!(method PTuning);
