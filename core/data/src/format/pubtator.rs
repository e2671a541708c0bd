//! PubTator: `id|t|title`, `id|a|abstract`, then a line for each annotation, a blank line between articles.
//!
//! The text is the title, a line break and the abstract: PubTator counts one character between them, whatever it is.
//! Offsets count characters. The concept of an annotation (a MeSH or OMIM id) stays with its span as `concept`;
//! relations stay in the field `relations`.

use crate::read::{Flow, Item, Reading};
use crate::record::byte;
use crate::source::Lines;
use crate::units::Units;
use crate::write::Out;
use crate::{Format, Offsets, Place, Record, Result, Span, WriteOptions};
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// An article as far as it is read.
struct Article {
    place: Place,
    id: String,
    title: Option<String>,
    summary: Option<String>,
    annotations: Vec<(Place, String)>,
}

pub(crate) fn read(path: &Arc<Path>, reading: &mut Reading<'_>) -> Flow {
    let mut lines = Lines::open(path, reading.options.encoding)?;
    let mut article: Option<Article> = None;
    while let Some((number, line)) = lines.advance()? {
        let place = Place::new(path, number, 0);
        if line.trim().is_empty() {
            if give(article.take(), reading)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            continue;
        }
        let mut parts = line.splitn(3, '|');
        let (id, kind, text) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        match (kind, text) {
            (Some(kind @ ("t" | "a")), Some(text)) if !id.contains('\t') => {
                // Articles also follow each other without a blank line between.
                if article.as_ref().is_some_and(|article| article.id != id) && give(article.take(), reading)?.is_break()
                {
                    return Ok(ControlFlow::Break(()));
                }
                let begun = article.get_or_insert_with(|| Article {
                    place: place.clone(),
                    id: id.to_owned(),
                    title: None,
                    summary: None,
                    annotations: Vec::new(),
                });
                let slot = if kind == "t" { &mut begun.title } else { &mut begun.summary };
                if slot.replace(text.to_owned()).is_some() {
                    return place.refuse("row.columns", format!("article {id} has a second `|{kind}|` line"));
                }
            }
            _ => match &mut article {
                Some(begun) if line.split('\t').next() == Some(&*begun.id) => {
                    begun.annotations.push((place, line.to_owned()))
                }
                _ => return place.refuse("row.columns", format!("expected `id|t|title`, found `{line}`")),
            },
        }
    }
    give(article, reading)
}

fn give(article: Option<Article>, reading: &mut Reading<'_>) -> Flow {
    let Some(Article { place, id, title, summary, annotations }) = article else {
        return Ok(ControlFlow::Continue(()));
    };
    let title = title.unwrap_or_default();
    let text = match summary {
        Some(summary) if !summary.is_empty() => format!("{title}\n{summary}"),
        _ => title,
    };
    let mut record = Record { id, text, ..Record::default() };
    let units = Units::of(&record.text, reading.offsets);
    let mut relations = Vec::new();
    for (place, line) in &annotations {
        let parts: Vec<&str> = line.split('\t').collect();
        let (Some(start), Some(end)) = (number(&parts, 1), number(&parts, 2)) else {
            relations.push(json!(&parts[1..]));
            continue;
        };
        let [_, _, _, stated, label, rest @ ..] = parts.as_slice() else {
            return place
                .refuse("row.columns", format!("expected id, start, end, text, label and concept, found `{line}`"));
        };
        let (start, end) = (byte(&units, start, place)?, byte(&units, end, place)?);
        let covered = record.text.get(start..end).unwrap_or_default();
        // The corpus of PubTator itself has mentions with blanks more or less than the text.
        if !covered.split_whitespace().eq(stated.split_whitespace()) {
            let message = format!("expected the span to cover `{stated}`, found `{covered}`");
            return place.refuse("span.text", message);
        }
        let mut span = Span::new(start, end, *label);
        if let [concept, ..] = rest {
            span.extra.insert("concept".to_owned(), json!(concept.trim()));
        }
        record.spans.push(span);
    }
    record.check(&place)?;
    if !relations.is_empty() {
        record.fields.insert("relations".to_owned(), Value::Array(relations));
    }
    reading.give(place, Item::Record(record))
}

fn number(parts: &[&str], at: usize) -> Option<u64> {
    parts.get(at)?.parse().ok()
}

pub(crate) fn write(record: &Record, unit: Offsets, options: &WriteOptions, out: &mut Out) -> Result<usize> {
    let mut lost = 0;
    let mut text = record.text.clone();
    let breaks = text.matches('\n').count();
    let holds_text = !text.contains('\r') && breaks <= 1 && !text.ends_with('\n');
    let id = record.id.replace(['|', '\t', '\n', '\r'], "_");
    let is_plain_field = |(key, value): (&String, &Value)| key == "relations" && value.is_array();
    let holds_rest =
        record.labels.is_empty() && id == record.id && !id.is_empty() && record.fields.iter().all(is_plain_field);
    if !holds_text || !holds_rest {
        if !options.lossy {
            let reason =
                "a text has one line break at most, between title and abstract; and it has no labels or fields";
            return Out::cannot_hold(Format::Pubtator, record, reason.to_owned());
        }
        // Blanks in their place keep every offset.
        let title = text.find('\n').filter(|at| at + 1 < text.len()).unwrap_or(text.len());
        text =
            text.char_indices().map(|(at, c)| if at != title && matches!(c, '\n' | '\r') { ' ' } else { c }).collect();
        lost += 1;
    }
    let (title, summary) = text.split_once('\n').unwrap_or((&text, ""));
    let mut lines = format!("{id}|t|{title}\n{id}|a|{summary}\n");
    let units = Units::of(&record.text, unit);
    for span in &record.spans {
        let covered = text[span.start..span.end].replace('\n', " ");
        let concept = span.extra.get("concept").and_then(Value::as_str);
        let has_rest = span.extra.keys().any(|key| key != "concept");
        if span.label.is_empty()
            || span.label.contains(['\t', '\n', '\r'])
            || covered.contains('\t')
            || (has_rest && !options.lossy)
        {
            let reason = format!(
                "span {}..{} has a tab or line break, or more than a label and a concept",
                span.start, span.end
            );
            return Out::cannot_hold(Format::Pubtator, record, reason);
        }
        lost += usize::from(has_rest);
        let (start, end) = (units.offset(span.start), units.offset(span.end));
        lines += &format!("{id}\t{start}\t{end}\t{covered}\t{}", span.label);
        lines += &concept.map_or_else(|| "\n".to_owned(), |concept| format!("\t{concept}\n"));
    }
    for relation in record.fields.get("relations").and_then(Value::as_array).into_iter().flatten() {
        let parts: Vec<&str> = relation.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        lines += &format!("{id}\t{}\n", parts.join("\t"));
    }
    lines.push('\n');
    out.text(&lines)?;
    Ok(lost)
}
