//! Preprocessors of components.

use super::convert::edits;
use super::exported::preprocessor::preprocessor::Guest;
use super::tables::Tables;
use crate::component::worker::Foreign;
use engraft_plugin::kind::expect_count;
use engraft_plugin::kind::preprocessor::CleanBatch;
use engraft_plugin::text::Example;
use engraft_plugin::{Answers, Edits};

impl CleanBatch for Foreign<Guest> {
    fn clean_batch(&self, batch: &[Example<'_>]) -> Answers<Edits> {
        let tables = Tables::of_examples(batch);
        let mut reader = tables.reader();
        let examples: Vec<_> = batch.iter().map(|example| reader.example(example)).collect();
        let answers = self.call(|guest, store, opened| guest.opened().call_clean(store, opened, &examples))?;
        expect_count(answers.into_iter().map(|answer| Ok(edits(answer?))).collect(), batch.len())
    }
}
