//! Holes: places for words that the run's own masked language model draws.
//!
//! A plugin neither imports nor calls anything for them: it answers where words are to come, and the host puts them
//! there after the call. So holes are the same in every language and through every loader, and the grant for them
//! (`fill-mask`) is checked on the answer.

use crate::{Edit, Edits, Error, Result, edit};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Most holes of one variation.
pub const MOST_HOLES: usize = 512;
/// Most variants that one variation with holes may ask for.
pub const MOST_VARIANTS: u32 = 64;

/// A place for one word: it comes in the place of the bytes `start..end`, or is put in where they are equal.
///
/// ```
/// use engraft_plugin::kind::augmenter::{Hole, Variation};
/// // "severe pain" → "mild pain", "dull pain" …, but never "severe pain".
/// let variation = Variation::holes(vec![Hole::at(0..6).exclude(["severe"]).top_k(50)]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hole {
    /// First byte to replace.
    pub start: u32,
    /// One past the last byte to replace; equal to `start` for an insertion.
    pub end: u32,
    /// What the model's logits are divided by before a word is drawn: below 1 the likely words become likelier; 0
    /// takes the likeliest.
    pub temperature: f32,
    /// Draws from so many of the likeliest words; 0 from all.
    pub top_k: u32,
    /// Words that are not drawn, in whatever case.
    pub exclude: Vec<String>,
}

impl Hole {
    /// A hole at these bytes: any word, drawn as likely as the model says.
    pub fn at(range: Range<usize>) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { start: clamp(range.start), end: clamp(range.end), temperature: 1.0, top_k: 0, exclude: Vec::new() }
    }

    /// With this temperature.
    #[must_use]
    pub const fn temperature(mut self, temperature: f32) -> Self {
        self.temperature = temperature;
        self
    }

    /// Of so many of the likeliest words.
    #[must_use]
    pub const fn top_k(mut self, top_k: u32) -> Self {
        self.top_k = top_k;
        self
    }

    /// Never one of these words.
    #[must_use]
    pub fn exclude(mut self, words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.exclude.extend(words.into_iter().map(Into::into));
        self
    }
}

/// A variation that is not finished: its holes, the edits beside them, and how often it is finished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Holes {
    /// The holes, ascending and not overlapping.
    pub holes: Vec<Hole>,
    /// What changes besides: the model reads the text with these edits. Where an edit and a hole put something in at
    /// one place, the edit comes first.
    #[serde(default, skip_serializing_if = "Edits::is_empty")]
    pub edits: Edits,
    /// How many variations are made of it, each with words of its own.
    pub variants: u32,
}

impl From<Vec<Hole>> for Holes {
    fn from(holes: Vec<Hole>) -> Self {
        Self { holes, edits: Edits::none(), variants: 1 }
    }
}

impl Holes {
    /// The same holes beside these edits.
    #[must_use]
    pub fn beside(mut self, edits: Edits) -> Self {
        self.edits = edits;
        self
    }

    /// Finished so many times.
    #[must_use]
    pub const fn variants(mut self, variants: u32) -> Self {
        self.variants = variants;
        self
    }

    /// The edits that it comes to with these words, one a hole: what the host applies.
    pub fn filled(&self, words: &[impl AsRef<str>]) -> Edits {
        let put = |(hole, word): (&Hole, &_)| Edit { start: hole.start, end: hole.end, text: text_of(word) };
        let mut all = self.edits.as_slice().to_vec();
        all.extend(self.holes.iter().zip(words).map(put));
        all.sort_by_key(|edit| (edit.start, edit.end)); // stable: edits come before holes
        all.into()
    }

    /// Says whether it keeps the contract and fits a text.
    ///
    /// # Errors
    /// `edit.outside`, `edit.inside-character`, `edit.order` as for edits; `hole.count`, `hole.variants`,
    /// `hole.temperature`.
    pub fn check(&self, text: &str) -> Result<()> {
        if self.holes.is_empty() || self.holes.len() > MOST_HOLES {
            let why = format!("expected 1 to {MOST_HOLES} holes, found {}", self.holes.len());
            return Err(Error::new("hole.count", why));
        }
        if self.variants == 0 || self.variants > MOST_VARIANTS {
            let why = format!("expected 1 to {MOST_VARIANTS} variants, found {}", self.variants);
            return Err(Error::new("hole.variants", why));
        }
        if let Some(hole) = self.holes.iter().find(|hole| !(hole.temperature >= 0.0 && hole.temperature.is_finite())) {
            let why = format!("expected a temperature that is a number from 0 on, found {}", hole.temperature);
            return Err(Error::new("hole.temperature", why));
        }
        edit::check(text, &self.edits)?;
        let alone = Self { edits: Edits::none(), ..self.clone() };
        let words = vec![""; self.holes.len()];
        let ascends = self.holes.windows(2).all(|pair| pair[0].end <= pair[1].start);
        if !ascends {
            return Err(Error::new("edit.order", "a hole begins before the end of the one before"));
        }
        edit::check(text, &alone.filled(&words))?;
        edit::check(text, &self.filled(&words))
    }
}

fn text_of(word: &impl AsRef<str>) -> String {
    word.as_ref().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(holes: &Holes) -> String {
        holes.check("no 发热 today").err().map_or_else(String::new, |error| error.code) // 发热 is 3..9
    }

    fn holes(ranges: &[(usize, usize)]) -> Holes {
        ranges.iter().map(|&(start, end)| Hole::at(start..end)).collect::<Vec<_>>().into()
    }

    #[test]
    fn words_come_in_the_order_of_the_text_and_behind_edits_of_the_same_place() {
        let mut edits = Edits::none();
        edits.replace(2..2, " acute").replace(9..9, ",");
        let filled = holes(&[(0, 2), (2, 2), (3, 9), (9, 9)]).beside(edits).filled(&["No", " bad", "fever", "x"]);
        let text = edit::apply(&crate::text::ExampleBuf::new("1", "no 发热 today"), &filled).unwrap().text;
        assert_eq!(text, "No acute bad fever,x today");
    }

    #[test]
    fn holes_that_do_not_fit_the_text_are_refused() {
        assert_eq!(code(&holes(&[(3, 9)])), "");
        assert_eq!(code(&holes(&[(3, 99)])), "edit.outside");
        assert_eq!(code(&holes(&[(3, 4)])), "edit.inside-character");
        assert_eq!(code(&holes(&[(3, 9), (0, 2)])), "edit.order");
        let mut edits = Edits::none();
        edits.delete(6..9);
        assert_eq!(code(&holes(&[(3, 9)]).beside(edits)), "edit.order");
    }

    #[test]
    fn counts_and_temperatures_that_cannot_be_are_refused() {
        assert_eq!(code(&holes(&[])), "hole.count");
        assert_eq!(code(&holes(&vec![(2, 2); MOST_HOLES + 1])), "hole.count");
        for (variants, expected) in [(0, "hole.variants"), (MOST_VARIANTS, ""), (u32::MAX, "hole.variants")] {
            assert_eq!(code(&holes(&[(0, 2)]).variants(variants)), expected);
        }
        for temperature in [-0.5, f32::NAN, f32::INFINITY] {
            assert_eq!(code(&vec![Hole::at(0..2).temperature(temperature)].into()), "hole.temperature");
        }
    }
}
