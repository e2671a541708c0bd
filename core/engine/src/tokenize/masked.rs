//! Texts with holes become tokens with masks, and tokens become words again.
//!
//! Each hole is one mask, and one token that is a whole word fills it. The pieces of text between the masks are
//! tokenized apart, as Hugging Face's tokenizers do where a text holds the mask token itself.

use super::Tokenizer;
use crate::{Error, Result};
use engraft_plugin::kind::augmenter::Holes;
use std::collections::HashMap;

/// A text's tokens, without those that frame it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Masked {
    /// Token ids, a mask a hole.
    pub(crate) ids: Vec<u32>,
    /// Where the mask of each hole stands.
    pub(crate) masks: Vec<usize>,
    /// Whether each hole begins a word for a vocabulary that knows where words begin.
    pub(crate) begins: Vec<bool>,
}

/// The words of a vocabulary, each one token, and how a mask stands among them.
#[derive(Debug)]
pub(crate) struct Words {
    /// Those that stand behind a blank, in the order of their ids.
    pub(crate) begin: Vec<u32>,
    /// Those that stand behind anything else.
    pub(crate) join: Vec<u32>,
    /// The text of each token; empty for what is no word.
    pub(crate) texts: Vec<String>,
    /// The tokens of a word in lower case.
    pub(crate) tokens: HashMap<String, Vec<u32>>,
    mask: u32,
    /// Whether the mask takes the blanks before and behind it.
    takes: (bool, bool),
    marks: Marks,
}

/// How a vocabulary says where words begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marks {
    /// What goes on a word begins with `##`.
    Pieces,
    /// What begins a word behind a blank begins with `Ġ`.
    Bytes,
    /// What begins a word begins with `▁`, at the beginning of a text too.
    Blanks,
}

impl Marks {
    fn of(tokens: &[(String, u32)]) -> Self {
        let has = |mark: &str| tokens.iter().any(|(token, _)| token.starts_with(mark));
        match (has("##"), has("▁"), has("Ġ")) {
            (false, true, _) => Self::Blanks,
            (false, false, true) => Self::Bytes,
            _ => Self::Pieces,
        }
    }
}

impl Tokenizer {
    /// Most tokens of a text in a window of so many.
    pub(crate) const fn room(&self, max_tokens: usize) -> usize {
        let room = max_tokens.saturating_sub(self.prefix.len() + self.suffix.len());
        if room == 0 { 1 } else { room }
    }

    /// Tokens of a text with what stands before and behind it, and how many stand before.
    pub(crate) fn framed(&self, ids: &[u32]) -> (Vec<u32>, usize) {
        ([&self.prefix[..], ids, &self.suffix[..]].concat(), self.prefix.len())
    }

    /// The tokens that are whole words: letters and digits, nothing else.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] of a tokenizer without a mask token; what it cannot decode.
    pub(crate) fn words(&self) -> Result<Words> {
        let refuse = |reason: String| Error::Tokenizer { path: self.path.clone(), reason };
        let missing = "expected a mask token ([MASK], <mask>) for the holes of augmenters, found none";
        let mask = self.special.mask.ok_or_else(|| refuse(missing.to_owned()))?;
        let mut tokens: Vec<(String, u32)> = self.inner.get_vocab(true).into_iter().collect();
        tokens.sort_by_key(|&(_, id)| id);
        let added = self.inner.get_added_tokens_decoder();
        let (marks, size) = (Marks::of(&tokens), tokens.last().map_or(0, |&(_, id)| id as usize + 1));
        let takes = added.get(&mask).map_or((false, false), |token| (token.lstrip, token.rstrip));
        let (texts, tokens_of) = (vec![String::new(); size], HashMap::new());
        let mut words = Words { begin: Vec::new(), join: Vec::new(), texts, tokens: tokens_of, mask, takes, marks };
        for (token, id) in tokens.into_iter().filter(|(_, id)| !added.get(id).is_some_and(|token| token.special)) {
            let (begins, text) = match marks {
                Marks::Pieces => (true, token),
                Marks::Blanks => (token.starts_with('▁'), token.trim_start_matches('▁').to_owned()),
                Marks::Bytes => {
                    (token.starts_with('Ġ'), self.inner.decode(&[id], false).map_err(|e| refuse(e.to_string()))?)
                }
            };
            let text = text.trim();
            if text.is_empty() || !text.chars().all(char::is_alphanumeric) {
                continue;
            }
            if begins { &mut words.begin } else { &mut words.join }.push(id);
            words.tokens.entry(text.to_lowercase()).or_default().push(id);
            words.texts[id as usize] = text.to_owned();
        }
        if marks == Marks::Pieces {
            words.join.clone_from(&words.begin);
        }
        Ok(words)
    }
}

impl Words {
    /// The tokens of a text with the edits beside its holes, and a mask in each hole.
    ///
    /// # Errors
    /// What the tokenizer refuses.
    pub(crate) fn mask(&self, tokenizer: &Tokenizer, text: &str, holes: &Holes) -> Result<Masked> {
        let edits = holes.edits.as_slice().iter().map(|edit| (edit.start, edit.end, Some(edit.text.as_str())));
        let places = holes.holes.iter().map(|hole| (hole.start, hole.end, None));
        let mut changes: Vec<_> = edits.chain(places).collect();
        changes.sort_by_key(|&(start, end, _)| (start, end)); // stable: edits come before holes
        let (mut masked, mut piece, mut last, mut done) = (Masked::default(), String::new(), None, 0);
        let mut follows = false;
        let put = |piece: &mut String, follows: bool, ends: bool, ids: &mut Vec<u32>| -> Result<()> {
            let rest = if follows && self.takes.1 { piece.trim_start() } else { piece.as_str() };
            ids.extend(tokenizer.ids(if !ends && self.takes.0 { rest.trim_end() } else { rest })?);
            piece.clear();
            Ok(())
        };
        for (start, end, edited) in changes {
            piece += &text[done..start as usize];
            done = end as usize;
            if let Some(edited) = edited {
                piece += edited;
                continue;
            }
            last = piece.chars().next_back().or(last);
            masked.begins.push(last.map_or(self.marks == Marks::Blanks, char::is_whitespace));
            put(&mut piece, follows, false, &mut masked.ids)?;
            masked.masks.push(masked.ids.len());
            masked.ids.push(self.mask);
            (last, follows) = (Some('x'), true); // a word stands there
        }
        piece += &text[done..];
        put(&mut piece, follows, true, &mut masked.ids)?;
        Ok(masked)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{byte_pairs, word_pieces};
    use super::*;
    use engraft_plugin::Edits;
    use engraft_plugin::kind::augmenter::Hole;

    fn holes(ranges: &[std::ops::Range<usize>]) -> Holes {
        ranges.iter().cloned().map(Hole::at).collect::<Vec<_>>().into()
    }

    fn ids(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
        tokenizer.ids(text).unwrap()
    }

    #[test]
    fn each_hole_is_one_mask_among_the_tokens_of_the_edited_text() {
        let tokenizer = word_pieces();
        let mut edits = Edits::none();
        edits.replace(0..2, "the");
        let holes = holes(&[3..8, 14..14]).beside(edits);
        let masked = tokenizer.words().unwrap().mask(&tokenizer, "no fever today", &holes).unwrap();
        let mask = vec![tokenizer.special.mask.unwrap()];
        let expected = [ids(&tokenizer, "the"), mask.clone(), ids(&tokenizer, "today"), mask].concat();
        assert_eq!((masked.ids, masked.masks), (expected.clone(), vec![1, expected.len() - 1]));
        assert_eq!(masked.begins, [true, false]);
    }

    #[test]
    fn a_mask_that_takes_the_blank_before_it_leaves_none_to_the_text() {
        let tokenizer = byte_pairs();
        let words = tokenizer.words().unwrap();
        let masked = words.mask(&tokenizer, "a b c", &holes(&[0..1, 2..3])).unwrap();
        let mask = vec![tokenizer.special.mask.unwrap()];
        assert_eq!(masked.ids, [mask.clone(), mask, ids(&tokenizer, " c")].concat());
        assert_eq!(masked.begins, [false, true]);
    }

    #[test]
    fn words_are_whole_tokens_of_letters_and_digits() {
        let tokenizer = word_pieces();
        let words = tokenizer.words().unwrap();
        assert!(!words.begin.is_empty() && words.begin == words.join);
        for &id in &words.begin {
            let text = &words.texts[id as usize];
            assert!(!text.starts_with('#') && text.chars().all(char::is_alphanumeric), "{text}");
            assert!(words.tokens[&text.to_lowercase()].contains(&id));
        }
        let fever = ids(&tokenizer, "fever");
        assert!(words.begin.contains(&fever[0]) && words.texts[fever[0] as usize] == "fever");
    }

    #[test]
    fn a_vocabulary_that_marks_blanks_has_words_behind_them_and_behind_others() {
        let words = byte_pairs().words().unwrap();
        let texts = |of: &[u32]| of.iter().map(|&id| words.texts[id as usize].clone()).collect::<Vec<_>>();
        assert_eq!(texts(&words.begin), ["t"]);
        assert!(texts(&words.join).contains(&"feve".to_owned()) && !texts(&words.join).contains(&".".to_owned()));
    }
}
