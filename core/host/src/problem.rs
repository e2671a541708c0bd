//! What is wrong with one key of a table of settings.

use std::fmt;

/// One key that does not fit its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A key that the schema does not have.
    UnknownKey {
        /// The dotted key.
        key: String,
        /// The key most like it, if one is like it.
        near: Option<String>,
        /// The keys that may stand there.
        available: Vec<String>,
    },
    /// A value of the wrong form.
    Value {
        /// The dotted key; empty for the table itself.
        key: String,
        /// What would do.
        expected: String,
        /// What was found.
        found: String,
    },
    /// A key that must be given and is not.
    Missing {
        /// The dotted key.
        key: String,
        /// What would do.
        expected: String,
    },
}

impl Problem {
    /// The dotted key.
    pub fn key(&self) -> &str {
        match self {
            Self::UnknownKey { key, .. } | Self::Value { key, .. } | Self::Missing { key, .. } => key,
        }
    }

    /// The same problem, seen from the table that holds this one under `prefix`.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        let (Self::UnknownKey { key, .. } | Self::Value { key, .. } | Self::Missing { key, .. }) = &mut self;
        *key = join(prefix, key);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey { key, near: Some(near), .. } => {
                write!(f, "unknown key `{key}`; did you mean `{near}`?")
            }
            Self::UnknownKey { key, near: None, available } if available.is_empty() => {
                write!(f, "unknown key `{key}`; expected no key here")
            }
            Self::UnknownKey { key, near: None, available } => {
                write!(f, "unknown key `{key}`; expected one of {}", quoted(available))
            }
            Self::Value { key, expected, found } if key.is_empty() => write!(f, "expected {expected}, found {found}"),
            Self::Value { key, expected, found } => write!(f, "`{key}`: expected {expected}, found {found}"),
            Self::Missing { key, expected } => write!(f, "`{key}` is missing: expected {expected}"),
        }
    }
}

/// Joins two dotted keys, either of which may be empty.
pub fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() || key.is_empty() { format!("{prefix}{key}") } else { format!("{prefix}.{key}") }
}

/// Problems as they stand after a colon: on its line, or a line each when there is more than one.
pub fn list(problems: &[Problem]) -> String {
    match problems {
        [one] => format!(" {one}"),
        many => many.iter().map(|problem| format!("\n  {problem}")).collect(),
    }
}

/// Names in backquotes, between commas.
pub(crate) fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
