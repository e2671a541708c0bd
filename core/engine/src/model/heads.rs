//! Which task head a model has, and how a saved model says so.
//!
//! A head other than Hugging Face's own is named in `config.json` under `engraft_head`, and in a graft's `graft.json`:
//! what was trained opens again with the head that it was trained with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The key in `config.json`.
const KEY: &str = "engraft_head";

/// What makes predictions of the last layer's output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HeadKind {
    /// A linear layer, as Hugging Face's classes have it: each token by itself.
    #[default]
    Linear,
    /// A linear layer under a conditional random field: the tags of a text are chosen together.
    Crf,
    /// A recurrent layer in both directions before the linear layer, and a conditional random field over it.
    BilstmCrf,
}

/// A head and its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Head {
    /// Which.
    pub kind: HeadKind,
    /// The width of each direction of the LSTM.
    pub lstm: usize,
}

impl Default for Head {
    fn default() -> Self {
        Self { kind: HeadKind::Linear, lstm: 128 }
    }
}

impl Head {
    /// Whether it is Hugging Face's own.
    pub fn is_linear(&self) -> bool {
        self.kind == HeadKind::Linear
    }

    /// The head that a `config.json` names.
    pub(super) fn read(config: &Value) -> Result<Self, String> {
        match config.get(KEY) {
            None => Ok(Self::default()),
            Some(head) => serde_json::from_value(head.clone()).map_err(|e| format!("{KEY}: {e}")),
        }
    }

    /// Names the head in a `config.json`, unless it is Hugging Face's own.
    pub(crate) fn write(self, config: &mut Map<String, Value>) {
        config.remove(KEY);
        if !self.is_linear() {
            config.insert(KEY.to_owned(), serde_json::to_value(self).unwrap_or_default());
        }
    }
}
