//! The calls into the engine: the only place of this binary that runs anything.

use crate::error::Result;
use engraft_engine::estimate::Estimate;
use engraft_engine::event::Observer;
use engraft_engine::merge::{Merge, Merged};
use engraft_engine::method::open::Base;
use engraft_engine::pipeline::{self, Answer, Evaluation, Predictor, Split};
use engraft_engine::report::Report;
use engraft_engine::run::Run;
use engraft_engine::suspects::Suspect;
use engraft_plugin::Task;
use engraft_plugin::text::RowBuf;
use std::path::Path;

/// Trains, evaluates and reports; the run folder is written.
pub(crate) fn train(run: &Run, observer: &mut dyn Observer) -> Result<Report> {
    Ok(pipeline::train(run, observer)?)
}

/// What training would take; nothing is written.
pub(crate) fn estimate(run: &Run, observer: &mut dyn Observer) -> Result<Estimate> {
    Ok(pipeline::estimate(run, observer)?)
}

/// Scores a trained run on a split.
pub(crate) fn evaluate(run: &Run, split: &Split, observer: &mut dyn Observer) -> Result<Evaluation> {
    Ok(pipeline::evaluate(run, split, observer)?)
}

/// What a run predicts, as its domain states it.
pub(crate) fn task(run: &Run) -> Result<Task> {
    Ok(pipeline::task(&run.plugins)?)
}

/// The texts of a run's training set, those whose labels are likely wrong first.
pub(crate) fn suspects(run: &Run, folds: usize, observer: &mut dyn Observer) -> Result<Vec<Suspect>> {
    Ok(engraft_engine::suspects::suspects(run, folds, observer)?)
}

/// Writes a graft into its base model's weights.
pub(crate) fn merge(request: &Merge<'_>) -> Result<Merged> {
    Ok(engraft_engine::merge::merge(request)?)
}

/// Which base models will do.
pub(crate) const fn base(is_any: bool) -> Base {
    if is_any { Base::Any } else { Base::Same }
}

/// A trained run, ready to predict.
pub(crate) struct Trained(Predictor);

impl Trained {
    /// Opens what a run left in its folder.
    pub(crate) fn open(run: &Run) -> Result<Self> {
        Ok(Self(Predictor::open(run)?))
    }

    /// Opens a graft folder on the run's pretrained model.
    pub(crate) fn with_graft(run: &Run, graft: &Path, base: Base) -> Result<Self> {
        Ok(Self(Predictor::on_base(run, &run.model, Some(graft), base)?))
    }

    /// Opens a whole model.
    pub(crate) fn of_model(run: &Run, model: &Path) -> Result<Self> {
        Ok(Self(Predictor::from_folders(run, model, None)?))
    }

    /// One answer for each row, in their order.
    pub(crate) fn predict(&mut self, rows: &[RowBuf]) -> Result<Vec<Answer>> {
        Ok(self.0.predict(rows)?)
    }
}

/// The training program after each pass, as text.
pub(crate) fn explain(run: &Run, observer: &mut dyn Observer) -> Result<String> {
    Ok(pipeline::explain(run, observer)?)
}
