//! CoNLL: one token a line, its tag in the last column, a blank line between sentences.
//!
//! Lines end at `\n` only, and a line that has a tab has its columns between tabs, so that tokens made of
//! blanks (U+0085, no-break space, even tabs) survive. Tags are read as conlleval reads them: `B-` always
//! opens an entity, `I-` opens one where none of its label is open. That reads IOB1 and IOB2 alike, and
//! with `E-`/`L-` (last) and `S-`/`U-` (single) BIOES and BILOU.

use super::lines::Lines;
use super::read::{Sink, refuse, row};
use crate::Result;
use engraft_plugin::text::{SpanBuf, field};
use std::path::Path;

pub(super) fn read(path: &Path, sink: Sink<'_>) -> Result<()> {
    let mut lines = Lines::open(path)?;
    let mut columns = None;
    let mut sentence = Sentence::default();
    while let Some((number, line)) = lines.advance()? {
        let is_blank = line.bytes().all(|byte| matches!(byte, b' ' | b'\t'));
        if is_blank || line.starts_with("-DOCSTART-") {
            if hand_over(path, &mut sentence, sink)?.is_break() {
                return Ok(());
            }
        } else if sentence.tokens > 0 || !is_comment(line, columns) {
            let found = split(line);
            let expected = *columns.get_or_insert(found.count);
            // A token of tabs makes its own columns, and says nothing of the others'.
            if (found.count != expected && !found.token.trim().is_empty()) || found.count < 2 {
                let expected = expected.max(2);
                let message = format!("expected {expected} columns (token, …, tag), found {} in `{line}`", found.count);
                return refuse(path, number, "row.columns", message);
            }
            let Some(tag) = Tag::read(found.tag) else {
                let message =
                    format!("expected a tag such as O, B-Label or I-Label in the last column, found `{}`", found.tag);
                return refuse(path, number, "row.bad-tag", message);
            };
            sentence.add(number, found.token, tag);
        }
    }
    hand_over(path, &mut sentence, sink).map(drop)
}

fn hand_over(path: &Path, sentence: &mut Sentence, sink: Sink<'_>) -> Result<std::ops::ControlFlow<()>> {
    if sentence.tokens == 0 {
        return Ok(std::ops::ControlFlow::Continue(()));
    }
    let (line, fields) = std::mem::take(sentence).finish();
    sink(line, row(path, line, fields))
}

/// Whether a line before the first token is a comment (`# text = …`) rather than the token `#`.
fn is_comment(line: &str, columns: Option<usize>) -> bool {
    let found = split(line);
    let looks_like_token = found.count == columns.unwrap_or(2) && Tag::read(found.tag).is_some();
    line == "#" || (line.starts_with("# ") && !looks_like_token)
}

struct Columns<'a> {
    token: &'a str,
    tag: &'a str,
    count: usize,
}

fn split(line: &str) -> Columns<'_> {
    let Some((before, tag)) = line.rsplit_once('\t') else {
        let mut parts = line.split(' ').filter(|part| !part.is_empty());
        let token = parts.next().unwrap_or_default();
        let count = 1 + parts.clone().count();
        return Columns { token, tag: parts.next_back().unwrap_or_default(), count };
    };
    let is_blank = before.bytes().all(|byte| matches!(byte, b' ' | b'\t'));
    let token = if is_blank { before } else { before.split('\t').next().unwrap_or_default() };
    let count = if is_blank { 2 } else { 1 + before.split('\t').count() };
    Columns { token, tag: tag.trim_matches(' '), count }
}

/// One tag, as a place in an entity.
#[derive(Clone, Copy)]
enum Tag<'a> {
    Outside,
    /// Opens an entity.
    Begin(&'a str),
    /// Goes on with an entity of its label, or opens one.
    Inside(&'a str),
    /// As [`Tag::Inside`], and closes it.
    Last(&'a str),
    /// Opens and closes one.
    Single(&'a str),
}

impl<'a> Tag<'a> {
    fn read(tag: &'a str) -> Option<Self> {
        if tag == "O" {
            return Some(Self::Outside);
        }
        let label = tag.get(1..)?.strip_prefix(['-', '_']).filter(|label| !label.is_empty())?;
        match tag.as_bytes()[0] {
            b'B' => Some(Self::Begin(label)),
            b'I' | b'M' => Some(Self::Inside(label)),
            b'E' | b'L' => Some(Self::Last(label)),
            b'S' | b'U' => Some(Self::Single(label)),
            _ => None,
        }
    }
}

/// A sentence as far as it is read.
#[derive(Default)]
struct Sentence {
    line: usize,
    text: String,
    tokens: usize,
    spans: Vec<SpanBuf>,
    /// Whether the last span may grow.
    is_open: bool,
}

impl Sentence {
    fn add(&mut self, line: usize, token: &str, tag: Tag<'_>) {
        if self.tokens == 0 {
            self.line = line;
        } else {
            self.text.push(' ');
        }
        self.tokens += 1;
        let start = self.text.len();
        self.text.push_str(token);
        let end = self.text.len();
        let (label, may_join) = match tag {
            Tag::Outside => {
                self.is_open = false;
                return;
            }
            Tag::Begin(label) | Tag::Single(label) => (label, false),
            Tag::Inside(label) | Tag::Last(label) => (label, self.is_open),
        };
        match self.spans.last_mut().filter(|span| may_join && span.label == label) {
            Some(span) => span.end = SpanBuf::new(0, end, "").end,
            None => self.spans.push(SpanBuf::new(start, end, label)),
        }
        self.is_open = !matches!(tag, Tag::Last(_) | Tag::Single(_));
    }

    /// The line of its first token and its fields. Spans lose blank tokens at their edges: no model can
    /// tell where among blanks an entity ends. A span of nothing but blanks stays as it is.
    fn finish(mut self) -> (usize, Vec<(String, String)>) {
        for span in &mut self.spans {
            let covered = &self.text[span.range()];
            let (start, end) = (covered.trim_start(), covered.trim_end());
            if !start.is_empty() {
                let cut = (covered.len() - start.len(), covered.len() - end.len());
                *span = SpanBuf::new(span.range().start + cut.0, span.range().end - cut.1, &span.label);
            }
        }
        let spans = serde_json::to_string(&self.spans).expect("spans have a JSON form");
        (self.line, vec![(field::TEXT.to_owned(), self.text), (field::SPANS.to_owned(), spans)])
    }
}

#[cfg(test)]
mod tests {
    use crate::data::testing::{code_and_line, rows};
    use engraft_plugin::text::{Row, RowBuf, Views};

    /// Every sentence as its text with its spans as (label, text covered).
    fn read(text: &str) -> Vec<(String, Vec<(String, String)>)> {
        let rows: Vec<RowBuf> = rows("a.conll", text).unwrap().into_iter().map(|(_, row)| row).collect();
        let covered = |row: &Row<'_>| {
            let text = row.text().unwrap().to_owned();
            let spans = row.spans().unwrap();
            let spans = spans.iter().map(|s| (s.label.clone(), text[s.range()].to_owned())).collect();
            (text, spans)
        };
        Views::rows(&rows).as_slice().iter().map(covered).collect()
    }

    fn spans(text: &str) -> Vec<(String, String)> {
        read(text).remove(0).1
    }

    fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn tokens_are_joined_by_one_space_and_entities_become_byte_spans() {
        let read = read("no\tO\n发热\tB-S\n高\tI-S\n\n\nok\tO\n");
        assert_eq!(read[0], ("no 发热 高".to_owned(), named(&[("S", "发热 高")])));
        assert_eq!(read[1].0, "ok");
    }

    #[test]
    fn iob1_iob2_and_bioes_give_the_same_entities() {
        let expected = named(&[("A", "a b"), ("A", "c"), ("B", "d")]);
        for tags in [
            ["I-A", "I-A", "B-A", "I-B", "O"],
            ["B-A", "I-A", "B-A", "B-B", "O"],
            ["B-A", "E-A", "S-A", "S-B", "O"],
            ["B_A", "L_A", "U_A", "U_B", "O"],
        ] {
            let lines: Vec<String> =
                ["a", "b", "c", "d", "e"].iter().zip(tags).map(|(w, t)| format!("{w} {t}")).collect();
            assert_eq!(spans(&lines.join("\n")), expected, "{tags:?}");
        }
    }

    #[test]
    fn columns_between_the_token_and_its_tag_are_skipped() {
        assert_eq!(spans("-DOCSTART- -X- O O\n\nAnn NNP _ I-PER\n"), named(&[("PER", "Ann")]));
        assert_eq!(spans("Ann\tNNP\tB-PER\n"), named(&[("PER", "Ann")]));
    }

    #[test]
    fn tokens_made_of_blanks_survive_and_edge_no_entity() {
        let read = read("a\tO\n\u{85}\tO\n\u{a0}\tB-S\nb\tI-S\n\t\t\tI-S\n \tO\n");
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].0, "a \u{85} \u{a0} b \t\t  ");
        assert_eq!(read[0].1, named(&[("S", "b")]));
    }

    #[test]
    fn comments_are_skipped_before_a_sentence_and_a_token_that_is_a_number_sign_is_not() {
        let text = "# sent_id = 3\n# text = vitamin O\n#\tO\n# one\tB-S\n\n# O\n";
        let read = read(text);
        assert_eq!(read[0], ("# # one".to_owned(), named(&[("S", "# one")])));
        assert_eq!(read[1].0, "#");
    }

    #[test]
    fn a_sentence_is_named_by_the_line_of_its_first_token() {
        let rows = rows("a.conll", "-DOCSTART-\n\n# x\nword\tO\n").unwrap();
        assert_eq!((rows[0].0, rows[0].1.id.as_str()), (4, "a:4"));
    }

    #[test]
    fn a_line_without_its_columns_or_with_a_tag_that_is_none_is_refused() {
        for (text, code) in [
            ("a\tO\nb\n", "row.columns"),
            ("a\tO\nb\tX\tO\n", "row.columns"),
            ("a\tO\nb\tDisease\n", "row.bad-tag"),
            ("a\tO\nb\tB-\n", "row.bad-tag"),
        ] {
            assert_eq!(code_and_line(&rows("a.conll", text).unwrap_err()), (code.to_owned(), 2), "{text:?}");
        }
    }
}
