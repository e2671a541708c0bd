//! The parameters of plans: their shapes and first values.

use super::{Step, is_one, one};
use serde::{Deserialize, Serialize};

/// A new parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its name in the steps.
    pub name: String,
    /// Its shape: numbers, or names of the plan's dims and the site's symbols.
    pub shape: Vec<Dim>,
    /// Its first values.
    #[serde(default)]
    pub init: Init,
    /// Its name on disk; `{site}`, `{layer}`, `{name}` are filled in.
    #[serde(default)]
    pub key: String,
    /// Whether it trains.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub train: bool,
    /// Its learning rate as a multiple of the run's.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub lr: f64,
    /// Whether weight decay applies; by default to parameters of two axes or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decay: Option<bool>,
    /// Whether it is written to disk; what is not is made anew from its first values.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub save: bool,
}

/// An extent: a number, or a name that stands for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Dim {
    /// A number.
    Number(i64),
    /// A name.
    Name(String),
}

impl From<&str> for Dim {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}
impl From<usize> for Dim {
    fn from(number: usize) -> Self {
        Self::Number(number as i64)
    }
}

impl Parameter {
    /// A parameter of zeros that trains.
    pub fn new<D: Into<Dim> + Clone>(name: &str, shape: &[D]) -> Self {
        let shape = shape.iter().cloned().map(Into::into).collect();
        let (name, init, key) = (name.to_owned(), Init::default(), String::new());
        Self { name, shape, init, key, train: true, lr: 1.0, decay: None, save: true }
    }

    /// Its first values.
    #[must_use]
    pub fn init(mut self, init: Init) -> Self {
        self.init = init;
        self
    }

    /// Its name on disk.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        key.clone_into(&mut self.key);
        self
    }

    /// It does not train.
    #[must_use]
    pub const fn frozen(mut self) -> Self {
        self.train = false;
        self
    }
}

/// First values of a parameter. Fan-in is the last axis, as PyTorch counts it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Init {
    /// All 0.
    #[default]
    Zeros,
    /// All 1.
    Ones,
    /// All this.
    Constant(f64),
    /// Normal with this standard deviation.
    Normal(f64),
    /// Uniform within ± this.
    Uniform(f64),
    /// Uniform within ± √(6 / ((1 + a²) · fan-in)).
    KaimingUniform {
        /// The slope; √5 gives PyTorch's default for a linear layer.
        a: f64,
    },
    /// Uniform within ± √(6 / (fan-in + fan-out)).
    XavierUniform,
    /// Orthogonal rows, or columns where there are more rows than columns, times this.
    Orthogonal(f64),
    /// These values.
    Values(Vec<f32>),
    /// A copy of the site's `weight` or `bias`.
    Base(String),
    /// Rows of the site's `weight`, drawn at random.
    Sample,
    /// These rows of the site's `weight`, from the first again when there are too few.
    Rows(Vec<u32>),
    /// The rows of the site's `weight` that stand for the words of a text, from the first again when there
    /// are too few.
    Text(String),
    /// What a trained graft of [`ModelMap::grafts`](super::ModelMap::grafts) has under a key.
    Graft {
        /// The graft's name there.
        name: String,
        /// The key; `{site}` and `{layer}` are filled in.
        key: String,
    },
    /// Computed once by steps over the site's static values and the parameters before this one. Here
    /// `svd` may be used too.
    #[serde(untagged)]
    Computed {
        /// The steps.
        steps: Vec<Step>,
        /// The name of the value.
        value: String,
    },
}

const fn yes() -> bool {
    true
}
const fn is_true(value: &bool) -> bool {
    *value
}
