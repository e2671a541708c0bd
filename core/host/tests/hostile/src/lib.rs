//! A component that does what a plugin must not do. It speaks the wire itself, without `engraft-plugin`, which
//! would keep it from half of this. The setting `mode` says which; every plugin in it is called `hostile`.

#![cfg(target_family = "wasm")]

mod any;
mod deeds;
mod kinds;

/// What wit-bindgen makes of the contract's `wit/`.
mod bindings {
    wit_bindgen::generate!({ path: "../../../../plugin-api/wit", world: "engraft:plugin/every", generate_all });

    /// The plugins of this component.
    pub(super) struct Hostile;

    export!(Hostile with_types_in self);
}

use bindings::Hostile;
use bindings::engraft::text::types::Error;

impl bindings::exports::engraft::describe::describe::Guest for Hostile {
    fn describe() -> Vec<String> {
        let kinds = ["domain", "preprocessor", "augmenter", "metric", "method"];
        let descriptor = |kind: &str| {
            let revision = u32::from(kind != "method"); // 0: it may still change
            format!(
                r#"{{"id":"hostile","kind":"{kind}","revision":{revision},"version":"6.6.6","license":"MIT","summary":"Does harm.","settings":{{"type":"object","properties":{{"mode":{{"type":"string"}}}}}}}}"#
            )
        };
        kinds.map(descriptor).into()
    }
}

/// An opened plugin: its mode.
struct Opened(String);

impl Opened {
    /// Reads `{"mode":"…"}`.
    fn new(settings: &str) -> Result<Self, Error> {
        let mode = settings.split('"').nth(3).unwrap_or_default().to_owned();
        match mode.as_str() {
            "open-refuses" => Err(refused("no thank you")),
            "open-loops" => deeds::run_for_ever(),
            _ => Ok(Self(mode)),
        }
    }
}

fn refused(message: impl Into<String>) -> Error {
    Error { code: "hostile.said".to_owned(), message: message.into() }
}
