//! The BERT family as steps.
//!
//! ```text
//! x = dropout(norm(word[ids] + position[places] + type[0]))
//! layer:  a = attention(q(x), k(x), v(x))            token×[hidden]
//!         x = norm(x + dropout(dense(a)))            sublayer "attention"
//!         f = down(gelu(up(x)))                      token×[hidden]
//!         x = norm(x + dropout(f))                   sublayer "ffn"
//! ```
//!
//! The families differ in names and in little else: RoBERTa begins its positions behind the padding
//! id, DistilBERT has no token types and no dropout behind attention. Source: `transformers`
//! `modeling_{bert,roberta,distilbert}.py`.

use super::build::Builder;
use super::{Config, Dropouts, Family};
use crate::Result;
use crate::program::{Id, Input, PlanOp, Rows, Type, Unary};
use engraft_plugin::plan::Place;

/// The modules of one layer, by their names below the layer's own.
struct Names {
    layer: &'static str,
    query: &'static str,
    key: &'static str,
    value: &'static str,
    attention_dense: &'static str,
    attention_norm: &'static str,
    attention_branch: &'static str,
    up: &'static str,
    down: &'static str,
    norm: &'static str,
    branch: &'static str,
}

const BERT: Names = Names {
    layer: "encoder.layer",
    query: "attention.self.query",
    key: "attention.self.key",
    value: "attention.self.value",
    attention_dense: "attention.output.dense",
    attention_norm: "attention.output.LayerNorm",
    attention_branch: "attention.output",
    up: "intermediate.dense",
    down: "output.dense",
    norm: "output.LayerNorm",
    branch: "output",
};

const DISTILBERT: Names = Names {
    layer: "transformer.layer",
    query: "attention.q_lin",
    key: "attention.k_lin",
    value: "attention.v_lin",
    attention_dense: "attention.out_lin",
    attention_norm: "sa_layer_norm",
    attention_branch: "attention",
    up: "ffn.lin1",
    down: "ffn.lin2",
    norm: "output_layer_norm",
    branch: "ffn",
};

/// From token ids to the last layer's output: `token×[hidden]`.
///
/// # Errors
/// A graft that does not fit its site.
pub fn encoder(b: &mut Builder<'_>, config: &Config, dropouts: &Dropouts) -> Result<Id> {
    let prefix = config.family.prefix();
    let names = if config.family == Family::DistilBert { DISTILBERT } else { BERT };
    let mut x = embeddings(b, config, dropouts)?; // token×[hidden]
    for number in 0..config.layers {
        x = layer(b, config, dropouts, &names, &format!("{prefix}.{}.{number}", names.layer), number, x)?;
    }
    Ok(x)
}

fn embeddings(b: &mut Builder<'_>, config: &Config, dropouts: &Dropouts) -> Result<Id> {
    let module = format!("{}.embeddings", config.family.prefix());
    let hidden = config.hidden;
    let ids = b.program.input(Input::Ids, Type::token([]).integer());
    let positions = b.program.input(Input::Positions, Type::token([]).integer());
    let words_module = format!("{module}.word_embeddings");
    let words = b.embedding(&words_module, ids, config.vocab, hidden)?; // token×[hidden]
    let words = b.prompt(&words_module, Place::WordEmbeddings, words)?;
    let table = b.base(&format!("{module}.position_embeddings.weight"), &[config.positions, hidden]);
    let places = b.program.push_plan(PlanOp::Gather, &[table, positions])?; // token×[hidden]
    let mut x = b.add(words, places)?;
    if config.types > 0 {
        // Every token is of type 0: one row, broadcast.
        let table = b.base(&format!("{module}.token_type_embeddings.weight"), &[config.types, hidden]);
        let first = b.program.push_plan(PlanOp::Index { axis: -2, at: 0 }, &[table])?; // [hidden]
        x = b.add(x, first)?;
    }
    let x = b.norm(&format!("{module}.LayerNorm"), "embeddings.norm", None, x, hidden, config.eps)?;
    let x = b.program.dropout(x, dropouts.hidden)?;
    b.prompt(&words_module, Place::EmbeddingOutput, x)
}

fn layer(
    b: &mut Builder<'_>,
    config: &Config,
    dropouts: &Dropouts,
    names: &Names,
    module: &str,
    number: usize,
    x: Id,
) -> Result<Id> {
    let (hidden, wide) = (config.hidden, config.intermediate);
    let at = |name: &str| format!("{module}.{name}");
    let layer = Some(number);
    let q = b.linear(&at(names.query), "attention.query", layer, x, hidden, hidden)?; // token×[hidden]
    let k = b.linear(&at(names.key), "attention.key", layer, x, hidden, hidden)?; // token×[hidden]
    let v = b.linear(&at(names.value), "attention.value", layer, x, hidden, hidden)?; // token×[hidden]
    let a = b.attention(&at("attention"), number, x, [q, k, v], config.heads, dropouts.attention)?; // token×[hidden]
    let a = b.linear(&at(names.attention_dense), "attention.output", layer, a, hidden, hidden)?;
    let a = if config.family == Family::DistilBert { a } else { b.program.dropout(a, dropouts.hidden)? };
    let x = b.sublayer(&at(names.attention_branch), &at(names.attention_norm), "attention", number, x, a, config)?;

    let up = b.linear(&at(names.up), "ffn.up", layer, x, hidden, wide)?; // token×[intermediate]
    let up = b.program.push_plan(PlanOp::Unary(Unary::Gelu), &[up])?;
    let down = b.linear(&at(names.down), "ffn.down", layer, up, wide, hidden)?; // token×[hidden]
    let down = b.program.dropout(down, dropouts.hidden)?;
    let x = b.sublayer(&at(names.branch), &at(names.norm), "ffn", number, x, down, config)?;
    b.block(module, number, x, hidden)
}

/// Whether rows are tokens: what a site of this value sees.
pub(super) fn rows_of(b: &Builder<'_>, id: Id) -> Rows {
    b.program.kind(id).rows
}
