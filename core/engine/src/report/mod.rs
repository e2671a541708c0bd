//! Report: what a run leaves to read.
//!
//! While it runs: [`Events`] (`events.jsonl`) and [`Board`] (TensorBoard). When it is done: a [`Report`],
//! which [`write()`] leaves as `report.json` for programs, `report.md` for a colleague's inbox and
//! `report.html` for the eye. What is in it is decided in [`content`]; `markdown` and `page` only show
//! it.

pub mod cases;
pub mod content;
mod curve;
mod events;
mod labels;
mod make;
mod markdown;
mod memory;
mod number;
mod page;
mod tensorboard;
mod verdict;

pub use cases::{Case, CaseSpan, Cases, Finding, cases};
pub use content::Report;
pub use curve::{Curve, Evaluation, StepPoint};
pub use events::Events;
pub use make::{Inputs, Observers, make};
pub use memory::{held_memory, peak_memory};
pub use tensorboard::Board;

use crate::Result;
use crate::files::write_atomic;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// `[report]`: what is written of the run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Writes TensorBoard event files.
    pub tensorboard: bool,
    /// How many wrong predictions the report shows.
    pub cases: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { tensorboard: true, cases: 20 }
    }
}

/// Writes `report.json`, `report.md` and `report.html` into the run's folder, each whole or not at all.
///
/// # Errors
/// [`crate::Error::Unwritable`], naming the file.
pub fn write(out: &Path, report: &Report) -> Result<()> {
    let mut json = serde_json::to_vec_pretty(report).expect("a report is plain data");
    json.push(b'\n');
    write_atomic(out.join("report.json"), json)?;
    write_atomic(out.join("report.md"), markdown::render(report))?;
    write_atomic(out.join("report.html"), page::render(report))
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
