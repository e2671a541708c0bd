//! What a command answers when it cannot do its work: code, message, help, place in the run file, exit code.

use engraft_host::Problem;
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use std::fmt;
use std::io;
use std::path::Path;

/// What a command answers.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// A failure, as the user sees it. `docs/errors.md` has a section for each code.
#[derive(Debug)]
pub(crate) struct Failure(Box<Parts>);

#[derive(Debug)]
struct Parts {
    code: String,
    message: String,
    help: Option<String>,
    is_usage: bool,
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
}

impl Failure {
    /// The command line or the configuration is wrong: exit code 2.
    pub(crate) fn usage(code: impl Into<String>, message: impl Into<String>) -> Self {
        let (code, message) = (code.into(), message.into());
        Self(Box::new(Parts { code, message, help: None, is_usage: true, source: None, labels: Vec::new() }))
    }

    /// The request was right and its work failed: exit code 1.
    pub(crate) fn run(code: impl Into<String>, message: impl Into<String>) -> Self {
        let mut failure = Self::usage(code, message);
        failure.0.is_usage = false;
        failure
    }

    /// Adds what to do about it, after what is said already.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        let help = help.into();
        self.0.help = Some(match self.0.help.take() {
            Some(before) => format!("{before}\n{help}"),
            None => help,
        });
        self
    }

    /// Adds the file in which the fault stands, and the places in it.
    #[must_use]
    pub(crate) fn within(mut self, path: &Path, text: &str, labels: Vec<LabeledSpan>) -> Self {
        if !labels.is_empty() {
            self.0.source = Some(NamedSource::new(path.display().to_string(), text.to_owned()).with_language("toml"));
            self.0.labels = labels;
        }
        self
    }

    /// A file that cannot be read.
    pub(crate) fn reading(path: &Path, what: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => {
                Self::usage("file.missing", format!("{what} `{}` does not exist", path.display()))
            }
            _ => Self::usage("file.unreadable", format!("cannot read {what} `{}`: {error}", path.display())),
        }
    }

    /// A file that cannot be written.
    pub(crate) fn writing(path: &Path, error: &io::Error) -> Self {
        Self::run("file.unwritable", format!("cannot write `{}`: {error}", path.display()))
    }

    /// Whether it has this code.
    pub(crate) fn is(&self, code: &str) -> bool {
        self.0.code == code
    }

    /// The process's exit code.
    pub(crate) fn exit_code(&self) -> u8 {
        if self.0.is_usage { 2 } else { 1 }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Failure {}

impl Diagnostic for Failure {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.0.code))
    }
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.source.as_ref().map(|source| source as &dyn SourceCode)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.0.labels.is_empty()).then(|| Box::new(self.0.labels.iter().cloned()) as Box<dyn Iterator<Item = _>>)
    }
}

impl From<engraft_engine::Error> for Failure {
    fn from(error: engraft_engine::Error) -> Self {
        let failure = if error.is_usage() { Self::usage } else { Self::run }(error.code(), error.to_string());
        match error.help() {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}

impl From<engraft_data::Error> for Failure {
    fn from(error: engraft_data::Error) -> Self {
        let failure = if error.is_usage() { Self::usage } else { Self::run }(error.code(), error.to_string());
        match error.help() {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}

impl From<engraft_host::Error> for Failure {
    fn from(error: engraft_host::Error) -> Self {
        let failure = Self::usage(error.code(), error.to_string());
        match error.help() {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}

/// The code of a set of problems: `config.unknown-key` when that is all there is.
pub(crate) fn code_of(problems: &[Problem]) -> &'static str {
    let are_all = |is: fn(&Problem) -> bool| problems.iter().all(is);
    if are_all(|problem| matches!(problem, Problem::UnknownKey { .. })) {
        "config.unknown-key"
    } else if are_all(|problem| matches!(problem, Problem::Missing { .. })) {
        "config.missing-key"
    } else {
        "config.value"
    }
}
