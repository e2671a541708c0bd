//! Where a mention really begins and ends.

use std::ops::Range;

/// Marks that are no part of a mention at either end.
const MARKS: &str = ".,;:!?\"“”‘’`*•。，；：、！？";

/// The range without white space and marks at its ends, without a bracket that has no partner in it, and
/// without brackets around all of it. `None` where nothing is left.
pub fn trim(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let mut range = range;
    let inside = &text[range.clone()];
    let (mut round, mut square) = (balance(inside, '(', ')'), balance(inside, '[', ']'));
    loop {
        let inside = &text[range.clone()];
        let (first, last) = (inside.chars().next()?, inside.chars().next_back()?);
        let is_enclosed =
            matches!((first, last), ('(', ')') | ('[', ']')) && !inside[1..inside.len() - 1].contains([first, last]);
        let opens_alone = (first == '(' && round > 0) || (first == '[' && square > 0);
        let closes_alone = (last == ')' && round < 0) || (last == ']' && square < 0);
        let dropped = if is_edge(first) || opens_alone || is_enclosed || matches!(first, ')' | ']') {
            range.start += first.len_utf8();
            first
        } else if is_edge(last) || closes_alone || matches!(last, '(' | '[') {
            range.end -= last.len_utf8();
            last
        } else {
            return Some(range);
        };
        round -= weight(dropped, '(', ')');
        square -= weight(dropped, '[', ']');
    }
}

fn is_edge(character: char) -> bool {
    character.is_whitespace() || MARKS.contains(character)
}

/// How many opening brackets have no closing one (above 0) or the other way round (below 0).
fn balance(text: &str, open: char, close: char) -> i64 {
    text.chars().map(|character| weight(character, open, close)).sum()
}

fn weight(character: char, open: char, close: char) -> i64 {
    i64::from(character == open) - i64::from(character == close)
}

/// The range made whole: a word that it cuts, a bracket that it leaves open right behind it.
pub fn complete(text: &str, range: Range<usize>) -> Range<usize> {
    let is_letter = |c: &char| c.is_alphanumeric() && !is_unspaced(*c);
    let (before, inside, after) = (&text[..range.start], &text[range.clone()], &text[range.end..]);
    let mut whole = range.clone();
    if inside.chars().next().is_some_and(|c| is_letter(&c)) {
        whole.start -= before.chars().rev().take_while(is_letter).map(char::len_utf8).sum::<usize>();
    }
    if inside.chars().next_back().is_some_and(|c| is_letter(&c)) {
        whole.end += after.chars().take_while(is_letter).map(char::len_utf8).sum::<usize>();
    }
    let gap = text[whole.end..].len() - text[whole.end..].trim_start_matches(' ').len();
    if balance(inside, '(', ')') == 1 && gap <= 1 && text[whole.end + gap..].starts_with(')') {
        whole.end += gap + 1;
    }
    whole
}

/// Letters of scripts that write words without blanks between them.
fn is_unspaced(character: char) -> bool {
    matches!(character, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
        || matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
        || matches!(character, '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_marks_and_lonely_brackets_are_no_part_of_a_mention() {
        for (text, expected) in [
            (" gout, ", "gout"),
            ("(gout", "gout"),
            ("gout)", "gout"),
            ("familial polyposis (FAP)", "familial polyposis (FAP)"),
            ("(gout).", "gout"),
            ("(a) gout (b)", "(a) gout (b)"),
            ("“痛风”。", "痛风"),
        ] {
            assert_eq!(trim(text, 0..text.len()).map(|range| &text[range]), Some(expected), "{text}");
        }
        assert_eq!(trim(" .,", 0..3), None);
    }

    #[test]
    fn cut_words_and_open_brackets_are_completed() {
        let text = "a hepatoblastoma (FAP ) 急性心肌梗死";
        assert_eq!(&text[complete(text, 2..8)], "hepatoblastoma");
        assert_eq!(&text[complete(text, 2..21)], "hepatoblastoma (FAP )");
        assert_eq!(&text[complete(text, 24..30)], "急性");
    }
}
