//! The settings of `entity-f1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// There is nothing to set: strict is strict.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {}
