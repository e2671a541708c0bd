//! Cuts a text where its parts can be normalized on their own: the parts' forms put together are the form of the whole.

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Whether nothing in front of this character can change with it: its decomposition begins with a character that
/// neither combines nor composes with the one before (UAX 15, section 9.1).
pub fn begins(character: char) -> bool {
    if character.is_ascii() {
        return true;
    }
    let Some(first) = std::iter::once(character).nfkd().next() else { return true };
    canonical_combining_class(first) == 0
        && is_nfc_quick(std::iter::once(first)) != IsNormalized::Maybe
        && is_nfc_quick(std::iter::once(character)) != IsNormalized::Maybe
}

/// The parts of a text.
pub fn segments(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut starts = text.char_indices().filter(|&(at, c)| at == 0 || begins(c)).map(|(at, _)| at).peekable();
    std::iter::from_fn(move || {
        let start = starts.next()?;
        let end = starts.peek().copied().unwrap_or(text.len());
        Some((start, &text[start..end]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_the_parts_are_the_form_of_the_whole() {
        // Every character before and behind letters, marks and jamo with which it may compose.
        let around = ["a", "\u{1100}", "\u{11a8}", "\u{301}"];
        for code in (0..0x30000).filter_map(char::from_u32) {
            for other in around {
                let text = format!("{other}{code}{other}");
                let parts = || segments(&text).map(|(_, part)| part);
                assert_eq!(parts().flat_map(UnicodeNormalization::nfc).collect::<String>(), text.nfc().to_string());
                assert_eq!(parts().flat_map(UnicodeNormalization::nfkd).collect::<String>(), text.nfkd().to_string());
            }
        }
    }
}
