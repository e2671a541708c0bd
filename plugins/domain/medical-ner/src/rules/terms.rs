//! Terms from the settings: found wherever they stand as words.

use std::collections::BTreeMap;
use std::ops::Range;

/// Terms by their first character in lower case.
#[derive(Default)]
pub(super) struct Terms {
    by_initial: BTreeMap<char, Vec<Term>>,
}

struct Term {
    label: String,
    text: String,
    /// A term in capitals is read as it is written.
    is_exact: bool,
}

impl Terms {
    pub(super) fn new(own: &BTreeMap<String, Vec<String>>) -> Self {
        let mut terms = Self::default();
        for (label, list) in own {
            terms.add(label, list.iter().map(String::as_str));
        }
        terms
    }

    pub(super) fn add<'a>(&mut self, label: &str, list: impl IntoIterator<Item = &'a str>) {
        for term in list {
            let is_exact = term.chars().any(char::is_uppercase) && !term.chars().any(char::is_lowercase);
            let text = if is_exact { term.trim().to_owned() } else { term.trim().to_lowercase() };
            let Some(initial) = text.to_lowercase().chars().next() else { continue };
            self.by_initial.entry(initial).or_default().push(Term { label: label.to_owned(), text, is_exact });
        }
    }

    /// Where the terms stand in a text.
    pub(super) fn find(&self, text: &str) -> Vec<(String, Range<usize>)> {
        let mut found = Vec::new();
        let mut before = ' ';
        for (start, character) in text.char_indices() {
            let begins_word = !is_inside_word(before, character);
            before = character;
            let initial = character.to_lowercase().next().unwrap_or(character);
            let Some(terms) = self.by_initial.get(&initial).filter(|_| begins_word) else { continue };
            let matches = terms.iter().filter_map(|term| Some((term, start + term.length_at(&text[start..])?)));
            found.extend(
                matches.filter(|(_, end)| ends_word(text, *end)).map(|(term, end)| (term.label.clone(), start..end)),
            );
        }
        found
    }
}

impl Term {
    /// How many bytes of `text` the term covers, if it stands at its start.
    fn length_at(&self, text: &str) -> Option<usize> {
        if self.is_exact {
            return text.starts_with(&self.text).then_some(self.text.len());
        }
        let mut rest = text.char_indices();
        for expected in self.text.chars() {
            let (_, found) = rest.next()?;
            if found != expected && !found.to_lowercase().eq([expected]) {
                return None;
            }
        }
        Some(rest.next().map_or(text.len(), |(at, _)| at))
    }
}

fn ends_word(text: &str, end: usize) -> bool {
    let (before, after) = (text[..end].chars().next_back(), text[end..].chars().next());
    !matches!((before, after), (Some(before), Some(after)) if is_inside_word(before, after))
}

/// Whether two neighboring characters belong to one word, in scripts that part words.
fn is_inside_word(left: char, right: char) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() && !('\u{2e80}'..='\u{9fff}').contains(&c);
    is_letter(left) && is_letter(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_found_as_words_without_regard_to_case() {
        let own = [("D".to_owned(), ["flu", "发热", "AS"].map(str::to_owned).into())].into();
        let text = "Flu, fluid; 患者发热三天 AS as";
        let found: Vec<_> = Terms::new(&own).find(text).into_iter().map(|(_, range)| &text[range]).collect();
        assert_eq!(found, ["Flu", "发热", "AS"]);
    }
}
