//! A model map to try methods on.

use engraft_plugin::plan::site::BaseParameter;
use engraft_plugin::plan::{Dims, ModelMap, Plan, Rows, Site, SiteKind};
use std::collections::BTreeMap;

const HIDDEN: usize = 32;
const INTERMEDIATE: usize = 48;
const VOCABULARY: usize = 60;
const POSITIONS: usize = 40;
const LAYERS: usize = 2;
const HEADS: usize = 4;
const LABELS: usize = 5;

/// The map of a tiny BERT with a token-classification head: 2 layers, 32 wide, names as transformers'
/// `BertForTokenClassification` has them.
pub fn tiny_bert() -> ModelMap {
    let mut map = ModelMap {
        family: "bert".to_owned(),
        dims: dims(&[("hidden", HIDDEN), ("heads", HEADS), ("head_dim", HIDDEN / HEADS), ("kv", HIDDEN)]),
        sites: Vec::new(),
        parameters: Vec::new(),
        head: vec!["classifier".to_owned()],
        grafts: BTreeMap::new(),
    };
    map.dims.extend(dims(&[("layers", LAYERS), ("vocab", VOCABULARY)]));
    embeddings(&mut map);
    for layer in 0..LAYERS {
        encoder_layer(&mut map, layer);
    }
    parameter(&mut map, "classifier.weight", &[LABELS, HIDDEN]);
    parameter(&mut map, "classifier.bias", &[LABELS]);
    map
}

/// `tiny-bert` in a run that names these trained grafts.
pub fn tiny_bert_with(grafts: impl IntoIterator<Item = (impl Into<String>, Plan)>) -> ModelMap {
    let mut map = tiny_bert();
    map.grafts = grafts.into_iter().map(|(name, plan)| (name.into(), plan)).collect();
    map
}

fn embeddings(map: &mut ModelMap) {
    for (name, rows) in [("word", VOCABULARY), ("position", POSITIONS), ("token_type", 2)] {
        parameter(map, &format!("bert.embeddings.{name}_embeddings.weight"), &[rows, HIDDEN]);
    }
    let symbols = [("vocab", VOCABULARY), ("hidden", HIDDEN)];
    site(map, "bert.embeddings.word_embeddings", SiteKind::Embedding, "embedding", None, &symbols);
    site(map, "prompt", SiteKind::Prompt, "prompt", None, &symbols);
    norm(map, "bert.embeddings.LayerNorm", "embedding.norm", None);
}

fn encoder_layer(map: &mut ModelMap, layer: usize) {
    let at = format!("bert.encoder.layer.{layer}");
    let hidden = [("hidden", HIDDEN)];
    for part in ["query", "key", "value"] {
        linear(map, &format!("{at}.attention.self.{part}"), &format!("attention.{part}"), layer, HIDDEN, HIDDEN);
    }
    site(map, &format!("{at}.attention"), SiteKind::Attention, "attention", Some(layer), &[("kv", HIDDEN)]);
    linear(map, &format!("{at}.attention.output.dense"), "attention.output", layer, HIDDEN, HIDDEN);
    site(map, &format!("{at}.attention.output"), SiteKind::Sublayer, "attention", Some(layer), &hidden);
    norm(map, &format!("{at}.attention.output.LayerNorm"), "attention.norm", Some(layer));
    linear(map, &format!("{at}.intermediate.dense"), "ffn.up", layer, HIDDEN, INTERMEDIATE);
    linear(map, &format!("{at}.output.dense"), "ffn.down", layer, INTERMEDIATE, HIDDEN);
    site(map, &format!("{at}.output"), SiteKind::Sublayer, "ffn", Some(layer), &hidden);
    norm(map, &format!("{at}.output.LayerNorm"), "ffn.norm", Some(layer));
    site(map, &at, SiteKind::Block, "layer", Some(layer), &hidden);
}

fn linear(map: &mut ModelMap, name: &str, role: &str, layer: usize, inside: usize, outside: usize) {
    site(map, name, SiteKind::Linear, role, Some(layer), &[("in", inside), ("out", outside)]);
    parameter(map, &format!("{name}.weight"), &[outside, inside]);
    parameter(map, &format!("{name}.bias"), &[outside]);
}

fn norm(map: &mut ModelMap, name: &str, role: &str, layer: Option<usize>) {
    site(map, name, SiteKind::Norm, role, layer, &[("hidden", HIDDEN)]);
    parameter(map, &format!("{name}.weight"), &[HIDDEN]);
    parameter(map, &format!("{name}.bias"), &[HIDDEN]);
}

fn site(map: &mut ModelMap, name: &str, kind: SiteKind, role: &str, layer: Option<usize>, symbols: &[(&str, usize)]) {
    let mut dims = dims(symbols);
    dims.extend(layer.map(|layer| ("layer".to_owned(), layer as i64)));
    map.sites.push(Site { name: name.to_owned(), kind, role: role.to_owned(), layer, rows: Rows::Token, dims });
}

fn parameter(map: &mut ModelMap, name: &str, shape: &[usize]) {
    map.parameters.push(BaseParameter { name: name.to_owned(), shape: shape.to_vec() });
}

fn dims(symbols: &[(&str, usize)]) -> Dims {
    symbols.iter().map(|&(name, value)| (name.to_owned(), value as i64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_has_the_parameters_of_the_transformers_model() {
        let map = tiny_bert();
        let numbers: usize = map.parameters.iter().map(|p| p.shape.iter().product::<usize>()).sum();
        // sum(p.numel() for p in BertForTokenClassification(config).parameters()), hidden 32,
        // intermediate 48, 2 layers, vocabulary 60, positions 40, 5 labels, no pooler
        assert_eq!(numbers, 18_501);
        assert_eq!(map.linears(&["query", "key", "value", "dense"]).map(|at| at.kind), Ok(SiteKind::Linear));
    }
}
