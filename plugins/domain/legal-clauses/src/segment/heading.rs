//! List marks and headings: what stands before the words of a clause.

use std::ops::Range;

/// Where the words of a segment begin: behind its list marks and headings. The end of the trimmed text
/// where there is nothing else.
pub fn body_start(segment: &str) -> usize {
    let end = segment.trim_end().len();
    let mut at = segment.len() - segment.trim_start().len();
    while at < end {
        let rest = &segment[at..end];
        let Some(length) = mark(rest).or_else(|| heading(rest)) else { break };
        at += length;
        at += segment[at..end].len() - segment[at..end].trim_start().len();
    }
    at.min(end)
}

/// The trimmed words of a segment, without list mark and heading; all of it where it is only heading.
pub fn body(segment: &str) -> Range<usize> {
    let end = segment.trim_end().len();
    let start = body_start(segment);
    let trimmed = segment.len() - segment.trim_start().len();
    if start < end { start..end } else { trimmed.min(end)..end }
}

/// Words that stand before a number to mark a clause.
const MARK_WORDS: [&str; 8] = ["article", "section", "sec", "clause", "chapter", "part", "paragraph", "item"];

/// The length of the list mark at the start of a text: `1.`, `12.3.1`, `(a)`, `iv)`, `Section 4.2.`, `•`.
pub fn mark(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if let Some(length) = page_number(text) {
        return Some(length);
    }
    if matches!(first, '•' | '·' | '▪' | '◦' | '§' | '*' | '-' | '–' | '—' | '_') {
        let end = text.find(|c: char| c != first && c != ' ').unwrap_or(text.len());
        return Some(end);
    }
    if first == '(' || first == '[' {
        let close = if first == '(' { ')' } else { ']' };
        let end = text.char_indices().take(8).find(|&(_, c)| c == close)?.0;
        return is_number(&text[1..end]).then_some(end + 1);
    }
    let word = &text[..text.find(char::is_whitespace).unwrap_or(text.len())];
    let bare = word.trim_end_matches(['.', ')', ':']);
    let lower = bare.to_lowercase();
    if MARK_WORDS.contains(&lower.as_str()) {
        let rest = text[word.len()..].trim_start();
        let number = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
        let is_marked = is_number(number.trim_end_matches(['.', ')', ':', ';', '-']));
        return is_marked.then(|| text.len() - rest.len() + number.len());
    }
    // A number needs its full stop, its bracket or a second part: `30 days` is no list item.
    let is_closed = bare.len() < word.len();
    let has_parts = bare.contains('.') && bare.starts_with(|c: char| c.is_ascii_digit());
    ((is_closed || has_parts) && is_number(bare)).then_some(word.len())
}

/// The length of a line of nothing but a page number: `- 12 -`.
fn page_number(text: &str) -> Option<usize> {
    let line = &text[..text.bytes().take(80).position(|byte| byte == b'\n')?];
    let is_number = line.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ' '));
    (is_number && line.bytes().any(|b| b.is_ascii_digit())).then_some(line.len())
}

/// Digits with full stops between them, one letter, or a small Roman number.
fn is_number(text: &str) -> bool {
    let text = text.trim();
    let is_part = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let is_digits = text.split('.').all(is_part);
    let is_letter = text.len() <= 2 && !text.is_empty() && text.chars().all(|c| c.is_ascii_alphabetic());
    let is_roman = text.len() <= 5 && !text.is_empty() && text.chars().all(|c| "ivxIVX".contains(c));
    is_digits || is_letter || is_roman
}

/// Small words that a heading may hold in lower case.
const SMALL: [&str; 24] = [
    "a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "into", "its", "no", "not", "of", "on", "or",
    "other", "per", "the", "to", "upon", "with", "without",
];

/// Words that make a sentence, never a heading.
const VERBS: [&str; 20] = [
    "shall", "will", "may", "must", "is", "are", "was", "were", "be", "been", "has", "have", "had", "agrees", "agree",
    "can", "cannot", "does", "means", "hereby",
];

/// Most words of a heading.
const MOST_WORDS: usize = 10;

/// The length of the heading at the start of a text: few words, each with a capital or small, none a
/// verb, closed by a full stop, a colon, a dash, a line break, a wide gap or the end.
fn heading(text: &str) -> Option<usize> {
    let end = close(text)?;
    let words: Vec<&str> = text[..end].split(|c: char| !(c.is_alphanumeric() || "'’&/-".contains(c))).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| word.chars().any(char::is_alphabetic)).collect();
    let is_verb = |word: &&str| VERBS.contains(&word.to_lowercase().as_str());
    if words.is_empty() || words.len() > MOST_WORDS || words.iter().any(is_verb) {
        return None;
    }
    let is_capital = |word: &&str| word.starts_with(char::is_uppercase);
    let has_case =
        |word: &&str| is_capital(word) || SMALL.contains(word) || word.starts_with(|c: char| c.is_ascii_digit());
    let is_short_sentence_case = words.len() <= 3 && text[end..].starts_with(['.', ':']);
    if !is_capital(&words[0]) || !(words.iter().all(has_case) || is_short_sentence_case) {
        return None;
    }
    let closed = text[end..].find(|c: char| !(c.is_whitespace() || matches!(c, '.' | ':' | '-' | '–' | '—' | '_')));
    Some(closed.map_or(text.len(), |length| end + length))
}

/// Where a heading would end: before its closing mark.
fn close(text: &str) -> Option<usize> {
    let mut blanks = 0;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        let after = text[at + character.len_utf8()..].chars().next().unwrap_or(' ');
        let is_close = match character {
            '.' => after.is_whitespace() && !before.is_uppercase() || after == ' ' && at > 12,
            ':' | '—' | '–' | '\n' => true,
            '-' => before == ' ' && (after == ' ' || after == '-'),
            ',' | ';' | '(' | '"' | '“' => return None, // no heading holds these
            _ => false,
        };
        blanks = if character == ' ' { blanks + 1 } else { 0 };
        if is_close || blanks == 3 {
            return Some(at);
        }
        before = character;
    }
    Some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_clause_stand_behind_marks_and_headings() {
        for (segment, expected) in [
            ("7. Governing Law. This Agreement is governed by", "This Agreement is governed by"),
            ("ARTICLE 2  GRANT OF RIGHTS\n\n2.1 Appointment. Aura appoints", "Aura appoints"),
            ("(a) terminate this Agreement;", "terminate this Agreement;"),
            ("- 12 -\n\nSection 4.2. Termination for Convenience. Licensor may", "Licensor may"),
            ("23. Governing Law   This Agreement will", "This Agreement will"),
            ("During the Term, Licensee shall pay", "During the Term, Licensee shall pay"),
            ("NEITHER PARTY SHALL BE LIABLE.", "NEITHER PARTY SHALL BE LIABLE."),
            ("30 days after notice", "30 days after notice"),
            ("EXHIBIT 10.3", "EXHIBIT 10.3"),
        ] {
            assert_eq!(&segment[body(segment)], expected, "{segment}");
        }
    }
}
