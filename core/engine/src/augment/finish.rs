//! Variations with holes are finished: the run's model fills them, all of a batch at once.

use super::fill::{Asked, Filler};
use super::tally::Counts;
use crate::{Error, Result};
use engraft_plugin::kind::augmenter::{AugmentBatch, Body, Holes, Variation, Work};
use engraft_plugin::register::{Grant, Opened};
use engraft_plugin::seed;

/// An item's variations, each finished or refused; or why it has none.
type Finished = engraft_plugin::Result<Vec<engraft_plugin::Result<Variation>>>;

/// The answers of an augmenter, those with holes replaced by what filling makes of them.
///
/// # Errors
/// [`Error::Ungranted`] for holes where the run grants none; those of the filler.
pub(super) fn finish(
    augmenter: &Opened<dyn AugmentBatch>,
    filler: &Filler,
    work: &[Work<'_>],
    answers: Vec<engraft_plugin::Result<Vec<Variation>>>,
    made: &mut Counts,
) -> Result<Vec<Finished>> {
    let mut asked: Vec<Asked<'_>> = Vec::new();
    for (work, answer) in work.iter().zip(&answers) {
        for (number, variation) in answer.iter().flatten().enumerate() {
            if let Body::Holes(holes) = &variation.body {
                let seed = seed(work.seed, &["holes", &number.to_string()]);
                asked.push(Asked { text: work.example.text(), holes, seed });
            }
        }
    }
    if asked.is_empty() {
        return Ok(answers.into_iter().map(|answer| Ok(answer?.into_iter().map(Ok).collect())).collect());
    }
    if !augmenter.grants.contains(&Grant::FillMask) {
        return Err(Error::Ungranted { plugin: augmenter.id.clone(), grant: "fill-mask" });
    }
    let mut filled = filler.fill(&asked)?.into_iter();
    drop(asked);
    let mut one = |Variation { body, labels }: Variation| -> Vec<engraft_plugin::Result<Variation>> {
        let Body::Holes(Holes { holes, .. }) = &body else { return vec![Ok(Variation { body, labels })] };
        match filled.next().expect("an answer for each that was asked") {
            Err(refused) => vec![Err(refused)],
            Ok(variants) => {
                made.holes += holes.len() * variants.len();
                variants
                    .into_iter()
                    .map(|edits| Ok(Variation { body: Body::Edits(edits), labels: labels.clone() }))
                    .collect()
            }
        }
    };
    Ok(answers.into_iter().map(|answer| Ok(answer?.into_iter().flat_map(&mut one).collect())).collect())
}
