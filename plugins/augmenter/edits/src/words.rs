//! Words that may be changed: outside of spans, and none that a label may hang on.

use engraft_plugin::text::Span;
use std::ops::Range;

/// Words of negation: without them a text says the opposite.
pub const NEGATIONS: [&str; 44] = [
    "no", "not", "never", "none", "nor", "neither", "nothing", "nobody", "nowhere", "without", "cannot", "hardly",
    "barely", "scarcely", "seldom", "except", "unless", "but", "however", "denies", "denied", "negative", "absent",
    "free", "kein", "keine", "nicht", "不", "没", "無", "无", "非", "未", "别", "莫", "勿", "否", "免", "拒", "除",
    "但", "却", "阴", "禁",
];

/// The words of a text: runs of letters and digits with the marks inside them, single Chinese characters.
pub fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut is_open = false;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let end = at + character.len_utf8();
        let is_letter = character.is_alphanumeric();
        let is_mark = matches!(character, '-' | '\'' | '’' | '.' | ',' | '/' | '%')
            && characters.peek().is_some_and(|&(_, next)| next.is_alphanumeric() && !is_ideograph(next));
        let goes_on = is_open && words.last().is_some_and(|last| last.end == at);
        match words.last_mut() {
            Some(last) if goes_on && (is_letter || is_mark) && !is_ideograph(character) => last.end = end,
            _ if is_letter => {
                words.push(at..end);
                is_open = !is_ideograph(character);
            }
            // A combining mark belongs to the letter before it.
            Some(last) if last.end == at && is_combining(character) => last.end = end,
            _ => is_open = false,
        }
    }
    words
}

fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3134f}')
}

fn is_combining(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{200d}')
}

/// Whether a word is outside every span, and not one that is to be kept.
pub fn is_free(text: &str, word: &Range<usize>, spans: &[Span<'_>], keep: &[String]) -> bool {
    let lower = text[word.clone()].to_lowercase();
    let is_kept = keep.contains(&lower) || lower.contains("n't") || lower.contains("n’t");
    !is_kept && spans.iter().all(|span| word.end <= span.start() || word.start >= span.end())
}

/// The range of a word and the blank before it, so that no two blanks are left where it goes.
pub fn with_blank(text: &str, word: &Range<usize>, spans: &[Span<'_>]) -> Range<usize> {
    let is_blank = |at: usize| text.as_bytes().get(at) == Some(&b' ');
    let crosses = |at: usize| spans.iter().any(|span| span.range().contains(&at));
    if word.start > 0 && is_blank(word.start - 1) && !crosses(word.start - 1) {
        return word.start - 1..word.end;
    }
    if is_blank(word.end) && !crosses(word.end) { word.start..word.end + 1 } else { word.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_marks_and_chinese_characters_stand_alone() {
        let text = "don't 5.5% 高烧, e\u{301}a B-12.";
        let found: Vec<_> = words(text).into_iter().map(|word| &text[word]).collect();
        assert_eq!(found, ["don't", "5.5", "高", "烧", "e\u{301}a", "B-12"]);
    }
}
