//! Domain adapters of components.

use super::convert::{example, prediction};
use super::exported::domain::domain::{self as wire, Guest};
use super::tables::Tables;
use crate::component::worker::Foreign;
use engraft_plugin::kind::domain::DomainBatch;
use engraft_plugin::kind::expect_count;
use engraft_plugin::text::{Example, ExampleBuf, Prediction, PredictionBuf, Row};
use engraft_plugin::{Answers, Failure, Result, Task};

impl DomainBatch for Foreign<Guest> {
    fn task(&self) -> Result<Task, Failure> {
        let json = self.call(|guest, store, opened| guest.opened().call_task(store, opened))?;
        serde_json::from_str(&json).map_err(|error| Failure::Answer(format!("a task that is none: {error}")))
    }

    fn adapt_batch(&self, batch: &[Row<'_>]) -> Answers<Vec<ExampleBuf>> {
        let mut tables = Tables::default();
        batch.iter().for_each(|row| tables.put_fields(row.fields()));
        let mut reader = tables.reader();
        let rows: Vec<_> =
            batch.iter().map(|row| wire::Row { id: row.id(), fields: reader.fields(row.fields().len()) }).collect();
        let answers = self.call(|guest, store, opened| guest.opened().call_adapt(store, opened, &rows))?;
        let adapted = answers.into_iter().map(|answer| Ok(answer?.into_iter().map(example).collect()));
        expect_count(adapted.collect(), batch.len())
    }

    fn rules_batch(&self, batch: &[Example<'_>]) -> Answers<Option<PredictionBuf>> {
        let tables = Tables::of_examples(batch);
        let mut reader = tables.reader();
        let examples: Vec<_> = batch.iter().map(|example| reader.example(example)).collect();
        let answers = self.call(|guest, store, opened| guest.opened().call_rules(store, opened, &examples))?;
        expect_count(answers.into_iter().map(|answer| Ok(answer?.map(prediction))).collect(), batch.len())
    }

    fn refine_batch(&self, batch: &[(Example<'_>, Prediction<'_>)]) -> Answers<PredictionBuf> {
        let mut tables = Tables::default();
        for (example, prediction) in batch {
            tables.put_example(example);
            tables.put_prediction(prediction);
        }
        let mut reader = tables.reader();
        let pairs: Vec<_> = batch.iter().map(|(e, p)| (reader.example(e), reader.prediction(p))).collect();
        let answers = self.call(|guest, store, opened| guest.opened().call_refine(store, opened, &pairs))?;
        expect_count(answers.into_iter().map(|answer| Ok(prediction(answer?))).collect(), batch.len())
    }
}
