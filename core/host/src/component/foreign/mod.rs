//! The five kinds, answered by an instance of a component: each implements the trait that the engine calls.

mod augmenter;
mod convert;
mod domain;
mod method;
mod metric;
mod preprocessor;
mod tables;

use super::bindings::engraft::text::types;
use super::bindings::exports::engraft as exported;
use super::sandbox::State;
use super::worker::{Foreign, Loaded, With};
use engraft_plugin::kind::{Kind, Setting};
use engraft_plugin::register::Instance;
use engraft_plugin::{Error, Result};
use std::sync::Arc;
use wasmtime::component::InstancePre;

/// Where the exports of each kind stand; a component need not export all of them.
pub(super) struct Found {
    pub(super) describe: exported::describe::describe::GuestIndices,
    domain: Option<Arc<exported::domain::domain::GuestIndices>>,
    preprocessor: Option<Arc<exported::preprocessor::preprocessor::GuestIndices>>,
    augmenter: Option<Arc<exported::augmenter::augmenter::GuestIndices>>,
    metric: Option<Arc<exported::metric::metric::GuestIndices>>,
    method: Option<Arc<exported::method::method::GuestIndices>>,
}

impl Found {
    /// Looks for the exports of every kind. Exports that no kind knows are left alone.
    pub(super) fn new(pre: &InstancePre<State>) -> wasmtime::Result<Self> {
        Ok(Self {
            describe: exported::describe::describe::GuestIndices::new(pre)?,
            domain: exported::domain::domain::GuestIndices::new(pre).ok().map(Arc::new),
            preprocessor: exported::preprocessor::preprocessor::GuestIndices::new(pre).ok().map(Arc::new),
            augmenter: exported::augmenter::augmenter::GuestIndices::new(pre).ok().map(Arc::new),
            metric: exported::metric::metric::GuestIndices::new(pre).ok().map(Arc::new),
            method: exported::method::method::GuestIndices::new(pre).ok().map(Arc::new),
        })
    }

    /// Says whether the component exports a kind.
    pub(super) const fn has(&self, kind: Kind) -> bool {
        match kind {
            Kind::Domain => self.domain.is_some(),
            Kind::Preprocessor => self.preprocessor.is_some(),
            Kind::Augmenter => self.augmenter.is_some(),
            Kind::Metric => self.metric.is_some(),
            Kind::Method => self.method.is_some(),
            _ => false,
        }
    }

    /// Opens a plugin of a kind.
    pub(super) fn open(
        &self,
        loaded: &Arc<Loaded>,
        kind: Kind,
        id: &str,
        settings: &str,
        setting: &Setting,
    ) -> Result<Instance> {
        let task = serde_json::to_string(&setting.task)
            .map_err(|error| Error::new("settings.unreadable", format!("the task: {error}")))?;
        let with = With { id: id.to_owned(), settings: settings.to_owned(), task };
        let (loaded, none) = (Arc::clone(loaded), || Error::new("unknown-id", format!("it exports no {kind}")));
        Ok(match kind {
            Kind::Domain => {
                Instance::Domain(Arc::new(Foreign::open(loaded, self.domain.clone().ok_or_else(none)?, with)?))
            }
            Kind::Preprocessor => Instance::Preprocessor(Arc::new(Foreign::open(
                loaded,
                self.preprocessor.clone().ok_or_else(none)?,
                with,
            )?)),
            Kind::Augmenter => {
                Instance::Augmenter(Arc::new(Foreign::open(loaded, self.augmenter.clone().ok_or_else(none)?, with)?))
            }
            Kind::Metric => {
                Instance::Metric(Arc::new(Foreign::open(loaded, self.metric.clone().ok_or_else(none)?, with)?))
            }
            Kind::Method => {
                Instance::Method(Arc::new(Foreign::open(loaded, self.method.clone().ok_or_else(none)?, with)?))
            }
            _ => return Err(none()),
        })
    }
}

impl From<types::Error> for Error {
    fn from(types::Error { code, message }: types::Error) -> Self {
        Self { code, message }
    }
}
