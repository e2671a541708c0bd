//! Finds the gaps of a text: runs of white space and of what cannot be seen.

use std::ops::Range;

/// A run of white space and invisible characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Where it lies.
    pub range: Range<usize>,
    /// Whether something in it separates words.
    pub separates: bool,
    /// How many line breaks it holds; carriage return and line feed together are one.
    pub newlines: usize,
}

/// What a character is to a gap.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Visible,
    Separator,
    Newline,
    Format,
}

/// The gaps of a text, in order. Without `invisible`, of white space only.
pub fn gaps(text: &str, invisible: bool) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    let mut before = '\0';
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let after = characters.peek().map_or('\0', |&(_, next)| next);
        let class = class(before, character, after, invisible);
        let is_new_line = class == Class::Newline && !(before == '\r' && character == '\n');
        before = character;
        if class == Class::Visible {
            continue;
        }
        let end = at + character.len_utf8();
        let gap = match gaps.last_mut() {
            Some(gap) if gap.range.end == at => gap,
            _ => {
                gaps.push(Gap { range: at..at, separates: false, newlines: 0 });
                gaps.last_mut().expect("just pushed")
            }
        };
        gap.range.end = end;
        gap.separates |= class != Class::Format;
        gap.newlines += usize::from(is_new_line);
    }
    gaps
}

fn class(before: char, character: char, after: char, invisible: bool) -> Class {
    match character {
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Class::Newline,
        _ if character.is_whitespace() => Class::Separator,
        _ if !invisible => Class::Visible,
        '\u{200b}' => Class::Separator,
        '\u{200c}' | '\u{200d}' if is_spelled_with_joiners(before) && is_spelled_with_joiners(after) => Class::Visible,
        '\u{ad}' | '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' => Class::Format,
        '\u{2066}'..='\u{206f}' | '\u{61c}' | '\u{180e}' | '\u{feff}' => Class::Format,
        _ if character.is_control() => Class::Separator,
        _ => Class::Visible,
    }
}

/// Beyond ASCII and not a blank: emoji, Persian, Indic letters and their signs.
fn is_spelled_with_joiners(character: char) -> bool {
    !character.is_ascii() && !character.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Range<usize>, bool, usize)> {
        gaps(text, true).into_iter().map(|gap| (gap.range, gap.separates, gap.newlines)).collect()
    }

    #[test]
    fn carriage_return_and_line_feed_are_one_line_break() {
        assert_eq!(found("a\r\n\r\nb\rc"), [(1..5, true, 2), (6..7, true, 1)]);
    }

    #[test]
    fn what_only_formats_does_not_separate() {
        assert_eq!(found("a\u{ad}b\u{0}c"), [(1..3, false, 0), (4..5, true, 0)]);
    }

    #[test]
    fn joiners_stay_between_characters_that_are_spelled_with_them() {
        assert_eq!(found("👩\u{200d}⚕️ می\u{200c}خواهم"), [(13..14, true, 0)]);
        assert_eq!(found("a\u{200d}b"), [(1..4, false, 0)]);
    }
}
