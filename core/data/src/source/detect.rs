//! Which encoding a file has, by its beginning.

use super::{BYTE_ORDER_MARK, SAMPLE};
use crate::Encoding;
use encoding_rs::{DecoderResult, GB18030};

/// The encodings that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Utf8,
    Utf16Le,
    Utf16Be,
    Gb18030,
    Latin1,
}

/// The encoding that is named; of UTF-16, the order of bytes is told by them.
pub(super) fn named_of(named: Encoding, sample: &[u8]) -> Found {
    match named {
        Encoding::Utf8 => Found::Utf8,
        Encoding::Gb18030 => Found::Gb18030,
        Encoding::Latin1 => Found::Latin1,
        Encoding::Utf16 => match detect(sample) {
            Found::Utf16Be => Found::Utf16Be,
            _ => Found::Utf16Le,
        },
    }
}

/// The encoding that the beginning of a file tells.
pub(super) fn detect(sample: &[u8]) -> Found {
    if sample.starts_with(b"\xff\xfe") {
        return Found::Utf16Le;
    }
    if sample.starts_with(b"\xfe\xff") {
        return Found::Utf16Be;
    }
    if sample.starts_with(BYTE_ORDER_MARK) {
        return Found::Utf8;
    }
    // Line breaks, blanks and ASCII punctuation have a zero byte in UTF-16; text in other encodings has none.
    let zeros = |at: usize| sample.iter().skip(at).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    if even + odd > sample.len() / 50 && even.max(odd) > 8 * even.min(odd) {
        return if odd > even { Found::Utf16Le } else { Found::Utf16Be };
    }
    // A file of broken UTF-8 can often be read as GB 18030, into nonsense. True GB 18030 is hardly ever UTF-8.
    let (valid, broken) = utf8_characters(sample);
    if broken > valid && looks_chinese(sample) { Found::Gb18030 } else { Found::Utf8 }
}

/// How many characters beyond ASCII are UTF-8, and at how many places the bytes are none.
fn utf8_characters(sample: &[u8]) -> (usize, usize) {
    let (mut valid, mut broken) = (0, 0);
    for chunk in sample.utf8_chunks() {
        valid += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    (valid, broken)
}

/// Whether the bytes are GB 18030 of text that is Chinese, its punctuation included.
fn looks_chinese(sample: &[u8]) -> bool {
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(sample.len() * 2);
    let (result, _) = decoder.decode_to_string_without_replacement(sample, &mut text, sample.len() < SAMPLE);
    if matches!(result, DecoderResult::Malformed(..)) || !comes_in_pairs(sample) {
        return false;
    }
    let is_chinese = |c: &char| matches!(*c, '\u{2014}'..='\u{2026}' | '\u{3000}'..='\u{303f}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}');
    let beyond = text.chars().filter(|character| !character.is_ascii()).count();
    beyond > 0 && text.chars().filter(is_chinese).count() * 10 >= beyond * 9
}

/// Whether bytes beyond ASCII come in pairs, as those of Chinese characters in use do. A letter of Latin-1 stands between
/// letters of ASCII, and with the one behind it would be a character of GB 18030.
fn comes_in_pairs(sample: &[u8]) -> bool {
    let runs = sample.chunk_by(|a, b| a.is_ascii() == b.is_ascii()).filter(|run| !run[0].is_ascii());
    let (mut pairs, mut all) = (0, 0);
    for run in runs {
        pairs += usize::from(run.len() % 2 == 0);
        all += 1;
    }
    pairs * 10 >= all * 9
}
