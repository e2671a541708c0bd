//! The engine of Engraft: programs, passes, backends and the training loop.
//!
//! The modules stand in the order of a run, and a newcomer reads three files to know it:
//! [`pipeline`] (the calls of a run), [`train`] (the loop), [`model`]`/bert.rs` (a model as steps).
//!
//! data → augment → tokenize → batch → model → method → optimize → evaluate → checkpoint → report
//!
//! Beside the walk: [`program`] is the language in which models and grafts are written, with its passes;
//! [`backend`] is the one place where a step meets tensors, and [`kernel`] holds what runs on the CPU.
//!
//! The engine knows plugins only as `engraft_plugin`'s batched traits: it neither loads them nor knows
//! where they came from.

pub mod augment;
pub mod backend;
pub mod batch;
pub mod bytes;
pub mod checkpoint;
pub mod data;
mod error;
pub mod estimate;
pub mod evaluate;
pub mod event;
pub mod files;
pub mod kernel;
pub mod merge;
pub mod method;
pub mod model;
pub mod optimize;
pub mod pipeline;
mod predict;
pub mod program;
pub mod report;
pub mod run;
pub mod suspects;
pub mod tokenize;
pub mod train;

pub use error::{Error, Result};
