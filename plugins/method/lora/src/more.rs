//! Biases that train, and an update of the word embeddings: y' = y + s · Aᵀ[ids] Bᵀ.

use crate::Settings;
use crate::begin::Sizes;
use engraft_plugin::Result;
use engraft_plugin::plan::targets::peft_key;
use engraft_plugin::plan::{GraftBuilder, Init, ModelMap, SiteKind, Value};

/// The layer's output, with a bias that trains in the place of its own.
pub(crate) fn with_bias<'g>(graft: &'g GraftBuilder, settings: &Settings) -> Value<'g> {
    if !settings.bias {
        return graft.y();
    }
    let bias = graft.parameter("bias_", &["out"]).init(Init::Base("bias".to_owned()));
    graft.y() - graft.site("bias") + bias.key(&peft_key("base_layer.bias")).add()
}

/// The update of the embeddings: A begins with zeros, B with normal numbers, as in PEFT.
pub(crate) fn embedding(settings: &Settings, model: &ModelMap) -> Result<GraftBuilder> {
    let graft = GraftBuilder::at("embedding", model.sites_of(SiteKind::Embedding, &["*"])?);
    let a = graft.parameter("A", &["r", "vocab"]).key(&peft_key("lora_embedding_A")).add();
    let b = graft.parameter("B", &["hidden", "r"]).init(Init::Normal(1.0)).lr(settings.up_rate);
    let b = b.key(&peft_key("lora_embedding_B")).add();
    let sizes = Sizes { rank: settings.rank, alpha: settings.alpha };
    let rows = a.transpose(-1, -2).gather(graft.site("ids"));
    graft.gives("output", graft.y() + rows.matmul_t(b) * sizes.scale(settings.rslora));
    Ok(graft)
}
