//! Named entities of clinical and biomedical text: diseases, drugs, symptoms, procedures.
//!
//! Labels of the data are brought to one naming, and spans shed the blanks and marks at their ends. The
//! rules that a model must beat know the endings and heads of medical names ([`rules`]). `refine` mends
//! a model's spans: it completes words that were cut and brackets left open, joins parts that only a
//! hyphen keeps apart, and drops what is no mention.

pub mod edge;
pub mod refine;
pub mod rules;
pub mod settings;
pub mod token;

pub use settings::Settings;

use engraft_plugin::kind::domain::DomainAdapter;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::{
    Example, ExampleBuf, Prediction, PredictionBuf, Row, ScoredSpanBuf, SpanBuf, check_span, field,
};
use engraft_plugin::{Case, Error, Result, Task, TaskKind};
use rules::Rules;
use serde_json::json;

/// The domain `medical-ner`.
pub struct MedicalNer {
    settings: Settings,
    rules: Rules,
}

impl Plugin for MedicalNer {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "medical-ner",
            summary: "Named entities of clinical and biomedical text: diseases, drugs, symptoms, procedures.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        let refuse = |key: &str, why: String| Err(Error::new(format!("settings.{key}"), format!("`{key}`: {why}")));
        if settings.labels.is_empty() {
            return refuse("labels", "expected one label or more, found none".to_owned());
        }
        let known = settings.labels.join(", ");
        let is_unknown = |label: &&String| !settings.labels.contains(label);
        if let Some(label) = settings.aliases.values().find(is_unknown) {
            return refuse("aliases", format!("expected one of the labels ({known}), found `{label}`"));
        }
        if let Some(label) = settings.terms.keys().find(is_unknown) {
            return refuse("terms", format!("expected one of the labels ({known}), found `{label}`"));
        }
        let rules = Rules::new(&settings.labels, &settings.terms);
        Ok(Self { settings, rules })
    }
}

impl DomainAdapter for MedicalNer {
    fn task(&self) -> Task {
        Task::new(TaskKind::Tokens, self.settings.labels.clone()).decided_by("entity-f1.f1")
    }

    fn adapt(&self, row: &Row<'_>) -> Result<Vec<ExampleBuf>> {
        let mut example = ExampleBuf::new(row.id(), row.text()?);
        for span in row.spans()? {
            check_span(&example.text, &span)?;
            let range = edge::trim(&example.text, span.range()).unwrap_or(span.range());
            example.spans.push(SpanBuf::new(range.start, range.end, self.label(&span.label)));
        }
        example.spans.sort();
        example.spans.dedup();
        // What it does not read itself is handed on: `template` puts columns around a text.
        let own = [field::TEXT, field::SPANS, field::LABEL, field::LABELS, field::DOCUMENT, field::OFFSET];
        let others = row.fields().iter().filter(|other| !own.contains(&other.name()));
        example.fields = others.map(|other| (other.name().to_owned(), other.value().to_owned())).collect();
        Ok(vec![example])
    }

    fn rules(&self, example: &Example<'_>) -> Result<Option<PredictionBuf>> {
        let found = self.rules.find(example.text()).into_iter();
        let spans =
            found.map(|(label, range)| ScoredSpanBuf { span: SpanBuf::new(range.start, range.end, label), score: 1.0 });
        Ok(Some(PredictionBuf { spans: spans.collect(), ..PredictionBuf::default() }))
    }

    fn refine(&self, example: &Example<'_>, prediction: Prediction<'_>) -> Result<PredictionBuf> {
        let prediction = prediction.to_buf();
        if !self.settings.refine {
            return Ok(prediction);
        }
        let spans = refine::refine(example.text(), prediction.spans);
        Ok(PredictionBuf { spans, ..prediction })
    }
}

impl MedicalNer {
    /// The label that a name in the data means; a name that means none is left to the host to refuse.
    fn label(&self, name: &str) -> String {
        let is = |other: &str| other.eq_ignore_ascii_case(name.trim());
        let label = self.settings.labels.iter().find(|label| is(label));
        let alias = || self.settings.aliases.iter().find(|(alias, _)| is(alias)).map(|(_, label)| label);
        label.or_else(alias).map_or_else(|| name.to_owned(), Clone::clone)
    }
}

fn examples() -> Vec<Case> {
    let span = |start: u32, end: u32, label: &str| json!({ "start": start, "end": end, "label": label });
    vec![
        Case::new(
            "labels are brought to one naming, spans shed what is no part of the mention",
            json!({ "id": "1", "fields": [["text", "Known gout."], ["spans", "[[5, 11, \"DISEASE\"]]"]] }),
            json!([{ "id": "1", "text": "Known gout.", "spans": [span(6, 10, "Disease")] }]),
        ),
        Case::new(
            "rules know the endings and heads of medical names",
            json!({ "rules": { "text": "Severe chest pain; acute pancreatitis excluded by CT abdomen, given ramipril 5 mg." } }),
            json!({ "spans": [
                span(7, 17, "Symptom"), span(19, 37, "Disease"), span(50, 60, "Procedure"), span(68, 76, "Drug"),
            ] }),
        ),
        Case::new(
            "one's own labels and terms",
            json!({ "rules": { "text": "A BRCA1 carrier." } }),
            json!({ "spans": [span(2, 7, "Gene")] }),
        )
        .with(json!({ "labels": ["Gene"], "terms": { "Gene": ["BRCA1"] } })),
        Case::new(
            "a model's spans are completed, joined and cleaned",
            json!({ "refine": {
                "example": { "text": "ataxia-telangiectasia (AT) and" },
                "prediction": { "spans": [span(0, 4, "Disease"), span(7, 21, "Disease"), span(27, 30, "Disease")] },
            } }),
            json!({ "spans": [span(0, 21, "Disease")] }),
        ),
        Case::new(
            "left as the model gave them where nothing is to be mended",
            json!({ "refine": {
                "example": { "text": "ataxia-telangiectasia (AT) and" },
                "prediction": { "spans": [span(0, 4, "Disease"), span(7, 21, "Disease")] },
            } }),
            json!({ "spans": [span(0, 4, "Disease"), span(7, 21, "Disease")] }),
        )
        .with(json!({ "refine": false })),
    ]
}

engraft_plugin::register!(domain MedicalNer);
