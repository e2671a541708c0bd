//! Finds what is to go.

use crate::settings::{LineBreaks, Settings};
use std::ops::Range;

/// What is to go, and what comes in its place.
pub fn scan(text: &str, settings: &Settings) -> Vec<(Range<usize>, &'static str)> {
    let mut found: Vec<(Range<usize>, &'static str)> = Vec::new();
    let mut before = '\0'; // the last character that stays
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let rest = &text[at..];
        let width = character.len_utf8();
        let (length, into) = if rest.starts_with("\r\n") && settings.line_breaks == LineBreaks::Unix {
            (2, Some("\n"))
        } else if character == '\r' && settings.line_breaks == LineBreaks::Unix {
            (1, Some("\n"))
        } else if let Some(length) = escape(rest).filter(|_| settings.control) {
            (length, Some(""))
        } else {
            let after = rest[width..].chars().next().unwrap_or('\0');
            (width, goes(before, character, after, settings))
        };
        match into {
            Some(into) => {
                found.push((at..at + length, into));
                before = into.chars().last().unwrap_or(before);
            }
            None => before = character,
        }
        at += length;
    }
    found
}

/// What comes in the place of a character that goes. A control character that stands between two words keeps them
/// apart by a blank.
fn goes(before: char, character: char, after: char, settings: &Settings) -> Option<&'static str> {
    match character {
        '\t' | '\n' | '\r' => None,
        _ if character.is_control() => {
            settings.control.then(|| if before.is_alphanumeric() && after.is_alphanumeric() { " " } else { "" })
        }
        '\u{200c}' | '\u{200d}' if is_spelled_with_joiners(before) && is_spelled_with_joiners(after) => None,
        '\u{fe0e}' | '\u{fe0f}' if !before.is_alphanumeric() || before.is_ascii_digit() => None,
        '\u{ad}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{2064}'
        | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}' => settings.zero_width.then_some(""),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' => {
            settings.direction.then_some("")
        }
        '\u{e000}'..='\u{f8ff}' | '\u{fff9}'..='\u{fffd}' | '\u{e0001}'..='\u{e007f}' | '\u{f0000}'.. => {
            settings.private_use.then_some("")
        }
        _ => None,
    }
}

/// Beyond ASCII and not a blank: emoji, Persian, Indic letters and their signs.
fn is_spelled_with_joiners(character: char) -> bool {
    !character.is_ascii() && !character.is_whitespace()
}

/// The length of a terminal's escape sequence (ECMA-48) at the start of `text`: `ESC [ … letter`, `ESC ] … BEL`.
fn escape(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\u{1b}')?;
    if let Some(parameters) = body.strip_prefix('[') {
        let end = parameters.find(|c: char| !matches!(c, '\u{20}'..='\u{3f}'))?;
        return parameters[end..].starts_with(|c: char| matches!(c, '@'..='~')).then_some(end + 3);
    }
    let command = body.strip_prefix(']')?;
    let end = command.find(|c: char| c.is_control())?;
    command[end..].starts_with('\u{7}').then_some(end + 3)
}
