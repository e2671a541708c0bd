//! The settings of `lora`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where low-rank updates stand and how large they are.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The rank r of the update.
    pub rank: usize,
    /// The scale's numerator: the update is multiplied by alpha / rank.
    pub alpha: f64,
    /// The share of input values dropped before the update, in training.
    pub dropout: f64,
    /// Which linear layers: whole names, their ends from a dot on (`query`, `output.dense`), or globs
    /// (`*.self.{query,value}`). BERT's `query`, `key`, `value` and `dense` are understood on DistilBERT too.
    pub targets: Vec<String>,
    /// Only in these layers, counted from 0; none given: in all.
    pub layers: Vec<usize>,
    /// Multiplies by alpha / √rank instead, which keeps the size of the update over ranks (rsLoRA).
    pub rslora: bool,
    /// Other ranks and alphas for some of the targets; the first that names a layer counts.
    pub patterns: Vec<Pattern>,
    /// The learning rate of B as a multiple of A's: 16 or so trains faster (LoRA+).
    pub up_rate: f64,
    /// What the update begins with.
    pub begin: Begin,
    /// Whether the update has a bias of its own.
    pub up_bias: bool,
    /// Whether the biases of the targets train too.
    pub bias: bool,
    /// Whether the word embeddings have an update too.
    pub embedding: bool,
}

/// Another size for some layers.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Pattern {
    /// Which of the targets.
    pub targets: Vec<String>,
    /// Their rank; not given: that of all.
    pub rank: Option<usize>,
    /// Their alpha; not given: that of all.
    pub alpha: Option<f64>,
}

/// First values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Begin {
    /// A drawn at random, B zero.
    #[default]
    Uniform,
    /// The largest singular vectors of the weight (PiSSA): learns faster. Written as an update of twice the rank.
    Pissa,
    /// Both drawn, and orthogonal to each other, so that their product is zero.
    Orthogonal,
}

impl Settings {
    /// All ranks that are asked for.
    pub(crate) fn ranks(&self) -> impl Iterator<Item = usize> {
        self.patterns.iter().filter_map(|pattern| pattern.rank).chain([self.rank])
    }
}

impl Default for Settings {
    fn default() -> Self {
        let targets = ["query", "key", "value", "dense"].map(str::to_owned).into();
        Self {
            rank: 16,
            alpha: 32.0,
            dropout: 0.1,
            targets,
            layers: Vec::new(),
            rslora: false,
            patterns: Vec::new(),
            up_rate: 1.0,
            begin: Begin::Uniform,
            up_bias: false,
            bias: false,
            embedding: false,
        }
    }
}
