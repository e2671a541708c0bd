//! Cuts a text into blocks: paragraphs and the items of lists.

use super::heading::mark;
use std::ops::Range;

/// The blocks of a text. They tile it; the white space behind a block belongs to it.
pub fn blocks(text: &str) -> Vec<Range<usize>> {
    let mut blocks = Vec::new();
    let mut start = 0;
    let (mut is_after_break, mut has_words) = (false, false); // of the block so far
    for line in lines(text) {
        let body = text[line.clone()].trim();
        if body.is_empty() {
            is_after_break = true;
            continue;
        }
        if has_words && (is_after_break || mark(body).is_some()) {
            blocks.push(start..line.start);
            start = line.start;
        }
        (is_after_break, has_words) = (false, true);
    }
    if start < text.len() {
        blocks.push(start..text.len());
    }
    blocks
}

/// The lines of a text with their line breaks.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let range = start..start + line.len();
        start = range.end;
        range
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        blocks(text).into_iter().map(|block| &text[block]).collect()
    }

    #[test]
    fn an_empty_line_or_a_list_mark_begins_a_block() {
        assert_eq!(cut("one\nline\n\n two\n(a) item\n1.2 item"), ["one\nline\n\n", " two\n", "(a) item\n", "1.2 item"]);
    }

    #[test]
    fn blank_texts_are_one_block_or_none() {
        assert_eq!(cut(""), Vec::<&str>::new());
        assert_eq!(cut(" \n\n \n"), [" \n\n \n"]);
    }
}
