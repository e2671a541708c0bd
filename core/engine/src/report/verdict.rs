//! The report's first sentence.

use super::content::{Outcome, Report};
use super::number;

/// How the model stands against the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Better than the rules.
    Ahead,
    /// Worse than the rules.
    Behind,
    /// As good as the rules, or there are none, or nothing was scored.
    Even,
}

/// A sentence a practitioner would say, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) sentence: String,
    pub(super) standing: Standing,
}

/// The model's deciding score on the split that was kept for it, against the rules.
pub(super) fn verdict(report: &Report) -> Verdict {
    let decides = &report.evaluate.decides;
    let even = |sentence| Verdict { sentence, standing: Standing::Even };
    let Some(outcome) = &report.evaluate.result else {
        return even(without_result(report));
    };
    let Some(model) = outcome.model.value(decides) else {
        return even(format!("The model was run on {}, and no score decides.", texts(outcome)));
    };
    let said = format!("On {} the model scores {} in {decides}", texts(outcome), number::score(model));
    let (comparison, standing) = match outcome.rules.as_ref().and_then(|rules| rules.value(decides)) {
        None => ("; the domain has no rules to compare it with".to_owned(), Standing::Even),
        Some(rules) => compare(model, rules, report.evaluate.higher_is_better),
    };
    let caution = match outcome.split.as_str() {
        "test" => ".",
        _ => ". The weights were chosen on these same texts: expect less on new ones.",
    };
    Verdict { sentence: said + &comparison + caution, standing }
}

fn compare(model: f64, rules: f64, higher_is_better: bool) -> (String, Standing) {
    if model == rules {
        return (", the same as the rule baseline".to_owned(), Standing::Even);
    }
    let (gap, baseline) = (number::difference(model.max(rules), model.min(rules)), number::score(rules));
    let (gap, is_above) = (gap.trim_start_matches('+'), model > rules);
    let side = if is_above { "above" } else { "below" };
    let said = format!(", {gap} {side} the rule baseline ({baseline})");
    if is_above == higher_is_better {
        (said, Standing::Ahead)
    } else {
        (said + ": the rules alone do better", Standing::Behind)
    }
}

fn texts(outcome: &Outcome) -> String {
    let noun = if outcome.examples == 1 { "text" } else { "texts" };
    format!("{} {} {noun}", number::count(outcome.examples), outcome.split)
}

fn without_result(report: &Report) -> String {
    let steps = number::count(report.optimize.made);
    format!("The model was trained for {steps} steps and scored on no split: how good it is, is not known.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{Score, Scored};

    fn scored(value: f64) -> Scored {
        let name = "entity-f1.f1".to_owned();
        Scored { scores: [(name.clone(), Score { value, higher_is_better: true })].into(), names: vec![name] }
    }

    fn say(split: &str, model: f64, rules: Option<f64>, higher_is_better: bool) -> Verdict {
        let mut report = Report::default();
        report.evaluate.decides = "entity-f1.f1".to_owned();
        report.evaluate.higher_is_better = higher_is_better;
        report.evaluate.result = Some(Outcome {
            split: split.to_owned(),
            examples: 1300,
            model: scored(model),
            rules: rules.map(scored),
            ..Outcome::default()
        });
        verdict(&report)
    }

    #[test]
    fn the_first_sentence_says_how_the_model_stands_against_the_rules() {
        let ahead = say("test", 0.862, Some(0.648), true);
        assert_eq!(
            ahead.sentence,
            "On 1,300 test texts the model scores 0.862 in entity-f1.f1, 21.4 points above the rule baseline (0.648)."
        );
        assert_eq!(ahead.standing, Standing::Ahead);
        let behind = say("test", 0.5, Some(0.6), true);
        assert!(behind.sentence.ends_with("10.0 points below the rule baseline (0.600): the rules alone do better."));
        assert_eq!(behind.standing, Standing::Behind);
    }

    #[test]
    fn less_is_better_where_the_metric_says_so() {
        let fewer = say("test", 12.0, Some(40.0), false);
        assert!(fewer.sentence.ends_with("28 below the rule baseline (40)."), "{}", fewer.sentence);
        assert_eq!(fewer.standing, Standing::Ahead);
    }

    #[test]
    fn a_verdict_on_dev_says_that_the_weights_were_chosen_there() {
        assert!(say("dev", 0.9, None, true).sentence.contains("expect less on new ones"));
        assert_eq!(verdict(&Report::default()).standing, Standing::Even);
    }
}
