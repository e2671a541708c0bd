//! Loads a library and asks for its tables.

use super::answers::{single, texts};
use super::instance::Opener;
use super::{Fault, augmenter, domain, inspect, method, metric, preprocessor};
use engraft_plugin::Descriptor;
use engraft_plugin::abi::table::{Describe1, Entry, GetInterface, SYMBOL};
use engraft_plugin::abi::view::Str;
use engraft_plugin::kind::Kind;
use std::path::Path;

/// A library that stays loaded until the process ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Library {
    get_interface: GetInterface,
}

/// Loads a file of the host's own folder. Its constructors run, as those of any library.
pub(super) fn load(file: &Path) -> Result<Library, Fault> {
    let refused = |error: libloading::Error| Fault::Load { reason: words(&error) };
    let library = open(file).map_err(refused)?;
    // SAFETY: the symbol's address is taken as a pointer to data, which the file was found to hold under it.
    let entry = unsafe { library.get::<*const Entry>(SYMBOL) }.map(|symbol| *symbol).map_err(refused);
    std::mem::forget(library); // its code and tables are used until the process ends
    // SAFETY: libraries stay loaded, and the head was read from the file before: it is an entry.
    Library::of(unsafe { &*entry? })
}

#[cfg(unix)]
fn open(file: &Path) -> Result<libloading::Library, libloading::Error> {
    use libloading::os::unix;
    let flags = unix::RTLD_NOW | unix::RTLD_LOCAL | libc::RTLD_NODELETE;
    // SAFETY: the run trusts this file by its hash; what its constructors do is the trust that it asked for.
    unsafe { unix::Library::open(Some(file), flags) }.map(Into::into)
}

#[cfg(not(unix))]
fn open(file: &Path) -> Result<libloading::Library, libloading::Error> {
    // SAFETY: the run trusts this file by its hash; what its constructors do is the trust that it asked for.
    unsafe { libloading::Library::new(file) }
}

/// An error with what lies behind it: the system's words.
fn words(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {}", words(source)))
}

impl Library {
    /// The library of an entry.
    pub(super) fn of(entry: &Entry) -> Result<Self, Fault> {
        inspect::check(inspect::Head::from(entry))?;
        let found = || Fault::Entry { found: "found one without `get_interface`".to_owned() };
        Ok(Self { get_interface: entry.get_interface.ok_or_else(found)? })
    }

    /// A copy of a table.
    ///
    /// # Safety
    /// `T` is the struct of that name and revision.
    unsafe fn table<T: Copy>(&self, id: &str) -> Option<T> {
        // SAFETY: the library's own function; the header says that it may be called from any thread.
        let table = unsafe { (self.get_interface)(Str::new(id)) }.cast::<T>();
        // SAFETY: a table of a released name never changes, and the library stays loaded.
        (!table.is_null() && table.is_aligned()).then(|| unsafe { *table })
    }

    /// What the library says of its plugins.
    pub(super) fn describe(&self) -> Result<Vec<Descriptor>, Fault> {
        let fault = |reason: String| Fault::Interface { reason };
        // SAFETY: the struct of that name.
        let table = unsafe { self.table::<Describe1>("engraft.describe/1") };
        let describe = table.and_then(|table| table.describe);
        let describe =
            describe.ok_or_else(|| fault("expected `engraft.describe/1`, found no such table".to_owned()))?;
        // SAFETY: the library's own function; the sinks live through the call.
        let told = single(Vec::new(), texts, |texts, fail| unsafe { describe(texts, fail) });
        let failed = |what: String| fault(format!("asked to describe itself, it {what}"));
        let texts = told
            .map_err(|failure| failed(failure.to_string()))?
            .map_err(|refused| failed(format!("refused: {refused}")))?;
        let read = |text: &String| {
            serde_json::from_str(text)
                .map_err(|error| fault(format!("it describes a plugin in a way that cannot be read: {error}")))
        };
        texts.iter().map(read).collect()
    }

    /// How the described plugin is opened.
    pub(super) fn opener(&self, about: &Descriptor) -> Result<Opener, Fault> {
        let (kind, id) = (about.kind, about.id.clone());
        // SAFETY: each the struct of that name and revision.
        let opener = unsafe {
            let name = kind.interface();
            match kind {
                Kind::Domain => self.table(&name).map(|table| domain::opener(table, id)),
                Kind::Preprocessor => self.table(&name).map(|table| preprocessor::opener(table, id)),
                Kind::Augmenter => self.table(&name).map(|table| augmenter::opener(table, id)),
                Kind::Method => self.table(&name).map(|table| method::opener(table, id)),
                Kind::Metric => self.table(&name).map(|table| metric::opener(table, id)),
                _ => None,
            }
        };
        opener.unwrap_or_else(|| {
            let (id, revision, name) = (&about.id, about.revision, kind.interface());
            let reason = format!("it describes the {kind} `{id}` of revision {revision} and has no table `{name}`");
            Err(Fault::Interface { reason })
        })
    }
}
