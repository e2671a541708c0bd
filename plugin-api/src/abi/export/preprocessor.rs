//! `engraft.preprocessor/1`.

use super::{close, give, instance, no_such_kind, opens, status};
use crate::abi::answer::EditView;
use crate::abi::table::{EditSink, Fail, Preprocessor1};
use crate::abi::view::List;
use crate::register::Instance;
use crate::text::Example;
use std::ffi::c_void;

pub(super) static TABLE: Preprocessor1 =
    Preprocessor1 { open: opens!(Preprocessor), clean: Some(clean), close: Some(close) };

unsafe extern "C" fn clean(
    this: *const c_void,
    batch: *const Example<'_>,
    count: usize,
    edits: *const EditSink,
    fail: *const Fail,
) -> i32 {
    // SAFETY: instance, batch and sinks are the host's, for this call.
    unsafe {
        status(fail, |fail| {
            let Instance::Preprocessor(plugin) = instance(this) else { return Err(no_such_kind(instance(this))) };
            let answers = plugin.clean_batch(List::from_raw(batch, count).as_slice());
            let mut views = Vec::new();
            give(&answers, fail, |item, answer| {
                views.clear();
                views.extend(answer.as_slice().iter().map(EditView::new));
                ((*edits).put)((*edits).host, item, views.as_ptr(), views.len())
            })
        })
    }
}
