//! Augmenters of components.

use super::convert::{edits, spans};
use super::exported::augmenter::augmenter as wire;
use super::exported::augmenter::augmenter::Guest;
use super::tables::Tables;
use crate::component::worker::Foreign;
use engraft_plugin::Answers;
use engraft_plugin::kind::augmenter::{AugmentBatch, Body, Hole, Holes, Variation, Work};
use engraft_plugin::kind::expect_count;

impl AugmentBatch for Foreign<Guest> {
    fn augment_batch(&self, batch: &[Work<'_>]) -> Answers<Vec<Variation>> {
        let tables = Tables::of_examples(batch.iter().map(|work| &work.example));
        let mut reader = tables.reader();
        let works: Vec<_> =
            batch.iter().map(|work| wire::Work { example: reader.example(&work.example), seed: work.seed }).collect();
        let answers = self.call(|guest, store, opened| guest.opened().call_augment(store, opened, &works))?;
        let variations = |answer: Vec<wire::Variation>| answer.into_iter().map(variation).collect();
        expect_count(answers.into_iter().map(|answer| Ok(variations(answer?))).collect(), batch.len())
    }
}

fn variation(wire::Variation { body, labels }: wire::Variation) -> Variation {
    let body = match body {
        wire::Body::Edits(its) => Body::Edits(edits(its)),
        wire::Body::Rewrite(whole) => Body::Rewrite { text: whole.text, spans: spans(whole.spans) },
        wire::Body::Holes(its) => Body::Holes(Holes {
            holes: its.holes.into_iter().map(hole).collect(),
            edits: edits(its.edits),
            variants: its.variants,
        }),
    };
    Variation { body, labels }
}

fn hole(wire::Hole { start, end, temperature, top_k, exclude }: wire::Hole) -> Hole {
    Hole { start, end, temperature, top_k, exclude }
}
