//! Lines of a file that is known to be UTF-8.
//!
//! A line ends at `\n` and nowhere else: U+0085 or U+2028 inside a text are part of it.

use crate::{Error, Result};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a file line by line, each checked to be UTF-8.
pub(super) struct Lines {
    input: BufReader<File>,
    path: PathBuf,
    /// The current line with its line end, always UTF-8.
    buffer: Vec<u8>,
    number: usize,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|error| Error::reading(path, "data file", error))?;
        Ok(Self { input: BufReader::new(file), path: path.to_owned(), buffer: Vec::new(), number: 0 })
    }

    /// The next line without its line end, and its number from 1; `None` at the end of the file.
    pub(super) fn advance(&mut self) -> Result<Option<(usize, &str)>> {
        if !self.fill()? {
            return Ok(None);
        }
        let line = std::str::from_utf8(&self.buffer).expect("`fill` has checked the line");
        let line = line.strip_suffix('\n').unwrap_or(line);
        Ok(Some((self.number, line.strip_suffix('\r').unwrap_or(line))))
    }

    /// Reads one line into the buffer and checks it; false at the end of the file.
    fn fill(&mut self) -> Result<bool> {
        self.buffer.clear();
        let unreadable = |source| Error::Unreadable { path: self.path.clone(), source };
        if self.input.read_until(b'\n', &mut self.buffer).map_err(unreadable)? == 0 {
            return Ok(false);
        }
        self.number += 1;
        if let Err(error) = std::str::from_utf8(&self.buffer) {
            let at = error.valid_up_to();
            let (path, line) = (self.path.clone(), self.number);
            return Err(Error::Encoding { path, line, column: at + 1, byte: self.buffer[at] });
        }
        if self.number == 1 && self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.buffer.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(true)
    }
}

/// The same lines as a stream of bytes, for parsers that find their own line ends. An [`Error`] passes
/// through such a parser inside the `io::Error`.
pub(super) struct Checked {
    lines: Lines,
    given: usize,
}

impl Checked {
    pub(super) fn open(path: &Path) -> Result<Self> {
        Ok(Self { lines: Lines::open(path)?, given: 0 })
    }
}

impl Read for Checked {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // A loop, because a file may hold nothing but a byte order mark: an empty line that is no end.
        while self.given == self.lines.buffer.len() {
            self.given = 0;
            if !self.lines.fill().map_err(io::Error::other)? {
                return Ok(0);
            }
        }
        let rest = &self.lines.buffer[self.given..];
        let taken = rest.len().min(out.len());
        out[..taken].copy_from_slice(&rest[..taken]);
        self.given += taken;
        Ok(taken)
    }
}
