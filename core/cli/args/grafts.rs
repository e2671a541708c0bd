//! `engraft merge` and `engraft graft` on the command line.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `engraft merge`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  engraft merge runs/lora --into merged
  engraft merge runs/lora --check --json
  engraft merge runs/lora/grafts/cardiology --into merged --base hub:google-bert/bert-base-uncased
  engraft merge adapter --run run.toml --into merged

No plugin is asked: the graft's plan lies beside its weights. A folder that PEFT wrote has no plan
and no labels: --run names a run of the same task, whose labels and base model are taken. What is
written is a whole model in Hugging Face's layout. Both are run on the same probe texts first, and
a difference of logits above the tolerance writes nothing.")]
pub(crate) struct MergeArgs {
    /// A run folder, or a graft folder, ours or PEFT's.
    #[arg(value_name = "GRAFT")]
    pub(crate) graft: PathBuf,
    /// For a folder that PEFT wrote: a run file or run folder of the same task.
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<PathBuf>,
    /// The folder of the merged model: a new one, or an empty one.
    #[arg(long, value_name = "DIR", required_unless_present = "check")]
    pub(crate) into: Option<PathBuf>,
    /// Says whether it merges, and writes nothing.
    #[arg(long, conflicts_with = "into")]
    pub(crate) check: bool,
    /// The base model, where the one that the graft names lies elsewhere now: a folder, `hub:…` or `wheel:…`.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) base: Option<String>,
    /// Merges into the base model even if the graft was trained on another of the same shapes.
    #[arg(long)]
    pub(crate) any_base: bool,
    /// The largest difference of a logit that is allowed.
    #[arg(long, value_name = "NUMBER", default_value_t = 1e-3)]
    pub(crate) tolerance: f64,
    /// Prints the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `engraft graft`.
#[derive(Debug, Subcommand)]
pub(crate) enum GraftCommand {
    /// Lists the grafts of a run.
    #[command(after_help = "Examples:
  engraft graft list runs/medical-ner
  engraft graft list runs/medical-ner --json | jq '.[].name'")]
    List {
        /// A run folder.
        #[arg(value_name = "RUN")]
        run: PathBuf,
        /// Prints the list as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Puts a graft beside those of a run, under a name.
    #[command(after_help = "Examples:
  engraft graft add runs/medical-ner cardiology runs/cardiology/graft
  engraft predict runs/medical-ner --graft cardiology \"Signs of heart failure.\"

It is opened on the run's model first: one that was trained on other weights is refused.")]
    Add {
        /// A run folder.
        #[arg(value_name = "RUN")]
        run: PathBuf,
        /// Its name: lower-case words joined by hyphens.
        name: String,
        /// A graft folder, ours or PEFT's; or a run folder that holds one.
        #[arg(value_name = "DIR")]
        graft: PathBuf,
        /// Takes the place of a graft of that name.
        #[arg(long)]
        replace: bool,
        /// Adds it even if it was trained on another model of the same shapes.
        #[arg(long)]
        any_base: bool,
        /// Prints the graft as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Removes a graft that was added.
    #[command(after_help = "Example:\n  engraft graft remove runs/medical-ner cardiology")]
    Remove {
        /// A run folder.
        #[arg(value_name = "RUN")]
        run: PathBuf,
        /// The name it was added under.
        name: String,
    },
}
