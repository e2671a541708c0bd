//! Numbers by place: in memory while they are few, on disk once they are many.

use super::spool::read_at;
use crate::{Error, Result};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// So many stay in memory.
const FEW: usize = 1 << 20;
/// Numbers that are written at once.
const BLOCK: usize = 1 << 16;

/// Numbers of 32 bits, written one after the other and read in any order. The file has no name: it is gone when the process
/// is.
#[derive(Debug)]
pub struct Numbers {
    folder: PathBuf,
    /// Those that are not in the file.
    memory: Vec<u32>,
    /// The first ones, once there are many.
    file: Option<File>,
    /// How many are in the file.
    written: usize,
}

impl Numbers {
    /// None yet, on the disk of `folder`.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), memory: Vec::new(), file: None, written: 0 }
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.written + self.memory.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds one.
    ///
    /// # Errors
    /// [`Error::Unwritable`]: a full disk.
    pub fn push(&mut self, number: u32) -> Result<()> {
        self.memory.push(number);
        let most = if self.file.is_some() { BLOCK } else { FEW };
        if self.memory.len() <= most { Ok(()) } else { self.flush() }
    }

    /// Ends the writing: what is many needs no memory any more.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn finish(mut self) -> Result<Self> {
        if self.file.is_some() {
            self.flush()?;
        }
        self.memory.shrink_to_fit();
        Ok(self)
    }

    fn flush(&mut self) -> Result<()> {
        let unwritable = |error| Error::writing(&self.folder, error);
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(&self.folder).map_err(unwritable)?),
        };
        let mut bytes = Vec::with_capacity(4 * BLOCK);
        for block in self.memory.chunks(BLOCK) {
            bytes.clear();
            bytes.extend(block.iter().flat_map(|number| number.to_le_bytes()));
            file.write_all(&bytes).map_err(unwritable)?;
        }
        self.written += self.memory.len();
        self.memory = Vec::new();
        Ok(())
    }

    /// One of them.
    ///
    /// # Errors
    /// [`Error::Cache`] when the disk does not give back what was written.
    ///
    /// # Panics
    /// When there is no such number.
    pub fn get(&self, at: usize) -> Result<u32> {
        let Some(file) = self.file.as_ref().filter(|_| at < self.written) else {
            return Ok(self.memory[at - self.written]);
        };
        let mut bytes = [0; 4];
        read_at(file, &mut bytes, 4 * at as u64)
            .map_err(|error| Error::Cache { folder: self.folder.clone(), reason: error.to_string() })?;
        Ok(u32::from_le_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, FEW, Numbers};

    fn numbers(count: usize) -> Numbers {
        let mut numbers = Numbers::new(&std::env::temp_dir());
        (0..count as u32).for_each(|at| numbers.push(at.wrapping_mul(2_654_435_761)).unwrap());
        numbers.finish().unwrap()
    }

    #[test]
    fn numbers_come_back_in_any_order_whether_few_or_many() {
        for count in [0, 1, FEW - 1, FEW, FEW + 1, FEW + 2 + BLOCK, FEW + 3 * BLOCK] {
            let numbers = numbers(count);
            assert_eq!(numbers.len(), count);
            assert!(numbers.memory.is_empty() || numbers.file.is_none(), "many need no memory");
            for at in [0, count / 2, count.saturating_sub(1)].into_iter().filter(|at| *at < count) {
                assert_eq!(numbers.get(at).unwrap(), (at as u32).wrapping_mul(2_654_435_761), "{at} of {count}");
            }
        }
    }

    #[test]
    fn a_file_that_became_shorter_is_an_error() {
        let numbers = numbers(FEW + 1);
        numbers.file.as_ref().unwrap().set_len(40).unwrap();
        assert!(numbers.get(9).is_ok());
        assert_eq!(numbers.get(10).unwrap_err().code(), "data.cache");
    }
}
