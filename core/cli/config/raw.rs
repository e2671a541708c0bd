//! A run file as it is written: nothing is opened, no path is made absolute, no default depends on another key.

use engraft_engine::run::{CheckpointSettings, EvaluateSettings, ModelSettings, OptimizeSettings, Settings};
use engraft_engine::{batch, data, report, tokenize};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A run: data, model, method and plugins, in the order of the walk.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Raw {
    /// The run's name; the name of the run file's folder where none is given.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// All randomness comes from it.
    #[serde(default = "default_seed")]
    pub(crate) seed: u64,
    /// Where it computes: `auto` (the first GPU, else the CPU), `cpu` or `cuda:N`.
    #[serde(default = "default_device")]
    pub(crate) device: String,
    /// Files with plugins, or installed plugins, beside those that are built in.
    #[serde(default)]
    pub(crate) plugin: Vec<PluginFile>,
    /// The domain adapter: labels, how rows are read, the rules to beat.
    pub(crate) domain: Named,
    /// Where the examples are.
    #[serde(default)]
    pub(crate) data: data::Settings,
    /// Preprocessors, in the order in which they clean.
    #[serde(default)]
    pub(crate) preprocess: Vec<Named>,
    /// Augmenters of the training texts. One that leaves holes for the run's own masked language model to fill needs
    /// `grant = ["fill-mask"]`.
    #[serde(default)]
    pub(crate) augment: Vec<Named>,
    /// How texts become tokens.
    #[serde(default)]
    pub(crate) tokenize: tokenize::Settings,
    /// How tokens become batches.
    #[serde(default)]
    pub(crate) batch: batch::Settings,
    /// The pretrained model.
    #[serde(default)]
    pub(crate) model: ModelSettings,
    /// The method: what is trained.
    #[serde(default = "default_method")]
    pub(crate) method: Named,
    /// Metrics; where none is given, the one that decides and the usual ones of the task.
    #[serde(default)]
    pub(crate) metric: Vec<Named>,
    /// How weights move.
    #[serde(default)]
    pub(crate) optimize: OptimizeSettings,
    /// When and how the model is scored.
    #[serde(default)]
    pub(crate) evaluate: EvaluateSettings,
    /// When the state is written.
    #[serde(default)]
    pub(crate) checkpoint: CheckpointSettings,
    /// What is written of the run.
    #[serde(default)]
    pub(crate) report: report::Settings,
}

/// A file with plugins: a component, which runs in a sandbox, or a shared library. Native code may do whatever
/// this process may, so a library is opened only if it is the very file that is trusted.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PluginFile {
    /// The component (`.wasm`) or shared library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<PathBuf>,
    /// In the place of `file`: the name under which `engraft plugins install` put it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// Its SHA-256 in hexadecimal, which says that you trust it; a component may go without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sha256: Option<String>,
    /// What a component may take: `memory_mib`, `seconds` and `output_mib` of one batch.
    #[serde(default, skip_serializing_if = "PluginLimits::is_default")]
    pub(crate) limits: PluginLimits,
    /// What a component may see beyond its input: `folders`, each by the name under which the plugin reads it.
    #[serde(default, skip_serializing_if = "PluginGrants::is_nothing")]
    pub(crate) grants: PluginGrants,
    /// Whether its plugins take the place of built-in ones of the same kind and name.
    #[serde(default)]
    pub(crate) replaces: bool,
}

/// What a component may take; over it, the run ends. Without a number it is generous: the limits guard against what
/// never ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PluginLimits {
    /// MiB of memory of one instance: 512.
    pub(crate) memory_mib: Option<u32>,
    /// Seconds that one batch may take: 10.
    pub(crate) seconds: Option<u32>,
    /// MiB that one batch may answer: 128.
    pub(crate) output_mib: Option<u32>,
}

impl PluginLimits {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What a component may see beyond its input; nothing, unless it is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PluginGrants {
    /// Folders to read, by the name under which the plugin sees them: `lexicon = "data/words"` as `/lexicon`.
    pub(crate) folders: BTreeMap<String, PathBuf>,
}

impl PluginGrants {
    /// The same folders, those with relative paths from this one.
    pub(crate) fn within(&self, folder: &Path) -> Self {
        Self { folders: self.folders.iter().map(|(name, path)| (name.clone(), folder.join(path))).collect() }
    }

    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// A plugin's table: which plugin, and its settings.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Named {
    /// The plugin's name.
    #[serde(rename = "use")]
    pub(crate) plugin: String,
    /// The plugin's own settings.
    #[serde(flatten)]
    pub(crate) settings: Map<String, Value>,
}

impl Raw {
    /// The engine's own sections.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            data: self.data.clone(),
            tokenize: self.tokenize.clone(),
            batch: self.batch.clone(),
            model: self.model.clone(),
            optimize: self.optimize.clone(),
            evaluate: self.evaluate.clone(),
            checkpoint: self.checkpoint.clone(),
            report: self.report.clone(),
        }
    }
}

const fn default_seed() -> u64 {
    42
}

fn default_device() -> String {
    "auto".to_owned()
}

fn default_method() -> Named {
    Named { plugin: "full".to_owned(), settings: Map::new() }
}
