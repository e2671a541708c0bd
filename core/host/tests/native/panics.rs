//! One plugin of each kind that panics in the function that the setting `at` names: built as a native library
//! by the tests beside it.

use engraft_plugin::kind::augmenter::{Augmenter, Variation};
use engraft_plugin::kind::domain::DomainAdapter;
use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::metric::{Metric, Score, Tally};
use engraft_plugin::kind::preprocessor::Preprocessor;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::{ModelMap, Plan};
use engraft_plugin::text::{Example, ExampleBuf, Pair, Prediction, PredictionBuf, Row};
use engraft_plugin::{Edits, Random, Result, Task, TaskKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// The function that panics.
    at: String,
}

struct Panics(Settings);

impl Panics {
    fn at(&self, function: &str) {
        assert!(self.0.at != function, "at {function}");
    }
}

impl Plugin for Panics {
    type Settings = Settings;
    fn about() -> About {
        About { id: "panics", summary: "Panics.", examples: Vec::new() }
    }
    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        let this = Self(settings);
        this.at("open");
        Ok(this)
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        self.at("close");
    }
}

impl Metric for Panics {
    fn tally(&self, _pair: &Pair<'_>) -> Result<Vec<f64>> {
        self.at("tally");
        Ok(vec![1.0])
    }
    fn scores(&self, _rows: &[Tally<'_>]) -> Result<Vec<Score>> {
        self.at("scores");
        Ok(Vec::new())
    }
}

impl Preprocessor for Panics {
    fn clean(&self, _example: &Example<'_>) -> Result<Edits> {
        self.at("clean");
        Ok(Edits::none())
    }
}

impl DomainAdapter for Panics {
    fn task(&self) -> Task {
        self.at("task");
        Task::new(TaskKind::Tokens, ["A"])
    }
    fn adapt(&self, _row: &Row<'_>) -> Result<Vec<ExampleBuf>> {
        self.at("adapt");
        Ok(Vec::new())
    }
    fn rules(&self, _example: &Example<'_>) -> Result<Option<PredictionBuf>> {
        self.at("rules");
        Ok(None)
    }
    fn refine(&self, _example: &Example<'_>, prediction: Prediction<'_>) -> Result<PredictionBuf> {
        self.at("refine");
        Ok(prediction.to_buf())
    }
}

impl Augmenter for Panics {
    fn augment(&self, _example: &Example<'_>, _random: &mut Random) -> Result<Vec<Variation>> {
        self.at("augment");
        Ok(Vec::new())
    }
}

impl Method for Panics {
    fn plan(&self, _model: &ModelMap) -> Result<Plan> {
        self.at("plan");
        Ok(Plan::new("nothing"))
    }
}

engraft_plugin::register!(metric Panics, preprocessor Panics, domain Panics, augmenter Panics, method Panics);
