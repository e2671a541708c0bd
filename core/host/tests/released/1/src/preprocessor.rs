//! Tabs become spaces.

use engraft_plugin::kind::preprocessor::Preprocessor;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::Example;
use engraft_plugin::{Case, Edits, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The keys of its table in a run file. Their comments are its help.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How many spaces a tab becomes.
    pub spaces: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { spaces: 1 }
    }
}

/// The preprocessor.
pub struct Tabs {
    spaces: String,
}

impl Plugin for Tabs {
    type Settings = Settings;

    fn about() -> About {
        let text = |text: &str| json!({ "text": text });
        About {
            id: "released-preprocessor",
            summary: "Turns tabs into spaces.",
            examples: vec![
                Case::new("a tab becomes a space", text("fever\t3 days"), text("fever 3 days")),
                Case::new("or several", text("a\tb"), text("a  b")).with(json!({ "spaces": 2 })),
            ],
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if settings.spaces > 16 {
            let why = format!("`spaces`: expected at most 16, found {}", settings.spaces);
            return Err(Error::new("settings.spaces", why));
        }
        Ok(Self { spaces: " ".repeat(settings.spaces) })
    }
}

impl Preprocessor for Tabs {
    /// Says which bytes become what; the host applies it and moves the spans.
    fn clean(&self, example: &Example<'_>) -> Result<Edits> {
        let mut edits = Edits::none();
        for (at, tab) in example.text().match_indices('\t') {
            edits.replace(at..at + tab.len(), self.spaces.clone());
        }
        Ok(edits)
    }
}

engraft_plugin::register!(preprocessor Tabs);
