//! Methods of components.

use super::exported::method::method::Guest;
use crate::component::worker::Foreign;
use engraft_plugin::kind::method::PlanMethod;
use engraft_plugin::plan::{ModelMap, Plan};
use engraft_plugin::{Failure, Result};

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
