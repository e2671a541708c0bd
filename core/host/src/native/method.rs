//! `engraft.method/0`, called.

use super::Fault;
use super::answers::{only, single, texts};
use super::instance::{Foreign, Opener, incomplete, open_plain};
use super::json::Document;
use engraft_plugin::abi::table::{self, Method0};
use engraft_plugin::kind::Kind;
use engraft_plugin::kind::method::PlanMethod;
use engraft_plugin::plan::{ModelMap, Plan};
use engraft_plugin::register::Instance;
use engraft_plugin::{Failure, Result};
use std::sync::Arc;

struct Functions {
    plan: table::Plan,
}

/// Opens the method `id` through its table.
pub(super) fn opener(table: Method0, id: String) -> Result<Opener, Fault> {
    let Method0 { open: Some(open), plan: Some(plan), close: Some(close) } = table else {
        return Err(incomplete(Kind::Method));
    };
    Ok(Box::new(move |settings, setting| {
        let this = open_plain(open, &id, settings, setting)?;
        Ok(Instance::Method(Arc::new(Foreign::new(Functions { plan }, this, close))))
    }))
}

impl PlanMethod for Foreign<Functions> {
    fn plan_for(&self, model: &ModelMap) -> Result<Result<Plan>, Failure> {
        let unreadable = |error: serde_json::Error| Failure::Answer(format!("a plan that cannot be read: {error}"));
        let model = Document::new(Some(serde_json::to_value(model).map_err(unreadable)?));
        let model = model.view();
        let told = single(Vec::new(), texts, |texts, fail| {
            // SAFETY: the library's own function and instance; model and sinks live through the call.
            unsafe { (self.functions.plan)(self.this, &raw const model, texts, fail) }
        })?;
        told.map(|texts| serde_json::from_str(&only(texts)?).map_err(unreadable))
            .map_or_else(|e| Ok(Err(e)), |p| p.map(Ok))
    }
}
