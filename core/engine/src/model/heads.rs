//! Which task head a model has, and how a saved model says so.
//!
//! A head other than Hugging Face's own is named in `config.json` under `engraft_head`, and in a graft's `graft.json`:
//! what was trained opens again with the head that it was trained with.

use crate::tokenize::{Asked, Ends};
use engraft_plugin::Task;
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
    /// A linear layer that says of each label where its spans begin and where they end.
    Span,
}

/// The end of the classes of transformers that have a `span` head.
const CLASS: &str = "ForQuestionAnswering";

/// A head and its width.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Head {
    /// Which.
    pub kind: HeadKind,
    /// The width of each direction of the LSTM.
    pub lstm: usize,
    /// Most tokens of a span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_tokens: Option<usize>,
    /// By how much a span's score is above that of none.
    #[serde(skip_serializing_if = "is_zero")]
    pub span_threshold: f64,
}

fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

impl Default for Head {
    fn default() -> Self {
        Self { kind: HeadKind::Linear, lstm: 128, span_tokens: None, span_threshold: 0.0 }
    }
}

impl Head {
    /// Whether it is Hugging Face's own.
    pub fn is_linear(&self) -> bool {
        self.kind == HeadKind::Linear
    }

    /// A head of this kind.
    pub fn of(kind: HeadKind) -> Self {
        Self { kind, ..Self::default() }
    }

    /// What it is asked of texts.
    pub fn asked<'t>(&self, task: &'t Task) -> Asked<'t> {
        let ends = Ends { longest: self.span_tokens, threshold: self.span_threshold };
        Asked { task, ends: (self.kind == HeadKind::Span).then_some(ends) }
    }

    /// The head that a `config.json` names, or that the class of its model has.
    pub(super) fn read(config: &Value) -> Result<Self, String> {
        let mut classes = config["architectures"].as_array().into_iter().flatten().filter_map(Value::as_str);
        match config.get(KEY) {
            None if classes.any(|class| class.ends_with(CLASS)) => Ok(Self::of(HeadKind::Span)),
            None => Ok(Self::default()),
            Some(head) => serde_json::from_value(head.clone()).map_err(|e| format!("{KEY}: {e}")),
        }
    }

    /// Names the head in a `config.json`, unless it is Hugging Face's own for the kind of task.
    pub(crate) fn write(self, config: &mut Map<String, Value>) {
        config.remove(KEY);
        if !self.is_linear() {
            config.insert(KEY.to_owned(), serde_json::to_value(self).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_head_is_read_as_it_was_written_and_by_its_class() {
        let head = Head { span_tokens: Some(30), ..Head::of(HeadKind::Span) };
        let mut config = Map::new();
        head.write(&mut config);
        assert_eq!(config[KEY], json!({ "kind": "span", "lstm": 128, "span_tokens": 30 }));
        assert_eq!(Head::read(&Value::Object(config)).unwrap(), head);
        let of_class = |class: &str| Head::read(&json!({ "architectures": [class] })).unwrap().kind;
        assert_eq!(of_class("BertForQuestionAnswering"), HeadKind::Span);
        assert_eq!(of_class("BertForTokenClassification"), HeadKind::Linear);
        assert_eq!(Head::read(&json!({})).unwrap(), Head::default());
    }
}
