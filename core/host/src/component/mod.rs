//! The loader `component`: plugins as WebAssembly components, which can do no harm.
//!
//! A component is a program in a sandbox of its own (`sandbox`): it computes on what it is handed and answers,
//! within [`Limits`]; nothing else of the machine is there. What it says of itself is what it is: `describe`
//! names the plugins, and the interface of each must be exported. From there on, a plugin of a component is an
//! [`Entry`] like any other, and its instances implement the traits that the engine calls (`foreign`).
//!
//! ```no_run
//! use engraft_host::{Catalogue, component};
//! let entries = component::open("plugins/blanks.wasm".as_ref(), &component::Options::default())?;
//! let catalogue = Catalogue::new(entries)?;
//! # Ok::<(), engraft_host::Error>(())
//! ```
//!
//! Calls block, and must not come from inside an asynchronous runtime.

mod bindings;
mod cache;
mod clock;
mod failure;
mod foreign;
mod grants;
mod imports;
mod limits;
mod printed;
mod sandbox;
mod worker;

pub use grants::Grants;
pub use limits::Limits;

use crate::entry::{Entry, Origin};
use crate::error::{Error, Result};
use engraft_plugin::register::Meter;
use engraft_plugin::{Descriptor, Failure};
use foreign::Found;
use sha2::{Digest, Sha256};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use worker::Loaded;

/// Bytes of the largest file that is read; a Python interpreter with its library has 40 MiB.
const LARGEST: u64 = 256 << 20;

/// How components are opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What one instance may take.
    pub limits: Limits,
    /// What it is granted beyond its input.
    pub grants: Grants,
    /// The folder that keeps compiled components; made when it is not there, and nobody else's. Without one,
    /// every opening compiles anew.
    pub cache: Option<PathBuf>,
}

/// Opens a component file: an entry for each plugin in it.
///
/// # Errors
/// `plugin.component` for a file that cannot be read or used, `plugin.grant` for a folder that cannot be granted,
/// `plugin.descriptor` for a plugin that breaks the contract.
pub fn open(file: &Path, options: &Options) -> Result<Vec<Entry>> {
    let name = file.display().to_string();
    let size = std::fs::metadata(file).map_err(refuse(&name))?.len();
    if size > LARGEST {
        return Err(refuse(&name)(format!("it has {size} bytes, and at most {LARGEST} are read")));
    }
    load(&name, &std::fs::read(file).map_err(refuse(&name))?, options)
}

/// Opens a component from memory, so that the bytes that were hashed are those that run. `name` is for messages.
///
/// # Errors
/// As [`open`].
pub fn load(name: &str, bytes: &[u8], options: &Options) -> Result<Vec<Entry>> {
    let hash = format!("{:x}", HexOf(Sha256::digest(bytes).as_slice()));
    let sandbox = sandbox::sandbox().map_err(refuse(name))?;
    let component = cache::compile(&sandbox.engine, bytes, &hash, options.cache.as_deref())
        .map_err(|error| refuse(name)(format!("{error:#}")))?;
    imports::check(&component, &sandbox.engine).map_err(refuse(name))?;
    let pre = sandbox.linker.instantiate_pre(&component).map_err(|error| refuse(name)(format!("{error:#}")))?;
    let found = Found::new(&pre).map_err(|error| {
        refuse(name)(format!("it is no plugin: expected the interface `engraft:describe/describe@1.0.0`; {error:#}"))
    })?;
    options.grants.check().map_err(|reason| Error::Grant { file: name.to_owned(), reason })?;
    let grants = options.grants.clone();
    let loaded = Loaded { sandbox, pre, limits: options.limits, grants, meter: Meter::default() };
    let found = Arc::new(found);
    let descriptors =
        describe(&loaded, &found).map_err(|failure| refuse(name)(format!("describing itself it {failure}")))?;
    if descriptors.is_empty() {
        return Err(refuse(name)("it describes no plugin"));
    }
    descriptors.iter().map(|json| entry(name, &hash, json, &loaded, &found)).collect()
}

/// Asks a component which plugins it holds.
fn describe(loaded: &Loaded, found: &Found) -> Result<Vec<String>, Failure> {
    let (mut store, instance) = loaded.start()?;
    loaded.call(&mut store, |store| found.describe.load(&mut *store, &instance)?.call_describe(store))
}

/// The entry of one descriptor, once its kind is known to be exported.
fn entry(name: &str, hash: &str, json: &str, loaded: &Loaded, found: &Arc<Found>) -> Result<Entry> {
    let descriptor: Descriptor =
        serde_json::from_str(json).map_err(|error| refuse(name)(format!("a descriptor that is none: {error}")))?;
    let (kind, id) = (descriptor.kind, descriptor.id.clone());
    let origin =
        Origin::Component { file: name.to_owned(), hash: hash.to_owned(), version: descriptor.version.clone() };
    if !found.has(kind) {
        let reason = format!("it describes a {kind} and does not export `engraft:{kind}/{kind}`, or in another form");
        return Err(Error::Descriptor { id, origin, reason });
    }
    // Each plugin of a file has a meter of its own.
    let meter = Meter::default();
    let (loaded, found) = (Arc::new(Loaded { meter: meter.clone(), ..loaded.clone() }), Arc::clone(found));
    let entry =
        Entry::new(descriptor, origin, move |settings, setting| found.open(&loaded, kind, &id, settings, setting));
    Ok(entry?.metered(meter))
}

/// Makes the error of a component that cannot be used.
fn refuse<R: Display>(name: &str) -> impl Fn(R) -> Error {
    move |reason| Error::Component { file: name.to_owned(), reason: reason.to_string() }
}

/// Bytes in hexadecimal.
struct HexOf<'a>(&'a [u8]);

impl std::fmt::LowerHex for HexOf<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
