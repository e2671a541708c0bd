//! What can be wrong with a library.

use engraft_plugin::abi::table;

/// What is wrong with a library.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It cannot be read.
    #[error("it cannot be read: {reason}")]
    Unreadable {
        /// The system's words.
        reason: String,
    },
    /// It is not the file that the run trusts.
    #[error("expected the SHA-256 {expected}, found {found}")]
    Hash {
        /// The one that is trusted.
        expected: String,
        /// The one it has.
        found: String,
    },
    /// It is no shared library of this machine.
    #[error("expected a shared library, found {found}")]
    NoLibrary {
        /// What it is.
        found: String,
    },
    /// Its data symbol is missing or is not what the contract asks.
    #[error("expected the data symbol `{}`, {found}", table::SYMBOL)]
    Entry {
        /// What there is.
        found: String,
    },
    /// It was built for another revision of the entry.
    #[error("expected revision {} of `{}`, found {found}", table::REVISION, table::SYMBOL)]
    Revision {
        /// Its revision.
        found: u32,
    },
    /// A panic in it would end the host.
    #[error("expected a library that catches its panics, found one that does not (`panic = \"abort\"`)")]
    Panics,
    /// The host's own folder cannot be used.
    #[error("the host's folder for native libraries cannot be used: {reason}")]
    Cache {
        /// What is wrong with it.
        reason: String,
    },
    /// The system does not load it.
    #[error("the system does not load it: {reason}")]
    Load {
        /// The system's words.
        reason: String,
    },
    /// What it describes is not what it exports.
    #[error("{reason}")]
    Interface {
        /// What was expected and found.
        reason: String,
    },
}

impl Fault {
    /// A stable dotted code; `docs/errors.md` has a section for each.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "plugin.unreadable",
            Self::Hash { .. } => "plugin.hash",
            Self::NoLibrary { .. } => "plugin.no-library",
            Self::Entry { .. } => "plugin.entry",
            Self::Revision { .. } => "plugin.revision",
            Self::Panics => "plugin.panics",
            Self::Cache { .. } => "plugin.cache",
            Self::Load { .. } => "plugin.load",
            Self::Interface { .. } => "plugin.interface",
        }
    }

    /// What to do about it, in a sentence.
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Hash { .. } => Some("if the change is yours, trust the new hash; if not, do not run it"),
            Self::NoLibrary { .. } => {
                Some("a Rust plugin becomes one by `crate-type = [\"cdylib\"]` and `cargo build`")
            }
            Self::Entry { .. } => {
                Some("a Rust plugin gets it from `engraft_plugin::register!`, a C plugin from `engraft.h`")
            }
            Self::Revision { .. } => {
                Some("build the plugin with the `engraft-plugin` of this Engraft, or take another Engraft")
            }
            Self::Panics => Some("build it with `panic = \"unwind\"`, which is the default"),
            _ => None,
        }
    }
}
