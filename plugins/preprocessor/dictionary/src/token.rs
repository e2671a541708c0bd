//! Words of a text as dictionaries know them: runs of letters and digits, single Chinese characters, single signs.

use std::ops::Range;

/// The tokens of a text, blanks left out.
pub fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut tokens: Vec<Range<usize>> = Vec::new();
    let mut is_open = false;
    for (at, character) in text.char_indices() {
        let end = at + character.len_utf8();
        let is_part = character.is_alphanumeric() && !is_ideograph(character);
        match tokens.last_mut().filter(|last| is_open && is_part && last.end == at) {
            Some(last) => last.end = end,
            None if !character.is_whitespace() => tokens.push(at..end),
            None => {}
        }
        is_open = is_part;
    }
    tokens
}

/// Written without blanks between words.
pub fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

/// The form in which words are looked up: tokens with single blanks between.
pub fn key(text: &str, tokens: &[Range<usize>], any_case: bool) -> String {
    let mut key = String::new();
    for (number, token) in tokens.iter().enumerate() {
        if number > 0 {
            key.push(' ');
        }
        if any_case { key += &text[token.clone()].to_lowercase() } else { key += &text[token.clone()] }
    }
    key
}

/// [`key`] of a whole text, and how many tokens it has.
pub fn key_of(text: &str, any_case: bool) -> (String, usize) {
    let tokens = tokens(text);
    (key(text, &tokens, any_case), tokens.len())
}
