//! The text of a file, whatever its encoding: as lines, or as a stream of bytes of UTF-8.
//!
//! A line ends at `\n` and nowhere else: U+0085 or U+2028 inside a text are part of it. Where no encoding is named,
//! byte order marks, zero bytes and the shape of what is no UTF-8 tell UTF-16 and GB 18030; Latin-1, which every file
//! could be, is never guessed.

mod decoded;
mod detect;

use crate::{Encoding, Error, Result};
use decoded::Decoded;
use detect::{Found, detect, named_of};
use encoding_rs::{GB18030, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// How much of a file is looked at to tell its encoding.
const SAMPLE: usize = 1 << 18;

/// Opens a file as bytes of UTF-8. A file in UTF-8 is handed on as it is: whoever reads it checks it.
pub(crate) fn open(path: &Path, encoding: Option<Encoding>) -> Result<Box<dyn BufRead>> {
    let mut file = File::open(path).map_err(|error| Error::reading(path, error))?;
    let mut sample = Vec::new();
    let unreadable = |error| Error::reading(path, error);
    file.by_ref().take(SAMPLE as u64).read_to_end(&mut sample).map_err(unreadable)?;
    let (decoder, name) = match encoding.map_or_else(|| detect(&sample), |named| named_of(named, &sample)) {
        Found::Utf8 => {
            let rest = Cursor::new(sample).chain(file);
            return Ok(Box::new(BufReader::with_capacity(1 << 16, rest)));
        }
        Found::Utf16Le => (UTF_16LE.new_decoder_with_bom_removal(), "UTF-16"),
        Found::Utf16Be => (UTF_16BE.new_decoder_with_bom_removal(), "UTF-16"),
        Found::Gb18030 => (GB18030.new_decoder_with_bom_removal(), "GB 18030"),
        Found::Latin1 => (WINDOWS_1252.new_decoder_without_bom_handling(), "Latin-1"),
    };
    let input = BufReader::with_capacity(1 << 16, Cursor::new(sample).chain(file));
    let decoded = Decoded {
        input,
        decoder,
        name,
        path: path.to_owned(),
        line: 1,
        column: 1,
        is_over: false,
        out: Vec::new(),
        given: 0,
    };
    Ok(Box::new(BufReader::with_capacity(1 << 16, decoded)))
}

/// The whole of a file, for formats whose files are small.
pub(crate) fn text(path: &Path, encoding: Option<Encoding>) -> Result<String> {
    let mut lines = Lines::open(path, encoding)?;
    let mut text = String::new();
    while lines.fill()? {
        text.push_str(lines.whole());
    }
    Ok(text)
}

/// Reads a file line by line, each checked to be UTF-8.
pub(crate) struct Lines {
    input: Box<dyn BufRead>,
    path: PathBuf,
    /// The current line with its line end, always UTF-8.
    buffer: Vec<u8>,
    number: usize,
}

impl Lines {
    pub(crate) fn open(path: &Path, encoding: Option<Encoding>) -> Result<Self> {
        Ok(Self { input: open(path, encoding)?, path: path.to_owned(), buffer: Vec::new(), number: 0 })
    }

    /// The next line without its line end, and its number from 1; `None` at the end of the file.
    pub(crate) fn advance(&mut self) -> Result<Option<(usize, &str)>> {
        if !self.fill()? {
            return Ok(None);
        }
        let number = self.number;
        let line = self.whole();
        let line = line.strip_suffix('\n').unwrap_or(line);
        Ok(Some((number, line.strip_suffix('\r').unwrap_or(line))))
    }

    /// The current line with its line end.
    fn whole(&self) -> &str {
        std::str::from_utf8(&self.buffer).expect("`fill` has checked the line")
    }

    /// Reads one line into the buffer and checks it; false at the end of the file.
    fn fill(&mut self) -> Result<bool> {
        self.buffer.clear();
        let read = self.input.read_until(b'\n', &mut self.buffer);
        if read.map_err(|error| Error::carried(&self.path, error))? == 0 {
            return Ok(false);
        }
        self.number += 1;
        if let Err(error) = std::str::from_utf8(&self.buffer) {
            return Err(not_utf8(
                &self.path,
                self.number,
                error.valid_up_to() + 1,
                &self.buffer[error.valid_up_to()..],
            ));
        }
        if self.number == 1 && self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.buffer.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(true)
    }
}

/// Bytes that are no UTF-8.
pub(crate) fn not_utf8(path: &Path, line: usize, column: usize, bytes: &[u8]) -> Error {
    let byte = bytes.first().copied().unwrap_or_default();
    Error::Encoding { path: path.to_owned(), line, column, byte, encoding: "UTF-8" }
}

/// The same lines as a stream of bytes, for parsers that find their own line ends. An [`Error`] passes
/// through such a parser inside the `io::Error`.
pub(crate) struct Checked {
    lines: Lines,
    given: usize,
}

impl Checked {
    pub(crate) fn open(path: &Path, encoding: Option<Encoding>) -> Result<Self> {
        Ok(Self { lines: Lines::open(path, encoding)?, given: 0 })
    }

    /// The first line, if it is short enough to be looked at before it is read.
    pub(crate) fn first_line(&mut self) -> Result<&str> {
        if self.lines.number == 0 {
            self.lines.fill()?;
        }
        Ok(self.lines.whole())
    }

    /// The line that is being read, from 1.
    pub(crate) fn line(&self) -> usize {
        self.lines.number.max(1)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], encoding: Option<Encoding>) -> Result<String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        text(file.path(), encoding)
    }

    #[test]
    fn utf16_and_gb18030_are_told_by_their_bytes() {
        let said = "患者，发热三天。\nno fever\n".repeat(3);
        let units: Vec<u16> = said.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for bytes in
            [little.clone(), big.clone(), [b"\xff\xfe", &little[..]].concat(), [b"\xfe\xff", &big[..]].concat()]
        {
            assert_eq!(read(&bytes, None).unwrap(), said);
        }
        let (national, ..) = GB18030.encode(&said);
        assert_eq!(read(&national, None).unwrap(), said);
        assert_eq!(read(said.as_bytes(), None).unwrap(), said);
    }

    #[test]
    fn broken_utf8_is_not_mistaken_for_gb18030() {
        let mut bytes = "患者发热三天".repeat(20).into_bytes();
        bytes[30] = 0xff;
        let error = read(&bytes, None).unwrap_err();
        assert!(matches!(error, Error::Encoding { line: 1, column: 31, byte: 0xff, encoding: "UTF-8", .. }), "{error}");
    }

    #[test]
    fn latin1_is_read_where_it_is_named_and_never_guessed() {
        assert_eq!(read(b"na\xefve", Some(Encoding::Latin1)).unwrap(), "naïve");
        assert!(read(b"na\xefve", None).is_err());
    }

    #[test]
    fn a_byte_that_is_none_of_the_named_encoding_is_refused_with_line_and_column() {
        let error = read(b"ab\ncd\xff\xffe", Some(Encoding::Gb18030)).unwrap_err();
        assert!(
            matches!(error, Error::Encoding { line: 2, column: 3, byte: 0xff, encoding: "GB 18030", .. }),
            "{error}"
        );
        let error = read(b"a\0\n\0\x00\xd8b\0", Some(Encoding::Utf16)).unwrap_err();
        assert!(matches!(error, Error::Encoding { line: 2, column: 1, .. }), "{error}");
    }
}
