//! `engraft.metric/1`.

use super::{close, give, go_on, instance, no_such_kind, status};
use crate::abi::table::{Fail, Json, Metric1, Rows, Scores};
use crate::abi::view::{List, Str};
use crate::kind::Kind;
use crate::kind::metric::Tally;
use crate::register::Instance;
use crate::text::Pair;
use std::ffi::c_void;

pub(super) static TABLE: Metric1 =
    Metric1 { open: Some(open), tally: Some(tally), scores: Some(scores), close: Some(close) };

unsafe extern "C" fn open(
    id: Str<'_>,
    settings: *const Json<'_>,
    task: *const Json<'_>,
    fail: *const Fail,
) -> *mut c_void {
    // SAFETY: handed through as they came.
    unsafe { super::open(Kind::Metric, id, settings, task, fail) }
}

unsafe extern "C" fn tally(
    this: *const c_void,
    batch: *const Pair<'_>,
    count: usize,
    rows: *const Rows,
    fail: *const Fail,
) -> i32 {
    // SAFETY: instance, batch and sinks are the host's, for this call.
    unsafe {
        status(fail, |fail| {
            let Instance::Metric(plugin) = instance(this) else { return Err(no_such_kind(instance(this))) };
            let answers = plugin.tally_batch(List::from_raw(batch, count).as_slice());
            give(&answers, fail, |item, row| ((*rows).put)((*rows).host, item, row.as_ptr(), row.len()))
        })
    }
}

unsafe extern "C" fn scores(
    this: *const c_void,
    rows: *const Tally<'_>,
    count: usize,
    scores: *const Scores,
    fail: *const Fail,
) -> i32 {
    // SAFETY: instance, rows and sinks are the host's, for this call.
    unsafe {
        status(fail, |_| {
            let Instance::Metric(plugin) = instance(this) else { return Err(no_such_kind(instance(this))) };
            let answer = plugin.score_rows(List::from_raw(rows, count).as_slice())??;
            answer.iter().try_for_each(|score| {
                let higher = i32::from(score.higher_is_better);
                go_on(((*scores).put)((*scores).host, Str::new(&score.name), score.value, higher))
            })
        })
    }
}
