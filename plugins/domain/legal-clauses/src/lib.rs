//! Clauses of contracts, as spans: which sentence says what law governs, who may end it, who insures.
//!
//! A contract of 50,000 characters is cut into segments ([`segment`]), and each segment is an example
//! of a multi-label task; a segment may have several labels, most have none. A predicted label becomes
//! a span again in `refine`: the words of the segment without list mark and heading, or, for labels
//! whose spans are short, the parties, the date or the title found in it ([`item`]). The examples say in
//! their fields `document` and `offset` where they were cut, so that the spans of a contract come
//! together again.
//!
//! The rules that a model must beat are patterns by label ([`rules`]).

pub mod gold;
pub mod item;
pub mod rules;
pub mod segment;
pub mod settings;

pub use settings::{Item, Settings};

use engraft_plugin::kind::domain::DomainAdapter;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::{
    Example, ExampleBuf, Prediction, PredictionBuf, Row, ScoredLabelBuf, ScoredSpanBuf, SpanBuf, check_span, field,
};
use engraft_plugin::{Case, Error, Result, Task, TaskKind};
use item::Items;
use rules::Rules;
use segment::{heading::body, segments};
use serde_json::json;

/// The domain `legal-clauses`.
pub struct LegalClauses {
    settings: Settings,
    items: Items,
    rules: Rules,
}

impl Plugin for LegalClauses {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "legal-clauses",
            summary: "Clauses of contracts as spans: each sentence is labelled, parties, dates and title are found in it.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        let refuse = |key: &str, why: String| Err(Error::new(format!("settings.{key}"), format!("`{key}`: {why}")));
        if settings.labels.is_empty() {
            return refuse("labels", "expected one label or more, found none".to_owned());
        }
        for (key, threshold) in
            [("threshold", settings.threshold), ("threshold_with_rule", settings.threshold_with_rule)]
        {
            if !(0.0..=1.0).contains(&threshold) {
                return refuse(key, format!("expected 0 to 1, found {threshold}"));
            }
        }
        if settings.max_segment < 100 {
            return refuse("max_segment", format!("expected 100 or more, found {}", settings.max_segment));
        }
        let rules = Rules::new(&settings.labels, &settings.items, &settings.patterns)?;
        Ok(Self { settings, items: Items::new(), rules })
    }
}

impl DomainAdapter for LegalClauses {
    fn task(&self) -> Task {
        let mut task = Task::new(TaskKind::MultiLabel, self.settings.labels.clone()).decided_by("span-overlap.f1");
        task.threshold = self.settings.threshold.min(self.settings.threshold_with_rule);
        task
    }

    fn adapt(&self, row: &Row<'_>) -> Result<Vec<ExampleBuf>> {
        let (text, mut spans) = (row.text()?, row.spans()?);
        spans.iter().try_for_each(|span| check_span(text, span))?;
        if self.settings.ignore_other_labels {
            spans.retain(|span| self.settings.labels.contains(&span.label));
        }
        let is_item = |label: &str| self.settings.items.contains_key(label);
        let example = |segment: std::ops::Range<usize>| ExampleBuf {
            id: format!("{}@{}", row.id(), segment.start),
            text: text[segment.clone()].to_owned(),
            labels: gold::labels(&spans, text, &segment, &self.settings.labels, is_item),
            spans: gold::cut(&spans, &segment),
            fields: vec![
                (field::DOCUMENT.to_owned(), row.id().to_owned()),
                (field::OFFSET.to_owned(), segment.start.to_string()),
            ],
        };
        Ok(segments(text, self.settings.max_segment).into_iter().map(example).collect())
    }

    fn rules(&self, example: &Example<'_>) -> Result<Option<PredictionBuf>> {
        let labels =
            self.by_rule(example).into_iter().map(|label| ScoredLabelBuf { label: label.to_owned(), score: 1.0 });
        Ok(Some(self.with_spans(example.text(), labels.collect())))
    }

    fn refine(&self, example: &Example<'_>, prediction: Prediction<'_>) -> Result<PredictionBuf> {
        let by_rule = self.by_rule(example);
        let least = |label: &str| {
            if by_rule.contains(&label) { self.settings.threshold_with_rule } else { self.settings.threshold }
        };
        let labels = prediction.to_buf().labels.into_iter();
        let given = labels.filter(|scored| f64::from(scored.score) >= least(&scored.label));
        Ok(self.with_spans(example.text(), given.collect()))
    }
}

impl LegalClauses {
    /// The labels that the rules give a segment.
    fn by_rule(&self, example: &Example<'_>) -> Vec<&str> {
        let offset = example.field(field::OFFSET).and_then(|offset| offset.parse().ok()).unwrap_or(0);
        self.rules.labels(example.text(), offset, &self.items)
    }

    /// Labels of a segment, and the spans that they mean.
    fn with_spans(&self, segment: &str, labels: Vec<ScoredLabelBuf>) -> PredictionBuf {
        let words = body(segment);
        let mut spans = Vec::new();
        for scored in &labels {
            let found = match self.settings.items.get(&scored.label) {
                Some(item) => self.items.find(*item, segment),
                None => vec![words.clone()],
            };
            let found = found.into_iter().filter(|range| !range.is_empty());
            spans.extend(found.map(|range| ScoredSpanBuf {
                span: SpanBuf::new(range.start, range.end, scored.label.clone()),
                score: scored.score,
            }));
        }
        spans.sort_by(|a, b| a.span.cmp(&b.span));
        PredictionBuf { spans, labels, ..PredictionBuf::default() }
    }
}

fn examples() -> Vec<Case> {
    let text = "7. Governing Law. This Agreement is governed by the laws of Ohio. It has two copies.";
    let law = "7. Governing Law. This Agreement is governed by the laws of Ohio. ";
    let span = json!({ "start": 18, "end": 65, "label": "Governing Law" });
    let fields = |offset: &str| json!([["document", "c1"], ["offset", offset]]);
    vec![
        Case::new(
            "a contract becomes sentences; the heading goes with its clause",
            json!({ "id": "c1", "fields": [["text", text], ["spans", json!([span]).to_string()]] }),
            json!([
                { "id": "c1@0", "text": law, "spans": [span], "labels": ["Governing Law"], "fields": fields("0") },
                { "id": "c1@66", "text": "It has two copies.", "fields": fields("66") },
            ]),
        ),
        Case::new(
            "a label becomes the clause without its heading",
            json!({ "refine": {
                "example": { "text": law },
                "prediction": { "labels": [{ "label": "Governing Law", "score": 0.75 }, { "label": "Insurance", "score": 0.25 }] },
            } }),
            json!({
                "labels": [{ "label": "Governing Law", "score": 0.75 }],
                "spans": [{ "start": 18, "end": 65, "label": "Governing Law", "score": 0.75 }],
            }),
        ),
        Case::new(
            "where the rules agree, the model need not be sure",
            json!({ "refine": {
                "example": { "text": law },
                "prediction": { "labels": [{ "label": "Governing Law", "score": 0.25 }] },
            } }),
            json!({
                "labels": [{ "label": "Governing Law", "score": 0.25 }],
                "spans": [{ "start": 18, "end": 65, "label": "Governing Law", "score": 0.25 }],
            }),
        ),
        Case::new(
            "the rules find title, date and parties in a preamble",
            json!({ "rules": { "text": "SUPPLY AGREEMENT made as of May 2, 2001 between Acme, Inc. (\"Seller\") and Bolt Ltd." } }),
            json!({
                "labels": [{ "label": "Parties" }, { "label": "Agreement Date" }, { "label": "Document Name" }],
                "spans": [
                    { "start": 0, "end": 16, "label": "Document Name" },
                    { "start": 28, "end": 39, "label": "Agreement Date" },
                    { "start": 48, "end": 58, "label": "Parties" },
                    { "start": 61, "end": 67, "label": "Parties" },
                    { "start": 74, "end": 83, "label": "Parties" },
                ],
            }),
        ),
    ]
}

engraft_plugin::register!(domain LegalClauses);
