//! Tokens become units: what gets a label, with the bytes it covers.
//!
//! Units are disjoint, in the order of the text, begin and end on character boundaries, and neither begin
//! nor end with a blank. A grapheme is not torn: marks, joiners and variation selectors that the
//! tokenizer's normalizer has dropped go with the character they stand on.

use super::Unit as Kind;
use super::open::Encoded;
use unicode_segmentation::GraphemeCursor;

/// What gets a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// Its first token: the one that is scored.
    pub(super) token: usize,
    /// One past its last token.
    pub(super) past: usize,
    /// Its first byte in the text.
    pub(super) start: usize,
    /// One past its last byte.
    pub(super) end: usize,
}

/// The units of a text, ascending by token and by byte.
pub(super) fn units(text: &str, encoded: &Encoded, kind: Kind) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    let mut last_word = None;
    for (token, &range) in encoded.ranges.iter().enumerate() {
        let Some((start, end)) = covered(text, range) else { continue };
        let word = match kind {
            Kind::Word => encoded.words[token],
            Kind::Piece => None,
        };
        let mut unit = Unit { token, past: token + 1, start, end };
        if word.is_some() && word == last_word {
            unit = join(units.pop(), unit);
        }
        // Two tokens of one character (a byte-level tokenizer's emoji) are one unit as well.
        while let Some(before) = units.pop_if(|before| before.end > unit.start) {
            unit = join(Some(before), unit);
        }
        units.push(unit);
        last_word = word;
    }
    complete_graphemes(text, &mut units);
    units
}

fn join(before: Option<Unit>, unit: Unit) -> Unit {
    let Some(before) = before else { return unit };
    let (start, end) = (before.start.min(unit.start), before.end.max(unit.end));
    Unit { token: before.token, past: unit.past, start, end }
}

/// What a token covers, on character boundaries and without blanks at its edges; nothing if it is blank.
fn covered(text: &str, (start, end): (usize, usize)) -> Option<(usize, usize)> {
    let start = text.floor_char_boundary(start.min(text.len()));
    let end = text.ceil_char_boundary(end.clamp(start, text.len()));
    let tail = text[start..end].trim_start();
    let start = end - tail.len();
    let length = tail.trim_end().len();
    (length > 0).then_some((start, start + length))
}

/// Moves the end of a unit behind the marks and joiners that follow it, as far as no other unit has them.
fn complete_graphemes(text: &str, units: &mut [Unit]) {
    let mut limit = text.len();
    for unit in units.iter_mut().rev() {
        let is_plain = text.as_bytes().get(unit.end).is_none_or(u8::is_ascii);
        if !is_plain {
            let whole = "the text is one chunk";
            let mut cursor = GraphemeCursor::new(unit.end, text.len(), true);
            if !cursor.is_boundary(text, 0).expect(whole) {
                let end = cursor.next_boundary(text, 0).expect(whole).unwrap_or(text.len());
                unit.end = end.min(limit);
            }
        }
        limit = unit.start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(text: &str, ranges: &[(usize, usize)], words: &[u32], kind: Kind) -> Vec<(usize, String)> {
        let words = words.iter().map(|&w| Some(w)).collect();
        let encoded = Encoded { ids: vec![0; ranges.len()], ranges: ranges.to_vec(), words };
        units(text, &encoded, kind).into_iter().map(|u| (u.token, text[u.start..u.end].to_owned())).collect()
    }

    fn named(pairs: &[(usize, &str)]) -> Vec<(usize, String)> {
        pairs.iter().map(|&(token, text)| (token, text.to_owned())).collect()
    }

    #[test]
    fn words_join_their_pieces_and_pieces_stay_apart() {
        let (ranges, words) = ([(0, 3), (3, 5), (6, 8)], [0, 0, 1]);
        assert_eq!(covers("gouty 12", &ranges, &words, Kind::Word), named(&[(0, "gouty"), (2, "12")]));
        assert_eq!(covers("gouty 12", &ranges, &words, Kind::Piece), named(&[(0, "gou"), (1, "ty"), (2, "12")]));
    }

    #[test]
    fn tokens_of_one_character_are_one_unit() {
        assert_eq!(
            covers("a😀b", &[(0, 1), (1, 5), (1, 5), (5, 6)], &[0, 1, 2, 3], Kind::Piece),
            named(&[(0, "a"), (1, "😀"), (3, "b")])
        );
        assert_eq!(covers("a😀", &[(0, 1), (1, 2), (2, 5)], &[0, 1, 2], Kind::Piece), named(&[(0, "a"), (1, "😀")]));
    }

    #[test]
    fn blanks_make_no_unit_and_edge_none() {
        assert_eq!(
            covers(" a\u{a0}b ", &[(0, 1), (1, 2), (2, 6)], &[0, 1, 2], Kind::Word),
            named(&[(1, "a"), (2, "b")])
        );
        assert_eq!(covers("\u{3000} x", &[(0, 3), (3, 5)], &[0, 0], Kind::Word), named(&[(1, "x")]));
    }

    #[test]
    fn dropped_marks_go_with_the_character_they_stand_on() {
        assert_eq!(covers("e\u{301} a", &[(0, 1), (4, 5)], &[0, 1], Kind::Word), named(&[(0, "e\u{301}"), (1, "a")]));
        assert_eq!(
            covers("👩\u{200d}💻", &[(0, 4), (7, 11)], &[0, 1], Kind::Word),
            named(&[(0, "👩\u{200d}"), (1, "💻")])
        );
    }
}
