//! What a domain adapter asks of a model: the labels, how they lie in the text, and what decides.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A task: what is predicted, over which labels, and which score decides between two models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    /// What is predicted.
    pub kind: TaskKind,
    /// The labels, in the order of the model's outputs. For [`TaskKind::Tokens`] these are entity labels
    /// without prefix (`Disease`); the engine adds the scheme's.
    pub labels: Vec<String>,
    /// How spans become tags. Only for [`TaskKind::Tokens`].
    #[serde(default)]
    pub scheme: Scheme,
    /// The score that decides which checkpoint is best, as `<metric id>.<score name>`
    /// (`entity-f1.f1`); more is better unless the metric says otherwise.
    #[serde(default)]
    pub decides: Option<String>,
    /// From which probability on a label of a multi-label task is given.
    #[serde(default = "half")]
    pub threshold: f64,
}

const fn half() -> f64 {
    0.5
}

impl Task {
    /// A task over labels, with the defaults of the field.
    pub fn new(kind: TaskKind, labels: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            kind,
            labels: labels.into_iter().map(Into::into).collect(),
            scheme: Scheme::default(),
            decides: None,
            threshold: half(),
        }
    }

    /// The same task, decided by another score.
    #[must_use]
    pub fn decided_by(mut self, score: impl Into<String>) -> Self {
        self.decides = Some(score.into());
        self
    }
}

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TaskKind {
    /// Labelled spans, by a tag a token.
    Tokens,
    /// One label a text.
    Sequence,
    /// Any number of labels a text.
    MultiLabel,
}

/// How spans become tags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Scheme {
    /// `B-` on the first token of a span, `I-` on the others, `O` outside (IOB2).
    #[default]
    Bio,
}
