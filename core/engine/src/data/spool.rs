//! A spool: records that wait on disk while a run lasts, written once, read by number in any order.
//!
//! ```text
//! file     record 0 · record 1 · …     each: bytes (4), CRC-32C (4), what is in it
//! memory   where every sixteenth begins (8 bytes)
//! ```
//!
//! The file has no name: it is gone when the process is. So a run's memory hardly grows with its data: half a byte a
//! record. The system keeps in memory what is read often, and gives that up
//! where memory is wanted.

use crate::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Bytes that are written at once.
const BLOCK: usize = 1 << 18;
/// Records of a group: a record is found by walking through its group.
const GROUP: usize = 16;
/// Bytes before a record: how many it has, and its checksum.
const HEAD: usize = 8;

/// Records on disk.
#[derive(Debug)]
pub struct Spool<T> {
    file: File,
    folder: PathBuf,
    /// Where each group begins.
    starts: Vec<u64>,
    /// Where the last one ends.
    end: u64,
    /// Records.
    len: usize,
    records: PhantomData<fn() -> T>,
}

/// A spool that is being written.
#[derive(Debug)]
pub struct Spooling<T> {
    spool: Spool<T>,
    block: Vec<u8>,
}

impl<T: Serialize + DeserializeOwned> Spooling<T> {
    /// An empty spool on the disk of `folder`.
    ///
    /// # Errors
    /// [`Error::Unwritable`].
    pub fn new(folder: &Path) -> Result<Self> {
        let file = tempfile::tempfile_in(folder).map_err(|error| Error::writing(folder, error))?;
        let folder = folder.to_owned();
        let spool = Spool { file, folder, starts: Vec::new(), end: 0, len: 0, records: PhantomData };
        Ok(Self { spool, block: Vec::with_capacity(BLOCK) })
    }

    /// Adds a record.
    ///
    /// # Errors
    /// [`Error::Unwritable`]: a full disk.
    pub fn push(&mut self, record: &T) -> Result<()> {
        let bytes = postcard::to_allocvec(record).map_err(|error| self.spool.damaged(&error))?;
        let Ok(length) = u32::try_from(bytes.len()) else {
            return Err(Error::writing(&self.spool.folder, io::Error::other("a record of more than 4 GiB")));
        };
        if self.spool.len.is_multiple_of(GROUP) {
            self.spool.starts.push(self.spool.end);
        }
        self.block.extend(length.to_le_bytes());
        self.block.extend(crc32c::crc32c(&bytes).to_le_bytes());
        self.block.extend(&bytes);
        self.spool.end += (HEAD + bytes.len()) as u64;
        self.spool.len += 1;
        if self.block.len() >= BLOCK { self.flush() } else { Ok(()) }
    }

    /// Ends the writing.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn finish(mut self) -> Result<Spool<T>> {
        self.flush()?;
        Ok(self.spool)
    }

    fn flush(&mut self) -> Result<()> {
        self.spool.file.write_all(&self.block).map_err(|error| Error::writing(&self.spool.folder, error))?;
        self.block.clear();
        Ok(())
    }
}

impl<T: Serialize + DeserializeOwned> Spool<T> {
    /// Records.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// One record.
    ///
    /// # Errors
    /// [`Error::Cache`] when the disk does not give back what was written.
    ///
    /// # Panics
    /// When there is no such record.
    pub fn get(&self, at: usize) -> Result<T> {
        let mut one = self.range(at..at + 1)?;
        Ok(one.pop().expect("a range of one has one record"))
    }

    /// Records that follow each other, in one reading.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    ///
    /// # Panics
    /// When there are no such records.
    pub fn range(&self, range: Range<usize>) -> Result<Vec<T>> {
        assert!(range.start <= range.end && range.end <= self.len, "the spool has these records");
        let groups = range.start / GROUP..range.end.div_ceil(GROUP);
        let begin = |group: usize| self.starts.get(group).copied().unwrap_or(self.end);
        let (from, to) = (begin(groups.start), begin(groups.end));
        let mut bytes = vec![0; to.saturating_sub(from) as usize];
        read_at(&self.file, &mut bytes, from).map_err(|error| self.damaged(&error))?;
        let mut rest = &bytes[..];
        let mut records = Vec::with_capacity(range.len());
        for at in groups.start * GROUP..range.end {
            let (sum, record) = split_record(&mut rest).ok_or_else(|| self.damaged(&CHANGED))?;
            if at < range.start {
                continue;
            }
            if crc32c::crc32c(record) != sum {
                return Err(self.damaged(&CHANGED));
            }
            records.push(postcard::from_bytes(record).map_err(|error| self.damaged(&error))?);
        }
        Ok(records)
    }

    /// All records in their order, so many at once.
    pub fn chunks(&self, records: usize) -> impl Iterator<Item = Result<Vec<T>>> + '_ {
        let starts = (0..self.len()).step_by(records);
        starts.map(move |start| self.range(start..(start + records).min(self.len())))
    }
}

impl<T> Spool<T> {
    fn damaged(&self, reason: &dyn std::fmt::Display) -> Error {
        Error::Cache { folder: self.folder.clone(), reason: reason.to_string() }
    }
}

const CHANGED: &str = "the bytes that came back are not those that were written";

/// Takes the first record off: its checksum, and what is in it.
fn split_record<'a>(rest: &mut &'a [u8]) -> Option<(u32, &'a [u8])> {
    let (length, behind) = rest.split_first_chunk::<4>()?;
    let (sum, behind) = behind.split_first_chunk::<4>()?;
    let (record, behind) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *rest = behind;
    Some((u32::from_le_bytes(*sum), record))
}

#[cfg(unix)]
pub(super) fn read_at(file: &File, into: &mut [u8], from: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, from)
}

#[cfg(windows)]
pub(super) fn read_at(file: &File, mut into: &mut [u8], mut from: u64) -> io::Result<()> {
    while !into.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, into, from)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        from += read as u64;
        into = &mut into[read..];
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_plugin::text::{ExampleBuf, SpanBuf};

    fn example(at: usize) -> ExampleBuf {
        let mut example = ExampleBuf::new(at.to_string(), "发热 ".repeat(at % 7));
        example.spans = (0..at % 3).map(|n| SpanBuf::new(n, n + 1, "Disease")).collect();
        example
    }

    fn spool(count: usize) -> Spool<ExampleBuf> {
        let mut spooling = Spooling::new(&std::env::temp_dir()).unwrap();
        (0..count).for_each(|at| spooling.push(&example(at)).unwrap());
        spooling.finish().unwrap()
    }

    #[test]
    fn records_come_back_in_any_order_one_by_one_and_side_by_side() {
        let spool = spool(20_000); // several blocks
        for at in [0, 19_999, 77, 12_345] {
            assert_eq!(spool.get(at).unwrap(), example(at));
        }
        assert_eq!(spool.range(5..8).unwrap(), [example(5), example(6), example(7)]);
        let all: Vec<ExampleBuf> = spool.chunks(999).flat_map(|chunk| chunk.unwrap()).collect();
        assert_eq!(all.len(), 20_000);
        assert_eq!(all[19_998], example(19_998));
        assert!(self::spool(0).is_empty() && self::spool(0).chunks(3).next().is_none());
    }

    #[test]
    fn bytes_that_changed_on_the_disk_or_are_gone_are_an_error() {
        let mut spool = spool(40);
        io::Seek::seek(&mut spool.file, io::SeekFrom::Start(spool.starts[1] + HEAD as u64)).unwrap();
        spool.file.write_all(b"?").unwrap();
        assert_eq!(spool.get(GROUP).unwrap_err().code(), "data.cache");
        assert!(spool.get(GROUP - 1).is_ok() && spool.get(GROUP + 1).is_ok());
        // A length that is wrong leads nowhere.
        io::Seek::seek(&mut spool.file, io::SeekFrom::Start(spool.starts[1])).unwrap();
        spool.file.write_all(&[255; 4]).unwrap();
        assert_eq!(spool.get(GROUP + 1).unwrap_err().code(), "data.cache");
        spool.file.set_len(spool.starts[2]).unwrap();
        assert_eq!(spool.get(39).unwrap_err().code(), "data.cache");
        assert!(spool.get(GROUP - 1).is_ok());
    }
}
