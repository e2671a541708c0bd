//! What can go wrong between a name in a run file and an opened plugin.

use crate::entry::Origin;
use crate::native::Fault;
use crate::problem::{self, Problem};
use engraft_plugin::kind::Kind;
use std::path::PathBuf;

/// What the host's functions answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What was asked for, what there is, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No plugin of that kind has that id.
    #[error("no {kind} is called `{id}`; there are: {}", list(available))]
    Unknown {
        /// The kind asked for.
        kind: Kind,
        /// The id asked for.
        id: String,
        /// The ids most like it, the likest first.
        near: Vec<String>,
        /// All ids of the kind.
        available: Vec<String>,
    },
    /// Two plugins of one kind with one id.
    #[error("two plugins are called {kind} `{id}`: one {}, one {}", origins[0], origins[1])]
    Clash {
        /// Their kind.
        kind: Kind,
        /// Their id.
        id: String,
        /// Where each came from.
        origins: Box<[Origin; 2]>,
    },
    /// A plugin that describes itself in a way the contract does not allow.
    #[error("the plugin `{id}` ({origin}) cannot be used: {reason}")]
    Descriptor {
        /// The id that it gives itself.
        id: String,
        /// Where it came from.
        origin: Origin,
        /// What was expected and found.
        reason: String,
    },
    /// A file that is no component, or one that cannot be used.
    #[error("the component `{file}` cannot be used: {reason}")]
    Component {
        /// The file.
        file: String,
        /// What was expected and found.
        reason: String,
    },
    /// A folder that cannot be granted to a component.
    #[error("the component `{file}`: {reason}")]
    Grant {
        /// The file.
        file: String,
        /// What was expected and found.
        reason: String,
    },
    /// Settings that do not fit the plugin's schema.
    #[error("settings of {kind} `{id}`:{}", problem::list(problems))]
    Settings {
        /// The plugin's kind.
        kind: Kind,
        /// The plugin's id.
        id: String,
        /// Each key that is wrong; keys are relative to the plugin's table.
        problems: Vec<Problem>,
    },
    /// A plugin that did not open.
    #[error("{kind} `{id}` did not open: {reason}")]
    Open {
        /// The plugin's kind.
        kind: Kind,
        /// The plugin's id.
        id: String,
        /// Its own words.
        reason: String,
    },
    /// A native library that is not opened.
    #[error("the native plugin `{}` is not opened: {fault}", path.display())]
    Native {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        fault: Fault,
    },
}

impl Error {
    /// A stable dotted code; `docs/errors.md` has a section for each.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "plugin.unknown",
            Self::Clash { .. } => "plugin.clash",
            Self::Descriptor { .. } => "plugin.descriptor",
            Self::Component { .. } => "plugin.component",
            Self::Grant { .. } => "plugin.grant",
            Self::Settings { .. } => "plugin.settings",
            Self::Open { .. } => "plugin.open",
            Self::Native { fault, .. } => fault.code(),
        }
    }

    /// What to do about it, in a sentence.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Unknown { kind, near, .. } => Some(match near.first() {
                Some(near) => format!("did you mean `{near}`? `engraft plugins show {kind}/{near}` describes it"),
                None => "`engraft plugins list` shows all of them".to_owned(),
            }),
            Self::Clash { .. } => Some(
                "leave one of them out, or say in its [[plugin]] table that it takes the place: replaces = true".into(),
            ),
            Self::Settings { kind, id, .. } => {
                Some(format!("`engraft plugins show {kind}/{id}` lists its settings with their defaults"))
            }
            Self::Native { fault, .. } => fault.help().map(str::to_owned),
            Self::Component { .. } => Some("a plugin is built as a component with `--target wasm32-wasip2`".to_owned()),
            Self::Grant { .. } => Some("copy what the plugin needs into a folder of its own".to_owned()),
            Self::Descriptor { .. } | Self::Open { .. } => None,
        }
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
