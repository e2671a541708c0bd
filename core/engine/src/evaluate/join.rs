//! Pieces of spans that a segment's border cut become one again.

use engraft_plugin::text::SpanBuf;

/// A span as one segment of a document saw it, at its place in the document.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    start: usize,
    end: usize,
    label: String,
    /// How sure of it; 1 for gold.
    pub(super) score: f32,
    /// The segment's number.
    segment: usize,
    /// Whether it begins where its segment begins.
    is_first: bool,
    /// Whether it ends where its segment ends.
    is_last: bool,
}

impl Piece {
    /// `span` in segment number `segment`, which begins at `start` of the document and has `length` bytes.
    pub(super) fn new(span: &SpanBuf, score: f32, segment: usize, start: usize, length: usize) -> Self {
        Self {
            start: start + span.start as usize,
            end: start + span.end as usize,
            label: span.label.clone(),
            score,
            segment,
            is_first: span.start == 0,
            is_last: span.end as usize == length,
        }
    }

    /// The span in the document.
    pub(super) fn to_span(&self) -> SpanBuf {
        SpanBuf::new(self.start, self.end, self.label.clone())
    }

    /// Whether `later`, which does not begin before this one, is the same span seen from another segment.
    fn goes_on_in(&self, later: &Self, text: &str) -> bool {
        if self.label != later.label || self.segment == later.segment {
            return false;
        }
        if later.start < self.end {
            // Overlapping segments: twice the same, or a half that its segment's border cut.
            return self.end == later.end || self.is_last || later.is_first;
        }
        let is_blank = |gap: &str| gap.chars().all(char::is_whitespace);
        self.is_last && later.is_first && text.get(self.end..later.start).is_some_and(is_blank)
    }

    fn take_in(&mut self, later: &Self) {
        self.score = self.score.min(later.score);
        if later.end >= self.end {
            self.end = later.end;
            (self.segment, self.is_last) = (later.segment, later.is_last);
        }
    }
}

/// The spans of the document `text`, ascending.
pub(super) fn join(mut pieces: Vec<Piece>, text: &str) -> Vec<Piece> {
    pieces.sort_by_key(|piece| (piece.start, piece.segment, piece.end));
    let mut joined: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        // Ascending, and few spans overlap: the one that goes on is among the last.
        match joined.iter_mut().rev().find(|earlier| earlier.goes_on_in(&piece, text)) {
            Some(earlier) => earlier.take_in(&piece),
            None => joined.push(piece),
        }
    }
    joined
}
