//! JSON: a list of objects, or objects one after the other, read one object at a time.
//!
//! The ends of an object are found by counting brackets outside of texts, so that memory holds one object and its
//! place in the file is known.

use super::jsonl::members;
use crate::read::{Flow, Reading};
use crate::source::{not_utf8, open};
use crate::{Encoding, Error, Place, Result};
use serde_json::{Map, Value};
use std::io::BufRead;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// Hands each object to `take`.
pub(crate) fn each(
    path: &Arc<Path>,
    reading: &mut Reading<'_>,
    mut take: impl FnMut(Place, Map<String, Value>, &mut Reading<'_>) -> Flow,
) -> Flow {
    let mut objects = Objects::open(path, reading.options.encoding)?;
    while let Some(place) = objects.advance()? {
        let json = std::str::from_utf8(&objects.found).map_err(|error| {
            let before = &objects.found[..error.valid_up_to()];
            let lines = before.iter().filter(|byte| **byte == b'\n').count();
            let since = before.iter().rev().take_while(|byte| **byte != b'\n').count();
            let column = if lines == 0 { place.column + since } else { since + 1 };
            not_utf8(path, place.line + lines, column, &objects.found[error.valid_up_to()..])
        })?;
        let members = members(json, &place)?;
        if take(place, members, reading)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The objects of a file, one after the other.
struct Objects {
    path: Arc<Path>,
    input: Box<dyn BufRead>,
    line: usize,
    column: usize,
    /// Between which objects we stand.
    state: State,
    found: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Start,
    /// In a list; whether a comma may follow.
    List {
        after_object: bool,
    },
    /// Between objects that stand in no list.
    Free,
    /// After the list.
    Over,
}

impl Objects {
    fn open(path: &Arc<Path>, encoding: Option<Encoding>) -> Result<Self> {
        let input = open(path, encoding)?;
        Ok(Self { path: Arc::clone(path), input, line: 1, column: 1, state: State::Start, found: Vec::new() })
    }

    /// Reads the next object into `found`, and answers where it begins.
    fn advance(&mut self) -> Result<Option<Place>> {
        self.found.clear();
        let Some(place) = self.next_start()? else { return Ok(None) };
        let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
        loop {
            let bytes = self.input.fill_buf().map_err(|error| Error::carried(&self.path, error))?;
            if bytes.is_empty() {
                let message = format!(
                    "expected one JSON object: the file ends inside the one that begins on line {}",
                    place.line
                );
                return self.here().refuse("row.bad-json", message);
            }
            let mut end = None;
            for (at, byte) in bytes.iter().enumerate() {
                (self.line, self.column) =
                    if *byte == b'\n' { (self.line + 1, 1) } else { (self.line, self.column + 1) };
                match byte {
                    _ if is_escaped => is_escaped = false,
                    b'\\' if in_text => is_escaped = true,
                    b'"' => in_text = !in_text,
                    b'{' | b'[' if !in_text => depth += 1,
                    b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
                    _ => {}
                }
                if depth == 0 {
                    end = Some(at + 1);
                    break;
                }
            }
            let taken = end.unwrap_or(bytes.len());
            self.found.extend_from_slice(&bytes[..taken]);
            self.input.consume(taken);
            if end.is_some() {
                return Ok(Some(place));
            }
        }
    }

    /// Goes to the `{` that begins the next object.
    fn next_start(&mut self) -> Result<Option<Place>> {
        loop {
            let bytes = self.input.fill_buf().map_err(|error| Error::carried(&self.path, error))?;
            let Some(byte) = bytes.first().copied() else {
                return match self.state {
                    State::List { .. } => {
                        self.here().refuse("row.bad-json", "expected `]`: the file ends inside the list")
                    }
                    _ => Ok(None),
                };
            };
            let is_mark = self.line == 1 && self.column == 1 && bytes.starts_with(b"\xef\xbb\xbf");
            match (byte, self.state) {
                _ if is_mark => {
                    self.input.consume(3);
                    continue;
                }
                (b' ' | b'\t' | b'\r' | b'\n', _) => {}
                (b'[', State::Start) => self.state = State::List { after_object: false },
                (b']', State::List { .. }) => self.state = State::Over,
                (b',', State::List { after_object: true }) => self.state = State::List { after_object: false },
                (b'{', State::Start | State::Free | State::List { after_object: false }) => {
                    self.state = match self.state {
                        State::List { .. } => State::List { after_object: true },
                        _ => State::Free,
                    };
                    return Ok(Some(self.here()));
                }
                _ => {
                    let expected = match self.state {
                        State::List { after_object: true } => "`,` or `]`",
                        State::Over => "nothing after the list",
                        State::Start => "a JSON object or a list of them",
                        _ => "a JSON object",
                    };
                    let found = char::from(byte).escape_default();
                    return self.here().refuse("row.bad-json", format!("expected {expected}, found `{found}`"));
                }
            }
            (self.line, self.column) = if byte == b'\n' { (self.line + 1, 1) } else { (self.line, self.column + 1) };
            self.input.consume(1);
        }
    }

    fn here(&self) -> Place {
        Place::new(&self.path, self.line, self.column)
    }
}
