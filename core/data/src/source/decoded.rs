//! Text of another encoding than UTF-8, decoded as it is read.

use crate::Error;
use encoding_rs::{Decoder, DecoderResult};
use std::io::{self, BufRead, Read};
use std::path::PathBuf;

/// A file in another encoding than UTF-8, decoded as it is read. A byte that is none of the encoding is an
/// [`Error::Encoding`] inside the `io::Error`, with the line and column of the text before it.
pub(super) struct Decoded<R> {
    pub(super) input: R,
    pub(super) decoder: Decoder,
    pub(super) name: &'static str,
    pub(super) path: PathBuf,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) is_over: bool,
    pub(super) out: Vec<u8>,
    pub(super) given: usize,
}

impl<R: BufRead> Decoded<R> {
    /// Decodes some more; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.given = 0;
        self.out.clear();
        while self.out.is_empty() && !self.is_over {
            let bytes = self.input.fill_buf()?;
            let is_last = bytes.is_empty();
            let mut room = vec![0; bytes.len() * 3 + 16];
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(bytes, &mut room, is_last);
            let bad = match result {
                DecoderResult::Malformed(length, after) => {
                    let at = read.saturating_sub(usize::from(length) + usize::from(after));
                    Some(bytes.get(at).or(bytes.last()).copied().unwrap_or(0))
                }
                _ => None,
            };
            self.input.consume(read);
            room.truncate(written);
            for byte in &room {
                (self.line, self.column) =
                    if *byte == b'\n' { (self.line + 1, 1) } else { (self.line, self.column + 1) };
            }
            if let Some(byte) = bad {
                let (path, line, column, encoding) = (self.path.clone(), self.line, self.column, self.name);
                return Err(io::Error::other(Error::Encoding { path, line, column, byte, encoding }));
            }
            self.is_over = is_last && result == DecoderResult::InputEmpty;
            self.out = room;
        }
        Ok(!self.out.is_empty())
    }
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.given == self.out.len() && !self.fill()? {
            return Ok(0);
        }
        let taken = (self.out.len() - self.given).min(out.len());
        out[..taken].copy_from_slice(&self.out[self.given..self.given + taken]);
        self.given += taken;
        Ok(taken)
    }
}
