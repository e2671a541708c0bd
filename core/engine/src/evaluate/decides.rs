//! Which score chooses between two checkpoints.

use super::{Groups, Scored, Scoring, documents};
use crate::data::Split;
use crate::error::near;
use crate::run::EvaluateSettings;
use crate::{Error, Result};
use engraft_plugin::Task;
use engraft_plugin::kind::metric::MetricBatch;
use engraft_plugin::register::Opened;
use engraft_plugin::text::{ExampleBuf, PredictionBuf, ScoredLabelBuf, ScoredSpanBuf};

/// The deciding score's name and whether more of it is better: the run's own choice, else the domain's,
/// else the first score of the first metric. `scores` are those of any split, an untrained model's too.
///
/// # Errors
/// [`Error::Setting`] when the run has no metric, or the chosen score does not exist; it names the
/// nearest and lists the others.
pub fn decides(task: &Task, settings: &EvaluateSettings, scores: &Scored) -> Result<(String, bool)> {
    let (chosen, whose) = match (&settings.decides, &task.decides) {
        (Some(name), _) => (Some(name), ""),
        (None, Some(name)) => (Some(name), ", the domain's choice"),
        (None, None) => (scores.names.first(), ""),
    };
    if let Some(name) = chosen
        && let Some(score) = scores.scores.get(name)
    {
        return Ok((name.clone(), score.higher_is_better));
    }
    let got = chosen.map_or_else(|| "none".to_owned(), |name| format!("`{name}`{whose}"));
    Err(Error::Setting { key: "evaluate.decides".to_owned(), expected: expected(scores, chosen), got })
}

/// Refuses a deciding score that does not exist before the run, not at its first evaluation: gold scored
/// against itself has every score that a model will have.
///
/// # Errors
/// As [`decides`], and what a metric refuses.
pub fn check_decides(
    task: &Task,
    settings: &EvaluateSettings,
    metrics: &[Opened<dyn MetricBatch>],
    gold: &Split,
) -> Result<()> {
    let said = |e: &ExampleBuf| PredictionBuf {
        spans: e.spans.iter().map(|span| ScoredSpanBuf { span: span.clone(), score: 1.0 }).collect(),
        labels: e.labels.iter().map(|label| ScoredLabelBuf { label: label.clone(), score: 1.0 }).collect(),
        ..PredictionBuf::default()
    };
    let mut scoring = Scoring::new(metrics);
    for group in Groups::of(gold) {
        let (_, gold) = group?;
        let (gold, predictions) = documents(&gold, gold.iter().map(said).collect());
        scoring.add(&gold, &predictions)?;
    }
    decides(task, settings, &scoring.scores()?).map(|_| ())
}

/// What would do, the nearest first.
fn expected(scores: &Scored, chosen: Option<&String>) -> String {
    if scores.names.is_empty() {
        return "a score of a metric; the run has no metric".to_owned();
    }
    // Scores of single labels would fill a screen: they count as near names, and are not listed.
    let whole: Vec<&str> = scores.names.iter().map(String::as_str).filter(|name| !name.contains('/')).collect();
    let listed = if whole.is_empty() { scores.names.iter().map(String::as_str).collect() } else { whole };
    let listed = listed.join(", ");
    match chosen.and_then(|name| nearest(name, scores)) {
        Some(near) => format!("a score of the run's metrics (`{near}`?): {listed}"),
        None => format!("a score of the run's metrics: {listed}"),
    }
}

/// The nearest name. Who writes `f1` means a metric's `f1`.
fn nearest<'a>(asked: &str, scores: &'a Scored) -> Option<&'a str> {
    let is_asked = |name: &&String| name.split_once('.').is_some_and(|(_, score)| score == asked);
    scores.names.iter().find(is_asked).map(String::as_str).or_else(|| near(asked, &scores.names))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Score;
    use engraft_plugin::TaskKind;

    fn scored() -> Scored {
        let names = ["entity-f1.f1", "entity-f1.precision", "entity-f1.f1/Disease", "errors.missing"];
        let score = |name: &&str| Score { value: 0.5, higher_is_better: !name.starts_with("errors") };
        Scored {
            scores: names.iter().map(|name| ((*name).to_owned(), score(name))).collect(),
            names: names.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    fn choose(run: Option<&str>, domain: Option<&str>, scores: &Scored) -> Result<(String, bool)> {
        let mut task = Task::new(TaskKind::Tokens, ["Disease"]);
        task.decides = domain.map(str::to_owned);
        decides(&task, &EvaluateSettings { decides: run.map(str::to_owned), ..Default::default() }, scores)
    }

    #[test]
    fn the_run_decides_before_the_domain_and_the_domain_before_the_first_metric() {
        let scores = scored();
        let run = choose(Some("errors.missing"), Some("entity-f1.precision"), &scores).unwrap();
        assert_eq!(run, ("errors.missing".to_owned(), false));
        let domain = choose(None, Some("entity-f1.precision"), &scores).unwrap();
        assert_eq!(domain, ("entity-f1.precision".to_owned(), true));
        assert_eq!(choose(None, None, &scores).unwrap(), ("entity-f1.f1".to_owned(), true));
    }

    #[test]
    fn a_score_that_does_not_exist_is_refused_with_the_nearest_and_the_others() {
        let message = |run, domain| choose(run, domain, &scored()).unwrap_err().to_string();
        let list = "entity-f1.f1, entity-f1.precision, errors.missing";
        assert_eq!(
            message(Some("entity-f1.precison"), None),
            format!(
                "setting `evaluate.decides`: expected a score of the run's metrics (`entity-f1.precision`?): {list}, \
                 found `entity-f1.precison`"
            )
        );
        assert!(message(Some("f1"), None).contains("(`entity-f1.f1`?)"));
        assert!(message(None, Some("accuracy.top")).ends_with("found `accuracy.top`, the domain's choice"));
        assert!(message(Some("entity-f1.f1/Diseas"), None).contains("(`entity-f1.f1/Disease`?)"));
    }

    #[test]
    fn a_run_without_metrics_is_refused() {
        let error = choose(None, None, &Scored::default()).unwrap_err();
        assert_eq!(error.code(), "config.setting");
        assert!(error.to_string().contains("the run has no metric, found none"), "{error}");
    }
}
