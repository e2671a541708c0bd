//! Native libraries: first-party plugins built as such, a plugin in C, and libraries that mean harm.

mod answers;
mod c_metric;
mod entry;
mod file;
mod panic;
mod support;
