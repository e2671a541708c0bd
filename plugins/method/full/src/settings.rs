//! The settings of `full`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// There is nothing to set: everything trains.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {}
