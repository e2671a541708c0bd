//! Tags of tokens, and the spans that they say: IOB1, IOB2, BIOES and BILOU, read as conlleval reads them.
//!
//! `B-` always opens an entity, `I-` opens one where none of its label is open. That reads IOB1 and IOB2 alike, and
//! with `E-`/`L-` (last) and `S-`/`U-` (single) BIOES and BILOU.

use crate::{Record, Scheme, Span};
use unicode_segmentation::UnicodeSegmentation;

/// One tag, as a place in an entity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag<'a> {
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
    pub(crate) fn read(tag: &'a str) -> Option<Self> {
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
pub(crate) struct Sentence {
    text: String,
    /// Whether the text stood in the file, so that tokens are looked for in it.
    is_given: bool,
    tokens: Vec<(usize, usize)>,
    spans: Vec<Span>,
    /// Whether the last span may grow.
    is_open: bool,
}

impl Sentence {
    /// A sentence whose text stands in the file.
    pub(crate) fn given(text: String) -> Self {
        Self { text, is_given: true, ..Self::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Adds a token. Where the text is given and does not go on with it, the answer is how it goes on.
    pub(crate) fn add(&mut self, token: &str, tag: Tag<'_>) -> Result<(), String> {
        let start = self.place(token)?;
        let end = start + token.len();
        self.tokens.push((start, end));
        let (label, may_join) = match tag {
            Tag::Outside => {
                self.is_open = false;
                return Ok(());
            }
            Tag::Begin(label) | Tag::Single(label) => (label, false),
            Tag::Inside(label) | Tag::Last(label) => (label, self.is_open),
        };
        match self.spans.last_mut().filter(|span| may_join && span.label == label) {
            Some(span) => span.end = end,
            None => self.spans.push(Span::new(start, end, label)),
        }
        self.is_open = !matches!(tag, Tag::Last(_) | Tag::Single(_));
        Ok(())
    }

    /// Where a token begins.
    fn place(&mut self, token: &str) -> Result<usize, String> {
        let last = self.tokens.last().map(|(_, end)| *end);
        if !self.is_given {
            if last.is_some() {
                self.text.push(' ');
            }
            self.text.push_str(token);
            return Ok(self.text.len() - token.len());
        }
        let mut at = last.unwrap_or(0);
        while !self.text[at..].starts_with(token) {
            match self.text[at..].chars().next() {
                Some(blank) if blank.is_whitespace() => at += blank.len_utf8(),
                _ => return Err(self.text[at..].chars().take(20).collect()),
            }
        }
        Ok(at)
    }

    /// The text, its tokens and its spans. Spans lose blank tokens at their edges: no model can tell where among
    /// blanks an entity ends. A span of nothing but blanks stays as it is.
    pub(crate) fn finish(mut self) -> Record {
        for span in &mut self.spans {
            trim(&self.text, span);
        }
        Record { text: self.text, spans: self.spans, tokens: self.tokens, ..Record::default() }
    }
}

/// Takes blanks from the edges of a span; false for a span of nothing else, which stays as it is.
pub(crate) fn trim(text: &str, span: &mut Span) -> bool {
    let covered = &text[span.start..span.end];
    let (start, end) = (covered.trim_start(), covered.trim_end());
    if start.is_empty() {
        return false;
    }
    (span.start, span.end) = (span.start + covered.len() - start.len(), span.end - (covered.len() - end.len()));
    true
}

/// A record as tags can say it.
pub(crate) struct Tagged {
    /// Spans in order that do not overlap and have no blanks at their edges.
    pub(crate) spans: Vec<Span>,
    /// Those of the record that say more: blanks at their edges, or something beside their label.
    pub(crate) inexact: Vec<Span>,
    /// How much was left out.
    pub(crate) lost: usize,
}

/// Makes a record such that tags can say it. With `lossy` the longer of two overlapping spans stays.
pub(crate) fn tagged(record: &Record, lossy: bool) -> Result<Tagged, String> {
    let mut lost = 0;
    let is_token = |at: usize| record.tokens.iter().any(|(start, end)| *start == at || *end == at);
    let mut spans: Vec<(Span, &Span)> = Vec::with_capacity(record.spans.len());
    for own in &record.spans {
        let mut span = own.clone();
        let are_tokens = is_token(span.start) && is_token(span.end);
        if !are_tokens && !trim(&record.text, &mut span) {
            if !lossy {
                return Err(format!(
                    "span {}..{} `{}` covers blanks only, which are no tokens",
                    own.start, own.end, own.label
                ));
            }
            lost += 1;
            continue;
        }
        spans.push((span, own));
    }
    spans.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
    let mut kept: Vec<(Span, &Span)> = Vec::with_capacity(spans.len());
    for (span, own) in spans {
        match kept.last() {
            Some((last, _)) if last.end > span.start => {
                if !lossy {
                    return Err(format!(
                        "spans {}..{} `{}` and {}..{} `{}` overlap, and a token has one tag",
                        last.start, last.end, last.label, span.start, span.end, span.label
                    ));
                }
                lost += 1;
                if span.end - span.start > last.end - last.start {
                    kept.pop();
                    kept.push((span, own));
                }
            }
            _ => kept.push((span, own)),
        }
    }
    let bad = kept
        .iter()
        .map(|(span, _)| &span.label)
        .find(|label| label.is_empty() || label.trim() != **label || label.contains(['\t', '\n', '\r']));
    if let Some(label) = bad {
        return Err(format!("the label {label:?} is empty or has blanks that a tag cannot have"));
    }
    let is_inexact = |(span, own): &&(Span, &Span)| span != *own || !own.extra.is_empty();
    let inexact = kept.iter().filter(is_inexact).map(|(_, own)| (*own).clone()).collect();
    Ok(Tagged { spans: kept.into_iter().map(|(span, _)| span).collect(), inexact, lost })
}

/// Gives spans that tags have said what a comment says more of them. A span whose tags were changed stays as they are.
pub(crate) fn exact(text: &str, spans: &mut [Span], said: &[Span]) {
    for own in said.iter().filter(|own| text.get(own.start..own.end).is_some()) {
        let mut trimmed = own.clone();
        trim(text, &mut trimmed);
        let is_same = |span: &&mut Span| {
            let whole = (span.start, span.end) == (own.start, own.end);
            (whole || (span.start, span.end) == (trimmed.start, trimmed.end)) && span.label == own.label
        };
        if let Some(span) = spans.iter_mut().find(is_same) {
            own.clone_into(span);
        }
    }
}

/// The tokens of a record: its own, else words as Unicode divides them (each Chinese character is one); cut where a
/// span begins or ends.
pub(crate) fn tokens(record: &Record, spans: &[Span]) -> Vec<(usize, usize)> {
    let text = &record.text;
    let are_whole = |(start, end): &(usize, usize)| {
        let token = &text[*start..*end];
        token.chars().all(|c| c == ' ' || c == '\t' || c == '\u{85}' || c == '\u{a0}')
            || !token.contains(['\t', '\n', '\r'])
    };
    let own: Vec<(usize, usize)> = if !record.tokens.is_empty() && record.tokens.iter().all(are_whole) {
        record.tokens.clone()
    } else {
        let words = text.split_word_bound_indices().filter(|(_, word)| !word.chars().all(char::is_whitespace));
        words.map(|(at, word)| (at, at + word.len())).collect()
    };
    let mut borders: Vec<usize> = spans.iter().flat_map(|span| [span.start, span.end]).collect();
    borders.sort_unstable();
    let mut cut = Vec::with_capacity(own.len());
    let mut next = 0;
    for (mut start, end) in own {
        while next < borders.len() && borders[next] <= start {
            next += 1;
        }
        while next < borders.len() && borders[next] < end {
            cut.push((start, borders[next]));
            start = borders[next];
            while next < borders.len() && borders[next] <= start {
                next += 1;
            }
        }
        cut.push((start, end));
    }
    cut
}

/// The tag of each token; `spans` are in order and do not overlap, and begin and end where tokens do.
pub(crate) fn tags(tokens: &[(usize, usize)], spans: &[Span], scheme: Scheme) -> Vec<String> {
    let mut tags = Vec::with_capacity(tokens.len());
    let mut next = 0;
    // The label of the entity that ends right before this token.
    let mut before: Option<&str> = None;
    for (start, end) in tokens {
        while next < spans.len() && spans[next].end <= *start {
            next += 1;
        }
        let Some(span) = spans.get(next).filter(|span| span.start < *end) else {
            tags.push("O".to_owned());
            before = None;
            continue;
        };
        let (is_first, is_last) = (*start <= span.start, *end >= span.end);
        let letter = match (scheme, is_first, is_last) {
            (Scheme::Iob1, true, _) if before == Some(&*span.label) => 'B',
            (Scheme::Iob1, true, _) => 'I',
            (Scheme::Bioes, true, true) => 'S',
            (Scheme::Iob2 | Scheme::Bioes, true, _) => 'B',
            (Scheme::Bioes, false, true) => 'E',
            _ => 'I',
        };
        tags.push(format!("{letter}-{}", span.label));
        before = Some(&span.label);
    }
    tags
}
