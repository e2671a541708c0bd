//! `engraft.preprocessor/1`, called.

use super::answers::{batch, take_item};
use super::instance::{Foreign, Opener, incomplete, open_plain};
use super::{Fault, check};
use engraft_plugin::abi::answer::{self, EditView};
use engraft_plugin::abi::table::{Ask, EditSink, Preprocessor1};
use engraft_plugin::kind::Kind;
use engraft_plugin::kind::preprocessor::CleanBatch;
use engraft_plugin::register::Instance;
use engraft_plugin::text::Example;
use engraft_plugin::{Answers, Edits};
use std::ffi::c_void;
use std::sync::Arc;

struct Functions {
    clean: Ask<Example<'static>, EditSink>,
}

/// Opens the preprocessor `id` through its table.
pub(super) fn opener(table: Preprocessor1, id: String) -> Result<Opener, Fault> {
    let Preprocessor1 { open: Some(open), clean: Some(clean), close: Some(close) } = table else {
        return Err(incomplete(Kind::Preprocessor));
    };
    Ok(Box::new(move |settings, setting| {
        let this = open_plain(open, &id, settings, setting)?;
        Ok(Instance::Preprocessor(Arc::new(Foreign::new(Functions { clean }, this, close))))
    }))
}

impl CleanBatch for Foreign<Functions> {
    fn clean_batch(&self, examples: &[Example<'_>]) -> Answers<Edits> {
        let answers = batch(
            examples.len(),
            |host| EditSink { host, put: take_edits },
            |edits, fail| {
                // SAFETY: the library's own function and instance; batch and sinks live through the call.
                unsafe { (self.functions.clean)(self.this, examples.as_ptr().cast(), examples.len(), edits, fail) }
            },
        )?;
        check::each(examples, answers, |example, edits| check::edits(example.text(), edits))
    }
}

unsafe extern "C" fn take_edits(host: *mut c_void, item: u32, edits: *const EditView<'_>, count: usize) -> i32 {
    // SAFETY: `host` is that of a batch of edits; the header asks for edits that are there.
    unsafe { take_item(host, item, || answer::edits(answer::list(edits, count)?)) }
}
