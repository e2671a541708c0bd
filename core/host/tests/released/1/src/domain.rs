//! Terms of a list, as spans: the rules find them, a model learns to find others like them.

use engraft_plugin::kind::domain::DomainAdapter;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::{Example, ExampleBuf, PredictionBuf, Row, ScoredSpanBuf, SpanBuf, check_span};
use engraft_plugin::{Case, Error, Result, Task, TaskKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// The keys of its table in a run file. Their comments are its help.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The labels, in the order of the model's outputs.
    pub labels: Vec<String>,
    /// Words that the rules know, by label.
    pub terms: BTreeMap<String, Vec<String>>,
}

impl Default for Settings {
    fn default() -> Self {
        let words = |list: [&str; 2]| list.map(str::to_owned).into();
        let terms = [("Animal", ["cat", "dog"]), ("Plant", ["oak", "rose"])];
        Self {
            labels: words(["Animal", "Plant"]),
            terms: terms.map(|(label, list)| (label.to_owned(), words(list))).into(),
        }
    }
}

/// The domain.
pub struct Terms {
    settings: Settings,
}

impl Plugin for Terms {
    type Settings = Settings;

    fn about() -> About {
        let span = |start: u32, end: u32, label: &str| json!({ "start": start, "end": end, "label": label });
        About {
            id: "released-domain",
            summary: "Terms of a list as spans.",
            examples: vec![
                Case::new(
                    "a row becomes an example",
                    json!({ "id": "1", "fields": [["text", "A cat."], ["spans", "[[2, 5, \"Animal\"]]"]] }),
                    json!([{ "id": "1", "text": "A cat.", "spans": [span(2, 5, "Animal")] }]),
                ),
                Case::new(
                    "the rules know the terms",
                    json!({ "rules": { "text": "An oak, a dog." } }),
                    json!({ "spans": [span(3, 6, "Plant"), span(10, 13, "Animal")] }),
                ),
            ],
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if settings.labels.is_empty() {
            return Err(Error::new("settings.labels", "`labels`: expected one label or more, found none"));
        }
        if let Some(label) = settings.terms.keys().find(|label| !settings.labels.contains(label)) {
            let known = settings.labels.join(", ");
            let why = format!("`terms`: expected labels of `labels` ({known}), found `{label}`");
            return Err(Error::new("settings.terms", why));
        }
        Ok(Self { settings })
    }
}

impl DomainAdapter for Terms {
    /// What the model learns, and which score decides.
    fn task(&self) -> Task {
        Task::new(TaskKind::Tokens, self.settings.labels.clone()).decided_by("entity-f1.f1")
    }

    /// A row of the data file becomes examples: a text and its spans, in bytes.
    fn adapt(&self, row: &Row<'_>) -> Result<Vec<ExampleBuf>> {
        let mut example = ExampleBuf::new(row.id(), row.text()?);
        example.spans = row.spans()?;
        example.spans.iter().try_for_each(|span| check_span(&example.text, span))?;
        Ok(vec![example])
    }

    /// What can be said without a model: the baseline to beat.
    fn rules(&self, example: &Example<'_>) -> Result<Option<PredictionBuf>> {
        let text = example.text();
        let mut spans = Vec::new();
        for (start, word) in words(text) {
            let knows = |(_, list): &(&String, &Vec<String>)| list.iter().any(|term| term.eq_ignore_ascii_case(word));
            if let Some((label, _)) = self.settings.terms.iter().find(knows) {
                spans.push(ScoredSpanBuf { span: SpanBuf::new(start, start + word.len(), label), score: 1.0 });
            }
        }
        Ok(Some(PredictionBuf { spans, ..PredictionBuf::default() }))
    }
}

/// The words of a text and where they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let words = text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

engraft_plugin::register!(domain Terms);
