//! CoNLL: one token a line, its tag in the last column, a blank line between sentences.
//!
//! Lines end at `\n` only, and a line that has a tab has its columns between tabs, so that tokens made of blanks
//! (U+0085, no-break space, even tabs) survive. What tokens and tags cannot hold (the text between the tokens, id,
//! labels, fields) stands in a comment before the sentence, `# engraft = {…}`; readers that know no comments want the
//! plain form without it.

use super::tags::{Sentence, Tag, Tagged, exact, tagged, tags, tokens};
use crate::read::{Flow, Item, Reading};
use crate::source::Lines;
use crate::write::Out;
use crate::{Format, Place, Record, Result, Span, WriteOptions};
use serde_json::Value;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

const COMMENT: &str = "# engraft = ";

pub(crate) fn read(path: &Arc<Path>, reading: &mut Reading<'_>) -> Flow {
    let mut lines = Lines::open(path, reading.options.encoding)?;
    let mut columns = None;
    let mut block = Block::default();
    while let Some((number, line)) = lines.advance()? {
        let place = Place::new(path, number, 0);
        let is_blank = line.bytes().all(|byte| matches!(byte, b' ' | b'\t'));
        if is_blank || line.starts_with("-DOCSTART-") {
            if hand_over(&mut block, reading)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        } else if let Some(comment) = line.strip_prefix(COMMENT).filter(|_| block.sentence.is_empty()) {
            block = Block::commented(place, comment)?;
        } else if !block.sentence.is_empty() || !is_comment(line, columns) {
            let found = split(line);
            let expected = *columns.get_or_insert(found.count);
            // A token of tabs makes its own columns, and says nothing of the others'.
            if (found.count != expected && !found.token.trim().is_empty()) || found.count < 2 {
                let expected = expected.max(2);
                let message = format!("expected {expected} columns (token, …, tag), found {} in `{line}`", found.count);
                return place.refuse("row.columns", message);
            }
            let Some(tag) = Tag::read(found.tag) else {
                let message =
                    format!("expected a tag such as O, B-Label or I-Label in the last column, found `{}`", found.tag);
                return Place { column: line.len() - found.tag.len() + 1, ..place }.refuse("row.bad-tag", message);
            };
            // Outside of entities an empty token is one that an export wrote so: it has no place, and is counted.
            if found.token.is_empty() && tag != Tag::Outside {
                return place
                    .refuse("row.columns", format!("expected a token in the first column, found none in `{line}`"));
            }
            if let Err(rest) = block.sentence.add(found.token, tag) {
                let message = format!("the text in the comment goes on with `{rest}`, and not with `{}`", found.token);
                return place.refuse("row.columns", message);
            }
            block.place.get_or_insert(place);
        }
    }
    hand_over(&mut block, reading)
}

/// A sentence and what its comment says.
#[derive(Default)]
struct Block {
    sentence: Sentence,
    place: Option<Place>,
    said: Option<Record>,
}

impl Block {
    fn commented(place: Place, comment: &str) -> Result<Self> {
        let at = Place { column: COMMENT.len() + 1, ..place.clone() };
        let mut members = super::jsonl::members(comment, &at)?;
        let text = match members.shift_remove("text") {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        // Spans stand in the text of the tokens, which is not read yet.
        let spans = members.shift_remove("spans").and_then(|spans| spans.as_array().cloned()).unwrap_or_default();
        let spans = spans.into_iter().filter_map(said_span).collect();
        members.insert("text".to_owned(), Value::String(String::new()));
        let said = Record { spans, ..Record::of_members(members, crate::Offsets::Bytes, &at)? };
        let sentence = text.map_or_else(Sentence::default, Sentence::given);
        Ok(Self { sentence, place: Some(place), said: Some(said) })
    }
}

fn hand_over(block: &mut Block, reading: &mut Reading<'_>) -> Flow {
    let Block { sentence, place, said } = std::mem::take(block);
    let Some(place) = place else { return Ok(ControlFlow::Continue(())) };
    let Record { text, mut spans, tokens, .. } = sentence.finish();
    let said = said.unwrap_or_else(|| Record { id: place.id(), ..Record::default() });
    exact(&text, &mut spans, &said.spans);
    reading.give(place, Item::Record(Record { text, spans, tokens, ..said }))
}

/// A span as the comment says it.
fn said_span(span: Value) -> Option<Span> {
    let Value::Object(mut members) = span else { return None };
    let mut offset = |name: &str| usize::try_from(members.shift_remove(name)?.as_u64()?).ok();
    let (start, end) = (offset("start")?, offset("end")?);
    let Some(Value::String(label)) = members.shift_remove("label") else { return None };
    (start < end).then_some(Span { start, end, label, extra: members })
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

/// Writes a sentence, and a blank line after it.
pub(crate) fn write(record: &Record, options: &WriteOptions, out: &mut Out) -> Result<usize> {
    let cannot = |reason| Out::cannot_hold(Format::Conll, record, reason);
    let Tagged { spans, inexact, mut lost } = match tagged(record, options.lossy) {
        Ok(tagged) => tagged,
        Err(reason) => return cannot(reason),
    };
    let tokens = tokens(record, &spans);
    let joined = tokens.iter().map(|(start, end)| &record.text[*start..*end]).collect::<Vec<_>>().join(" ");
    let bare = Record { spans: inexact.clone(), ..record.clone() };
    let mut said = bare.to_members(crate::Offsets::Bytes);
    if joined == record.text && !tokens.is_empty() {
        said.shift_remove("text");
    }
    let mut lines = String::new();
    if !options.plain {
        lines = format!("{COMMENT}{}\n", Value::Object(said));
    } else if tokens.is_empty() || !record.labels.is_empty() || !inexact.is_empty() {
        if !options.lossy {
            let reason = "without comments there is no place for a text without words, labels of the whole text, and spans \
                          with blanks at an edge or more than a label";
            return cannot(reason.to_owned());
        }
        lost += 1;
    }
    for ((start, end), tag) in tokens.iter().zip(tags(&tokens, &spans, options.scheme)) {
        lines += &format!("{}\t{tag}\n", &record.text[*start..*end]);
    }
    if tokens.is_empty() && options.plain {
        return Ok(lost);
    }
    lines.push('\n');
    out.text(&lines)?;
    Ok(lost)
}
