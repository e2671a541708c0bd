//! `engraft.augmenter/1`.

use super::{close, give, instance, no_such_kind, opens, status};
use crate::abi::answer::{EditView, HoleView, VariationView};
use crate::abi::table::{Augmenter1, Fail, Variations};
use crate::abi::view::{List, Str};
use crate::kind::augmenter::{Body, Hole, Variation, Work};
use crate::register::Instance;
use crate::text::Span;
use std::ffi::c_void;
use std::ptr;

pub(super) static TABLE: Augmenter1 =
    Augmenter1 { open: opens!(Augmenter), augment: Some(augment), close: Some(close) };

unsafe extern "C" fn augment(
    this: *const c_void,
    batch: *const Work<'_>,
    count: usize,
    variations: *const Variations,
    fail: *const Fail,
) -> i32 {
    // SAFETY: instance, batch and sinks are the host's, for this call.
    unsafe {
        status(fail, |fail| {
            let Instance::Augmenter(plugin) = instance(this) else { return Err(no_such_kind(instance(this))) };
            let answers = plugin.augment_batch(List::from_raw(batch, count).as_slice());
            give(&answers, fail, |item, answer| {
                let parts: Vec<Parts<'_>> = answer.iter().map(Parts::of).collect();
                let views: Vec<_> = parts.iter().map(Parts::view).collect();
                ((*variations).put)((*variations).host, item, views.as_ptr(), views.len())
            })
        })
    }
}

/// What the view of a variation points at.
struct Parts<'a> {
    edits: Vec<EditView<'a>>,
    text: Option<Str<'a>>,
    spans: Vec<Span<'a>>,
    strings: Vec<Str<'a>>,
    labels: Option<List<'a, Str<'a>>>,
    excluded: Vec<Vec<Str<'a>>>,
    holes: Vec<HoleView<'a>>,
    variants: u32,
}

impl<'a> Parts<'a> {
    fn of(variation: &'a Variation) -> Self {
        let mut parts = Self {
            edits: Vec::new(),
            text: None,
            spans: Vec::new(),
            strings: Vec::new(),
            labels: None,
            excluded: Vec::new(),
            holes: Vec::new(),
            variants: 0,
        };
        match &variation.body {
            Body::Edits(edits) => parts.edits.extend(edits.as_slice().iter().map(EditView::new)),
            Body::Rewrite { text, spans } => {
                parts.text = Some(Str::new(text));
                parts.spans.extend(spans.iter().map(|span| Span::new(span.start, span.end, &span.label)));
            }
            Body::Holes(holes) => {
                parts.edits.extend(holes.edits.as_slice().iter().map(EditView::new));
                let excluded = |hole: &'a Hole| hole.exclude.iter().map(|word| Str::new(word)).collect();
                parts.excluded.extend(holes.holes.iter().map(excluded));
                let hole = |(hole, words): (&Hole, &Vec<Str<'a>>)| {
                    // SAFETY: the table is complete, and its buffer stays in place when `parts` is moved.
                    HoleView::new(hole, unsafe { List::from_raw(words.as_ptr(), words.len()) })
                };
                parts.holes = holes.holes.iter().zip(&parts.excluded).map(hole).collect();
                parts.variants = holes.variants;
            }
        }
        if let Some(labels) = &variation.labels {
            parts.strings.extend(labels.iter().map(|label| Str::new(label)));
            // SAFETY: the table is complete, and its buffer stays in place when `parts` is moved.
            parts.labels = Some(unsafe { List::from_raw(parts.strings.as_ptr(), parts.strings.len()) });
        }
        parts
    }

    fn view(&self) -> VariationView<'_> {
        VariationView {
            edits: List::new(&self.edits),
            text: self.text.as_ref().map_or(ptr::null(), ptr::from_ref),
            spans: List::new(&self.spans),
            labels: self.labels.as_ref().map_or(ptr::null(), ptr::from_ref),
            holes: List::new(&self.holes),
            variants: self.variants,
        }
    }
}
