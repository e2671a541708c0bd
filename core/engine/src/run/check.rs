//! Numbers of a run that could mean nothing are refused before anything is read.

use super::Settings;
use crate::{Error, Result};
use std::ops::{Bound, RangeBounds};

impl Settings {
    /// That each number is one that training can work with. What other parts of the engine know best, they check.
    ///
    /// # Errors
    /// [`Error::Setting`] with the key, what is expected and what was found.
    pub(crate) fn check(&self) -> Result<()> {
        let Self { model, optimize, evaluate, .. } = self;
        for (key, share) in [("dropout", model.dropout), ("attention_dropout", model.attention_dropout)] {
            number(&format!("model.{key}"), share.unwrap_or(0.0), 0.0..1.0)?;
        }
        let above_0 = (Bound::Excluded(0.0), Bound::Unbounded);
        for (key, value, expected) in [
            ("learning_rate", optimize.learning_rate, (Bound::Included(0.0), Bound::Unbounded)),
            ("warmup", optimize.warmup, (Bound::Included(0.0), Bound::Included(1.0))),
            ("weight_decay", optimize.weight_decay, (Bound::Included(0.0), Bound::Unbounded)),
            ("beta1", optimize.beta1, (Bound::Included(0.0), Bound::Excluded(1.0))),
            ("beta2", optimize.beta2, (Bound::Included(0.0), Bound::Excluded(1.0))),
            ("epsilon", optimize.epsilon, above_0),
            ("clip_norm", optimize.clip_norm, (Bound::Included(0.0), Bound::Unbounded)),
        ] {
            number(&format!("optimize.{key}"), value, expected)?;
        }
        for (key, value) in [
            ("optimize.epochs", optimize.epochs),
            ("optimize.accumulate", optimize.accumulate),
            ("optimize.max_steps", optimize.max_steps.unwrap_or(1)),
            ("evaluate.every", evaluate.every.unwrap_or(1)),
            ("evaluate.batch", evaluate.batch),
            ("evaluate.tokens", evaluate.tokens),
        ] {
            whole(key, value, 1..)?;
        }
        Ok(())
    }
}

fn number(key: &str, value: f64, expected: impl RangeBounds<f64>) -> Result<()> {
    if value.is_finite() && expected.contains(&value) { Ok(()) } else { refuse(key, &expected, value.to_string()) }
}

fn whole(key: &str, value: usize, expected: impl RangeBounds<usize>) -> Result<()> {
    if expected.contains(&value) { Ok(()) } else { refuse(key, &expected, value.to_string()) }
}

fn refuse<T: ToString>(key: &str, expected: &impl RangeBounds<T>, got: String) -> Result<()> {
    let least = match expected.start_bound() {
        Bound::Included(least) => format!("{} or more", least.to_string()),
        Bound::Excluded(least) => format!("more than {}", least.to_string()),
        Bound::Unbounded => "a number".to_owned(),
    };
    let most = match expected.end_bound() {
        Bound::Included(most) => format!(", {} at most", most.to_string()),
        Bound::Excluded(most) => format!(", less than {}", most.to_string()),
        Bound::Unbounded => String::new(),
    };
    Err(Error::Setting { key: key.to_owned(), expected: least + &most, got })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::OptimizeSettings;

    #[test]
    fn numbers_that_mean_nothing_are_refused_by_their_key() {
        type Change = fn(&mut OptimizeSettings);
        let changes: [(Change, &str); 9] = [
            (|o| o.learning_rate = -1.0, "optimize.learning_rate: 0 or more, not -1"),
            (|o| o.learning_rate = f64::NAN, "optimize.learning_rate: 0 or more, not NaN"),
            (|o| o.beta1 = -5.0, "optimize.beta1: 0 or more, less than 1, not -5"),
            (|o| o.beta2 = 1.0, "optimize.beta2: 0 or more, less than 1, not 1"),
            (|o| o.epsilon = 0.0, "optimize.epsilon: more than 0, not 0"),
            (|o| o.warmup = 1.5, "optimize.warmup: 0 or more, 1 at most, not 1.5"),
            (|o| o.weight_decay = f64::INFINITY, "optimize.weight_decay: 0 or more, not inf"),
            (|o| o.epochs = 0, "optimize.epochs: 1 or more, not 0"),
            (|o| o.accumulate = 0, "optimize.accumulate: 1 or more, not 0"),
        ];
        for (change, message) in changes {
            let mut settings = Settings::default();
            change(&mut settings.optimize);
            let Err(Error::Setting { key, expected, got }) = settings.check() else { panic!("{message}: taken") };
            assert_eq!(format!("{key}: {expected}, not {got}"), message);
        }
        let mut settings = Settings::default();
        settings.check().unwrap();
        settings.model.dropout = Some(1.0);
        assert!(settings.check().unwrap_err().to_string().contains("model.dropout"));
    }
}
