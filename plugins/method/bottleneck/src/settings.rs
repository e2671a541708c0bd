//! The settings of `bottleneck`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where narrow layers stand and how narrow they are.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Which kind.
    pub style: Style,
    /// How many times narrower than the model; not given: 16, and 2 where parallel.
    pub reduction: Option<f64>,
    /// Between the two layers; not given: silu for `houlsby`, else relu.
    pub activation: Option<Activation>,
    /// What their output is multiplied by; not given: 1, and 4 where parallel.
    pub scale: Option<f64>,
    /// With `style = "mam"`: the prefix in every attention.
    pub prefix: Prefix,
}

/// Where a bottleneck reads and writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// Behind attention and feed-forward.
    #[default]
    Houlsby,
    /// Behind feed-forward, reading what the base makes of branch and stream.
    Pfeiffer,
    /// Beside feed-forward, reading the stream.
    Parallel,
    /// Parallel, and a prefix in every attention.
    Mam,
}

impl Style {
    pub(crate) const fn reduction(self) -> f64 {
        match self {
            Self::Houlsby | Self::Pfeiffer => 16.0,
            Self::Parallel | Self::Mam => 2.0,
        }
    }
}

/// An activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are the functions")]
pub enum Activation {
    Silu,
    Relu,
    Gelu,
    Tanh,
}

/// A prefix that a small network makes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Prefix {
    /// Keys and values that are added to each attention.
    pub length: usize,
    /// The width of the network that makes them.
    pub width: usize,
}

impl Default for Prefix {
    fn default() -> Self {
        Self { length: 30, width: 512 }
    }
}
