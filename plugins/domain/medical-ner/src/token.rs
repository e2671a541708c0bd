//! Words and marks of a text, with their places.

use std::ops::Range;

/// A word, a number or a mark.
#[derive(Clone, Debug)]
pub struct Token {
    /// Where it lies.
    pub range: Range<usize>,
    /// Its text in lower case.
    pub lower: String,
    /// Whether it is of letters and digits.
    pub is_word: bool,
    /// Whether it begins with a capital.
    pub is_capital: bool,
    /// Whether all its letters are capitals, two or more of them.
    pub is_acronym: bool,
}

/// The tokens of a text: runs of letters and digits, and every other visible character by itself.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let is_word = first.is_alphanumeric();
        let length = if is_word {
            text[at..].find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len() - at)
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            tokens.push(token(text, at..at + length, is_word));
        }
        at += length;
    }
    tokens
}

fn token(text: &str, range: Range<usize>, is_word: bool) -> Token {
    let written = &text[range.clone()];
    let letters = written.chars().filter(|c| c.is_alphabetic());
    let capitals = letters.clone().filter(|c| c.is_uppercase()).count();
    Token {
        lower: written.to_lowercase(),
        is_word,
        is_capital: written.starts_with(char::is_uppercase),
        is_acronym: capitals > 1 && capitals == letters.count(),
        range,
    }
}
