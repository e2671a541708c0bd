//! Answers made of any bytes: what the fuzz target `component` has this component say. The setting `mode` holds
//! them, as `any:` and hexadecimal digits.

use crate::bindings::engraft::text::types::{Edit, Error, Example, Field, Prediction, ScoredLabel, ScoredSpan, Span};
use crate::refused;

/// Bytes that answers are read from; after the last one come zeros, so that every list ends.
pub(crate) struct Any(std::vec::IntoIter<u8>);

impl Any {
    /// The bytes of a mode, where it is that of this file.
    pub(crate) fn of(mode: &str) -> Option<Self> {
        let digits = mode.strip_prefix("any:")?;
        let pairs = digits.as_bytes().chunks_exact(2);
        let byte = |pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
        Some(Self(pairs.filter_map(byte).collect::<Vec<_>>().into_iter()))
    }

    fn byte(&mut self) -> u8 {
        self.0.next().unwrap_or(0)
    }

    /// Mostly an offset into a short text, sometimes any number.
    pub(crate) fn number(&mut self) -> u32 {
        match self.byte() {
            255 => u32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()]),
            small => u32::from(small % 32),
        }
    }

    /// Mostly a plain number, sometimes one that is none.
    pub(crate) fn float(&mut self) -> f64 {
        match self.byte() {
            255 => f64::NAN,
            254 => f64::INFINITY,
            253 => f64::NEG_INFINITY,
            252 => f64::MAX,
            251 => f64::MIN_POSITIVE,
            small => f64::from(small) / 100.0 - 1.0,
        }
    }

    pub(crate) fn is(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    pub(crate) fn text(&mut self) -> String {
        const PIECES: [&str; 8] = ["a", "Drug", "é", "痛风", "👩‍⚕️", "\u{0}", "\u{202e}", " "];
        self.list(|any| PIECES[usize::from(any.byte()) % PIECES.len()]).concat()
    }

    pub(crate) fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.byte() % 6).map(|_| one(self)).collect()
    }

    /// About as many answers as were asked for.
    pub(crate) fn answers<T>(&mut self, asked: usize, mut one: impl FnMut(&mut Self) -> T) -> Vec<Result<T, Error>> {
        let count = match self.byte() {
            255 => asked + 1,
            254 => asked.saturating_sub(1),
            _ => asked,
        };
        (0..count).map(|_| if self.byte() == 255 { Err(refused(self.text())) } else { Ok(one(self)) }).collect()
    }

    pub(crate) fn edits(&mut self) -> Vec<Edit> {
        self.list(|any| Edit { start: any.number(), end: any.number(), text: any.text() })
    }

    fn span(&mut self) -> Span {
        Span { start: self.number(), end: self.number(), label: self.text() }
    }

    pub(crate) fn spans(&mut self) -> Vec<Span> {
        self.list(Self::span)
    }

    fn fields(&mut self) -> Vec<Field> {
        self.list(|any| Field { name: any.text(), value: any.text() })
    }

    pub(crate) fn example(&mut self) -> Example {
        let (id, text, spans) = (self.text(), self.text(), self.spans());
        Example { id, text, spans, labels: self.list(Self::text), fields: self.fields() }
    }

    pub(crate) fn prediction(&mut self) -> Prediction {
        let spans = self.list(|any| ScoredSpan { span: any.span(), score: any.float() as f32 });
        let labels = self.list(|any| ScoredLabel { label: any.text(), score: any.float() as f32 });
        let text = self.is().then(|| self.text());
        Prediction { spans, labels, text, fields: self.fields() }
    }

    /// JSON, or what is left of it.
    pub(crate) fn json(self) -> String {
        String::from_utf8_lossy(self.0.as_slice()).into_owned()
    }
}
