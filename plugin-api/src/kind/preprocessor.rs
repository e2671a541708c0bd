//! Preprocessors clean texts by edits.

use super::each;
use crate::text::Example;
use crate::{Answers, Edits, Result};

/// Cleans a text by saying which byte ranges become what.
///
/// Called once an example, when the data is read, for training and prediction alike; from any thread.
/// The host applies the edits and moves the spans, or refuses the example when an edit would cut one
/// (see [`crate::edit`]).
///
/// ```
/// use engraft_plugin::{Edits, Result, kind::preprocessor::Preprocessor, text::Example};
///
/// /// Tabs become spaces.
/// struct Tabs;
///
/// impl Preprocessor for Tabs {
///     fn clean(&self, example: &Example<'_>) -> Result<Edits> {
///         let mut edits = Edits::none();
///         for (at, _) in example.text().match_indices('\t') {
///             edits.replace(at..at + 1, " ");
///         }
///         Ok(edits)
///     }
/// }
/// ```
pub trait Preprocessor: Send + Sync {
    /// The edits that clean this example.
    ///
    /// # Errors
    /// Why this text cannot be cleaned; it is then counted, reported and left out.
    fn clean(&self, example: &Example<'_>) -> Result<Edits>;
}

/// [`Preprocessor`], a batch at a time: what the engine calls.
pub trait CleanBatch: Send + Sync {
    /// As many answers as examples, in their order.
    ///
    /// # Errors
    /// A failure of the plugin itself.
    fn clean_batch(&self, batch: &[Example<'_>]) -> Answers<Edits>;
}

impl<P: Preprocessor> CleanBatch for P {
    fn clean_batch(&self, batch: &[Example<'_>]) -> Answers<Edits> {
        each(batch, |example| self.clean(&example))
    }
}
