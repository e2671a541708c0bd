//! Augmenters make variations of training texts.

mod holes;

pub use holes::{Hole, Holes, MOST_HOLES, MOST_VARIANTS};

use super::guard;
use crate::text::{Example, SpanBuf};
use crate::{Answers, Edits, Random, Result};
use serde::{Deserialize, Serialize};

/// Makes variations of a training example.
///
/// Called once an example and epoch, on training data only, from any thread. Randomness comes from
/// `random` and nowhere else: its seed is made of run seed, plugin, document id and epoch, so that a
/// run repeats exactly, however the data is batched.
///
/// ```
/// use engraft_plugin::{Edits, Random, Result};
/// use engraft_plugin::kind::augmenter::{Augmenter, Variation};
/// use engraft_plugin::text::Example;
///
/// /// Drops one random blank.
/// struct Typo;
///
/// impl Augmenter for Typo {
///     fn augment(&self, example: &Example<'_>, random: &mut Random) -> Result<Vec<Variation>> {
///         let blanks: Vec<usize> = example.text().match_indices(' ').map(|(at, _)| at).collect();
///         let Some(&at) = random.choose(&blanks) else { return Ok(Vec::new()) };
///         let mut edits = Edits::none();
///         edits.delete(at..at + 1);
///         Ok(vec![Variation::edits(edits)])
///     }
/// }
/// ```
pub trait Augmenter: Send + Sync {
    /// Zero or more variations; each is a new training example beside the original.
    ///
    /// # Errors
    /// Why this text cannot be varied; it is then counted and reported.
    fn augment(&self, example: &Example<'_>, random: &mut Random) -> Result<Vec<Variation>>;
}

/// One variation of an example.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variation {
    /// How the text changes.
    pub body: Body,
    /// The labels of the new text, where they are other than the old ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
}

/// How a variation changes the text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Body {
    /// By edits, applied by the host.
    Edits(Edits),
    /// By a new text that states its own spans, validated by the host.
    Rewrite {
        /// The new text.
        text: String,
        /// Its spans.
        spans: Vec<SpanBuf>,
    },
    /// By edits some of which are not finished: the host has the run's masked language model draw their words, where
    /// the run grants it, and applies them as edits.
    Holes(Holes),
}

impl Variation {
    /// A variation by edits, labels as before.
    pub const fn edits(edits: Edits) -> Self {
        Self { body: Body::Edits(edits), labels: None }
    }
    /// A variation by a whole new text that states its own spans.
    pub fn rewrite(text: impl Into<String>, spans: Vec<SpanBuf>) -> Self {
        Self { body: Body::Rewrite { text: text.into(), spans }, labels: None }
    }
    /// Variations by words that the run's masked language model draws, labels as before.
    pub fn holes(holes: impl Into<Holes>) -> Self {
        Self { body: Body::Holes(holes.into()), labels: None }
    }
}

/// One item of work: an example and its own seed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// The example.
    pub example: Example<'a>,
    /// The seed for this example in this epoch.
    pub seed: u64,
}

/// [`Augmenter`], a batch at a time: what the engine calls.
pub trait AugmentBatch: Send + Sync {
    /// As many answers as items of work, in their order.
    ///
    /// # Errors
    /// A failure of the plugin itself.
    fn augment_batch(&self, batch: &[Work<'_>]) -> Answers<Vec<Variation>>;
}

impl<A: Augmenter> AugmentBatch for A {
    fn augment_batch(&self, batch: &[Work<'_>]) -> Answers<Vec<Variation>> {
        guard(|| batch.iter().map(|work| self.augment(&work.example, &mut Random::new(work.seed))).collect())
    }
}
