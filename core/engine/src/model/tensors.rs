//! Tensors in files: safetensors, read and written one tensor at a time.
//!
//! ```text
//! length of the header (8 bytes) · header (JSON: type, shape and place of each tensor) · the tensors' numbers
//! ```
//!
//! So a file of any size costs the memory of its largest tensor beside the tensors themselves.

use super::weights::Tensors;
use crate::files::write_atomic_with;
use crate::{Error, Result};
use candle_core::{DType, Device, Tensor};
use safetensors::tensor::{Metadata, TensorInfo, View};
use serde_json::{Map, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The most that a header may be long, as the library has it.
const HEADER: u64 = 100_000_000;
/// Numbers that are read or written at once.
const BLOCK: usize = 1 << 14;

/// Reads a safetensors file.
///
/// # Errors
/// [`Error::Model`] when it is truncated or no such file.
pub fn read(path: &Path) -> Result<Tensors> {
    Reader::open(path)?.collect()
}

/// The tensors of a safetensors file by name, read one after the other.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    file: File,
    /// Bytes before the numbers, and bytes of those.
    sizes: [u64; 2],
    left: std::vec::IntoIter<(String, TensorInfo)>,
}

impl Reader {
    /// Reads the header.
    ///
    /// # Errors
    /// [`Error::Model`] when it is truncated or no such file.
    pub fn open(path: &Path) -> Result<Self> {
        let mut file = File::open(path).map_err(|e| Error::reading(path, "weights", e))?;
        let refuse = |reason: &dyn Display| refused(path, reason);
        let length = file.metadata().map_err(|e| refuse(&e))?.len();
        let mut size = [0; 8];
        file.read_exact(&mut size).map_err(|e| refuse(&e))?;
        let size = u64::from_le_bytes(size);
        if size > HEADER || size > length.saturating_sub(8) {
            return Err(refuse(&format!("its header of {size} bytes is longer than a file of {length} bytes holds")));
        }
        let mut header = vec![0; size as usize];
        file.read_exact(&mut header).map_err(|e| refuse(&e))?;
        let metadata: Metadata = serde_json::from_slice(&header).map_err(|e| refuse(&e))?;
        let tensors = metadata.tensors().into_iter().map(|(name, info)| (name, info.clone())).collect::<Vec<_>>();
        Ok(Self { path: path.to_owned(), file, sizes: [8 + size, length - 8 - size], left: tensors.into_iter() })
    }

    fn take(&mut self, name: &str, info: &TensorInfo) -> Result<Tensor> {
        let refuse = |reason: &dyn Display| refused(&self.path, reason);
        let (start, end) = info.data_offsets;
        let dtype = DType::try_from(info.dtype).map_err(|e| refuse(&e))?;
        let numbers = info.shape.iter().try_fold(dtype.size_in_bytes(), |all, &axis| all.checked_mul(axis));
        if end < start || numbers != Some(end - start) || end as u64 > self.sizes[1] {
            return Err(refuse(&format!("tensor `{name}` of {:?} does not lie in bytes {start} to {end}", info.shape)));
        }
        self.file.seek(SeekFrom::Start(self.sizes[0] + start as u64)).map_err(|e| refuse(&e))?;
        if dtype == DType::F32 {
            return Ok(Tensor::from_vec(
                floats(&mut self.file, end - start).map_err(|e| refuse(&e))?,
                &info.shape[..],
                &Device::Cpu,
            )?);
        }
        let mut bytes = vec![0; end - start];
        self.file.read_exact(&mut bytes).map_err(|e| refuse(&e))?;
        Ok(Tensor::from_raw_buffer(&bytes, dtype, &info.shape, &Device::Cpu)?)
    }
}

impl Iterator for Reader {
    type Item = Result<(String, Tensor)>;

    fn next(&mut self) -> Option<Self::Item> {
        let (name, info) = self.left.next()?;
        Some(self.take(&name, &info).map(|tensor| (name, tensor)))
    }
}

/// Numbers of a file, read block by block: a table is large, and its bytes need not stand beside it.
fn floats(file: &mut File, mut bytes: usize) -> io::Result<Vec<f32>> {
    let (mut numbers, mut block) = (Vec::with_capacity(bytes / 4), vec![0; 4 * BLOCK]);
    while bytes > 0 {
        let block = &mut block[..bytes.min(4 * BLOCK)];
        file.read_exact(block)?;
        numbers.extend(block.as_chunks().0.iter().map(|&number| f32::from_le_bytes(number)));
        bytes -= block.len();
    }
    Ok(numbers)
}

fn refused(path: &Path, reason: &dyn Display) -> Error {
    Error::Model { path: path.to_owned(), reason: format!("no complete safetensors file: {reason}") }
}

/// Writes a safetensors file, whole or not at all; its SHA-256.
///
/// # Errors
/// [`Error::Unwritable`].
pub fn write(path: &Path, tensors: &BTreeMap<String, Tensor>) -> Result<String> {
    // transformers wants to know that the tensors are PyTorch's kind.
    let mut header = Map::from_iter([("__metadata__".to_owned(), json!({ "format": "pt" }))]);
    let mut at = 0;
    for (name, tensor) in tensors {
        let end = at + tensor.elem_count() * tensor.dtype().size_in_bytes();
        let dtype = format!("{:?}", View::dtype(&tensor));
        header.insert(name.clone(), json!({ "dtype": dtype, "shape": tensor.dims(), "data_offsets": [at, end] }));
        at = end;
    }
    let mut header = serde_json::Value::Object(header).to_string().into_bytes();
    // The numbers begin at a multiple of 8.
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut hash = Sha256::new();
    write_atomic_with(path, |file| {
        let mut put = |bytes: &[u8]| {
            hash.update(bytes);
            file.write_all(bytes)
        };
        put(&(header.len() as u64).to_le_bytes())?;
        put(&header)?;
        for tensor in tensors.values() {
            let tensor = tensor.to_device(&Device::Cpu).map_err(io::Error::other)?;
            blocks(&tensor, &mut put)?;
        }
        Ok(())
    })?;
    Ok(hexadecimal(&hash.finalize()))
}

/// The bytes of a tensor's numbers, block by block.
///
/// # Errors
/// What `put` and the tensor library refuse.
pub fn blocks(tensor: &Tensor, mut put: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let flat = tensor.flatten_all().and_then(|flat| flat.contiguous()).map_err(io::Error::other)?;
    let all = flat.elem_count();
    (0..all).step_by(BLOCK).try_for_each(|from| {
        let block = flat.narrow(0, from, BLOCK.min(all - from)).map_err(io::Error::other)?;
        put(&View::data(&&block))
    })
}

/// The SHA-256 of a file.
///
/// # Errors
/// Why it cannot be read.
pub fn hash(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = File::open(path)?;
    let mut block = vec![0; 1 << 20];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hexadecimal(&hash.finalize())),
            read => hash.update(&block[..read]),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensors() -> Tensors {
        let view = Tensor::arange(0f32, 12f32, &Device::Cpu).unwrap().reshape((3, 4)).unwrap().t().unwrap();
        let empty = Tensor::zeros((0, 2), DType::F32, &Device::Cpu).unwrap();
        let narrow = Tensor::new(&[1u32, 2], &Device::Cpu).unwrap();
        [("b", view), ("a", narrow), ("c", empty)].map(|(name, tensor)| (name.to_owned(), tensor)).into()
    }

    #[test]
    fn what_is_written_is_what_the_library_reads_and_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.safetensors");
        let sum = write(&path, &tensors()).unwrap();
        assert_eq!(sum, hash(&path).unwrap());
        let theirs = candle_core::safetensors::load(&path, &Device::Cpu).unwrap();
        for (name, tensor) in read(&path).unwrap() {
            assert_eq!(tensor.dims(), tensors()[&name].dims());
            assert_eq!(tensor.to_string(), tensors()[&name].to_string());
            assert_eq!(tensor.to_string(), theirs[&name].to_string());
        }
        assert_eq!(read(&path).unwrap().len(), 3);
    }

    #[test]
    fn a_file_that_is_cut_anywhere_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.safetensors");
        write(&path, &tensors()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(read(&path).unwrap_err().code(), "model.folder", "{length} of {} bytes", whole.len());
        }
        let mut long = whole;
        long[..8].copy_from_slice(&u64::MAX.to_le_bytes());
        std::fs::write(&path, long).unwrap();
        assert_eq!(read(&path).unwrap_err().code(), "model.folder");
    }
}
