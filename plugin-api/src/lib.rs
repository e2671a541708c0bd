//! The plugin contract of Engraft, on one page: a whole plugin.
//!
//! Engraft fine-tunes pretrained language models for a domain. Everything that belongs to a domain or to
//! a technique is a plugin: a small crate against this one. Here is a preprocessor that collapses runs of
//! blanks, complete:
//!
//! ```
//! use engraft_plugin::kind::preprocessor::Preprocessor;
//! use engraft_plugin::kind::{About, Plugin, Setting};
//! use engraft_plugin::text::Example;
//! use engraft_plugin::{Case, Edits, Result};
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//! use serde_json::json;
//!
//! /// What a user may set in the run file. Comments become help, defaults become the filled-in file.
//! #[derive(Serialize, Deserialize, JsonSchema)]
//! #[serde(default, deny_unknown_fields)]
//! pub struct Settings {
//!     /// What a run of blanks becomes.
//!     pub into: String,
//! }
//!
//! impl Default for Settings {
//!     fn default() -> Self {
//!         Self { into: " ".to_owned() }
//!     }
//! }
//!
//! pub struct Blanks {
//!     into: String,
//! }
//!
//! impl Plugin for Blanks {
//!     type Settings = Settings;
//!
//!     fn about() -> About {
//!         About {
//!             id: "blanks",
//!             summary: "Collapses runs of blanks.",
//!             examples: vec![Case::new(
//!                 "two blanks become one",
//!                 json!({ "text": "no  fever" }),
//!                 json!({ "text": "no fever" }),
//!             )],
//!         }
//!     }
//!
//!     fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
//!         Ok(Self { into: settings.into })
//!     }
//! }
//!
//! impl Preprocessor for Blanks {
//!     fn clean(&self, example: &Example<'_>) -> Result<Edits> {
//!         let text = example.text();
//!         let mut edits = Edits::none();
//!         let mut at = 0;
//!         while let Some(found) = text[at..].find("  ") {
//!             let start = at + found;
//!             let end = text[start..].find(|c| c != ' ').map_or(text.len(), |n| start + n);
//!             edits.replace(start..end, self.into.as_str());
//!             at = end;
//!         }
//!         Ok(edits)
//!     }
//! }
//!
//! engraft_plugin::register!(preprocessor Blanks);
//! # use engraft_plugin::text::{ExampleBuf, Views};
//! # let example = [ExampleBuf::new("1", "no  fever")];
//! # let plugin = Blanks::open(Settings::default(), &Setting::default())?;
//! # let edits = plugin.clean(&Views::examples(&example).as_slice()[0])?;
//! # assert_eq!(engraft_plugin::edit::apply(&example[0], &edits)?.text, "no fever");
//! # Ok::<(), engraft_plugin::Error>(())
//! ```
//!
//! What to know, in order:
//!
//! - **Kinds** ([`kind`]): a domain adapter reads rows, a preprocessor cleans, an augmenter varies, a
//!   method says what trains, a metric scores. One trait each, one item at a time; the engine calls them
//!   a batch at a time.
//! - **Views** ([`text`]): what a plugin is handed borrows; all offsets are bytes of UTF-8.
//! - **Edits** ([`edit`]): a plugin never returns a changed text, it says what becomes what. The host
//!   moves the labels, or refuses. Labels cannot go stale.
//! - **Nothing ambient**: no clock, file, network or environment. Randomness comes seeded ([`Random`]),
//!   functions beyond `+ − × ÷ √` come from [`math`]: so the same seed gives the same bytes everywhere.
//! - **Plans** ([`plan`]): a method describes its mathematics; the engine computes it.
//! - **Errors** ([`Error`]): an item may be refused; a panic is a failure of the plugin and ends the run.

pub mod abi;
#[cfg(target_family = "wasm")]
mod component;
mod descriptor;
pub mod edit;
mod error;
pub mod kind;
pub mod math;
pub mod plan;
mod random;
pub mod register;
mod task;
pub mod text;
pub mod wire;

pub use descriptor::{Case, Descriptor};
pub use edit::{Edit, Edits};
pub use error::{Answers, Error, Failure, Result};
pub use random::{Random, mix, seed};
pub use task::{Scheme, Task, TaskKind};

#[doc(hidden)]
pub use inventory;
