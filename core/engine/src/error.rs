//! What can go wrong in a run. Every error has a code with a page in the book.

mod data;
mod help;

use engraft_plugin::Failure;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use help::near;

/// What the engine's functions answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, what was expected and found, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder that is named and not there.
    #[error("{what} `{path}` does not exist")]
    MissingFile {
        /// What it was to be: `training data`.
        what: String,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file that cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that cannot be written: a full disk, a folder without rights.
    #[error("cannot write `{path}`: {source}")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A link (or a pipe) in the place of a plain file that would be written, or copied into a result.
    #[error("`{path}`: expected a file of its folder, found a link that leads elsewhere, or no plain file")]
    Link {
        /// Where it stands.
        path: PathBuf,
    },
    /// Bytes that are none of the encoding.
    #[error("`{path}` line {line}: expected {encoding}, found byte 0x{byte:02x} at column {column}")]
    Encoding {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The byte column, from 1.
        column: usize,
        /// The first bad byte.
        byte: u8,
        /// The encoding that was expected.
        encoding: &'static str,
    },
    /// A record that cannot be read.
    #[error("`{path}` line {line}: {reason}")]
    Record {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What was expected and found, with its code.
        reason: engraft_plugin::Error,
    },
    /// A split without examples.
    #[error("the {split} split is empty: `{path}` holds no example")]
    EmptySplit {
        /// `train`, `dev` or `test`.
        split: String,
        /// Its file.
        path: PathBuf,
    },
    /// A label that the task does not have.
    #[error("`{path}`, record `{id}`: label `{label}` is not one of the task's: {}", available.join(", "))]
    UnknownLabel {
        /// The file.
        path: PathBuf,
        /// The record.
        id: String,
        /// The label found.
        label: String,
        /// The task's labels.
        available: Vec<String>,
    },
    /// What a run put on disk while it lasts, and does not get back.
    #[error("what waits on the disk of `{folder}` cannot be read back: {reason}")]
    Cache {
        /// The folder whose disk it is.
        folder: PathBuf,
        /// What was expected and found.
        reason: String,
    },
    /// A setting that does not go with the others.
    #[error("setting `{key}`: expected {expected}, found {got}")]
    Setting {
        /// Its dotted key.
        key: String,
        /// What would do.
        expected: String,
        /// What was found.
        got: String,
    },
    /// A device that is not there.
    #[error("device `{device}` is not available: {reason}")]
    Device {
        /// As configured.
        device: String,
        /// Why not.
        reason: String,
    },
    /// A model folder that is not what it should be.
    #[error("model `{path}`: {reason}")]
    Model {
        /// The folder.
        path: PathBuf,
        /// What was expected and found.
        reason: String,
    },
    /// A weight of the wrong shape, or none.
    #[error("model `{path}`: tensor `{tensor}`: expected {expected}, found {got}")]
    Weight {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// Shape expected.
        expected: String,
        /// Shape found, or `nothing` with near names.
        got: String,
    },
    /// A tokenizer that does not fit the model.
    #[error("tokenizer `{path}`: {reason}")]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// What was expected and found.
        reason: String,
    },
    /// A plan that the engine refuses.
    #[error("method `{method}`: {reason}")]
    Plan {
        /// The method.
        method: String,
        /// Graft, step, site, expected and found.
        reason: String,
    },
    /// A graft on another model than it was trained on.
    #[error("graft `{graft}` was trained on other weights (those of `{source_name}`) than `{model}` has")]
    OtherBase {
        /// The graft's folder.
        graft: PathBuf,
        /// The base model, as the run named it.
        source_name: String,
        /// The folder of the model it was to be put on.
        model: PathBuf,
    },
    /// A graft of another kind of task than the run's.
    #[error("graft `{path}`: expected a graft for the task {expected:?}, found one for {found:?}")]
    OtherTask {
        /// The graft's folder.
        path: PathBuf,
        /// What the run predicts.
        expected: engraft_plugin::TaskKind,
        /// What the graft predicts.
        found: engraft_plugin::TaskKind,
    },
    /// A graft that cannot be folded into its base model.
    #[error("method `{method}` does not merge:\n{}", reasons.join("\n"))]
    Unmergeable {
        /// The method.
        method: String,
        /// Graft, step, site and why, a line each.
        reasons: Vec<String>,
    },
    /// A merged model that does not compute what the graft on its base does.
    #[error("the merged model's logits differ by {difference:e} from the graft's: expected at most {tolerance:e}")]
    MergeDiffers {
        /// The largest difference found.
        difference: f64,
        /// The largest that is allowed.
        tolerance: f64,
    },
    /// A name for a graft that is taken, unknown or no name.
    #[error("graft `{name}`: {reason}")]
    GraftName {
        /// The name asked for.
        name: String,
        /// What was expected and found.
        reason: String,
    },
    /// A program that does not check: a fault of a model file, never of a user.
    #[error("program: {0}")]
    Program(String),
    /// A plugin that refused what it must not refuse.
    #[error("plugin `{plugin}`: {reason}")]
    Refused {
        /// The plugin's id.
        plugin: String,
        /// Its own error.
        reason: engraft_plugin::Error,
    },
    /// A plugin that asked for what the run does not grant.
    #[error("augmenter `{plugin}` left a hole for the run's model to fill: expected the grant `{grant}`, found none")]
    Ungranted {
        /// The plugin's id.
        plugin: String,
        /// The grant.
        grant: &'static str,
    },
    /// A model without the head that fills holes.
    #[error(
        "model `{path}` has no head that predicts masked words, which the holes of augmenters need: \
         expected {}, found none of that name and shape",
        missing.join(", ")
    )]
    NoMaskedHead {
        /// The model's folder.
        path: PathBuf,
        /// The tensors that it does not have, with their shapes.
        missing: Vec<String>,
    },
    /// A plugin that broke its promise.
    #[error("plugin `{plugin}` {failure}")]
    PluginFailure {
        /// The plugin's id.
        plugin: String,
        /// What it did.
        failure: Failure,
    },
    /// A checkpoint that cannot be used.
    #[error("checkpoint `{path}`: {reason}")]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What was expected and found.
        reason: String,
    },
    /// Another run writes to the same folder.
    #[error("`{path}` is in use by another run")]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// A folder that already holds a run.
    #[error("`{path}` already holds a run; resume it with --resume, or name another folder with --out")]
    RunExists {
        /// The folder.
        path: PathBuf,
    },
    /// A resume with other settings than the run had.
    #[error("`{path}` holds a run with other settings, and a resumed run keeps them")]
    OtherSettings {
        /// The run folder.
        path: PathBuf,
    },
    /// The loss is no number any more.
    #[error("the loss became {loss} at step {step}")]
    Diverged {
        /// The optimizer step.
        step: usize,
        /// NaN or infinite.
        loss: f64,
    },
    /// A model whose answers are no numbers.
    #[error("the model's answers are no numbers (NaN or infinite)")]
    NoNumbers,
    /// A parameter that should train and gets no gradient, or nothing that trains.
    #[error("gradient audit: {0}")]
    Audit(String),
    /// The tensor library refused.
    #[error("tensor library: {0}")]
    Tensor(#[from] candle_core::Error),
}

impl Error {
    /// A stable dotted code; `docs/errors.md` has a section for each.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MissingFile { .. } => "file.missing",
            Self::Unreadable { .. } => "file.unreadable",
            Self::Unwritable { .. } => "file.unwritable",
            Self::Link { .. } => "file.link",
            Self::Encoding { .. } => "data.encoding",
            Self::Record { .. } => "data.record",
            Self::EmptySplit { .. } => "data.empty-split",
            Self::UnknownLabel { .. } => "data.unknown-label",
            Self::Cache { .. } => "data.cache",
            Self::Setting { .. } => "config.setting",
            Self::Device { .. } => "device.unavailable",
            Self::Model { .. } => "model.folder",
            Self::Weight { .. } => "model.weight",
            Self::Tokenizer { .. } => "model.tokenizer",
            Self::Plan { .. } => "method.plan",
            Self::OtherBase { .. } => "graft.base",
            Self::OtherTask { .. } => "graft.task",
            Self::GraftName { .. } => "graft.name",
            Self::Unmergeable { .. } => "merge.refused",
            Self::MergeDiffers { .. } => "merge.differs",
            Self::Program(_) => "engine.program",
            Self::Refused { .. } => "plugin.refused",
            Self::Ungranted { .. } => "plugin.ungranted",
            Self::NoMaskedHead { .. } => "model.no-masked-head",
            Self::PluginFailure { .. } => "plugin.failure",
            Self::Checkpoint { .. } => "checkpoint.unusable",
            Self::Locked { .. } => "run.locked",
            Self::RunExists { .. } => "run.exists",
            Self::OtherSettings { .. } => "run.other-settings",
            Self::Diverged { .. } => "train.diverged",
            Self::NoNumbers => "model.no-numbers",
            Self::Audit(_) => "train.audit",
            Self::Tensor(_) => "engine.tensor",
        }
    }

    /// Whether the request was wrong (exit code 2) rather than the run (exit code 1).
    pub const fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::MissingFile { .. }
                | Self::Link { .. }
                | Self::Setting { .. }
                | Self::Device { .. }
                | Self::Plan { .. }
                | Self::NoMaskedHead { .. }
                | Self::Ungranted { .. }
                | Self::OtherBase { .. }
                | Self::OtherTask { .. }
                | Self::GraftName { .. }
                | Self::Unmergeable { .. }
                | Self::RunExists { .. }
                | Self::OtherSettings { .. }
        )
    }

    /// An unreadable (or missing) file.
    pub fn reading(path: impl AsRef<Path>, what: &str, source: io::Error) -> Self {
        let path = path.as_ref().to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::MissingFile { what: what.to_owned(), path },
            _ => Self::Unreadable { path, source },
        }
    }

    /// An unwritable file.
    pub fn writing(path: impl AsRef<Path>, source: io::Error) -> Self {
        Self::Unwritable { path: path.as_ref().to_owned(), source }
    }
}
