//! Tests that every plugin wants: its own examples, and what the contract asks of it.
//!
//! A dev-dependency of plugin authors. It knows `engraft_plugin` and nothing else, so that testing a
//! plugin compiles no engine. One file, `tests/examples.rs`, is the same in every plugin:
//!
//! ```
//! # mod blanks {
//! #     use engraft_plugin::kind::preprocessor::Preprocessor;
//! #     use engraft_plugin::kind::{About, Plugin, Setting};
//! #     use engraft_plugin::{Case, Edits, Result, text::Example};
//! #     use serde_json::json;
//! #     #[derive(Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
//! #     #[serde(default, deny_unknown_fields)]
//! #     pub struct Settings {}
//! #     pub struct Blanks;
//! #     impl Plugin for Blanks {
//! #         type Settings = Settings;
//! #         fn about() -> About {
//! #             let case = |title| Case::new(title, json!({"text": "a  b"}), json!({"text": "a b"}));
//! #             About { id: "blanks", summary: "Collapses blanks.", examples: vec![case("one"), case("two")] }
//! #         }
//! #         fn open(_: Settings, _: &Setting) -> Result<Self> {
//! #             Ok(Self)
//! #         }
//! #     }
//! #     impl Preprocessor for Blanks {
//! #         fn clean(&self, example: &Example<'_>) -> Result<Edits> {
//! #             let mut edits = Edits::none();
//! #             for (at, _) in example.text().match_indices("  ") {
//! #                 edits.delete(at..at + 1);
//! #             }
//! #             Ok(edits)
//! #         }
//! #     }
//! #     engraft_plugin::register!(preprocessor Blanks);
//! # }
//! use blanks::Blanks;
//!
//! engraft_testkit::settings::<Blanks>(); // strict, every key with its help
//! engraft_testkit::examples::<Blanks>(); // each gives what the descriptor says
//! engraft_testkit::batches::<Blanks>(); // permuted, split, on fresh instances: the same answers
//! engraft_testkit::hostile::<Blanks>(); // empty, huge, right-to-left: no panic, no stale span
//! ```
//!
//! Each is a test of its own and panics with what was expected and found. The plugin is found by its
//! id among those that [`engraft_plugin::register!`] left behind, and called as the engine calls it: a
//! batch at a time, settings as JSON.

mod batches;
mod case;
mod form;
mod hostile;
mod item;
mod model;
mod plan;
mod settings;
mod subject;
mod texts;
mod trained;
mod transcript;

pub use model::{tiny_bert, tiny_bert_with};
pub use plan::{golden_plan, golden_plan_on};
pub use subject::{Subject, Verdict};
pub use texts::texts;
pub use trained::trained;
pub use transcript::Line;

use engraft_plugin::kind::Plugin;

/// [`Subject::settings`] of a linked plugin, as a test.
///
/// # Panics
/// Says what is missing.
pub fn settings<P: Plugin>() {
    test::<P>(|subject| subject.settings());
}

/// [`Subject::examples`] of a linked plugin, as a test.
///
/// # Panics
/// Names the example, what was expected and what came.
pub fn examples<P: Plugin>() {
    test::<P>(|subject| subject.examples());
}

/// [`Subject::batches`] of a linked plugin, as a test.
///
/// # Panics
/// Names the first item whose answers differ.
pub fn batches<P: Plugin>() {
    test::<P>(|subject| subject.batches());
}

/// [`Subject::hostile`] of a linked plugin, as a test.
///
/// # Panics
/// Names the first item that breaks the contract.
pub fn hostile<P: Plugin>() {
    test::<P>(|subject| subject.hostile());
}

fn test<P: Plugin>(check: impl FnOnce(&Subject<'_>) -> Verdict) {
    if let Err(why) = Subject::linked::<P>().and_then(|subject| check(&subject)) {
        panic!("`{}`: {why}", P::about().id);
    }
}
