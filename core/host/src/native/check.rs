//! What must hold of answers whatever they say: they fit the text they speak of, and numbers are numbers.

use engraft_plugin::kind::augmenter::{Body, Variation};
use engraft_plugin::kind::metric::Score;
use engraft_plugin::text::{PredictionBuf, check_span};
use engraft_plugin::{Answers, Edits, Error, Failure, Result, edit};

type Check = Result<(), Failure>;

fn broken(error: Error) -> Failure {
    Failure::Answer(error.to_string())
}

/// Checks each answer against its item; refused items pass.
pub(super) fn each<I, T>(items: &[I], answers: Vec<Result<T>>, check: impl Fn(&I, &T) -> Check) -> Answers<T> {
    for (item, answer) in items.iter().zip(&answers) {
        if let Ok(answer) = answer {
            check(item, answer)?;
        }
    }
    Ok(answers)
}

/// Edits fit a text: inside it, on character boundaries, ascending.
pub(super) fn edits(text: &str, edits: &Edits) -> Check {
    edit::check(text, edits).map_err(broken)
}

/// A prediction fits a text, and its scores are numbers.
pub(super) fn prediction(text: &str, prediction: &PredictionBuf) -> Check {
    let scores = prediction.spans.iter().map(|s| s.score).chain(prediction.labels.iter().map(|l| l.score));
    for score in scores {
        if !score.is_finite() {
            return Err(Failure::Answer(format!("a prediction with the score {score}")));
        }
    }
    prediction.spans.iter().try_for_each(|scored| check_span(text, &scored.span)).map_err(broken)
}

/// A variation fits the text that it varies, or the one that it states.
pub(super) fn variation(text: &str, variation: &Variation) -> Check {
    match &variation.body {
        Body::Edits(all) => edits(text, all),
        Body::Rewrite { text, spans } => spans.iter().try_for_each(|span| check_span(text, span)).map_err(broken),
        Body::Holes(holes) => holes.check(text).map_err(broken),
        _ => Ok(()),
    }
}

/// A score is a number.
pub(super) fn score(score: &Score) -> Check {
    if score.value.is_finite() {
        return Ok(());
    }
    Err(Failure::Answer(format!("score `{}` is {}", score.name, score.value)))
}
