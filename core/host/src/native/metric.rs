//! `engraft.metric/1`, called.

use super::answers::{batch, single, take, take_item};
use super::instance::{Foreign, Opener, incomplete, open};
use super::{Fault, check};
use engraft_plugin::abi::answer;
use engraft_plugin::abi::table::{Ask, Metric1, Rows, Scores};
use engraft_plugin::abi::view::Str;
use engraft_plugin::kind::Kind;
use engraft_plugin::kind::metric::{MetricBatch, Score, Tally};
use engraft_plugin::register::Instance;
use engraft_plugin::text::Pair;
use engraft_plugin::{Answers, Failure, Result};
use std::ffi::c_void;
use std::sync::Arc;

struct Functions {
    tally: Ask<Pair<'static>, Rows>,
    scores: Ask<Tally<'static>, Scores>,
}

/// Opens the metric `id` through its table.
pub(super) fn opener(table: Metric1, id: String) -> Result<Opener, Fault> {
    let Metric1 { open: Some(make), tally: Some(tally), scores: Some(scores), close: Some(close) } = table else {
        return Err(incomplete(Kind::Metric));
    };
    Ok(Box::new(move |settings, setting| {
        let this = open(settings, setting, |settings, task, fail| {
            // SAFETY: the library's own function; id, settings, task and `fail` live through the call.
            unsafe { make(Str::new(&id), settings, task, fail) }
        })?;
        Ok(Instance::Metric(Arc::new(Foreign::new(Functions { tally, scores }, this, close))))
    }))
}

impl MetricBatch for Foreign<Functions> {
    fn tally_batch(&self, pairs: &[Pair<'_>]) -> Answers<Vec<f64>> {
        batch(
            pairs.len(),
            |host| Rows { host, put: take_row },
            |rows, fail| {
                // SAFETY: the library's own function and instance; batch and sinks live through the call.
                unsafe { (self.functions.tally)(self.this, pairs.as_ptr().cast(), pairs.len(), rows, fail) }
            },
        )
    }

    fn score_rows(&self, rows: &[Tally<'_>]) -> Result<Result<Vec<Score>>, Failure> {
        let scores = single(
            Vec::new(),
            |host| Scores { host, put: take_score },
            |scores, fail| {
                // SAFETY: the library's own function and instance; rows and sinks live through the call.
                unsafe { (self.functions.scores)(self.this, rows.as_ptr().cast(), rows.len(), scores, fail) }
            },
        )?;
        if let Ok(scores) = &scores {
            scores.iter().try_for_each(check::score)?;
        }
        Ok(scores)
    }
}

unsafe extern "C" fn take_row(host: *mut c_void, item: u32, values: *const f64, count: usize) -> i32 {
    // SAFETY: `host` is that of a batch of rows; the header asks for values that are there.
    unsafe { take_item(host, item, || Ok(answer::list(values, count)?.to_vec())) }
}

unsafe extern "C" fn take_score(host: *mut c_void, name: Str<'_>, value: f64, higher: i32) -> i32 {
    // SAFETY: `host` is that of a call over scores; the header asks for a name that is there.
    unsafe {
        take(host, |scores: &mut Vec<Score>| {
            let name = answer::text(name)?.to_owned();
            scores.push(Score { name, value, higher_is_better: higher != 0 });
            Ok(())
        })
    }
}
