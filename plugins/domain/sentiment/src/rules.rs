//! The rule baseline: words with weights, turned round by negations, stronger or weaker by what stands
//! before them.
//!
//! score = Σ over words of weight · (½ before a turn such as `but`) · (−¾ behind a negation or a wish) ·
//! (1½ or ½ behind `very` or `slightly`), and signs such as 👍 count as words. What is nearer to 0 than
//! [`NEUTRAL`] is neutral; where there is no such label, only praise is good.

use crate::lexicon;
use std::collections::{BTreeMap, BTreeSet};

/// A score nearer to 0 than this says nothing.
pub const NEUTRAL: f64 = 0.5;

/// How many words a negation reaches.
const REACH: usize = 4;

/// Words that say what should be and is not.
const WISHES: [&str; 9] = ["could", "should", "would", "might", "supposed", "attempts", "tries", "instead", "too"];

/// Words and their weights.
pub struct Lexicon {
    words: BTreeMap<String, f64>,
    /// Beginnings of words, and the length of the shortest.
    stems: BTreeMap<String, f64>,
    shortest: usize,
    negations: BTreeSet<&'static str>,
    strengtheners: BTreeSet<&'static str>,
    weakeners: BTreeSet<&'static str>,
    turns: BTreeSet<&'static str>,
}

impl Lexicon {
    /// The built-in words with a user's own beside them.
    pub fn new(own: &BTreeMap<String, f64>) -> Self {
        let (mut words, mut stems) = (BTreeMap::new(), BTreeMap::new());
        let mut put = |word: &str, weight: f64| {
            let word = word.to_lowercase();
            match word.strip_suffix('*') {
                Some(stem) => stems.insert(stem.to_owned(), weight),
                None => words.insert(word, weight),
            };
        };
        let words_of_weight =
            [(lexicon::GOOD, 1.0), (lexicon::BAD, -1.0), (lexicon::BEST, 2.0), (lexicon::WORST, -2.0)];
        let signs = [(lexicon::SMILES, 1.5), (lexicon::FROWNS, -1.5)];
        for (list, weight) in words_of_weight.into_iter().chain(signs) {
            list.split_whitespace().for_each(|word| put(word, weight));
        }
        own.iter().for_each(|(word, weight)| put(word, *weight));
        let set = |list: &'static str| list.split_whitespace().collect();
        Self {
            shortest: stems.keys().map(String::len).min().unwrap_or(usize::MAX),
            words,
            stems,
            negations: set(lexicon::NEGATIONS),
            strengtheners: set(lexicon::STRENGTHENERS),
            weakeners: set(lexicon::WEAKENERS),
            turns: set(lexicon::TURNS),
        }
    }

    /// How good (above 0) or bad (below 0) a text speaks.
    pub fn score(&self, text: &str) -> f64 {
        let (mut before, mut score) = (0.0, 0.0);
        let mut negated = 0; // words that a negation still reaches
        let mut factor = 1.0;
        for token in tokens(text) {
            let lower = token.to_lowercase().replace('’', "'");
            let weight = self.weight(&lower);
            if self.negations.contains(lower.as_str()) {
                (negated, factor) = (REACH, 1.0);
            } else if WISHES.contains(&lower.as_str()) {
                score -= 0.75; // `could have been` says that it was not
                (negated, factor) = (REACH, 1.0);
            } else if self.turns.contains(lower.as_str()) {
                (before, score) = (before + score, 0.0);
                (negated, factor) = (0, 1.0);
            } else if weight == 0.0 && is_stop(&lower) {
                (negated, factor) = (0, 1.0);
            } else {
                score += weight * factor * if negated > 0 { -0.75 } else { 1.0 };
                factor = self.factor(&lower);
                negated = if weight == 0.0 { negated.saturating_sub(1) } else { 0 };
            }
        }
        before / 2.0 + score
    }

    fn weight(&self, word: &str) -> f64 {
        let word = word.trim_end_matches('\u{fe0f}'); // asks for the colored form of a sign
        let stem = || {
            let ends = (self.shortest..=word.len()).rev().filter(|&end| word.is_char_boundary(end));
            ends.map(|end| &word[..end]).find_map(|stem| self.stems.get(stem)).copied()
        };
        self.words.get(word).copied().or_else(stem).unwrap_or(0.0)
    }

    fn factor(&self, word: &str) -> f64 {
        match () {
            () if self.strengtheners.contains(word) => 1.5,
            () if self.weakeners.contains(word) => 0.5,
            () => 1.0,
        }
    }
}

fn is_stop(token: &str) -> bool {
    token.chars().all(|c| matches!(c, '.' | ',' | ';' | '!' | '?' | ':' | '(' | ')' | '。' | '，' | '！' | '？'))
}

/// Words with their inner marks, signs such as `:)`, and marks that end a clause.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().flat_map(|chunk| {
        let is_sign = |list: &str| list.split_whitespace().any(|sign| sign == chunk);
        if is_sign(lexicon::SMILES) || is_sign(lexicon::FROWNS) { vec![chunk] } else { pieces(chunk) }
    })
}

fn pieces(chunk: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let is_inside = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '-');
    let mut was_word = true;
    for (at, character) in chunk.char_indices() {
        let is_word = is_inside(character);
        if at > start && !(is_word && was_word) {
            pieces.push(&chunk[start..at]);
            start = at;
        }
        was_word = is_word;
    }
    pieces.push(&chunk[start..]);
    pieces.into_iter().map(|piece| piece.trim_matches(['\'', '-', '’'])).filter(|piece| !piece.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(text: &str) -> f64 {
        Lexicon::new(&BTreeMap::new()).score(text)
    }

    #[test]
    fn negations_turn_what_follows_round_until_the_clause_ends() {
        assert!(score("not good") < 0.0);
        assert!(score("it isn’t a very good film") < 0.0);
        assert!(score("no, it is good") > 0.0);
        assert!(score("never a bad word") > 0.0);
    }

    #[test]
    fn what_stands_behind_a_turn_counts_more() {
        assert!(score("good acting but a bad plot") < 0.0);
        assert!(score("bad acting but a good plot") > 0.0);
    }

    #[test]
    fn strengtheners_and_weakeners_change_the_size_and_signs_count() {
        assert!(score("very good") > score("good"));
        assert!(score("slightly good") < score("good"));
        assert!(score("👍") > 0.0 && score(":(") < 0.0);
    }
}
