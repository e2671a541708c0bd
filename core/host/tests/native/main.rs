//! Native libraries: first-party plugins built as such, plugins in C, and libraries that mean harm.

mod first_party;
mod support;
