//! Cuts a block into sentences and the items of lists, as contracts write them.

use super::heading::mark;
use std::ops::Range;

/// Words whose full stop ends no sentence.
#[rustfmt::skip]
const ABBREVIATIONS: &[&str] = &[
    "al", "art", "arts", "attn", "ave", "blvd", "bros", "ca", "cf", "cl", "co", "corp", "cos", "dept", "dr", "e.g",
    "ed", "eds", "esq", "et", "etc", "ex", "exh", "fig", "ft", "gen", "gov", "hon", "i.e", "inc", "incl", "jan", "feb",
    "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "jr", "lic", "ltd", "m", "messrs", "mr",
    "mrs", "ms", "mt", "n.a", "nos", "no", "p", "par", "para", "paras", "pp", "pres", "prof", "pty", "pvt", "rd", "ref",
    "reg", "rev", "s.a", "s.p.a", "sec", "secs", "sq", "sr", "st", "ste", "str", "supp", "tel", "u.k", "u.s", "u.s.a",
    "u.s.c", "v", "viz", "vol", "vs", "d.b.a", "b.v", "n.v", "a.m", "p.m", "ph.d", "c.f.r", "l.p", "l.l.c",
];

/// A sentence no longer than this is not cut at its inner list marks: `(a) …; (b) …`.
const WHOLE: usize = 400;

/// The sentences of a block. They tile it; white space belongs to the sentence before it.
pub fn sentences(text: &str, block: Range<usize>) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let (mut start, mut at) = (block.start, block.start);
    while let Some(found) = text[at..block.end].find(|c: char| c.is_whitespace() || FULL_WIDTH.contains(c)) {
        let is_full_width = text[at + found..].starts_with(|c| FULL_WIDTH.contains(c));
        let gap = at + found + if is_full_width { marks(&text[at + found..block.end]) } else { 0 };
        let behind = text[gap..block.end].trim_start();
        at = block.end - behind.len();
        if !behind.is_empty() && gap > start && (is_full_width || is_end(&text[start..gap], at - gap, behind)) {
            sentences.push(start..at);
            start = at;
        }
    }
    if start < block.end {
        sentences.push(start..block.end);
    }
    sentences
}

/// Marks that end a sentence of Chinese or Japanese, without a gap behind them.
const FULL_WIDTH: &str = "。！？；";

/// The length of such marks and of the closing quotes behind them.
fn marks(text: &str) -> usize {
    text.len() - text.trim_start_matches(|c: char| FULL_WIDTH.contains(c) || "”’」』）".contains(c)).len()
}

/// Whether a sentence ends between `before` and `behind`, which a gap of white space parts.
fn is_end(before: &str, gap: usize, behind: &str) -> bool {
    let bare = before.trim_end_matches(['"', '\'', ')', ']', '”', '’']);
    if begins_item(behind) && (before.ends_with(['.', ';', ':']) || gap > 1 && is_section(behind)) {
        return !is_only_mark(before);
    }
    let Some(last) = bare.chars().next_back() else { return false };
    match last {
        '.' => begins_sentence(behind) && !is_only_mark(bare) && !is_abbreviation(&bare[..bare.len() - 1], behind),
        '?' | '!' => begins_sentence(behind),
        ';' => before.len() > WHOLE && is_bracketed_item(behind),
        _ => false,
    }
}

fn begins_sentence(text: &str) -> bool {
    text.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || "\"'“‘([§".contains(c))
}

/// `4.2 Term`, `5. Notices`: the number of a clause and a capital.
fn begins_item(text: &str) -> bool {
    let is_numbered = text.starts_with(|c: char| c.is_ascii_digit());
    let Some(length) = mark(text).filter(|_| is_numbered) else { return false };
    text[length..].starts_with(char::is_whitespace) && text[length..].trim_start().starts_with(char::is_uppercase)
}

/// A number of two parts or more: `4.2`.
fn is_section(text: &str) -> bool {
    let number = &text[..text.find(char::is_whitespace).unwrap_or(text.len())];
    number.trim_end_matches('.').contains('.')
}

/// `(a)`, `and (ii)`.
fn is_bracketed_item(text: &str) -> bool {
    let text = text.strip_prefix("and ").or_else(|| text.strip_prefix("or ")).unwrap_or(text);
    text.starts_with('(') && mark(text).is_some()
}

fn is_only_mark(text: &str) -> bool {
    mark(text.trim()).is_some_and(|length| length == text.trim().len())
}

/// Whether the full stop behind `before` belongs to a word or a number.
fn is_abbreviation(before: &str, behind: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '.' || c == '&';
    let word = &before[before.trim_end_matches(is_word).len()..];
    let is_initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    if is_initial {
        return true;
    }
    // `Inc.` ends a sentence now and then; what follows it tells: a new clause begins with its number.
    ABBREVIATIONS.contains(&word.to_lowercase().as_str()) && !begins_item(behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        sentences(text, 0..text.len()).into_iter().map(|sentence| &text[sentence]).collect()
    }

    #[test]
    fn abbreviations_and_numbers_end_no_sentence() {
        let text = "Acme Inc. and Bar Ltd. (U.S. law, Sec. 2.1, ID No. 19615) agree. They sign.";
        assert_eq!(cut(text), ["Acme Inc. and Bar Ltd. (U.S. law, Sec. 2.1, ID No. 19615) agree. ", "They sign."]);
    }

    #[test]
    fn a_quote_behind_the_full_stop_goes_with_the_sentence() {
        assert_eq!(cut("the \"Term.\" It ends.  1. One."), ["the \"Term.\" ", "It ends.  ", "1. One."]);
    }

    #[test]
    fn the_number_of_a_clause_begins_a_sentence_even_without_a_full_stop_before_it() {
        assert_eq!(cut("as follows: 1. Term. Two years"), ["as follows: ", "1. Term. ", "Two years"]);
        assert_eq!(cut("may end it; or   13.1.3 By notice"), ["may end it; or   ", "13.1.3 By notice"]);
        assert_eq!(cut("see Section 4.2 Term"), ["see Section 4.2 Term"]);
    }

    #[test]
    fn full_width_marks_end_sentences_without_a_gap() {
        assert_eq!(
            cut("本合同适用中国法律。双方“同意。”期限一年"),
            ["本合同适用中国法律。", "双方“同意。”", "期限一年"]
        );
    }

    #[test]
    fn inner_lists_are_cut_only_in_long_sentences() {
        let item = "terminate upon (a) notice; (b) breach";
        assert_eq!(cut(item).len(), 1);
        let long = format!("{} upon (a) notice; and (b) breach", "word ".repeat(90));
        assert_eq!(cut(&long).len(), 2);
    }
}
