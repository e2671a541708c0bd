//! The share of texts of which every predicted span is right and none is missing.

use engraft_plugin::kind::metric::{Metric, Score, Tally};
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::{Pair, Span};
use engraft_plugin::{Case, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The keys of its table in a run file. Their comments are its help.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Only spans of this label count; all where it is empty.
    pub label: String,
}

/// The metric.
pub struct Exact {
    label: String,
}

impl Plugin for Exact {
    type Settings = Settings;

    fn about() -> About {
        let span = |start: u32, end: u32, label: &str| json!({ "start": start, "end": end, "label": label });
        let input = json!({
            "task": { "kind": "tokens", "labels": ["Disease", "Drug"] },
            "pairs": [
                { "gold": { "text": "gout", "spans": [span(0, 4, "Disease")] },
                  "predicted": { "spans": [span(0, 4, "Disease")] } },
                { "gold": { "text": "no ASA", "spans": [span(3, 6, "Drug")] }, "predicted": {} },
            ],
        });
        About {
            id: "released-metric",
            summary: "The share of texts whose spans are all right.",
            examples: vec![
                Case::new("one of two texts is right", input.clone(), json!({ "exact": 0.5 })),
                Case::new("of one label", input, json!({ "exact": 1.0 })).with(json!({ "label": "Disease" })),
            ],
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        Ok(Self { label: settings.label })
    }
}

impl Metric for Exact {
    /// One number a text: whether it is right.
    fn tally(&self, pair: &Pair<'_>) -> Result<Vec<f64>> {
        let (gold, predicted) = (pair.gold(), pair.predicted());
        let gold = self.counted(gold.spans().iter().copied());
        let predicted = self.counted(predicted.spans().iter().map(|scored| scored.span()));
        Ok(vec![f64::from(u8::from(gold == predicted))])
    }

    /// The rows may be any of the texts, in any order.
    fn scores(&self, rows: &[Tally<'_>]) -> Result<Vec<Score>> {
        let right: f64 = rows.iter().map(|row| row[0]).sum();
        Ok(vec![Score::new("exact", right / rows.len().max(1) as f64)])
    }
}

impl Exact {
    fn counted<'a>(&self, spans: impl Iterator<Item = Span<'a>>) -> Vec<(usize, usize, &'a str)> {
        let counted = spans.filter(|span| self.label.is_empty() || span.label() == self.label);
        let mut counted: Vec<_> = counted.map(|span| (span.start(), span.end(), span.label())).collect();
        counted.sort_unstable();
        counted
    }
}

engraft_plugin::register!(metric Exact);
