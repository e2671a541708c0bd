//! `engraft.method/0`.

use super::{close, instance, json, no_such_kind, opens, status};
use crate::Failure;
use crate::abi::table::{Fail, Json, Method0, Texts};
use crate::register::Instance;
use std::ffi::c_void;

pub(super) static TABLE: Method0 = Method0 { open: opens!(Method), plan: Some(plan), close: Some(close) };

unsafe extern "C" fn plan(this: *const c_void, model: *const Json<'_>, texts: *const Texts, fail: *const Fail) -> i32 {
    // SAFETY: instance, model and sinks are the host's, for this call.
    unsafe {
        status(fail, |_| {
            let Instance::Method(plugin) = instance(this) else { return Err(no_such_kind(instance(this))) };
            let model = serde_json::from_str((*model).text.as_str());
            let model = model.map_err(|error| Failure::Answer(format!("the model map cannot be read: {error}")))?;
            (*texts).give(&json(&plugin.plan_for(&model)??)?)
        })
    }
}
