//! The polarity of a text: negative, neutral or positive.
//!
//! Data names these labels in many ways; they are brought to one (`neg`, `NEGATIVE` and `0` are
//! `negative`). The rules that a model must beat are a lexicon with negations ([`rules`]). On request, a
//! prediction that is not sure enough falls back to a label.

pub mod lexicon;
pub mod rules;
pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::domain::DomainAdapter;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::{Example, ExampleBuf, Prediction, PredictionBuf, Row, ScoredLabelBuf, field};
use engraft_plugin::{Case, Error, Result, Task, TaskKind};
use rules::Lexicon;
use serde_json::json;

/// The domain `sentiment`.
pub struct Sentiment {
    settings: Settings,
    lexicon: Lexicon,
}

impl Plugin for Sentiment {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "sentiment",
            summary: "The polarity of a text, one label of two, three or more.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        let refuse = |key: &str, why: String| Err(Error::new(format!("settings.{key}"), format!("`{key}`: {why}")));
        let known = settings.labels.join(", ");
        if settings.labels.len() < 2 {
            return refuse("labels", format!("expected two labels or more, found {}", settings.labels.len()));
        }
        if let Some(label) = settings.aliases.values().find(|label| !settings.labels.contains(label)) {
            return refuse("aliases", format!("expected one of the labels ({known}), found `{label}`"));
        }
        match &settings.fallback {
            Some(label) if !settings.labels.contains(label) => {
                return refuse("fallback", format!("expected one of the labels ({known}), found `{label}`"));
            }
            None if settings.confidence > 0.0 => {
                return refuse(
                    "fallback",
                    format!("`confidence` is set: expected one of the labels ({known}), found none"),
                );
            }
            _ => {}
        }
        if !(0.0..=1.0).contains(&settings.confidence) {
            return refuse("confidence", format!("expected 0 to 1, found {}", settings.confidence));
        }
        let lexicon = Lexicon::new(&settings.words);
        Ok(Self { settings, lexicon })
    }
}

impl DomainAdapter for Sentiment {
    fn task(&self) -> Task {
        Task::new(TaskKind::Sequence, self.settings.labels.clone()).decided_by("classification.macro_f1")
    }

    fn adapt(&self, row: &Row<'_>) -> Result<Vec<ExampleBuf>> {
        let labels = row.labels()?;
        if labels.len() > 1 {
            let why = format!("expected one label a text, found {}: {}", labels.len(), labels.join(", "));
            return Err(Error::new("row.many-labels", why));
        }
        let mut example = ExampleBuf::new(row.id(), row.text()?);
        example.labels = labels.iter().map(|label| self.label(label)).collect();
        // What it does not read itself is handed on: `template` puts columns around a text.
        let own = [field::TEXT, field::SPANS, field::LABEL, field::LABELS, field::DOCUMENT, field::OFFSET];
        let others = row.fields().iter().filter(|other| !own.contains(&other.name()));
        example.fields = others.map(|other| (other.name().to_owned(), other.value().to_owned())).collect();
        Ok(vec![example])
    }

    fn rules(&self, example: &Example<'_>) -> Result<Option<PredictionBuf>> {
        let score = self.lexicon.score(example.text());
        let label = match (self.settings.labels.as_slice(), score) {
            ([worst, best], _) => {
                if score <= 0.0 {
                    worst
                } else {
                    best
                }
            }
            ([worst, _, _], _) if score <= -rules::NEUTRAL => worst,
            ([_, _, best], _) if score >= rules::NEUTRAL => best,
            ([_, neutral, _], _) => neutral,
            _ => return Ok(None),
        };
        let labels = vec![ScoredLabelBuf { label: label.clone(), score: 1.0 }];
        Ok(Some(PredictionBuf { labels, ..PredictionBuf::default() }))
    }

    fn refine(&self, _example: &Example<'_>, prediction: Prediction<'_>) -> Result<PredictionBuf> {
        let mut prediction = prediction.to_buf();
        let is_unsure = |scored: &ScoredLabelBuf| f64::from(scored.score) < self.settings.confidence;
        if let (Some(fallback), true) = (&self.settings.fallback, prediction.labels.first().is_some_and(is_unsure)) {
            prediction.labels.sort_by_key(|scored| scored.label != *fallback);
            if prediction.labels[0].label != *fallback {
                prediction.labels.insert(0, ScoredLabelBuf { label: fallback.clone(), score: 0.0 });
            }
        }
        Ok(prediction)
    }
}

/// Names that data give to the worst, the neutral and the best label.
const NAMES: [&[&str]; 3] = [
    &["negative", "neg", "-1", "bad", "worst", "unfavorable", "负面", "消极"],
    &["neutral", "neu", "neut", "none", "objective", "中性"],
    &["positive", "pos", "+1", "good", "best", "favorable", "正面", "积极"],
];

impl Sentiment {
    /// The label that a name in the data means; a name that means none is left to the host to refuse.
    fn label(&self, name: &str) -> String {
        let (labels, trimmed) = (&self.settings.labels, name.trim());
        let is = |other: &&String| other.to_lowercase() == trimmed.to_lowercase();
        if let Some(label) = labels.iter().find(is) {
            return label.clone();
        }
        if let Some((_, label)) = self.settings.aliases.iter().find(|(alias, _)| is(alias)) {
            return label.clone();
        }
        let (worst, best) = (0, labels.len() - 1);
        let usual = NAMES.iter().position(|names| names.contains(&trimmed.to_lowercase().as_str()));
        let place = match usual {
            Some(0) if labels.len() <= 3 => Some(worst),
            Some(1) if labels.len() == 3 => Some(1),
            Some(2) if labels.len() <= 3 => Some(best),
            _ => trimmed.parse::<usize>().ok(),
        };
        place.and_then(|place| labels.get(place)).map_or_else(|| name.to_owned(), Clone::clone)
    }
}

fn examples() -> Vec<Case> {
    let row = |label: &str| json!({ "id": "1", "fields": [["text", "Never again."], ["label", label]] });
    let adapted = json!([{ "id": "1", "text": "Never again.", "labels": ["negative"] }]);
    vec![
        Case::new("the names of labels in data are brought to one", row("NEG"), adapted.clone()),
        Case::new("numbers count the labels from 0", row("0"), adapted.clone()),
        Case::new("other names are set", row("1 star"), adapted).with(json!({ "aliases": { "1 star": "negative" } })),
        Case::new(
            "the rules know negations",
            json!({ "rules": { "text": "The plot was not very good, but the acting is superb!" } }),
            json!({ "labels": [{ "label": "positive" }] }),
        ),
        Case::new(
            "an unsure prediction falls back",
            json!({ "refine": {
                "example": { "text": "It is a film." },
                "prediction": { "labels": [{ "label": "positive", "score": 0.375 }, { "label": "neutral", "score": 0.25 }] },
            } }),
            json!({ "labels": [{ "label": "neutral", "score": 0.25 }, { "label": "positive", "score": 0.375 }] }),
        )
        .with(json!({ "confidence": 0.5, "fallback": "neutral" })),
    ]
}

engraft_plugin::register!(domain Sentiment);
