//! A plugin of each kind whose first revision is frozen. The binaries beside this file were built from it once; the
//! source is kept to show what is in them, and is not built again.

pub mod domain;
pub mod metric;
pub mod preprocessor;
