//! `config.json` of a Hugging Face folder, as far as the BERT family needs it.

use super::Head;
use crate::program::Focal;
use crate::{Error, Result};
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;

/// A family of encoders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// BERT and MiniLM.
    Bert,
    /// RoBERTa and XLM-RoBERTa.
    Roberta,
    /// DistilBERT.
    DistilBert,
}

impl Family {
    /// The name of the encoder's module, which begins its parameters' names.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Bert => "bert",
            Self::Roberta => "roberta",
            Self::DistilBert => "distilbert",
        }
    }

    /// The class of a Hugging Face model, without what comes after `For`.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Bert => "Bert",
            Self::Roberta => "Roberta",
            Self::DistilBert => "DistilBert",
        }
    }
}

/// The numbers of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The family.
    pub family: Family,
    /// Width of the residual stream.
    pub hidden: usize,
    /// Layers.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Width between the two linears of a layer.
    pub intermediate: usize,
    /// Rows of the word embeddings.
    pub vocab: usize,
    /// Rows of the position embeddings.
    pub positions: usize,
    /// What is added to a token's place before its position embedding is looked up.
    pub position_offset: usize,
    /// Rows of the token type embeddings; 0 where the family has none.
    pub types: usize,
    /// Epsilon of the layer norms.
    pub eps: f64,
    /// Standard deviation of fresh weights.
    pub initializer_range: f64,
    /// The model's own dropouts.
    pub dropouts: Dropouts,
    /// The task head: the one that the folder's model was trained with.
    pub head: Head,
    /// What its loss weighs: the run's, never a file's.
    pub loss: Focal,
    /// The file as it was read: what is written back beside a trained model.
    pub raw: Value,
}

/// Shares that are dropped in training.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dropouts {
    /// On embeddings and residual branches.
    pub hidden: f64,
    /// On attention weights.
    pub attention: f64,
    /// Before the classifier.
    pub classifier: f64,
}

#[derive(Deserialize)]
struct File {
    model_type: String,
    #[serde(alias = "dim")]
    hidden_size: usize,
    #[serde(alias = "n_layers")]
    num_hidden_layers: usize,
    #[serde(alias = "n_heads")]
    num_attention_heads: usize,
    #[serde(alias = "hidden_dim")]
    intermediate_size: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    #[serde(default)]
    type_vocab_size: usize,
    #[serde(default = "default_eps")]
    layer_norm_eps: f64,
    #[serde(default = "default_range")]
    initializer_range: f64,
    #[serde(default = "default_activation", alias = "activation")]
    hidden_act: String,
    #[serde(default = "default_dropout", alias = "dropout")]
    hidden_dropout_prob: f64,
    #[serde(default = "default_dropout", alias = "attention_dropout")]
    attention_probs_dropout_prob: f64,
    classifier_dropout: Option<f64>,
    seq_classif_dropout: Option<f64>,
    #[serde(default)]
    pad_token_id: Option<usize>,
    position_embedding_type: Option<String>,
}

const fn default_eps() -> f64 {
    1e-12
}
const fn default_range() -> f64 {
    0.02
}
const fn default_dropout() -> f64 {
    0.1
}
fn default_activation() -> String {
    "gelu".to_owned()
}

/// Layers of a model: a program is written for each before any weight is looked for.
const MOST_LAYERS: usize = 512;

impl Config {
    /// Reads `config.json` of a folder.
    ///
    /// # Errors
    /// [`Error::Model`] with what was expected and found, for families and variants that are not built.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("config.json");
        let bytes = std::fs::read(&path).map_err(|e| Error::reading(&path, "model configuration", e))?;
        let raw: Value = serde_json::from_slice(&bytes)
            .map_err(|e| Error::Model { path: path.clone(), reason: format!("no JSON: {e}") })?;
        Self::parse(raw).map_err(|reason| Error::Model { path, reason })
    }

    fn parse(raw: Value) -> Result<Self, String> {
        let file: File = serde_json::from_value(raw.clone()).map_err(|e| e.to_string())?;
        let family = match file.model_type.as_str() {
            "bert" => Family::Bert,
            "roberta" | "xlm-roberta" | "camembert" => Family::Roberta,
            "distilbert" => Family::DistilBert,
            other => {
                return Err(format!("model_type: expected bert, roberta, xlm-roberta or distilbert, found `{other}`"));
            }
        };
        let File { hidden_size: hidden, num_attention_heads: heads, .. } = file;
        if heads == 0 || !hidden.is_multiple_of(heads) || file.num_hidden_layers == 0 || file.vocab_size == 0 {
            return Err(format!(
                "{hidden} hidden, {heads} heads, {} layers, {} words: no such model can be",
                file.num_hidden_layers, file.vocab_size
            ));
        }
        if file.num_hidden_layers > MOST_LAYERS {
            return Err(format!("num_hidden_layers: expected at most {MOST_LAYERS}, found {}", file.num_hidden_layers));
        }
        if file.hidden_act != "gelu" {
            return Err(format!("hidden_act: expected gelu, found `{}`", file.hidden_act));
        }
        if file.position_embedding_type.as_deref().is_some_and(|kind| kind != "absolute") {
            return Err("position_embedding_type: expected absolute".to_owned());
        }
        let position_offset = if family == Family::Roberta { file.pad_token_id.unwrap_or(1) + 1 } else { 0 };
        let hidden_dropout = file.hidden_dropout_prob;
        let dropouts = Dropouts {
            hidden: hidden_dropout,
            attention: file.attention_probs_dropout_prob,
            classifier: file.classifier_dropout.or(file.seq_classif_dropout).unwrap_or(hidden_dropout),
        };
        Ok(Self {
            family,
            hidden,
            layers: file.num_hidden_layers,
            heads,
            intermediate: file.intermediate_size,
            vocab: file.vocab_size,
            positions: file.max_position_embeddings,
            position_offset,
            types: if family == Family::DistilBert { 0 } else { file.type_vocab_size },
            eps: file.layer_norm_eps,
            initializer_range: file.initializer_range,
            dropouts,
            head: Head::read(&raw)?,
            loss: Focal::default(),
            raw,
        })
    }

    /// Most tokens a sequence may have.
    pub const fn max_tokens(&self) -> usize {
        self.positions.saturating_sub(self.position_offset)
    }
}
