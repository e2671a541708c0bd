//! The host: finds plugins and opens them.
//!
//! A **loader** knows one way in which a plugin comes into the process and gives [`Entry`]s: a descriptor,
//! where it came from, and how it is opened. [`linked`](Catalogue::linked) is the loader of plugins that
//! are compiled into the binary, [`native`] that of shared libraries, [`component`] that of sandboxed
//! WebAssembly. The [`Catalogue`] holds the entries of all loaders under one rule of names; [`Entry`] checks
//! settings against the plugin's own schema before the plugin sees them.
//!
//! ```
//! use engraft_host::Catalogue;
//! let catalogue = Catalogue::linked()?;
//! for entry in catalogue.entries() {
//!     println!("{}/{}: {}", entry.descriptor.kind, entry.descriptor.id, entry.descriptor.summary);
//! }
//! # Ok::<(), engraft_host::Error>(())
//! ```
//!
//! The host does not know the engine, and the engine does not know the host: what passes between them are
//! the contract's own types, put together by the command line.

mod catalogue;
pub mod component;
mod entry;
mod error;
mod linked;
mod name;
pub mod native;
pub mod problem;
pub mod schema;
pub mod settings;

pub use catalogue::Catalogue;
pub use entry::{Entry, Origin};
pub use error::{Error, Result};
pub use name::{fault_of_id, near};
pub use problem::Problem;
