//! Cuts a contract into segments: sentences, list items, headings with what follows them.
//!
//! Segments tile the text: joined, they are the text again, so that spans found in a segment lie at a
//! known place of the contract. White space belongs to the segment before it. The cuts come from the
//! structure of the text alone:
//!
//! 1. blocks: an empty line ends one, and so does a line break before a list mark ([`blocks`]);
//! 2. sentences within a block ([`sentence`]);
//! 3. headings ([`heading`]) go with what follows them;
//! 4. what is longer than the limit is cut at a semicolon, a comma or a blank; what is shorter than
//!    `SHORTEST` goes with its neighbor.

pub mod blocks;
pub mod heading;
pub mod sentence;

use std::ops::Range;

/// A shorter segment goes with its neighbor.
const SHORTEST: usize = 20;

/// Headings are not gathered beyond this length: a table of contents is no heading.
const LONGEST_HEADING: usize = 300;

/// The segments of a text, none longer than `longest` bytes (where a blank allows it).
pub fn segments(text: &str, longest: usize) -> Vec<Range<usize>> {
    let mut segments: Vec<Range<usize>> = Vec::new();
    for sentence in sentences(text) {
        let goes_on = segments.last().is_some_and(|last| joins(&text[last.clone()], &text[sentence.clone()]));
        match segments.last_mut() {
            Some(last) if goes_on => last.end = sentence.end,
            _ => segments.push(sentence),
        }
    }
    segments.into_iter().flat_map(|segment| shorten(text, segment, longest)).collect()
}

/// Sentences and headings, before they are joined.
fn sentences(text: &str) -> Vec<Range<usize>> {
    let starts = blocks::blocks(text).into_iter().flat_map(|block| sentence::sentences(text, block));
    starts.collect()
}

/// Whether what was gathered so far goes with the sentence after it.
fn joins(gathered: &str, next: &str) -> bool {
    let length = gathered.trim().len();
    if length < SHORTEST || next.trim().is_empty() {
        return true;
    }
    length <= LONGEST_HEADING && heading::body_start(gathered) == gathered.trim_end().len()
}

/// Cuts a long segment where it hurts least.
fn shorten(text: &str, segment: Range<usize>, longest: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = segment.start;
    while segment.end - start > longest {
        let end = start + cut(&text[start..segment.end], longest);
        parts.push(start..end);
        start = end;
    }
    parts.push(start..segment.end);
    parts
}

/// Where to cut a text longer than `longest`: after the last semicolon, comma or blank of the allowed
/// length, in this order, but not in its first half.
fn cut(text: &str, longest: usize) -> usize {
    let mut limit = longest.max(1);
    while !text.is_char_boundary(limit) {
        limit += 1;
    }
    let head = &text[..limit];
    for mark in ["; ", "，", ", ", "、", " "] {
        if let Some(at) = head.rfind(mark).filter(|at| *at >= limit / 2) {
            return at + mark.len();
        }
    }
    limit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        segments(text, 1200).into_iter().map(|segment| &text[segment]).collect()
    }

    #[test]
    fn headings_go_with_what_follows_them() {
        let text = "ARTICLE 7\n\nTERM AND TERMINATION\n\n7.1 Term. The term is two years. It may be renewed.\n";
        assert_eq!(
            cut(text),
            ["ARTICLE 7\n\nTERM AND TERMINATION\n\n7.1 Term. The term is two years. ", "It may be renewed.\n"]
        );
    }

    #[test]
    fn segments_tile_the_text_and_keep_to_the_limit() {
        let texts = ["", " \n", "word ".repeat(900).as_str(), "字".repeat(900).as_str(), "1. A. (b) c;\n\n- 3 -\n\nd"]
            .map(str::to_owned);
        for text in texts {
            let segments = segments(&text, 500);
            assert_eq!(segments.iter().map(|segment| &text[segment.clone()]).collect::<String>(), text);
            assert!(segments.iter().all(|segment| segment.len() <= 503), "{:?}", segments);
        }
    }
}
