//! What the domain adapter says of a text without the model, and of the model's prediction.

use super::BATCH;
use super::score::{failed, refused};
use crate::Result;
use engraft_plugin::Failure;
use engraft_plugin::kind::domain::DomainBatch;
use engraft_plugin::kind::expect_count;
use engraft_plugin::register::Opened;
use engraft_plugin::text::{Example, ExampleBuf, Prediction, PredictionBuf, Views, check_span};

/// What rules alone predict, an example each; `None` when the domain has no rules for any of them. An
/// example that the rules say nothing of gets an empty prediction.
///
/// # Errors
/// [`crate::Error::Refused`] and [`crate::Error::PluginFailure`].
pub fn rules(domain: &Opened<dyn DomainBatch>, examples: &[ExampleBuf]) -> Result<Option<Vec<PredictionBuf>>> {
    let mut predictions = Vec::with_capacity(examples.len());
    let mut are_rules = false;
    for batch in examples.chunks(BATCH) {
        let blind: Vec<ExampleBuf> = batch.iter().map(without_gold).collect();
        let answers = domain.plugin.rules_batch(Views::examples(&blind).as_slice());
        let answers = answers.and_then(|answers| expect_count(answers, batch.len()));
        for (answer, example) in answers.map_err(|failure| failed(domain, failure))?.into_iter().zip(batch) {
            let said = answer.map_err(|reason| refused(domain, &example.id, reason))?;
            are_rules |= said.is_some();
            predictions.push(checked(domain, example, said.unwrap_or_default())?);
        }
    }
    Ok(are_rules.then_some(predictions))
}

/// Each prediction as the domain mends it.
///
/// # Errors
/// [`crate::Error::Refused`] and [`crate::Error::PluginFailure`].
///
/// # Panics
/// When there are not as many predictions as examples.
pub fn refine(
    domain: &Opened<dyn DomainBatch>,
    examples: &[ExampleBuf],
    predictions: Vec<PredictionBuf>,
) -> Result<Vec<PredictionBuf>> {
    assert_eq!(examples.len(), predictions.len(), "there is one prediction an example");
    let mut refined = Vec::with_capacity(predictions.len());
    for (batch, predictions) in examples.chunks(BATCH).zip(predictions.chunks(BATCH)) {
        let blind: Vec<ExampleBuf> = batch.iter().map(without_gold).collect();
        let pairs = Views::pairs(blind.iter().zip(predictions));
        let pairs: Vec<(Example<'_>, Prediction<'_>)> =
            pairs.as_slice().iter().map(|p| (p.gold(), p.predicted())).collect();
        let answers = domain.plugin.refine_batch(&pairs);
        let answers = answers.and_then(|answers| expect_count(answers, batch.len()));
        for (answer, example) in answers.map_err(|failure| failed(domain, failure))?.into_iter().zip(batch) {
            let mended = answer.map_err(|reason| refused(domain, &example.id, reason))?;
            refined.push(checked(domain, example, mended)?);
        }
    }
    Ok(refined)
}

/// The example as it looks outside of an evaluation: no rule and no mending may peek at the answer.
fn without_gold(example: &ExampleBuf) -> ExampleBuf {
    ExampleBuf { spans: Vec::new(), labels: Vec::new(), ..example.clone() }
}

/// The prediction with its spans in order, once each is known to cut the text right, and every score to be a number.
fn checked(
    domain: &Opened<dyn DomainBatch>,
    example: &ExampleBuf,
    mut prediction: PredictionBuf,
) -> Result<PredictionBuf> {
    for scored in &prediction.spans {
        check_span(&example.text, &scored.span).map_err(|reason| {
            failed(domain, Failure::Answer(format!("a prediction for `{}`: {reason}", example.id)))
        })?;
    }
    let scores = prediction.spans.iter().map(|scored| scored.score);
    for score in scores.chain(prediction.labels.iter().map(|scored| scored.score)) {
        if !score.is_finite() {
            let why = format!("a prediction for `{}` with the score {score}", example.id);
            return Err(failed(domain, Failure::Answer(why)));
        }
    }
    prediction.spans.sort_by_key(|scored| (scored.span.start, scored.span.end));
    Ok(prediction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_plugin::kind::domain::DomainAdapter;
    use engraft_plugin::text::{Row, ScoredSpanBuf, SpanBuf};
    use engraft_plugin::{Task, TaskKind};
    use std::sync::Arc;

    /// Finds `gout` by rule, and puts it before whatever the model found.
    struct Gout;

    fn gout(text: &str) -> Option<ScoredSpanBuf> {
        let at = text.find("gout")?;
        Some(ScoredSpanBuf { span: SpanBuf::new(at, at + 4, "Disease"), score: 1.0 })
    }

    impl DomainAdapter for Gout {
        fn task(&self) -> Task {
            Task::new(TaskKind::Tokens, ["Disease"])
        }
        fn adapt(&self, _row: &Row<'_>) -> engraft_plugin::Result<Vec<ExampleBuf>> {
            Ok(Vec::new())
        }
        fn rules(&self, example: &Example<'_>) -> engraft_plugin::Result<Option<PredictionBuf>> {
            assert!(example.spans().is_empty() && example.labels().len() == 0, "rules see no gold");
            let spans: Vec<_> = gout(example.text()).into_iter().collect();
            Ok((!spans.is_empty()).then(|| PredictionBuf { spans, ..Default::default() }))
        }
        fn refine(&self, example: &Example<'_>, said: Prediction<'_>) -> engraft_plugin::Result<PredictionBuf> {
            assert!(example.spans().is_empty(), "the last step sees no gold");
            let mut said = said.to_buf();
            said.spans.extend(gout(example.text()));
            match example.text() {
                "beyond" => said.spans.push(ScoredSpanBuf { span: SpanBuf::new(0, 99, "Disease"), score: 1.0 }),
                "no number" => said.spans.push(ScoredSpanBuf { span: SpanBuf::new(0, 2, "Disease"), score: f32::NAN }),
                _ => {}
            }
            Ok(said)
        }
    }

    fn opened() -> Opened<dyn DomainBatch> {
        let settings = serde_json::Value::Null;
        Opened {
            id: "gout".into(),
            version: "1".into(),
            settings,
            plugin: Arc::new(Gout),
            meter: None,
            grants: Vec::new(),
        }
    }

    fn example(text: &str) -> ExampleBuf {
        let spans = vec![SpanBuf::new(0, 2, "Disease")];
        ExampleBuf { spans, labels: vec!["x".into()], ..ExampleBuf::new(text, text) }
    }

    #[test]
    fn rules_answer_for_every_text_or_not_at_all() {
        let mut examples = vec![example("no fever"); BATCH + 4];
        assert_eq!(rules(&opened(), &examples).unwrap(), None);
        examples[BATCH + 2] = example("has gout");
        let said = rules(&opened(), &examples).unwrap().unwrap();
        assert_eq!(said.len(), examples.len());
        assert_eq!((said[0].spans.len(), said[BATCH + 2].spans[0].span.start), (0, 4));
    }

    #[test]
    fn refined_predictions_come_in_order_of_their_spans() {
        let found = ScoredSpanBuf { span: SpanBuf::new(9, 15, "Disease"), score: 0.5 };
        let said = PredictionBuf { spans: vec![found], ..Default::default() };
        let refined = refine(&opened(), &[example("gout and asthma")], vec![said]).unwrap();
        let starts: Vec<u32> = refined[0].spans.iter().map(|s| s.span.start).collect();
        assert_eq!(starts, [0, 9]);
    }

    #[test]
    fn a_refined_span_outside_its_text_is_a_failure_of_the_plugin() {
        let error = refine(&opened(), &[example("beyond")], vec![PredictionBuf::default()]).unwrap_err();
        assert_eq!(error.code(), "plugin.failure");
        assert!(error.to_string().contains("a prediction for `beyond`: span.outside"), "{error}");
    }

    #[test]
    fn a_refined_score_that_is_no_number_is_a_failure_of_the_plugin() {
        let error = refine(&opened(), &[example("no number")], vec![PredictionBuf::default()]).unwrap_err();
        assert_eq!(error.code(), "plugin.failure");
        assert!(error.to_string().contains("a prediction for `no number` with the score NaN"), "{error}");
    }
}
