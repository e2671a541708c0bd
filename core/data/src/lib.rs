//! Labelled text on disk: reading, writing, checking, splitting, finding what stands there twice.
//!
//! A file of any [`Format`] is read as a stream of [`Record`]s ([`read()`]) or of rows, as domain adapters take
//! them ([`read_rows`]); a [`Writer`] writes records in any format that can hold them. Offsets are bytes of UTF-8
//! everywhere in here; readers and writers convert what a format counts otherwise. What cannot be read is refused
//! with file, line and column, and what a format cannot hold is refused rather than left out.

mod agreement;
mod balance;
pub mod check;
pub mod duplicates;
mod error;
mod format;
pub mod label;
mod options;
mod place;
mod read;
mod record;
mod source;
mod split;
mod strata;
mod suspects;
mod units;
mod write;

pub use agreement::{Agreement, Two, agreement, cohen, fleiss};
pub use balance::{Balance, balance};
pub use error::{Error, Result};
pub use options::{Annotators, Answers, Encoding, Format, LabelFrom, Offsets, Options, Scheme, WriteOptions};
pub use place::Place;
pub use read::{Notes, read, read_all, read_rows};
pub use record::{Record, Span};
pub use split::{Assignment, Split, split};
pub use suspects::{Judged, suspects};
pub use write::{Writer, Written, write_all};
