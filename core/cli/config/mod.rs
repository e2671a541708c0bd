//! From a run file to a run.
//!
//! `load` reads the file, the environment and `--set` into one value and checks its form; `raw` is that
//! value as a type; `resolve` opens the plugins and makes of it what the engine takes. Nothing past
//! `resolve` reads TOML. `write` is the way back: a whole run file with every default and its comment.

mod load;
mod locate;
mod overrides;
pub(crate) mod raw;
pub(crate) mod resolve;
mod schema;
pub(crate) mod texts;
mod write;

pub(crate) use load::{Loaded, load};
pub(crate) use raw::{Named, PluginFile, PluginLimits};
pub(crate) use resolve::{Resolved, resolve};
pub(crate) use schema::{of_all_runs, sections};
pub(crate) use write::write;
