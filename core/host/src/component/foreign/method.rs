//! Methods of components.

use super::exported::method::method::{Guest, GuestIndices};
use crate::component::sandbox::State;
use crate::component::worker::{Exports, Foreign, With};
use engraft_plugin::kind::method::PlanMethod;
use engraft_plugin::plan::{ModelMap, Plan};
use engraft_plugin::{Error, Failure, Result};
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

impl PlanMethod for Foreign<Guest> {
    fn plan_for(&self, model: &ModelMap) -> Result<Result<Plan>, Failure> {
        let refuse = |error: serde_json::Error| Failure::Answer(error.to_string());
        let model = serde_json::to_string(model).map_err(refuse)?;
        match self.call(|guest, store, opened| guest.opened().call_plan(store, opened, &model))? {
            Ok(plan) => serde_json::from_str(&plan).map(Ok).map_err(refuse),
            Err(refused) => Ok(Err(refused.into())),
        }
    }
}
