//! `engraft.augmenter/1`, called.

use super::answers::{batch, take_item};
use super::instance::{Foreign, Opener, incomplete, open_plain};
use super::{Fault, check};
use engraft_plugin::Answers;
use engraft_plugin::abi::answer::{self, VariationView};
use engraft_plugin::abi::table::{Ask, Augmenter1, Variations};
use engraft_plugin::kind::Kind;
use engraft_plugin::kind::augmenter::{AugmentBatch, Variation, Work};
use engraft_plugin::register::Instance;
use std::ffi::c_void;
use std::sync::Arc;

struct Functions {
    augment: Ask<Work<'static>, Variations>,
}

/// Opens the augmenter `id` through its table.
pub(super) fn opener(table: Augmenter1, id: String) -> Result<Opener, Fault> {
    let Augmenter1 { open: Some(open), augment: Some(augment), close: Some(close) } = table else {
        return Err(incomplete(Kind::Augmenter));
    };
    Ok(Box::new(move |settings, setting| {
        let this = open_plain(open, &id, settings, setting)?;
        Ok(Instance::Augmenter(Arc::new(Foreign::new(Functions { augment }, this, close))))
    }))
}

impl AugmentBatch for Foreign<Functions> {
    fn augment_batch(&self, work: &[Work<'_>]) -> Answers<Vec<Variation>> {
        let answers = batch(
            work.len(),
            |host| Variations { host, put: take_variations },
            |variations, fail| {
                // SAFETY: the library's own function and instance; batch and sinks live through the call.
                unsafe { (self.functions.augment)(self.this, work.as_ptr().cast(), work.len(), variations, fail) }
            },
        )?;
        check::each(work, answers, |work, variations: &Vec<Variation>| {
            variations.iter().try_for_each(|variation| check::variation(work.example.text(), variation))
        })
    }
}

unsafe extern "C" fn take_variations(
    host: *mut c_void,
    item: u32,
    variations: *const VariationView<'_>,
    count: usize,
) -> i32 {
    // SAFETY: `host` is that of a batch of variations; the header asks for variations that are there.
    unsafe {
        take_item(host, item, || {
            answer::list(variations, count)?.iter().map(|v| answer::variation(v)).collect::<Result<Vec<_>, _>>()
        })
    }
}
