//! The settings of `stack`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What lies below, and what is trained above.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Names of trained grafts in `[model.grafts]`, from below up; none given: all, by name.
    pub grafts: Vec<String>,
    /// What is trained above them.
    pub style: Style,
    /// `bottleneck`: how many times narrower than the model it is.
    pub reduction: f64,
    /// `lora`: the rank.
    pub rank: usize,
    /// `lora`: the scale's numerator; the update is multiplied by alpha / rank.
    pub alpha: f64,
    /// `lora`: the share of input values dropped before the update, in training.
    pub dropout: f64,
    /// `lora`: which linear layers: whole names, their ends from a dot on, or globs.
    pub targets: Vec<String>,
}

/// What is trained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// A narrow layer behind each feed-forward part.
    #[default]
    Bottleneck,
    /// Low-rank updates of linear layers.
    Lora,
}

impl Default for Settings {
    fn default() -> Self {
        let targets = ["query", "value"].map(str::to_owned).into();
        let (style, reduction, rank, alpha, dropout) = (Style::Bottleneck, 16.0, 16, 32.0, 0.1);
        Self { grafts: Vec::new(), style, reduction, rank, alpha, dropout, targets }
    }
}
