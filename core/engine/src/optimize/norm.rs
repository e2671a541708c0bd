//! The global gradient norm.

use crate::Result;
use crate::backend::gradient::Gradient;
use crate::kernel::pool::chunks;
use crate::kernel::simd;
use candle_core::{CpuStorage, DType, Storage, Tensor};

/// √(Σ of all squares), summed in f64 in a fixed order.
///
/// # Errors
/// What the tensor library refuses.
pub fn global(gradients: &[Gradient]) -> Result<f64> {
    let mut total = 0.0;
    for gradient in gradients {
        total += match gradient {
            Gradient::Dense { squares: Some(told), .. } => *told,
            _ => squares(gradient.numbers())?,
        };
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
    let mut sums = vec![0.0; values.len().div_ceil(CHUNK)];
    chunks(&mut sums, 1, |at, sum| {
        let chunk = &values[at * CHUNK..values.len().min((at + 1) * CHUNK)];
        sum[0] = simd(
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
        );
    });
    sums.into_iter().sum()
}
