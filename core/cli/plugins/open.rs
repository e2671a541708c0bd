//! Opens a plugin file, a component or a native library, as far as it is trusted.

use crate::config::{Loaded, PluginFile, PluginLimits};
use crate::error::{Failure, Result};
use crate::home;
use engraft_host::{Entry, component, native};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// What is known of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trust<'a> {
    /// Nothing: a component runs in its sandbox, a library is refused.
    Nothing,
    /// The SHA-256 that it must have.
    Hash(&'a str),
    /// The SHA-256 that a run folder names, which may be somebody else's: a library of that hash must have been trusted
    /// on this machine before.
    Known(&'a str),
    /// The user named this very file and said that it may run.
    Named,
}

/// How a file is opened: as far as it is trusted, and what a component may take and see.
#[derive(Clone, Debug)]
pub(crate) struct How<'a> {
    pub(crate) trust: Trust<'a>,
    pub(crate) limits: component::Limits,
    pub(crate) grants: component::Grants,
}

impl<'a> How<'a> {
    /// With the usual limits and no grant.
    pub(crate) fn trusting(trust: Trust<'a>) -> Self {
        Self { trust, limits: component::Limits::default(), grants: component::Grants::default() }
    }

    /// As the table of a run file says; folders from the run file's own.
    pub(crate) fn of(plugin: &'a PluginFile, loaded: &Loaded) -> Self {
        let PluginLimits { memory_mib, seconds, output_mib } = plugin.limits;
        let trust = if loaded.is_named { Trust::Hash } else { Trust::Known };
        let mut how = Self::trusting(plugin.sha256.as_deref().map_or(Trust::Nothing, trust));
        let bytes = |mib: u32| (mib as usize) << 20;
        how.limits.memory = memory_mib.map_or(how.limits.memory, bytes);
        how.limits.output = output_mib.map_or(how.limits.output, bytes);
        how.limits.time = seconds.map_or(how.limits.time, |seconds| Duration::from_secs(seconds.into()));
        how.grants.folders = plugin.grants.within(loaded.folder()).folders;
        how
    }
}

/// The plugins of a file. A component runs in a sandbox and needs no hash, but keeps to the one it is given; a
/// library needs one.
///
/// # Errors
/// `plugin.untrusted`, with the hash that the file has; `plugin.hash`; `plugin.grant`; what is wrong with the file.
pub(crate) fn open(file: &Path, how: How<'_>) -> Result<Vec<Entry>> {
    let How { trust, limits, grants } = how;
    let home = home::required()?;
    if is_component(file) {
        let options = component::Options { limits, grants, cache: Some(home.join("components")) };
        let entries = component::open(file, &options)?;
        let found = entries.first().and_then(|entry| entry.origin.sha256()).unwrap_or_default();
        return match trust {
            Trust::Hash(expected) | Trust::Known(expected) if !expected.eq_ignore_ascii_case(found) => {
                let file = file.display();
                let message = format!("the component `{file}`: expected the SHA-256 {expected}, found {found}");
                Err(Failure::usage("plugin.hash", message).help("if the change is yours, trust the new hash"))
            }
            _ => Ok(entries),
        };
    }
    if grants != component::Grants::default() || limits != component::Limits::default() {
        let message = format!("`{}` is a native library: limits and grants hold for components only", file.display());
        return Err(Failure::usage("plugin.grant", message).help("take a component, or leave them out"));
    }
    let libraries = home.join("native");
    let found = || native::hash(file);
    let sha256 = match trust {
        Trust::Hash(expected) => expected.to_owned(),
        Trust::Known(expected) if native::was_opened(&found()?, &libraries) => expected.to_owned(),
        Trust::Known(_) => return Err(foreign(file)),
        Trust::Named => found()?,
        Trust::Nothing => {
            return Err(untrusted(file, |hash| format!("in its [[plugin]] table:  sha256 = \"{hash}\""))?);
        }
    };
    Ok(native::open(file, &sha256, &libraries)?)
}

/// The refusal of a library; `place` says where its hash is to be named.
///
/// # Errors
/// `plugin.unreadable`.
pub(crate) fn untrusted(file: &Path, place: impl Fn(&str) -> String) -> Result<Failure> {
    let message = format!("the native plugin `{}` is not trusted: nothing names its SHA-256", file.display());
    let place = place(&native::hash(file)?);
    Ok(Failure::usage("plugin.untrusted", message).help(format!("if you trust who made it, name its hash: {place}")))
}

/// The refusal of a library that nobody here has trusted.
fn foreign(file: &Path) -> Failure {
    let file = file.display();
    let message = format!("the native plugin `{file}` is not trusted: a run folder names it, and it never ran here");
    Failure::usage("plugin.untrusted", message).help(format!(
        "a run folder may come from elsewhere; if you trust who made the library: engraft plugins check --trust {file}"
    ))
}

/// Whether a file begins as WebAssembly does.
pub(crate) fn is_component(file: &Path) -> bool {
    let mut magic = [0; 4];
    std::fs::File::open(file).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && magic == *b"\0asm"
}
