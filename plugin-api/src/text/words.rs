//! The words of a text, for plugins that change words.

use std::ops::Range;

/// Words of negation: without them a text says the opposite.
const NEGATIONS: [&str; 44] = [
    "no", "not", "never", "none", "nor", "neither", "nothing", "nobody", "nowhere", "without", "cannot", "hardly",
    "barely", "scarcely", "seldom", "except", "unless", "but", "however", "denies", "denied", "negative", "absent",
    "free", "kein", "keine", "nicht", "不", "没", "無", "无", "非", "未", "别", "莫", "勿", "否", "免", "拒", "除",
    "但", "却", "阴", "禁",
];

/// Whether a text says the opposite without this word, English and Chinese: a label may hang on it.
pub fn is_negation(word: &str) -> bool {
    let lower = word.to_lowercase();
    NEGATIONS.contains(&lower.as_str()) || lower.contains("n't") || lower.contains("n’t")
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_marks_and_chinese_characters_stand_alone() {
        let text = "don't 5.5% 高烧, e\u{301}a B-12.";
        let found: Vec<_> = words(text).into_iter().map(|word| &text[word]).collect();
        assert_eq!(found, ["don't", "5.5", "高", "烧", "e\u{301}a", "B-12"]);
    }

    #[test]
    fn words_on_which_a_label_hangs_are_known_in_any_case() {
        for word in ["not", "No", "don't", "Isn’t", "无", "denies"] {
            assert!(is_negation(word), "{word}");
        }
        assert!(!is_negation("note") && !is_negation("发"));
    }
}
