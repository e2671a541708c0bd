//! The loader `linked`: plugins that are compiled into this binary.
//!
//! A crate that calls `engraft_plugin::register!` is found here as soon as the binary links it, which it
//! does only if something `use`s the crate.

use crate::entry::{Entry, Origin};
use crate::error::{Error, Result};
use engraft_plugin::kind::guard;
use engraft_plugin::register::{Registration, linked};

/// An entry for each plugin of this binary, in no particular order.
pub(crate) fn entries() -> Result<Vec<Entry>> {
    linked().map(entry).collect()
}

/// Asks one registration for its descriptor.
pub(crate) fn entry(registration: &'static Registration) -> Result<Entry> {
    let descriptor = guard(registration.describe).map_err(|failure| Error::Descriptor {
        id: "?".to_owned(),
        origin: Origin::Linked { version: "?".to_owned() },
        reason: format!("describing itself it {failure}"),
    })?;
    let origin = Origin::Linked { version: descriptor.version.clone() };
    Entry::new(descriptor, origin, registration.open)
}
