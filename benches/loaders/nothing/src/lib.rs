//! A preprocessor that reads its example and changes nothing, so that a call to it costs what the loader costs.

use engraft_plugin::kind::preprocessor::Preprocessor;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::Example;
use engraft_plugin::{Case, Edits, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// There is nothing to set.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {}

/// The preprocessor.
pub struct Nothing;

impl Plugin for Nothing {
    type Settings = Settings;

    fn about() -> About {
        let text = || json!({ "text": "no fever" });
        let case = |title| Case::new(title, text(), text());
        About { id: "nothing", summary: "Changes nothing.", examples: vec![case("nothing changes"), case("nor here")] }
    }

    fn open(_settings: Settings, _setting: &Setting) -> Result<Self> {
        Ok(Self)
    }
}

impl Preprocessor for Nothing {
    /// Looks at text and spans, so that no compiler leaves them out.
    fn clean(&self, example: &Example<'_>) -> Result<Edits> {
        let covered: usize = example.spans().iter().map(|span| span.end() - span.start()).sum();
        if covered > example.text().len() { Err(Error::new("spans", "they overlap")) } else { Ok(Edits::none()) }
    }
}

engraft_plugin::register!(preprocessor Nothing);
