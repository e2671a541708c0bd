//! Options of `engraft data` that tell how files are read and written.

use clap::Args;
use engraft_data::{Annotators, Answers, Encoding, Format, LabelFrom, Offsets, Scheme};
use serde::de::DeserializeOwned;

/// A value by the name that it has in files.
fn named<T: DeserializeOwned>(name: &str) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::from(name)).map_err(|error| error.to_string())
}

/// `NAME=VALUE`.
fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=COLUMN, as in text=ask")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// How files are read.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Reading")]
pub(crate) struct ReadArgs {
    /// The format; by the file's name where none is given. One of jsonl, json, csv, tsv, conll, word-tag, brat,
    /// pubtator, label-studio, prodigy, doccano, squad, lines, documents, parquet, arrow.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) from: Option<Format>,
    /// utf-8, utf-16, gb18030 or latin-1; detected where none is given (latin-1 never is).
    #[arg(long, value_name = "NAME", value_parser = named::<Encoding>)]
    pub(crate) encoding: Option<Encoding>,
    /// What offsets count: bytes, characters or utf16; what the format's own tools count where nothing is given.
    #[arg(long, value_name = "UNIT", value_parser = named::<Offsets>)]
    pub(crate) offsets: Option<Offsets>,
    /// A column that has another name with us: text=ask, label=department. May be repeated.
    #[arg(long, value_name = "NAME=COLUMN", value_parser = pair)]
    pub(crate) field: Vec<(String, String)>,
    /// What gives plain texts their label: folder, stem or ending.
    #[arg(long, value_name = "WHAT", value_parser = named::<LabelFrom>)]
    pub(crate) label_from: Option<LabelFrom>,
    /// Whose annotations are read where several people annotated a text: first, or all (a record for each).
    #[arg(long, value_name = "WHO", default_value = "first", value_parser = named::<Annotators>)]
    pub(crate) annotators: Annotators,
    /// Which answers of Prodigy are read: usable, or all.
    #[arg(long, value_name = "WHICH", default_value = "usable", value_parser = named::<Answers>)]
    pub(crate) answers: Answers,
    /// Reads at most so many records of each file.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

/// How files are written.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Writing")]
pub(crate) struct WriteArgs {
    /// The format; by the file's name where none is given.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Option<Format>,
    /// What written offsets count; what the format's own tools count where nothing is given.
    #[arg(long, value_name = "UNIT", value_parser = named::<Offsets>)]
    pub(crate) to_offsets: Option<Offsets>,
    /// Tags of CoNLL and word|TAG: iob1, iob2 or bioes.
    #[arg(long, default_value = "iob2", value_parser = named::<Scheme>)]
    pub(crate) scheme: Scheme,
    /// Writes CoNLL without the comments that hold text, labels and fields.
    #[arg(long)]
    pub(crate) plain: bool,
    /// Leaves out what the format cannot hold, and says how much.
    #[arg(long)]
    pub(crate) lossy: bool,
}
