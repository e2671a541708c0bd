//! Domain adapters turn raw rows into examples, and predictions into what the domain wants.

use super::{each, guard};
use crate::error::Failure;
use crate::text::{Example, ExampleBuf, Prediction, PredictionBuf, Row};
use crate::{Answers, Result, Task, wire};

/// Knows a domain: its labels, how its rows are read, a rule engine to beat, a last step to refine.
///
/// Called from any thread: `task` once, `adapt` for each row read, `rules` for the baseline of the
/// report, `refine` after each prediction.
pub trait DomainAdapter: Send + Sync {
    /// The labels, what is predicted, and what decides.
    fn task(&self) -> Task;

    /// Reads one raw row: text, byte-offset spans, labels. A row may give several examples (the
    /// sentences of a contract); each then says in its fields [`crate::text::field::DOCUMENT`] and
    /// [`crate::text::field::OFFSET`] where it was cut, and the host joins predictions again.
    ///
    /// # Errors
    /// Why this row cannot be read; the run names file and line.
    fn adapt(&self, row: &Row<'_>) -> Result<Vec<ExampleBuf>>;

    /// What rules alone would predict: the baseline that a model must beat. `None`: no rules.
    ///
    /// # Errors
    /// Why the rules cannot be applied to this text.
    fn rules(&self, example: &Example<'_>) -> Result<Option<PredictionBuf>> {
        let _ = example;
        Ok(None)
    }

    /// Mends a prediction by what the domain knows.
    ///
    /// # Errors
    /// Why it cannot be mended.
    fn refine(&self, example: &Example<'_>, prediction: Prediction<'_>) -> Result<PredictionBuf> {
        let _ = example;
        Ok(prediction.to_buf())
    }
}

/// [`DomainAdapter`], a batch at a time: what the engine calls. Counts and order are kept.
pub trait DomainBatch: Send + Sync {
    /// The task, through its JSON form (as every loader passes it).
    ///
    /// # Errors
    /// A failure of the plugin itself.
    fn task(&self) -> Result<Task, Failure>;
    /// Examples of each row.
    ///
    /// # Errors
    /// A failure of the plugin itself.
    fn adapt_batch(&self, batch: &[Row<'_>]) -> Answers<Vec<ExampleBuf>>;
    /// The rule engine's prediction for each example.
    ///
    /// # Errors
    /// A failure of the plugin itself.
    fn rules_batch(&self, batch: &[Example<'_>]) -> Answers<Option<PredictionBuf>>;
    /// The mended prediction of each example.
    ///
    /// # Errors
    /// A failure of the plugin itself.
    fn refine_batch(&self, batch: &[(Example<'_>, Prediction<'_>)]) -> Answers<PredictionBuf>;
}

impl<D: DomainAdapter> DomainBatch for D {
    fn task(&self) -> Result<Task, Failure> {
        wire::through_json(&guard(|| DomainAdapter::task(self))?)
    }
    fn adapt_batch(&self, batch: &[Row<'_>]) -> Answers<Vec<ExampleBuf>> {
        each(batch, |row| self.adapt(&row))
    }
    fn rules_batch(&self, batch: &[Example<'_>]) -> Answers<Option<PredictionBuf>> {
        each(batch, |example| self.rules(&example))
    }
    fn refine_batch(&self, batch: &[(Example<'_>, Prediction<'_>)]) -> Answers<PredictionBuf> {
        each(batch, |(example, prediction)| self.refine(&example, prediction))
    }
}
