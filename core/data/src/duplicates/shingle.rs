//! The shingles of a text, as hashes.

/// How texts are cut into shingles.
#[derive(Clone, Copy)]
pub(super) struct Shingles {
    pub(super) width: usize,
}

impl Shingles {
    /// The hash of each shingle, in the order of the text.
    pub(super) fn hashes(self, text: &str) -> Vec<u32> {
        let characters: Vec<u32> = normal(text).collect();
        let mut hashes = Vec::with_capacity(characters.len());
        let (mut start, mut width) = (0, 0);
        for (end, character) in characters.iter().enumerate() {
            width += wide(*character);
            // The window is the shortest that is wide enough: its first character leaves where the rest suffices.
            while width - wide(characters[start]) >= self.width && start < end {
                width -= wide(characters[start]);
                start += 1;
            }
            if width >= self.width {
                hashes.push(hash(&characters[start..=end]));
            }
        }
        if hashes.is_empty() && !characters.is_empty() {
            hashes.push(hash(&characters)); // a text shorter than a shingle is one
        }
        hashes
    }

    /// The hashes as a set, in order.
    pub(super) fn set(self, text: &str) -> Vec<u32> {
        let mut hashes = self.hashes(text);
        hashes.sort_unstable();
        hashes.dedup();
        hashes
    }

    /// A hash of the whole text.
    pub(super) fn whole(self, text: &str) -> u128 {
        let (mut high, mut low) = (0x9e37_79b9_7f4a_7c15_u64, 0xd1b5_4a32_d192_ed03_u64);
        for character in normal(text) {
            high = fold(high ^ u64::from(character), 0xa076_1d64_78bd_642f);
            low = fold(low.wrapping_add(u64::from(character)), 0xe703_7ed1_a0b4_28db);
        }
        u128::from(high) << 64 | u128::from(low)
    }
}

/// The characters that count: lower case, one blank where there are several, none at the edges.
fn normal(text: &str) -> impl Iterator<Item = u32> + '_ {
    let words = text.split_whitespace().enumerate();
    words.flat_map(|(at, word)| {
        let blank = (at > 0).then_some(u32::from(' '));
        blank.into_iter().chain(word.chars().flat_map(|character| {
            // ASCII goes by a short way: it is most of most texts.
            let (ascii, other) = if character.is_ascii() {
                (Some(u32::from(character.to_ascii_lowercase())), None)
            } else {
                (None, Some(character.to_lowercase().map(u32::from)))
            };
            ascii.into_iter().chain(other.into_iter().flatten())
        }))
    })
}

/// 2 for characters of Chinese, Japanese and Korean, 1 for others.
fn wide(character: u32) -> usize {
    let is_wide = matches!(character, 0x1100..=0x11ff | 0x2e80..=0x9fff | 0xac00..=0xd7ff | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff);
    1 + usize::from(is_wide)
}

fn hash(characters: &[u32]) -> u32 {
    let mut state = 0x2d35_8dcc_aa6c_78a5_u64;
    for character in characters {
        state = (state ^ u64::from(*character)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }
    (fold(state, 0xa076_1d64_78bd_642f) >> 32) as u32
}

/// Both halves of a product, mixed.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shingle_is_five_letters_or_three_chinese_characters() {
        let shingles = Shingles { width: 5 };
        assert_eq!(shingles.hashes("abcdefg").len(), 3);
        assert_eq!(shingles.hashes("患者发热三天").len(), 4);
        assert_eq!(shingles.hashes("ab").len(), 1);
        assert_eq!(shingles.hashes("  ").len(), 0);
    }
}
