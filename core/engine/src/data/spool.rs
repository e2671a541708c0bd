//! A spool: records that wait on disk while a run lasts, written once, read by number in any order.
//!
//! ```text
//! file     record 0 · record 1 · …                 (no name: it is gone when the process is)
//! memory   where each begins (8 bytes) and its CRC-32C (4 bytes)
//! ```
//!
//! So a run's memory hardly grows with its data. The system keeps in memory what is read often, and gives that up
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

/// Records on disk.
#[derive(Debug)]
pub struct Spool<T> {
    file: File,
    folder: PathBuf,
    /// Where each record begins, and at last where they end. (records + 1)
    bounds: Vec<u64>,
    sums: Vec<u32>,
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
        let spool = Spool { file, folder, bounds: vec![0], sums: Vec::new(), records: PhantomData };
        Ok(Self { spool, block: Vec::with_capacity(BLOCK) })
    }

    /// Adds a record.
    ///
    /// # Errors
    /// [`Error::Unwritable`]: a full disk.
    pub fn push(&mut self, record: &T) -> Result<()> {
        let bytes = postcard::to_allocvec(record).map_err(|error| self.spool.damaged(&error))?;
        self.spool.sums.push(crc32c::crc32c(&bytes));
        let end = self.spool.bounds[self.spool.sums.len() - 1] + bytes.len() as u64;
        self.spool.bounds.push(end);
        self.block.extend(bytes);
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
        self.sums.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.sums.is_empty()
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
        let bounds = &self.bounds[range.start..=range.end];
        let (from, to) = (bounds[0], bounds[bounds.len() - 1]);
        let mut bytes = vec![0; (to - from) as usize];
        read_at(&self.file, &mut bytes, from).map_err(|error| self.damaged(&error))?;
        let cut = bounds.windows(2).zip(&self.sums[range]);
        cut.map(|(pair, sum)| {
            let record = &bytes[(pair[0] - from) as usize..(pair[1] - from) as usize];
            if crc32c::crc32c(record) != *sum {
                return Err(self.damaged(&"the bytes that came back are not those that were written"));
            }
            postcard::from_bytes(record).map_err(|error| self.damaged(&error))
        })
        .collect()
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

#[cfg(unix)]
fn read_at(file: &File, into: &mut [u8], from: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, from)
}

#[cfg(windows)]
fn read_at(file: &File, mut into: &mut [u8], mut from: u64) -> io::Result<()> {
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
        let mut spool = spool(9);
        io::Seek::seek(&mut spool.file, io::SeekFrom::Start(spool.bounds[4] + 1)).unwrap();
        spool.file.write_all(b"?").unwrap();
        assert_eq!(spool.get(4).unwrap_err().code(), "data.cache");
        assert!(spool.get(3).is_ok());
        spool.file.set_len(spool.bounds[8]).unwrap();
        assert_eq!(spool.get(8).unwrap_err().code(), "data.cache");
    }
}
