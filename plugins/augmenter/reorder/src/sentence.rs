//! Cuts a text into sentences, each with the blanks behind it.

use engraft_plugin::text::Span;
use std::ops::Range;

/// Words that end in a full stop without ending a sentence.
const SHORT: [&str; 26] = [
    "dr", "mr", "mrs", "ms", "prof", "st", "vs", "etc", "e.g", "i.e", "no", "fig", "inc", "ltd", "co", "corp",
    "approx", "dept", "art", "sec", "al", "cf", "jr", "sr", "jan", "dec",
];

/// Words at the beginning of a sentence that point to the one before it.
const LINKED: [&str; 42] = [
    "it",
    "its",
    "this",
    "that",
    "these",
    "those",
    "he",
    "she",
    "they",
    "his",
    "her",
    "their",
    "however",
    "therefore",
    "thus",
    "hence",
    "but",
    "and",
    "or",
    "so",
    "then",
    "also",
    "moreover",
    "furthermore",
    "instead",
    "otherwise",
    "such",
    "there",
    "which",
    "both",
    "neither",
    "another",
    "because",
    "consequently",
    "additionally",
    "nevertheless",
    "后",
    "因此",
    "但",
    "其",
    "该",
    "此",
];

/// The sentences: ends where one is surely at an end, never inside a span.
pub fn sentences(text: &str, spans: &[Span<'_>]) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut begin = 0;
    for (at, character) in text.char_indices() {
        let end = at + character.len_utf8();
        if end <= begin || !ends(text, begin, at, character) {
            continue;
        }
        // Closing quotes and brackets, and blanks, belong to the sentence before them.
        let rest = text[end..]
            .trim_start_matches(['"', '\'', '”', '’', ')', ']', '」', '』', '）', '!', '?', '！', '？', '。']);
        let rest = rest.trim_start();
        let next = text.len() - rest.len();
        let is_cut = spans.iter().any(|span| span.start() < next && next < span.end());
        if rest.is_empty() {
            break;
        }
        if !is_cut {
            sentences.push(begin..next);
            begin = next;
        }
    }
    if begin < text.len() {
        sentences.push(begin..text.len());
    }
    sentences
}

fn ends(text: &str, begin: usize, at: usize, character: char) -> bool {
    match character {
        '。' | '！' | '？' | '\n' => true,
        '!' | '?' => text[at + 1..].starts_with(|c: char| c.is_whitespace() || !c.is_ascii()),
        '.' => {
            let after = &text[at + 1..];
            let word = text[begin..at].rsplit(char::is_whitespace).next().unwrap_or_default();
            let is_short = SHORT.contains(&word.to_lowercase().as_str()) || word.chars().count() == 1;
            let next = after.trim_start().chars().next();
            after.starts_with(char::is_whitespace) && !is_short && next.is_none_or(|c| !c.is_lowercase())
        }
        _ => false,
    }
}

/// Whether a sentence points back to the one before it.
pub fn is_linked(sentence: &str) -> bool {
    let first: String = sentence.chars().take_while(|c| c.is_alphabetic()).collect::<String>().to_lowercase();
    let is_ideograph = first.chars().next().is_some_and(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    if is_ideograph {
        LINKED.iter().any(|word| !word.is_ascii() && first.starts_with(word))
    } else {
        LINKED.contains(&first.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        sentences(text, &[]).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn sentences_end_where_they_surely_do() {
        assert_eq!(
            cut("Dr. Lee saw 3.5 mg. No fever! \"Why?\" he said."),
            ["Dr. Lee saw 3.5 mg. ", "No fever! ", "\"Why?\" he said."]
        );
        assert_eq!(cut("患者发热。无咳嗽！\r\nPlan"), ["患者发热。", "无咳嗽！\r\n", "Plan"]);
        assert_eq!(cut("no end"), ["no end"]);
        assert_eq!(cut(""), Vec::<&str>::new());
    }

    #[test]
    fn no_sentence_ends_inside_a_span() {
        let text = "See A. B. Care now. Done.";
        let span = [Span::new(4, 14, "Name")];
        let found: Vec<_> = sentences(text, &span).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["See A. B. Care now. ", "Done."]);
    }
}
