//! Instances of an opened plugin: one a worker, made when a worker first calls.

use super::failure::failure;
use super::grants::Grants;
use super::limits::Limits;
use super::sandbox::{Sandbox, State};
use engraft_plugin::register::Meter;
use engraft_plugin::{Error, Failure};
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre, ResourceAny};

/// A loaded component: compiled and linked, not yet running.
#[derive(Clone)]
pub(super) struct Loaded {
    pub(super) sandbox: &'static Sandbox,
    pub(super) pre: InstancePre<State>,
    pub(super) limits: Limits,
    pub(super) grants: Grants,
    /// Counts what calls into it take.
    pub(super) meter: Meter,
}

impl Loaded {
    /// A fresh instance.
    ///
    /// # Errors
    /// A component that fails when it starts.
    pub(super) fn start(&self) -> Result<(Store<State>, Instance), Failure> {
        let store = self.sandbox.store(&self.limits, &self.grants);
        let mut store = store.map_err(|error| Failure::Stopped(format!("its folders cannot be opened: {error:#}")))?;
        let instance = self.call(&mut store, |store| self.pre.instantiate(store))?;
        Ok((store, instance))
    }

    /// Calls into a store, under the limits of one call.
    ///
    /// # Errors
    /// Why it was stopped. The store is then of no more use.
    pub(super) fn call<T>(
        &self,
        store: &mut Store<State>,
        call: impl FnOnce(&mut Store<State>) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        store.data().printed.clear();
        store.set_epoch_deadline(super::clock::ticks(self.limits.time));
        let running = self.sandbox.clock.run();
        let answer = self.meter.count(|| call(store));
        drop(running);
        answer.map_err(|error| failure(&error, &store.data().printed.text()))
    }
}

/// The exports of a kind, as wasmtime binds them.
pub(super) trait Exports: Sized + Send + Sync + 'static {
    /// Where the exports stand in the component.
    type Indices: Send + Sync;

    /// Finds them in an instance.
    fn load(indices: &Self::Indices, store: &mut Store<State>, instance: &Instance) -> wasmtime::Result<Self>;

    /// Opens a plugin: the resource, or the plugin's refusal.
    fn open(&self, store: &mut Store<State>, with: &With) -> wasmtime::Result<Result<ResourceAny, Error>>;
}

/// What a plugin is opened with.
pub(super) struct With {
    pub(super) id: String,
    pub(super) settings: String,
    /// The task as JSON, `null` where there is none.
    pub(super) task: String,
}

/// An instance with an opened plugin in it.
struct Worker<E> {
    store: Store<State>,
    exports: E,
    opened: ResourceAny,
}

/// An opened plugin of a component: the foreign side of every batched trait.
pub(super) struct Foreign<E: Exports> {
    loaded: Arc<Loaded>,
    indices: Arc<E::Indices>,
    with: With,
    idle: Mutex<Vec<Worker<E>>>,
}

impl<E: Exports> Foreign<E> {
    /// Opens the plugin once, so that settings are refused before the run.
    ///
    /// # Errors
    /// The plugin's own refusal, or `plugin.failure`.
    pub(super) fn open(loaded: Arc<Loaded>, indices: Arc<E::Indices>, with: With) -> Result<Self, Error> {
        let foreign = Self { loaded, indices, with, idle: Mutex::default() };
        match foreign.worker() {
            Ok(worker) => foreign.put_back(worker?),
            Err(failure) => return Err(Error::new("plugin.failure", format!("it {failure}"))),
        }
        Ok(foreign)
    }

    /// Calls an idle instance, or a new one when all are busy. One that failed is dropped, never used again.
    ///
    /// # Errors
    /// A failure of the plugin.
    pub(super) fn call<T>(
        &self,
        call: impl FnOnce(&E, &mut Store<State>, ResourceAny) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut worker = match idle {
            Some(worker) => worker,
            None => self.worker()?.map_err(|refused| {
                Failure::Answer(format!("it opened once, and then refused the same settings: {refused}"))
            })?,
        };
        let Worker { store, exports, opened } = &mut worker;
        let answer = self.loaded.call(store, |store| call(exports, store, *opened))?;
        self.put_back(worker);
        Ok(answer)
    }

    fn put_back(&self, worker: Worker<E>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
    }

    fn worker(&self) -> Result<Result<Worker<E>, Error>, Failure> {
        let (mut store, instance) = self.loaded.start()?;
        let (exports, opened) = self.loaded.call(&mut store, |store| {
            let exports = E::load(&self.indices, store, &instance)?;
            let opened = exports.open(store, &self.with)?;
            Ok((exports, opened))
        })?;
        Ok(opened.map(|opened| Worker { store, exports, opened }))
    }
}
