//! Metrics of components.

use super::exported::metric::metric::{self as wire, Guest};
use super::tables::Tables;
use crate::component::worker::Foreign;
use engraft_plugin::kind::expect_count;
use engraft_plugin::kind::metric::{MetricBatch, Score, Tally};
use engraft_plugin::text::Pair;
use engraft_plugin::{Answers, Error, Failure, Result};

impl MetricBatch for Foreign<Guest> {
    fn tally_batch(&self, batch: &[Pair<'_>]) -> Answers<Vec<f64>> {
        let mut tables = Tables::default();
        for pair in batch {
            tables.put_example(&pair.gold());
            tables.put_prediction(&pair.predicted());
        }
        let mut reader = tables.reader();
        let pairs: Vec<_> = batch
            .iter()
            .map(|pair| wire::Pair {
                gold: reader.example(&pair.gold()),
                predicted: reader.prediction(&pair.predicted()),
            })
            .collect();
        let answers = self.call(|guest, store, opened| guest.opened().call_tally(store, opened, &pairs))?;
        expect_count(answers.into_iter().map(|answer| answer.map_err(Error::from)).collect(), batch.len())
    }

    fn score_rows(&self, rows: &[Tally<'_>]) -> Result<Result<Vec<Score>>, Failure> {
        let rows: Vec<&[f64]> = rows.iter().map(|row| row.as_slice()).collect();
        let answer = self.call(|guest, store, opened| guest.opened().call_scores(store, opened, &rows))?;
        let scores: Vec<Score> = match answer {
            Ok(scores) => scores
                .into_iter()
                .map(|s| Score { name: s.name, value: s.value, higher_is_better: s.higher_is_better })
                .collect(),
            Err(refused) => return Ok(Err(refused.into())),
        };
        match scores.iter().find(|score| !score.value.is_finite()) {
            Some(bad) => Err(Failure::Answer(format!("score `{}` is {}", bad.name, bad.value))),
            None => Ok(Ok(scores)),
        }
    }
}
