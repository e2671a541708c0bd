//! `engraft.domain/1`.

use super::{Stop, close, give, instance, json, no_such_kind, opens, status};
use crate::Answers;
use crate::abi::table::{Domain1, Examples, Fail, Predictions, Texts};
use crate::abi::view::List;
use crate::abi::views::Views;
use crate::kind::domain::DomainBatch;
use crate::register::Instance;
use crate::text::{Example, Pair, PredictionBuf, Row};
use std::ffi::c_void;
use std::ptr;

pub(super) static TABLE: Domain1 = Domain1 {
    open: opens!(Domain),
    task: Some(task),
    adapt: Some(adapt),
    rules: Some(rules),
    refine: Some(refine),
    close: Some(close),
};

fn domain(instance: &Instance) -> Result<&dyn DomainBatch, Stop> {
    match instance {
        Instance::Domain(plugin) => Ok(plugin.as_ref()),
        other => Err(no_such_kind(other)),
    }
}

unsafe extern "C" fn task(this: *const c_void, texts: *const Texts, fail: *const Fail) -> i32 {
    // SAFETY: instance and sinks are the host's, for this call.
    unsafe { status(fail, |_| (*texts).give(&json(&domain(instance(this))?.task()?)?)) }
}

unsafe extern "C" fn adapt(
    this: *const c_void,
    batch: *const Row<'_>,
    count: usize,
    examples: *const Examples,
    fail: *const Fail,
) -> i32 {
    // SAFETY: instance, batch and sinks are the host's, for this call.
    unsafe {
        status(fail, |fail| {
            let answers = domain(instance(this))?.adapt_batch(List::from_raw(batch, count).as_slice());
            give(&answers, fail, |item, answer| {
                let views = Views::examples(answer);
                let views = views.as_slice();
                ((*examples).put)((*examples).host, item, views.as_ptr(), views.len())
            })
        })
    }
}

unsafe extern "C" fn rules(
    this: *const c_void,
    batch: *const Example<'_>,
    count: usize,
    predictions: *const Predictions,
    fail: *const Fail,
) -> i32 {
    // SAFETY: instance, batch and sinks are the host's, for this call.
    unsafe {
        status(fail, |fail| {
            let answers = domain(instance(this))?.rules_batch(List::from_raw(batch, count).as_slice());
            predicted(&answers, predictions, fail, Option::as_ref)
        })
    }
}

unsafe extern "C" fn refine(
    this: *const c_void,
    batch: *const Pair<'_>,
    count: usize,
    predictions: *const Predictions,
    fail: *const Fail,
) -> i32 {
    // SAFETY: instance, batch and sinks are the host's, for this call.
    unsafe {
        status(fail, |fail| {
            let pairs = List::from_raw(batch, count);
            let pairs: Vec<_> = pairs.iter().map(|pair| (pair.gold, pair.predicted)).collect();
            let answers = domain(instance(this))?.refine_batch(&pairs);
            predicted(&answers, predictions, fail, |prediction| Some(prediction))
        })
    }
}

/// # Safety
/// `predictions` is the host's, for this call.
unsafe fn predicted<T>(
    answers: &Answers<T>,
    predictions: *const Predictions,
    fail: &Fail,
    of: impl Fn(&T) -> Option<&PredictionBuf>,
) -> Result<(), Stop> {
    give(answers, fail, |item, answer| {
        let views = of(answer).map(|prediction| Views::predictions([prediction]));
        let view = views.as_ref().map_or(ptr::null(), |views| views.as_slice().as_ptr());
        // SAFETY: the caller's promise.
        unsafe { ((*predictions).put)((*predictions).host, item, view) }
    })
}
