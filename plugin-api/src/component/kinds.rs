//! The five kinds: each turns owned values into views, calls the batched trait, and turns the answers back.

use super::bindings::Plugins;
use super::bindings::engraft::text::types;
use super::bindings::exports::engraft::{augmenter::augmenter, domain::domain, method::method};
use super::bindings::exports::engraft::{metric::metric, preprocessor::preprocessor};
use super::convert::{answers, examples, pairs, rows};
use super::{json, open, or_trap};
use crate::Error;
use crate::abi::view::List;
use crate::kind::augmenter::{AugmentBatch, Work};
use crate::kind::domain::DomainBatch;
use crate::kind::method::PlanMethod;
use crate::kind::metric::MetricBatch;
use crate::kind::preprocessor::CleanBatch;
use crate::kind::{Kind, Setting};
use crate::register::Instance;
use crate::text::Views;
use std::sync::Arc;

/// Defines the resource of a kind: an instance of that kind's batched trait.
macro_rules! resource {
    ($name:ident, $kind:ident, $batched:ident, $module:ident) => {
        /// An opened plugin of the kind.
        pub(crate) struct $name(Arc<dyn $batched>);

        impl $name {
            fn open(id: &str, settings: &str, setting: &Setting) -> Result<$module::Opened, types::Error> {
                match open(Kind::$kind, id, settings, setting)? {
                    Instance::$kind(plugin) => Ok($module::Opened::new(Self(plugin))),
                    other => unreachable!("a {} was registered as a {}", other.kind(), Kind::$kind),
                }
            }
        }

        impl $module::Guest for Plugins {
            type Opened = $name;
        }
    };
}

resource!(OpenedPreprocessor, Preprocessor, CleanBatch, preprocessor);
resource!(OpenedAugmenter, Augmenter, AugmentBatch, augmenter);
resource!(OpenedMetric, Metric, MetricBatch, metric);
resource!(OpenedDomain, Domain, DomainBatch, domain);
resource!(OpenedMethod, Method, PlanMethod, method);

impl preprocessor::GuestOpened for OpenedPreprocessor {
    fn open(id: String, settings: String) -> Result<preprocessor::Opened, types::Error> {
        Self::open(&id, &settings, &Setting::default())
    }
    fn clean(&self, batch: Vec<types::Example>) -> Vec<Result<Vec<types::Edit>, types::Error>> {
        let batch = examples(batch);
        answers(or_trap(self.0.clean_batch(Views::examples(&batch).as_slice())))
    }
}

impl augmenter::GuestOpened for OpenedAugmenter {
    fn open(id: String, settings: String) -> Result<augmenter::Opened, types::Error> {
        Self::open(&id, &settings, &Setting::default())
    }
    fn augment(&self, batch: Vec<augmenter::Work>) -> Vec<Result<Vec<augmenter::Variation>, types::Error>> {
        let (batch, seeds): (Vec<_>, Vec<_>) = batch.into_iter().map(|work| (work.example, work.seed)).unzip();
        let batch = examples(batch);
        let views = Views::examples(&batch);
        let works = views.as_slice().iter().zip(seeds).map(|(&example, seed)| Work { example, seed });
        answers(or_trap(self.0.augment_batch(&works.collect::<Vec<_>>())))
    }
}

impl metric::GuestOpened for OpenedMetric {
    fn open(id: String, settings: String, task: String) -> Result<metric::Opened, types::Error> {
        let task = serde_json::from_str(&task)
            .map_err(|error| Error::new("settings.unreadable", format!("the task: {error}")))?;
        Self::open(&id, &settings, &Setting { task })
    }
    fn tally(&self, batch: Vec<metric::Pair>) -> Vec<Result<Vec<f64>, types::Error>> {
        let batch = pairs(batch.into_iter().map(|pair| (pair.gold, pair.predicted)));
        let views = Views::pairs(batch.iter().map(|(gold, predicted)| (gold, predicted)));
        let rows = or_trap(self.0.tally_batch(views.as_slice()));
        rows.into_iter().map(|row| row.map_err(Into::into)).collect()
    }
    fn scores(&self, rows: Vec<Vec<f64>>) -> Result<Vec<metric::Score>, types::Error> {
        let rows: Vec<_> = rows.iter().map(|row| List::new(row)).collect();
        Ok(or_trap(self.0.score_rows(&rows))?.into_iter().map(Into::into).collect())
    }
}

impl domain::GuestOpened for OpenedDomain {
    fn open(id: String, settings: String) -> Result<domain::Opened, types::Error> {
        Self::open(&id, &settings, &Setting::default())
    }
    fn task(&self) -> String {
        json(&or_trap(self.0.task()))
    }
    fn adapt(&self, batch: Vec<domain::Row>) -> Vec<Result<Vec<types::Example>, types::Error>> {
        let batch = rows(batch);
        answers(or_trap(self.0.adapt_batch(Views::rows(&batch).as_slice())))
    }
    fn rules(&self, batch: Vec<types::Example>) -> Vec<Result<Option<types::Prediction>, types::Error>> {
        let batch = examples(batch);
        let predictions = or_trap(self.0.rules_batch(Views::examples(&batch).as_slice()));
        predictions.into_iter().map(|answer| Ok(answer?.map(Into::into))).collect()
    }
    fn refine(&self, batch: Vec<(types::Example, types::Prediction)>) -> Vec<Result<types::Prediction, types::Error>> {
        let batch = pairs(batch);
        let views = Views::pairs(batch.iter().map(|(example, prediction)| (example, prediction)));
        let batch: Vec<_> = views.as_slice().iter().map(|pair| (pair.gold(), pair.predicted())).collect();
        let predictions = or_trap(self.0.refine_batch(&batch));
        predictions.into_iter().map(|answer| Ok(answer?.into())).collect()
    }
}

impl method::GuestOpened for OpenedMethod {
    fn open(id: String, settings: String) -> Result<method::Opened, types::Error> {
        Self::open(&id, &settings, &Setting::default())
    }
    fn plan(&self, model: String) -> Result<String, types::Error> {
        let model = serde_json::from_str(&model)
            .map_err(|error| Error::new("plan.refused", format!("the model's map: {error}")))?;
        Ok(json(&or_trap(self.0.plan_for(&model))?))
    }
}
