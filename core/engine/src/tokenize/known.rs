//! What the library made of a word, kept for texts in which the word stands again.
//!
//! A tokenizer of BERT's kind looks at nothing beyond blanks: what becomes of a word does not depend on its neighbors. KnownWords
//! meet again and again, so most of a text is looked up rather than normalized, cut and searched for once more. What is
//! between blanks goes to the library as it stands (it may be several words there, or none); tokenizers of other kinds get
//! the whole text.

use super::open::Encoded;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use tokenizers::{ModelWrapper, NormalizerWrapper, PreTokenizerWrapper, Tokenizer};

/// KnownWords that are kept at most, and the bytes of the longest.
const MOST: usize = 1 << 16;
const LONGEST: usize = 48;

/// A token of a word.
#[derive(Clone, Copy, Debug)]
struct Piece {
    id: u32,
    /// Its bytes in the word.
    range: (u32, u32),
    /// Which of the words that the pre-tokenizer finds it belongs to.
    word: Option<u32>,
}

/// The words met so far.
#[derive(Default)]
pub(super) struct KnownWords {
    known: RwLock<HashMap<Box<str>, Arc<[Piece]>>>,
}

impl KnownWords {
    /// KnownWords of a tokenizer; `None` where it may look beyond blanks.
    pub(super) fn of(tokenizer: &Tokenizer) -> Option<Self> {
        let is_bert = matches!(tokenizer.get_normalizer(), None | Some(NormalizerWrapper::BertNormalizer(_)))
            && matches!(tokenizer.get_pre_tokenizer(), Some(PreTokenizerWrapper::BertPreTokenizer(_)))
            && matches!(tokenizer.get_model(), ModelWrapper::WordPiece(_));
        // An added token may stand for words together, or take the blanks beside it.
        let added = tokenizer.get_added_tokens_decoder();
        let stays_inside = |content: &str| content.bytes().all(|byte| byte.is_ascii_graphic());
        let all = added.values().all(|token| !token.lstrip && !token.rstrip && stays_inside(&token.content));
        (is_bert && all).then(Self::default)
    }

    /// A text's tokens; `encode` is the library, asked for words that are met for the first time.
    pub(super) fn encode<E>(&self, text: &str, encode: impl Fn(&str) -> Result<Encoded, E>) -> Result<Encoded, E> {
        let mut all = Encoded { ids: Vec::new(), ranges: Vec::new(), words: Vec::new() };
        let mut counted = 0;
        let mut new: Vec<(&str, Arc<[Piece]>)> = Vec::new();
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            for (start, word) in between_blanks(text) {
                if let Some(pieces) = known.get(word) {
                    all.push(pieces, start, &mut counted);
                    continue;
                }
                let found = encode(word)?;
                let pieces: Arc<[Piece]> = found.pieces().collect();
                all.push(&pieces, start, &mut counted);
                if word.len() <= LONGEST {
                    new.push((word, pieces));
                }
            }
        }
        if !new.is_empty() {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            let room = MOST.saturating_sub(known.len());
            known.extend(new.into_iter().take(room).map(|(word, pieces)| (word.into(), pieces)));
        }
        Ok(all)
    }
}

impl Encoded {
    fn pieces(&self) -> impl Iterator<Item = Piece> + '_ {
        let all = self.ids.iter().zip(&self.ranges).zip(&self.words);
        all.map(|((&id, &(from, to)), &word)| Piece { id, range: (from as u32, to as u32), word })
    }

    /// Adds the tokens of a word that begins at a byte; `counted` are the words that the pre-tokenizer found so far.
    fn push(&mut self, pieces: &[Piece], start: usize, counted: &mut u32) {
        let mut here = 0;
        for &Piece { id, range: (from, to), word } in pieces {
            self.ids.push(id);
            self.ranges.push((start + from as usize, start + to as usize));
            self.words.push(word.map(|word| *counted + word));
            here = here.max(word.map_or(0, |word| word + 1));
        }
        *counted += here;
    }
}

/// What stands between spaces, tabs and line ends, with its first byte.
fn between_blanks(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split([' ', '\t', '\n']).filter_map(move |word| {
        let start = at;
        at += word.len() + 1;
        (!word.is_empty()).then_some((start, word))
    })
}
