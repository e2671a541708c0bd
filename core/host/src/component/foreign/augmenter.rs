//! Augmenters of components.

use super::convert::{edits, spans};
use super::exported::augmenter::augmenter as wire;
use super::exported::augmenter::augmenter::{Guest, GuestIndices};
use super::tables::Tables;
use crate::component::sandbox::State;
use crate::component::worker::{Exports, Foreign, With};
use engraft_plugin::kind::augmenter::{AugmentBatch, Body, Variation, Work};
use engraft_plugin::kind::expect_count;
use engraft_plugin::{Answers, Error, Result};
use wasmtime::Store;
use wasmtime::component::{Instance, ResourceAny};

impl Exports for Guest {
    type Indices = GuestIndices;

    fn load(indices: &GuestIndices, store: &mut Store<State>, instance: &Instance) -> wasmtime::Result<Self> {
        indices.load(store, instance)
    }
    fn open(&self, store: &mut Store<State>, with: &With) -> wasmtime::Result<Result<ResourceAny>> {
        let answer = self.opened().call_open(store, &with.id, &with.settings)?;
        Ok(answer.map_err(Error::from))
    }
}

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
    };
    Variation { body, labels }
}
