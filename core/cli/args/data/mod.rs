//! What may stand after `engraft data`.

mod files;

use super::SetArgs;
use clap::{Args, Subcommand, ValueEnum};
pub(crate) use files::{ReadArgs, WriteArgs};
use std::path::PathBuf;

/// `NAME=SHARE`.
fn part(text: &str) -> Result<(String, f64), String> {
    let (name, share) = text.split_once('=').ok_or("expected NAME=SHARE, as in train=0.8")?;
    Ok((name.to_owned(), share.parse().map_err(|_| format!("expected a number, found `{share}`"))?))
}

/// How a model is asked for translations.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Asking")]
pub(crate) struct TranslateArgs {
    /// How freely the model chooses words; 0 takes the likeliest.
    #[arg(long, default_value_t = 0.7)]
    pub(crate) temperature: f64,
    /// The seed that is sent along; servers may ignore it.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// The variable of the environment that holds the key; none is sent where it is not set.
    #[arg(long, value_name = "VARIABLE", default_value = "OPENAI_API_KEY")]
    pub(crate) key: String,
    /// Seconds after which an answer is given up.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) timeout: u64,
    /// Texts asked for at once.
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub(crate) jobs: usize,
}

/// `engraft data`.
#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Writes records in another format.
    #[command(after_help = "Examples:
  engraft data convert annotations/ train.jsonl
  engraft data convert export.json train.conll --from label-studio --scheme bioes
  engraft data convert consultations.csv train.jsonl --encoding gb18030 --field text=ask --field label=department
  engraft data convert train.jsonl annotations/ --to brat

What the format cannot hold ends the conversion, unless --lossy leaves it out.")]
    Convert {
        /// A file, or a folder.
        #[arg(value_name = "FROM")]
        input: PathBuf,
        /// The file or folder to write.
        #[arg(value_name = "TO")]
        output: PathBuf,
        #[command(flatten)]
        read: ReadArgs,
        #[command(flatten)]
        write: WriteArgs,
    },
    /// Reports what data is made of, and what may be wrong with it.
    #[command(after_help = "Examples:
  engraft data check train.jsonl dev.jsonl test.jsonl
  engraft data check corpus/ --from conll --json
  engraft data check train.jsonl test.jsonl --html report.html

Texts of a later file are looked for in the files before it.")]
    Check {
        /// Files, or folders.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        read: ReadArgs,
        /// Prints the report as JSON.
        #[arg(long)]
        json: bool,
        /// Writes the report as a page with plots.
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
    /// Finds texts that stand twice, or nearly, inside a set and in others.
    #[command(after_help = "Examples:
  engraft data dedup train.jsonl
  engraft data dedup train.jsonl --against dev.jsonl --against test.jsonl --out train.clean.jsonl
  engraft data dedup cases.jsonl --threshold 0.6 --json

With --out the first of texts that are alike stays, and none that is like a text of another set.")]
    Dedup {
        /// A file, or a folder.
        #[arg(value_name = "FILE")]
        input: PathBuf,
        /// Sets whose texts must not be in FILE: dev, test. May be repeated.
        #[arg(long, value_name = "FILE")]
        against: Vec<PathBuf>,
        /// Writes what stays.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// The least share of shingles that two texts have in common (Jaccard).
        #[arg(long, default_value_t = 0.8)]
        threshold: f64,
        /// The length of a MinHash signature: more finds more, and takes longer.
        #[arg(long, default_value_t = 128)]
        permutations: usize,
        /// The width of a shingle in characters; a Chinese character is two wide.
        #[arg(long, default_value_t = 5)]
        shingle: usize,
        #[command(flatten)]
        read: ReadArgs,
        #[command(flatten)]
        write: WriteArgs,
        /// Prints all clusters as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Divides a set into train, dev and test.
    #[command(after_help = "Examples:
  engraft data split all.jsonl --out data --stratify
  engraft data split notes.jsonl --out data --group patient --near 0.8
  engraft data split filings.jsonl --out data --time filed --part train=0.7 --part test=0.3

Beside the parts lies manifest.json: seed, options, and the SHA-256 of every file.")]
    Split {
        /// A file, or a folder.
        #[arg(value_name = "FILE")]
        input: PathBuf,
        /// The folder for the parts and their manifest.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// A part and its share; train=0.8, dev=0.1 and test=0.1 where none is given. May be repeated.
        #[arg(long, value_name = "NAME=SHARE", value_parser = part)]
        part: Vec<(String, f64)>,
        /// Gives each part each label as often as the whole has it.
        #[arg(long)]
        stratify: bool,
        /// The field whose equal values stay in one part: patient, contract, customer.
        #[arg(long, value_name = "FIELD")]
        group: Option<String>,
        /// The field that orders the records: the earliest go to the first part.
        #[arg(long, value_name = "FIELD", conflicts_with = "stratify")]
        time: Option<String>,
        /// Texts at least so alike stay in one part.
        #[arg(long, value_name = "THRESHOLD")]
        near: Option<f64>,
        /// The seed of the order.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[command(flatten)]
        read: ReadArgs,
        #[command(flatten)]
        write: WriteArgs,
    },
    /// Makes labels equally frequent.
    #[command(after_help = "Examples:
  engraft data balance train.jsonl train.even.jsonl --by under
  engraft data balance train.jsonl train.even.jsonl --by over --count 500")]
    Balance {
        /// A file, or a folder.
        #[arg(value_name = "FROM")]
        input: PathBuf,
        /// The file or folder to write.
        #[arg(value_name = "TO")]
        output: PathBuf,
        /// By leaving out records of frequent labels, or by repeating those of rare ones.
        #[arg(long, value_enum)]
        by: BalanceBy,
        /// How many records a label has at most (under) or at least (over); as the rarest or the most frequent has.
        #[arg(long, value_name = "N")]
        count: Option<usize>,
        /// Which records are taken.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[command(flatten)]
        read: ReadArgs,
        #[command(flatten)]
        write: WriteArgs,
    },
    /// Takes some records, for people to look at.
    #[command(after_help = "Examples:
  engraft data sample train.jsonl to-check.json
  engraft data sample train.jsonl small.jsonl --count 200 --stratify --to jsonl

Written for Label Studio, unless another format is named.")]
    Sample {
        /// A file, or a folder.
        #[arg(value_name = "FROM")]
        input: PathBuf,
        /// The file or folder to write.
        #[arg(value_name = "TO")]
        output: PathBuf,
        /// The share of the records.
        #[arg(long, default_value_t = 0.1)]
        share: f64,
        /// So many records, in the place of a share.
        #[arg(long, value_name = "N", conflicts_with = "share")]
        count: Option<usize>,
        /// Takes each label as often as the whole has it.
        #[arg(long)]
        stratify: bool,
        /// Which records are taken.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[command(flatten)]
        read: ReadArgs,
        #[command(flatten)]
        write: WriteArgs,
    },
    /// Says how far annotators agree: Cohen's and Fleiss' kappa, F1 of spans.
    #[command(after_help = "Examples:
  engraft data agreement ann.jsonl ben.jsonl cho.jsonl
  engraft data agreement export.json --from label-studio --json

Texts are the same that have the same id and text. One file holds all annotators: those of Label Studio and doccano,
or records with a field `annotator`.")]
    Agreement {
        /// A file for each annotator, or one of all.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        read: ReadArgs,
        /// Prints all numbers as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Finds labels that are likely wrong, by models that have not seen them.
    #[command(after_help = "Examples:
  engraft data suspects run.toml
  engraft data suspects run.toml --folds 10 --out to-check.json --to label-studio
  engraft data suspects run.toml --set method.use=lora --set optimize.epochs=1 --json

The run's training set is dealt out to folds, a document to one. For each fold, the run trains on the others and says what
it believes of the fold: no text is judged by a model that has seen it. Texts with suspects come first, the likeliest wrong
before the others.")]
    Suspects {
        /// The run file: its training set, model, method and settings.
        #[arg(value_name = "RUN.toml")]
        run: PathBuf,
        #[command(flatten)]
        set: SetArgs,
        /// Into how many folds the training set is dealt; so many models are trained.
        #[arg(long, default_value_t = 5)]
        folds: usize,
        /// Writes the texts with what is suspected in the fields `suggested` and `score`.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Writes so many texts at most; those with suspects where nothing is given.
        #[arg(long, value_name = "N")]
        count: Option<usize>,
        #[command(flatten)]
        write: WriteArgs,
        /// Prints all texts as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Labels texts by functions that each know a little, without annotators.
    #[command(after_help = "Examples:
  engraft data label texts.jsonl labeled.jsonl --functions functions.toml
  engraft data label texts.csv labeled.jsonl --functions functions.toml --model majority --field text=ask
  engraft data label gold.jsonl --functions functions.toml

A file of functions:
  labels = [\"complaint\", \"praise\"]

  [[function]]
  name = \"money\"
  label = \"complaint\"
  keywords = [\"refund\", \"money back\"]

  [[function]]
  name = \"stars\"
  label = \"praise\"
  field = \"stars\"
  pattern = '^[45]$'

Without a file to write, it only says what the functions are worth. Labels that texts have already are not used, but say how
often each function is right.")]
    Label {
        /// A file, or a folder.
        #[arg(value_name = "FROM")]
        input: PathBuf,
        /// The file or folder to write.
        #[arg(value_name = "TO")]
        output: Option<PathBuf>,
        /// The labeling functions.
        #[arg(long, value_name = "FILE.toml")]
        functions: PathBuf,
        /// What makes labels of votes: each function as good as any other, or by how accurate each is believed to be.
        #[arg(long, value_enum, default_value_t = LabelModel::Generative)]
        model: LabelModel,
        /// The share of a label where it is known; for all labels or none. May be repeated.
        #[arg(long, value_name = "LABEL=SHARE", value_parser = part)]
        balance: Vec<(String, f64)>,
        /// The least probability (or share of votes) of a label that is written.
        #[arg(long, default_value_t = 0.5)]
        least: f64,
        /// Writes texts without a label too.
        #[arg(long)]
        keep: bool,
        #[command(flatten)]
        read: ReadArgs,
        #[command(flatten)]
        write: WriteArgs,
        /// Prints what the functions are worth as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Translates texts there and back, for the augmenter `translated`.
    #[command(after_help = "Examples:
  engraft data translate train.jsonl pairs.tsv --endpoint http://localhost:8000/v1 --model qwen3 --through German
  engraft data translate train.jsonl pairs.tsv --endpoint http://localhost:11434/v1 --model llama3 \\
      --through German --through French --language English --jobs 2

The texts are sent to the endpoint, and nowhere else. Each pair is kept at once: stopped, the command goes on from there.
With ENGRAFT_OFFLINE only servers on this machine are asked.")]
    Translate {
        /// A file, or a folder.
        #[arg(value_name = "FROM")]
        input: PathBuf,
        /// The file of pairs; what it lacks is added.
        #[arg(value_name = "PAIRS")]
        pairs: PathBuf,
        /// The address of a server that speaks OpenAI's protocol, up to what stands before /chat/completions.
        #[arg(long, value_name = "URL")]
        endpoint: String,
        /// The model, as the server calls it.
        #[arg(long, value_name = "NAME")]
        model: String,
        /// A language between; each gives every text a pair. May be repeated.
        #[arg(long, value_name = "LANGUAGE", required = true)]
        through: Vec<String>,
        /// The language of the texts.
        #[arg(long, default_value = "English")]
        language: String,
        #[command(flatten)]
        ask: TranslateArgs,
        #[command(flatten)]
        read: ReadArgs,
        /// Prints the counts as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What makes labels of votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LabelModel {
    /// The label with the most votes.
    Majority,
    /// The likeliest label, functions weighed by how accurate they are believed to be.
    Generative,
}

/// How labels become equally frequent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BalanceBy {
    /// Leaves records out.
    Under,
    /// Repeats records.
    Over,
}
