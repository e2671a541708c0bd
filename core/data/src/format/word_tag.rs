//! `word|TAG`: one sentence a line, its tokens between spaces, the columns of a token between `|`.
//!
//! The first column is the token and the last its tag; what stands between (`word|POS|TAG`) is skipped.

use super::tags::{Sentence, Tag, Tagged, tagged, tags, tokens};
use crate::read::{Flow, Item, Reading};
use crate::source::Lines;
use crate::write::Out;
use crate::{Format, Place, Record, Result, WriteOptions};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

pub(crate) fn read(path: &Arc<Path>, reading: &mut Reading<'_>) -> Flow {
    let mut lines = Lines::open(path, reading.options.encoding)?;
    let mut columns = None;
    while let Some((number, line)) = lines.advance()? {
        if line.trim().is_empty() {
            continue;
        }
        let place = Place::new(path, number, 0);
        let mut sentence = Sentence::default();
        let mut column = 1;
        for word in line.split(' ') {
            let at = Place { column, ..place.clone() };
            column += word.len() + 1;
            if word.is_empty() {
                continue;
            }
            let count = *columns.get_or_insert_with(|| word.matches('|').count().max(1));
            let Some((token, tag)) = split(word, count) else {
                let message = format!("expected {} columns between `|`, found `{word}`", count + 1);
                return at.refuse("row.columns", message);
            };
            let Some(tag) = Tag::read(tag) else {
                let message = format!("expected a tag such as O, B-Label or I-Label after the last `|`, found `{tag}`");
                return at.refuse("row.bad-tag", message);
            };
            sentence.add(token, tag).expect("no text is given");
        }
        let record = Record { id: place.id(), ..sentence.finish() };
        if reading.give(place, Item::Record(record))?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The token and the tag of a word with so many `|` after its token: a token may be a `|` itself.
fn split(word: &str, count: usize) -> Option<(&str, &str)> {
    let mut parts = word.rsplitn(count + 1, '|');
    let tag = parts.next()?;
    let token = parts.last()?;
    (word.matches('|').count() >= count && !token.is_empty()).then_some((token, tag))
}

pub(crate) fn write(record: &Record, options: &WriteOptions, out: &mut Out) -> Result<usize> {
    let cannot = |reason: String| Out::cannot_hold(Format::WordTag, record, reason);
    let Tagged { spans, inexact, mut lost } = match tagged(record, options.lossy) {
        Ok(tagged) => tagged,
        Err(reason) => return cannot(reason),
    };
    if let Some(span) = spans.iter().find(|span| span.label.contains([' ', '|'])) {
        return cannot(format!("the label `{}` has a blank or a `|`", span.label));
    }
    let tokens = tokens(record, &spans);
    let words: Vec<&str> = tokens.iter().map(|(start, end)| &record.text[*start..*end]).collect();
    let is_whole =
        words.join(" ") == record.text && record.labels.is_empty() && record.fields.is_empty() && inexact.is_empty();
    if !is_whole || words.iter().any(|word| word.contains(' ')) || words.is_empty() {
        if !options.lossy {
            let reason = "it has labels or fields, or a text that is not its tokens joined by one blank";
            return cannot(reason.to_owned());
        }
        lost += 1;
    }
    let words = words.iter().zip(tags(&tokens, &spans, options.scheme));
    let words: Vec<String> =
        words.filter(|(word, _)| !word.contains(' ')).map(|(word, tag)| format!("{word}|{tag}")).collect();
    if !words.is_empty() {
        out.text(&format!("{}\n", words.join(" ")))?;
    }
    Ok(lost)
}
