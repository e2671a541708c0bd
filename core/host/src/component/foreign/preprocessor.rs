//! Preprocessors of components.

use super::convert::edits;
use super::exported::preprocessor::preprocessor::{Guest, GuestIndices};
use super::tables::Tables;
use crate::component::sandbox::State;
use crate::component::worker::{Exports, Foreign, With};
use engraft_plugin::kind::expect_count;
use engraft_plugin::kind::preprocessor::CleanBatch;
use engraft_plugin::text::Example;
use engraft_plugin::{Answers, Edits, Error, Result};
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

impl CleanBatch for Foreign<Guest> {
    fn clean_batch(&self, batch: &[Example<'_>]) -> Answers<Edits> {
        let tables = Tables::of_examples(batch);
        let mut reader = tables.reader();
        let examples: Vec<_> = batch.iter().map(|example| reader.example(example)).collect();
        let answers = self.call(|guest, store, opened| guest.opened().call_clean(store, opened, &examples))?;
        expect_count(answers.into_iter().map(|answer| Ok(edits(answer?))).collect(), batch.len())
    }
}
