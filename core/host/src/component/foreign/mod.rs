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
use super::worker::{Exports, Foreign, Loaded, With};
use engraft_plugin::kind::{Kind, Setting};
use engraft_plugin::register::Instance;
use engraft_plugin::{Error, Result};
use exported::augmenter::augmenter as augmenters;
use exported::describe::describe as descriptions;
use exported::domain::domain as domains;
use exported::method::method as methods;
use exported::metric::metric as metrics;
use exported::preprocessor::preprocessor as preprocessors;
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::{self, InstancePre, ResourceAny};

/// How the exports of a kind are found and its plugins opened: alike, but for what `open` is told.
macro_rules! exports {
    ($($kind:ident($($told:ident),*);)*) => { $(
        impl Exports for $kind::Guest {
            type Indices = $kind::GuestIndices;

            fn load(
                indices: &$kind::GuestIndices,
                store: &mut Store<State>,
                instance: &component::Instance,
            ) -> wasmtime::Result<Self> {
                indices.load(store, instance)
            }
            fn open(&self, store: &mut Store<State>, with: &With) -> wasmtime::Result<Result<ResourceAny>> {
                Ok(self.opened().call_open(store, $(&with.$told),*)?.map_err(Error::from))
            }
        }
    )* };
}

exports! {
    domains(id, settings);
    preprocessors(id, settings);
    augmenters(id, settings);
    metrics(id, settings, task);
    methods(id, settings);
}

/// Where the exports of each kind stand; a component need not export all of them.
pub(super) struct Found {
    pub(super) describe: descriptions::GuestIndices,
    domain: Option<Arc<domains::GuestIndices>>,
    preprocessor: Option<Arc<preprocessors::GuestIndices>>,
    augmenter: Option<Arc<augmenters::GuestIndices>>,
    metric: Option<Arc<metrics::GuestIndices>>,
    method: Option<Arc<methods::GuestIndices>>,
}

impl Found {
    /// Looks for the exports of every kind. Exports that no kind knows are left alone.
    pub(super) fn new(pre: &InstancePre<State>) -> wasmtime::Result<Self> {
        Ok(Self {
            describe: descriptions::GuestIndices::new(pre)?,
            domain: domains::GuestIndices::new(pre).ok().map(Arc::new),
            preprocessor: preprocessors::GuestIndices::new(pre).ok().map(Arc::new),
            augmenter: augmenters::GuestIndices::new(pre).ok().map(Arc::new),
            metric: metrics::GuestIndices::new(pre).ok().map(Arc::new),
            method: methods::GuestIndices::new(pre).ok().map(Arc::new),
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
        let loaded = Arc::clone(loaded);
        let none = || Error::new("unknown-id", format!("this component exports no {kind}"));
        Ok(match kind {
            Kind::Domain => {
                let found = self.domain.clone().ok_or_else(none)?;
                Instance::Domain(Arc::new(Foreign::<domains::Guest>::open(loaded, found, with)?))
            }
            Kind::Preprocessor => {
                let found = self.preprocessor.clone().ok_or_else(none)?;
                Instance::Preprocessor(Arc::new(Foreign::<preprocessors::Guest>::open(loaded, found, with)?))
            }
            Kind::Augmenter => {
                let found = self.augmenter.clone().ok_or_else(none)?;
                Instance::Augmenter(Arc::new(Foreign::<augmenters::Guest>::open(loaded, found, with)?))
            }
            Kind::Metric => {
                let found = self.metric.clone().ok_or_else(none)?;
                Instance::Metric(Arc::new(Foreign::<metrics::Guest>::open(loaded, found, with)?))
            }
            Kind::Method => {
                let found = self.method.clone().ok_or_else(none)?;
                Instance::Method(Arc::new(Foreign::<methods::Guest>::open(loaded, found, with)?))
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
