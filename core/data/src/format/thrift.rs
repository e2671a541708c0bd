//! Lists of Parquet's footer, looked over before the library reads it.
//!
//! The footer is Thrift in the compact protocol. The library skips what it does not know element by element, and elements
//! that take no bytes cost it time and the file nothing: a hundred bytes that state lists of two thousand million keep it
//! busy for minutes (apache/arrow-rs, issue 9874). So a list of more elements than bytes are left, or of booleans, which
//! no footer has, is refused first. Whatever else is wrong is left to the library.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// Bytes behind the footer: its length, and `PAR1`.
const TAIL: u64 = 8;
/// Structures within each other, as the library has it.
const DEPTH: u8 = 64;

/// Says what is wrong with the lists of a file's footer.
pub(super) fn check_footer(file: &mut File) -> Result<(), Box<dyn std::error::Error>> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut tail = [0; TAIL as usize];
    if length < TAIL {
        return Ok(());
    }
    file.seek(SeekFrom::Start(length - TAIL))?;
    file.read_exact(&mut tail)?;
    let [a, b, c, d, ..] = tail;
    let size = u64::from(u32::from_le_bytes([a, b, c, d]));
    if size > length - TAIL {
        return Ok(());
    }
    let mut footer = Vec::new();
    file.seek(SeekFrom::Start(length - TAIL - size))?;
    file.take(size).read_to_end(&mut footer)?;
    match (Skim { left: &footer }).structure(DEPTH) {
        Err(Stop::List(count)) => {
            Err(format!("its footer states a list of {count} elements, which it cannot hold").into())
        }
        _ => Ok(()),
    }
}

/// Why skimming ends early.
enum Stop {
    /// A list of so many elements, which are not there.
    List(u64),
    /// Bytes that end or mean nothing: the library says what.
    Other,
}

struct Skim<'a> {
    left: &'a [u8],
}

impl Skim<'_> {
    fn byte(&mut self) -> Result<u8, Stop> {
        let (&byte, left) = self.left.split_first().ok_or(Stop::Other)?;
        self.left = left;
        Ok(byte)
    }

    fn bytes(&mut self, count: u64) -> Result<(), Stop> {
        let count = usize::try_from(count).map_err(|_| Stop::Other)?;
        self.left = self.left.get(count..).ok_or(Stop::Other)?;
        Ok(())
    }

    /// A number of seven bits a byte, the lowest first.
    fn number(&mut self) -> Result<u64, Stop> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).wrapping_shl(shift);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
            shift += 7;
        }
    }

    fn structure(&mut self, depth: u8) -> Result<(), Stop> {
        loop {
            let head = self.byte()?;
            if head & 0x0f == 0 {
                return Ok(());
            }
            if head >> 4 == 0 {
                self.number()?; // the field's number, where it does not follow from the one before
            }
            self.value(head & 0x0f, depth)?;
        }
    }

    /// A value of a type, as fields name them.
    fn value(&mut self, kind: u8, depth: u8) -> Result<(), Stop> {
        let depth = depth.checked_sub(1).ok_or(Stop::Other)?;
        match kind {
            1 | 2 => Ok(()), // true and false, by the type alone
            3 => self.bytes(1),
            4..=6 => self.number().map(drop),
            7 => self.bytes(8),
            8 => {
                let count = self.number()?;
                self.bytes(count)
            }
            9 | 10 => self.list(depth),
            11 => self.map(depth),
            12 => self.structure(depth),
            13 => self.bytes(16),
            _ => Err(Stop::Other),
        }
    }

    fn list(&mut self, depth: u8) -> Result<(), Stop> {
        let head = self.byte()?;
        let count = if head >> 4 == 15 { self.number()? } else { u64::from(head >> 4) };
        self.elements(count, &[head & 0x0f], depth)
    }

    fn map(&mut self, depth: u8) -> Result<(), Stop> {
        let count = self.number()?;
        let kinds = if count > 0 { self.byte()? } else { 0 };
        self.elements(count, &[kinds >> 4, kinds & 0x0f], depth)
    }

    fn elements(&mut self, count: u64, kinds: &[u8], depth: u8) -> Result<(), Stop> {
        let is_nothing = kinds.iter().all(|kind| matches!(kind, 1 | 2));
        if count > self.left.len() as u64 || is_nothing && count > 0 {
            return Err(Stop::List(count));
        }
        (0..count).try_for_each(|_| kinds.iter().try_for_each(|&kind| self.value(kind, depth)))
    }
}

#[cfg(test)]
mod tests {
    use super::{DEPTH, Skim, Stop};

    fn skim(bytes: &[u8]) -> Result<(), Stop> {
        Skim { left: bytes }.structure(DEPTH)
    }

    #[test]
    fn a_list_of_more_elements_than_bytes_is_found_wherever_it_stands() {
        // 2³¹ − 1 booleans; so many structures inside a list inside a structure; a map of as many.
        let many = [0xff, 0xff, 0xff, 0xff, 0x07];
        for head in [&[0x19, 0xf1][..], &[0x1c, 0x19, 0x19, 0xfc], &[0x1b]] {
            let bytes = [head, &many, &[0x11, 0, 0, 0]].concat();
            assert!(matches!(skim(&bytes), Err(Stop::List(count)) if count == i32::MAX as u64), "{head:02x?}");
        }
        assert!(matches!(skim(&[0x19, 0x31, 0, 0, 0, 0]), Err(Stop::List(3))), "booleans take no bytes");
    }

    #[test]
    fn whole_structures_pass_and_broken_ones_are_left_to_the_library() {
        assert!(skim(&[0x15, 0x02, 0x19, 0x28, 1, b'a', 2, b'b', b'c', 0x1c, 0x11, 0, 0x00]).is_ok());
        assert!(matches!(skim(&[0x18, 0x7f, 1]), Err(Stop::Other)));
        assert!(matches!(skim(&[0x1c; 200]), Err(Stop::Other)), "structures within each other");
    }
}
