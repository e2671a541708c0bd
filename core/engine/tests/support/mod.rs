//! What the engine's tests share.

#![allow(dead_code, reason = "each test takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

pub(crate) mod axes;
pub(crate) mod grafts;
pub(crate) mod layer;

use candle_core::{DType, Tensor};
use std::path::PathBuf;

/// A folder of the project's fixtures.
pub(crate) fn fixtures(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(name)
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.to_dtype(DType::F32).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// The largest |a − b|.
pub(crate) fn apart(a: &Tensor, b: &Tensor) -> f32 {
    assert_eq!(a.dims(), b.dims());
    let worse = |worst: f32, off: f32| if off.is_nan() { f32::INFINITY } else { worst.max(off) };
    flat(a).iter().zip(flat(b)).fold(0f32, |worst, (a, b)| worse(worst, (a - b).abs()))
}

/// The largest number.
pub(crate) fn size(tensor: &Tensor) -> f32 {
    flat(tensor).into_iter().fold(0f32, |top, x| top.max(x.abs()))
}
