//! The component side of the contract: exports the world `every` over whatever this crate's user registered.
//!
//! Compiled for WebAssembly only, and exported once, here: a plugin's source is the same for every loader. A
//! panic ends in a trap, and the host finds what it said on standard error. `wit/` holds the interfaces.

mod convert;
mod kinds;

/// What wit-bindgen makes of `wit/`: the only `unsafe` of the component side, none of it written by hand.
#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::undocumented_unsafe_blocks
)]
mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "engraft:plugin/every", generate_all });

    export!(Plugins with_types_in self);

    /// Whatever plugins this component registers.
    pub(super) struct Plugins;
}

use crate::kind::{Kind, Setting};
use crate::register::{Instance, linked};
use crate::{Error, Failure};
use bindings::Plugins;
use bindings::engraft::text::types;

impl bindings::exports::engraft::describe::describe::Guest for Plugins {
    fn describe() -> Vec<String> {
        linked().map(|registration| json(&(registration.describe)())).collect()
    }
}

/// Opens a registered plugin, as the host opens a linked one.
fn open(kind: Kind, id: &str, settings: &str, setting: &Setting) -> Result<Instance, types::Error> {
    let is_it = |descriptor: crate::Descriptor| descriptor.kind == kind && descriptor.id == id;
    let registration = linked()
        .find(|registration| is_it((registration.describe)()))
        .ok_or_else(|| Error::new("unknown-id", format!("this component registers no {kind} `{id}`")))?;
    Ok((registration.open)(settings, setting)?)
}

/// A plugin that failed ends in a trap, whose words the host reads from standard error.
fn or_trap<T>(answer: Result<T, Failure>) -> T {
    answer.unwrap_or_else(|failure| panic!("{failure}"))
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| panic!("a value without a JSON form: {error}"))
}
