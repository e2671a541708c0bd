//! Offsets that count characters or UTF-16 units become bytes of UTF-8, and back.

use crate::Offsets;

/// Where the characters of a text begin, counted in a unit.
pub(crate) struct Units<'a> {
    text: &'a str,
    unit: Offsets,
    /// Byte and unit at which every 64th character begins; empty where a unit is a byte.
    marks: Vec<(usize, usize)>,
    /// The length of the text in units.
    length: usize,
}

const STRIDE: usize = 64;

impl<'a> Units<'a> {
    pub(crate) fn of(text: &'a str, unit: Offsets) -> Self {
        if unit == Offsets::Bytes || text.is_ascii() {
            return Self { text, unit: Offsets::Bytes, marks: Vec::new(), length: text.len() };
        }
        let (mut marks, mut at) = (Vec::with_capacity(text.len() / STRIDE + 1), 0);
        for (count, (byte, character)) in text.char_indices().enumerate() {
            if count % STRIDE == 0 {
                marks.push((byte, at));
            }
            at += width(character, unit);
        }
        Self { text, unit, marks, length: at }
    }

    /// The byte at which the character of this offset begins; `None` beyond the text or inside a character.
    pub(crate) fn byte(&self, offset: u64) -> Option<usize> {
        let offset = usize::try_from(offset).ok().filter(|offset| *offset <= self.length)?;
        if self.unit == Offsets::Bytes {
            return self.text.is_char_boundary(offset).then_some(offset);
        }
        if offset == self.length {
            return Some(self.text.len());
        }
        let (byte, mut at) = self.marks[self.marks.partition_point(|(_, at)| *at <= offset) - 1];
        for (further, character) in self.text[byte..].char_indices() {
            if at >= offset {
                return (at == offset).then_some(byte + further);
            }
            at += width(character, self.unit);
        }
        None
    }

    /// The offset of a byte, which is a character's first.
    pub(crate) fn offset(&self, byte: usize) -> usize {
        if self.unit == Offsets::Bytes {
            return byte;
        }
        let mark = self.marks.partition_point(|(start, _)| *start <= byte);
        let Some((start, at)) = mark.checked_sub(1).map(|mark| self.marks[mark]) else { return 0 };
        at + self.text[start..byte].chars().map(|character| width(character, self.unit)).sum::<usize>()
    }

    /// The length of the text.
    pub(crate) fn len(&self) -> usize {
        self.length
    }
}

/// How long a character is.
fn width(character: char, unit: Offsets) -> usize {
    match unit {
        Offsets::Bytes => character.len_utf8(),
        Offsets::Characters => 1,
        Offsets::Utf16 => character.len_utf16(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_of_every_unit_lead_to_the_byte_and_back() {
        let text = "naïve 发热 😀 ok ".repeat(40);
        for unit in [Offsets::Bytes, Offsets::Characters, Offsets::Utf16] {
            let units = Units::of(&text, unit);
            let mut at = 0;
            for (byte, character) in text.char_indices() {
                assert_eq!((units.byte(at as u64), units.offset(byte)), (Some(byte), at), "{unit:?}");
                at += width(character, unit);
            }
            assert_eq!(units.byte(at as u64), Some(text.len()));
            assert_eq!(units.byte(at as u64 + 1), None);
        }
    }

    #[test]
    fn an_offset_inside_a_character_is_none() {
        assert_eq!(Units::of("😀", Offsets::Utf16).byte(1), None);
        assert_eq!(Units::of("发", Offsets::Bytes).byte(1), None);
    }
}
