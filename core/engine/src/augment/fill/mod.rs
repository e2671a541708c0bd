//! Fills the holes that augmenters leave: the run's pretrained model draws a word for each.
//!
//! All holes of a text are masked at once, and each variant draws words of its own from the same logits. What is drawn
//! depends on the pretrained weights, the text and the item's seed alone, so a resumed run draws the same.

mod draw;
mod model;

use crate::Result;
use crate::batch::Limits;
use crate::run::{Device, Run};
use crate::tokenize::{Masked, Words};
use draw::{Choice, cased};
use engraft_plugin::kind::augmenter::Holes;
use engraft_plugin::{Edits, Random, seed};
use model::{MaskedModel, Window};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// A text with holes, and the seed from which its words are drawn.
pub(super) struct Asked<'a> {
    pub(super) text: &'a str,
    pub(super) holes: &'a Holes,
    pub(super) seed: u64,
}

/// The edits of each variant, or why there are none.
pub(super) type Filled = engraft_plugin::Result<Vec<Edits>>;

/// Which holes of a text begin a word, and the words of each variant.
type Text = engraft_plugin::Result<(Vec<bool>, Vec<Vec<String>>)>;

/// Fills holes; the model is opened for the first of them.
pub struct Filler {
    folder: PathBuf,
    device: Device,
    limits: Limits,
    model: Mutex<Option<MaskedModel>>,
}

impl Filler {
    /// A filler with the run's pretrained model.
    pub fn new(run: &Run) -> Self {
        Self::of(run.model.clone(), run.device, run.settings.evaluate.limits())
    }

    /// A filler with the model of a folder.
    pub const fn of(folder: PathBuf, device: Device, limits: Limits) -> Self {
        Self { folder, device, limits, model: Mutex::new(None) }
    }

    /// The bytes that its model holds, if it was opened.
    pub fn held(&self) -> u64 {
        self.model.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, MaskedModel::held)
    }

    /// Fills the holes of each text.
    ///
    /// # Errors
    /// [`crate::Error::NoMaskedHead`]; what is wrong with the model's folder.
    pub(super) fn fill(&self, asked: &[Asked<'_>]) -> Result<Vec<Filled>> {
        let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        let model = match &mut *model {
            Some(model) => model,
            none => none.insert(MaskedModel::open(&self.folder, self.device, self.limits)?),
        };
        let room = model.tokenizer.room(model.max_tokens);
        let (mut windows, mut places, mut texts) = (Vec::new(), Vec::new(), Vec::<Text>::new());
        for (text, asked) in asked.iter().enumerate() {
            if let Err(refused) = asked.holes.check(asked.text) {
                texts.push(Err(refused));
                continue;
            }
            let masked = model.words.mask(&model.tokenizer, asked.text, asked.holes)?;
            for (tokens, holes) in cut(&masked, room) {
                let (ids, before) = model.tokenizer.framed(&masked.ids[tokens.clone()]);
                let masks = holes.clone().map(|hole| masked.masks[hole] - tokens.start + before).collect();
                windows.push(Window { ids, masks });
                places.push((text, holes.start));
            }
            let words = vec![vec![String::new(); asked.holes.holes.len()]; asked.holes.variants as usize];
            texts.push(Ok((masked.begins, words)));
        }
        let words = Arc::clone(&model.words);
        model.logits(&windows, &mut |window, mask, logits| {
            let (text, first) = places[window];
            draw(&asked[text], first + mask, logits, &words, &mut texts[text]);
        })?;
        let edits = |(asked, text): (&Asked<'_>, Text)| -> Filled {
            Ok(text?.1.iter().map(|words| asked.holes.filled(words)).collect())
        };
        Ok(asked.iter().zip(texts).map(edits).collect())
    }
}

/// Draws the word of one hole for every variant of its text.
fn draw(asked: &Asked<'_>, hole: usize, logits: &[f32], words: &Words, into: &mut Text) {
    let Ok((begins, variants)) = into else { return };
    let place = &asked.holes.holes[hole];
    let choice = match Choice::of(logits, words, place, begins[hole]) {
        Ok(choice) => choice,
        Err(refused) => {
            *into = Err(refused);
            return;
        }
    };
    let replaced = &asked.text[place.start as usize..place.end as usize];
    for (number, variant) in variants.iter_mut().enumerate() {
        let own = seed(asked.seed, &[&number.to_string(), &hole.to_string()]);
        let token = choice.draw(&mut Random::new(own));
        variant[hole] = cased(&words.texts[token as usize], replaced);
    }
}

/// The windows of at most `room` tokens in which the masks are read, and the masks of each: the whole text, or of a
/// long one pieces that overlap by half, each mask in the piece in whose middle it stands.
fn cut(masked: &Masked, room: usize) -> Vec<(Range<usize>, Range<usize>)> {
    let (tokens, masks) = (masked.ids.len(), &masked.masks);
    if tokens <= room {
        return vec![(0..tokens, 0..masks.len())];
    }
    let step = (room / 2).max(1);
    let last = tokens - room;
    let start = |mask: usize| (mask.saturating_sub(room / 2).div_ceil(step) * step).min(last).min(mask);
    let mut windows: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for (number, &mask) in masks.iter().enumerate() {
        let from = start(mask);
        match windows.last_mut() {
            Some((tokens, holes)) if tokens.start == from => holes.end = number + 1,
            _ => windows.push((from..from + room, number..number + 1)),
        }
    }
    windows
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::fixture;
