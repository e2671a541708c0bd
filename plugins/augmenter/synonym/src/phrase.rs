//! Words of a text, and the case they are written in.

use std::ops::Range;

/// The words of a text: runs of letters, digits and the marks inside words (`co-op`, `don't`); single Chinese characters.
pub fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut characters = text.char_indices().peekable();
    let mut is_open = false;
    while let Some((at, character)) = characters.next() {
        let end = at + character.len_utf8();
        if is_ideograph(character) {
            words.push(at..end);
            is_open = false;
            continue;
        }
        let open = words.last_mut().filter(|word| is_open && word.end == at);
        is_open = true;
        let is_inside = matches!(character, '-' | '\'' | '’') && open.is_some();
        let goes_on = characters.peek().is_some_and(|(_, next)| next.is_alphanumeric());
        match open {
            Some(word) if character.is_alphanumeric() || (is_inside && goes_on) => word.end = end,
            _ if character.is_alphanumeric() => words.push(at..end),
            _ => {}
        }
    }
    words
}

/// Written without blanks between words.
pub fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

/// Writes `text` in the case of `like`: all capitals, a capital first, or as it is.
pub fn in_case_of(like: &str, text: &str) -> String {
    let mut letters = like.chars().filter(|character| character.is_alphabetic());
    let first_is_upper = letters.next().is_some_and(char::is_uppercase);
    let mut rest = letters.peekable();
    if first_is_upper && rest.peek().is_some() && rest.all(char::is_uppercase) {
        return text.to_uppercase();
    }
    let mut characters = text.chars();
    match characters.next() {
        Some(first) if first_is_upper => first.to_uppercase().chain(characters).collect(),
        _ => text.to_owned(),
    }
}

/// Whether the article before `word` is `an`: by its letter, the few common exceptions aside.
pub fn takes_an(word: &str) -> bool {
    let word = word.to_lowercase();
    let sounds_otherwise = ["eu", "one", "once", "uni", "use", "usu", "util"].iter().any(|head| word.starts_with(head));
    let is_silent_h = ["hour", "honest", "honor", "honour", "heir"].iter().any(|head| word.starts_with(head));
    is_silent_h || (word.starts_with(['a', 'e', 'i', 'o', 'u']) && !sounds_otherwise)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_inner_marks_and_shed_the_others() {
        let text = "-don't follow-up, 患者 naïve's' a-";
        let found: Vec<_> = words(text).into_iter().map(|word| &text[word]).collect();
        assert_eq!(found, ["don't", "follow-up", "患", "者", "naïve's", "a"]);
    }

    #[test]
    fn the_case_of_the_old_word_is_kept() {
        assert_eq!(in_case_of("Doctor", "physician"), "Physician");
        assert_eq!(in_case_of("DOCTOR", "physician"), "PHYSICIAN");
        assert_eq!(in_case_of("doctor", "physician"), "physician");
        assert_eq!(in_case_of("A", "one"), "One");
    }
}
