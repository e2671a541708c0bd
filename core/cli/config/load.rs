//! Reads a run file, the environment and `--set` into one value, and checks its form.

use super::locate::locate;
use super::overrides::{Override, Overrides};
use super::raw::Raw;
use super::schema;
use crate::error::{Failure, Result, code_of};
use engraft_host::{Problem, problem, settings};
use miette::LabeledSpan;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A run file, read and of the right form.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The file, as it was named.
    pub(crate) path: PathBuf,
    /// Whether the user named this very file, and not a folder that holds it: what it says is the user's own word.
    pub(crate) is_named: bool,
    folder: PathBuf,
    /// What it and the overrides say.
    pub(crate) raw: Raw,
    text: String,
    overrides: Vec<Override>,
}

/// Reads the run file `path` (or `path/run.toml`), then the environment, then `sets`.
///
/// # Errors
/// `file.missing`, `config.encoding`, `config.syntax`, `config.set`, `config.unknown-key`, `config.missing-key`,
/// `config.value`.
pub(crate) fn load(path: &Path, sets: &[String]) -> Result<Loaded> {
    let is_named = !path.is_dir();
    let path = if is_named { path.to_owned() } else { path.join("run.toml") };
    let text = read(&path)?;
    let environment = Override::environment()?;
    let sets = sets.iter().map(|text| Override::parse(text)).collect::<Result<Vec<_>>>()?;
    let overrides = [environment, sets].concat();
    let value: Value = config::Config::builder()
        .add_source(config::File::from_str(&text, config::FileFormat::Toml))
        .add_source(Overrides(overrides.clone()))
        .build()
        .and_then(config::Config::try_deserialize)
        .map_err(|error| Failure::usage("config.set", error.to_string()))?;
    let place = Place { path: &path, text: &text, overrides: &overrides };
    let schema = schema::of_raw();
    let problems = settings::check(&schema, &value).expect("the schema of run files is one");
    place.refuse(problems, None)?;
    let raw = serde_json::from_value(settings::fill(&schema, &value))
        .map_err(|error| Failure::usage("config.value", format!("`{}`: {error}", path.display())))?;
    let whole = std::path::absolute(&path).map_err(|error| Failure::reading(&path, "run file", &error))?;
    let folder = whole.parent().unwrap_or(Path::new("/")).to_owned();
    Ok(Loaded { path, is_named, folder, raw, text, overrides })
}

impl Loaded {
    /// The folder that the file's relative paths start from, absolute.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The run's name: its own, or that of the folder that holds the run file.
    pub(crate) fn name(&self) -> String {
        let folder = || self.folder().file_name().map_or("run".into(), |name| name.to_string_lossy().into_owned());
        self.raw.name.clone().unwrap_or_else(folder)
    }

    /// Refuses the run if anything is wrong with it.
    ///
    /// # Errors
    /// `config.unknown-key`, `config.missing-key` or `config.value`, pointing at each key.
    pub(crate) fn refuse(&self, problems: Vec<Problem>, help: Option<String>) -> Result<()> {
        self.place().refuse(problems, help)
    }

    /// Adds to a failure the place of the key that it is about.
    pub(crate) fn at(&self, failure: Failure, key: &str) -> Failure {
        self.place().at(failure, &[(key, None)])
    }

    fn place(&self) -> Place<'_> {
        Place { path: &self.path, text: &self.text, overrides: &self.overrides }
    }
}

/// Where keys come from: a file's text, and what was set over it.
struct Place<'a> {
    path: &'a Path,
    text: &'a str,
    overrides: &'a [Override],
}

impl Place<'_> {
    fn refuse(&self, problems: Vec<Problem>, help: Option<String>) -> Result<()> {
        if problems.is_empty() {
            return Ok(());
        }
        let message = format!("run file `{}`:{}", self.path.display(), problem::list(&problems));
        let failure = Failure::usage(code_of(&problems), message);
        let failure = match help {
            Some(help) => failure.help(help),
            None => failure,
        };
        let keys: Vec<(&str, Option<&str>)> =
            problems.iter().map(|problem| (problem.key(), Some(word(problem)))).collect();
        Err(self.at(failure, &keys))
    }

    /// Points at keys: in the file, or at the override that set them.
    fn at(&self, failure: Failure, keys: &[(&str, Option<&str>)]) -> Failure {
        let mut labels = Vec::new();
        let mut set = Vec::new();
        for (key, word) in keys {
            if let Some(one) = self.overrides.iter().rev().find(|one| one.sets(key)) {
                set.push(one.to_string());
                continue;
            }
            set.extend(self.overrides.iter().filter(|one| one.sets_within(key)).map(ToString::to_string));
            if let Some(span) = locate(self.text, key) {
                labels.push(LabeledSpan::new_with_span(word.map(str::to_owned), span));
            }
        }
        let failure = failure.within(self.path, self.text, labels);
        if set.is_empty() { failure } else { failure.help(format!("it was set by {}", set.join(" and "))) }
    }
}

/// A word to stand beside the place of a problem.
fn word(problem: &Problem) -> &str {
    match problem {
        Problem::UnknownKey { .. } => "unknown key",
        Problem::Missing { .. } => "a key is missing here",
        _ => "this value",
    }
}

/// The text of a run file that is TOML.
fn read(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|error| Failure::reading(path, "run file", &error))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
        let byte = error.as_bytes()[at];
        let message = format!("run file `{}` line {line}: expected UTF-8, found byte 0x{byte:02x}", path.display());
        Failure::usage("config.encoding", message)
    })?;
    match toml::de::DeTable::parse(&text) {
        Ok(_) => Ok(text),
        Err(error) => {
            let label = error.span().map(|span| LabeledSpan::new_with_span(Some(error.message().to_owned()), span));
            let message = format!("run file `{}` is no TOML: {}", path.display(), error.message());
            Err(Failure::usage("config.syntax", message).within(path, &text, label.into_iter().collect()))
        }
    }
}
