//! The global gradient norm.

use crate::Result;
use crate::kernel::simd;
use candle_core::{CpuStorage, DType, Storage, Tensor};
use rayon::prelude::*;

/// √(Σ of all squares), summed in f64 in a fixed order.
///
/// # Errors
/// What the tensor library refuses.
pub fn global(gradients: &[Tensor]) -> Result<f64> {
    let mut total = 0.0;
    for gradient in gradients {
        total += squares(gradient)?;
    }
    Ok(total.sqrt())
}

fn squares(tensor: &Tensor) -> Result<f64> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    if let (Storage::Cpu(storage), Some((start, end))) = (&*storage, layout.contiguous_offsets()) {
        match storage {
            CpuStorage::F32(all) => return Ok(chunked(&all[start..end], |x| f64::from(*x))),
            CpuStorage::F64(all) => return Ok(chunked(&all[start..end], |x| *x)),
            _ => {}
        }
    }
    drop(storage);
    Ok(tensor.to_dtype(DType::F32)?.sqr()?.sum_all()?.to_dtype(DType::F64)?.to_scalar()?)
}

/// Chunks in parallel, their sums in order: the same bits for every number of threads.
fn chunked<T: Sync>(values: &[T], wide: impl Fn(&T) -> f64 + Sync) -> f64 {
    const CHUNK: usize = 1 << 14;
    let sums = values.par_chunks(CHUNK).map(|chunk| {
        simd(
            #[inline(always)]
            || {
                // Eight sums side by side let the compiler use vectors.
                let mut lanes = [0.0f64; 8];
                let mut eights = chunk.chunks_exact(8);
                for eight in &mut eights {
                    for (lane, x) in lanes.iter_mut().zip(eight) {
                        *lane += wide(x) * wide(x);
                    }
                }
                lanes.iter().sum::<f64>() + eights.remainder().iter().map(|x| wide(x) * wide(x)).sum::<f64>()
            },
        )
    });
    sums.collect::<Vec<_>>().into_iter().sum()
}
