//! The numbers of kernels, and functions of them that compile to vectors.

use super::NARROW;
use super::dropout::Drop;
use super::product::thin::{Dropped, Narrow, Sums, Through};
use super::product::{Matrix, Packed, Then, packed};
#[cfg(target_arch = "x86_64")]
use super::product::{thin, tiled};
use super::small::Left;
#[cfg(target_arch = "x86_64")]
use super::{Width, vector};
use crate::backend::Products;
use candle_core::{CpuStorage, WithDType};
use num_traits::Float;
use std::cell::Cell;
use std::ops::Range;
use std::thread::LocalKey;

/// f32 or f64.
pub(crate) trait Real: Float + WithDType {
    /// From a literal.
    fn of(value: f64) -> Self;
    /// eˣ: to 2 units in the last place in f32, the library's in f64.
    fn e_to(self) -> Self;
    /// Φ(x), the share of the normal distribution below x, and e^(−x²/2), which is made on the way; the former to 1e-7
    /// in f32 (Abramowitz and Stegun 7.1.26), exact in f64.
    fn normal(self) -> (Self, Self);
    /// Numbers that a task of this thread is done with, for the next one to write over.
    fn scratch() -> &'static LocalKey<Cell<Vec<Self>>>;
    /// Whether this processor has functions of vectors of this type.
    #[inline(always)]
    fn has_vectors() -> bool {
        false
    }
    /// [`gelu`](super::gelu::gelu) of numbers behind each other, as in the next two, where there are vectors.
    fn vector_gelu(_out: &mut [Self], _x: &[Self]) {}
    /// [`gelu_grad`](super::gelu::gelu_grad).
    fn vector_gelu_grad(_d: &mut [Self], _x: &[Self]) {}
    /// [`softmax::row`](super::softmax::row).
    fn vector_softmax(_x: &mut [Self]) {}
    /// A row of [`layer_norm`](super::layer_norm::layer_norm), as in the next two of what it is named after.
    fn vector_norm(_out: &mut [Self], _x: &[Self], _w: &[Self], _b: &[Self], _eps: f64) {}
    /// [`layer_norm_grad`](super::layer_norm::layer_norm_grad).
    fn vector_norm_grad(_out: &mut [Self], _x: &[Self], _w: &[Self], _d: &[Self], _eps: f64) {}
    /// [`layer_norm_weight_grad`](super::layer_norm::layer_norm_weight_grad): added.
    fn vector_norm_weight_grad(_out: &mut [Self], _x: &[Self], _d: &[Self], _eps: f64) {}
    /// [`Drop::part`](super::dropout::Drop::part), of the row that has this stream.
    fn vector_drop(_x: &mut [Self], _drop: Drop<Self>, _stream: u64, _block: usize) {}
    /// [`Drop::add`](super::dropout::Drop::add).
    fn vector_add_dropped(_out: &mut [Self], _x: &[Self], _drop: Drop<Self>, _stream: u64) {}
    /// [`small::turn`](super::small::turn).
    fn vector_columns(_x: &[Self], _stride: usize, _from: usize, _depth: usize, _width: usize, _out: &mut [Self]) {}
    /// [`small::product`](super::small::product) by the processor's own vectors; `false`, and nothing done, without them.
    #[inline(always)]
    fn small_product(
        _sizes: [usize; 3],
        _left: Left<'_, Self>,
        _right: (&[Self], usize),
        _out: (&mut [Self], usize),
    ) -> bool {
        false
    }
    /// The same rounded to bf16, where this processor has tiles and it pays.
    fn tiled_product(
        _sizes: [usize; 3],
        _left: Left<'_, Self>,
        _right: (&[Self], usize),
        _out: (&mut [Self], usize),
    ) -> bool {
        false
    }
    /// A row of [`thin::down`](super::product::thin::down) by the processor's own vectors; `false`, and nothing done,
    /// without them.
    #[inline(always)]
    fn narrow_down(_x: &[Self], _w: &Narrow<Self>, _drop: Dropped<Self>, _sums: &mut [Self; NARROW]) -> bool {
        false
    }
    /// The same of [`thin::up`](super::product::thin::up).
    #[inline(always)]
    fn narrow_up(
        _h: &[Self; NARROW],
        _w: &Narrow<Self>,
        _then: Then<'_, Self>,
        _drop: Dropped<Self>,
        _out: &mut [Self],
    ) -> bool {
        false
    }
    /// The same of some rows and columns of [`thin::across`](super::product::thin::across).
    #[inline(always)]
    fn narrow_across(
        _x: Matrix<'_, Self>,
        _h: &[[Self; NARROW]],
        _count: usize,
        _part: [Range<usize>; 2],
        _through: Option<&Through<Self>>,
        _sums: &mut Sums<Self>,
    ) -> bool {
        false
    }
    /// [`thin::down`](super::product::thin::down) by tiles; `false`, and nothing done, where they do not fit.
    fn tiled_down(
        _x: Matrix<'_, Self>,
        _w: Matrix<'_, Self>,
        _then: Then<'_, Self>,
        _through: Option<&Through<Self>>,
        _out: &mut [Self],
        _how: Products,
    ) -> bool {
        false
    }
    /// The same of [`thin::up`](super::product::thin::up).
    fn tiled_up(
        _h: Matrix<'_, Self>,
        _w: Matrix<'_, Self>,
        _then: Then<'_, Self>,
        _through: Option<&Through<Self>>,
        _out: &mut [Self],
        _how: Products,
    ) -> bool {
        false
    }
    /// The same of [`thin::across`](super::product::thin::across).
    fn tiled_across(
        _sides: [Matrix<'_, Self>; 2],
        _turned: bool,
        _then: Then<'_, Self>,
        _through: Option<&Through<Self>>,
        _out: &mut [Self],
        _how: Products,
    ) -> bool {
        false
    }
    /// The numbers of a tensor, if they are of this type.
    fn numbers_mut(storage: &mut CpuStorage) -> Option<&mut Vec<Self>>;
    /// A side of products, packed; `None` where it is read as it is.
    fn pack(_matrix: Matrix<'_, Self>, _is_left: bool, _how: Products) -> Option<Packed> {
        None
    }
    /// [`Packed::times`].
    fn times(_a: &Packed, _b: &Packed, _then: Then<'_, Self>, _out: &mut [Self]) {}
    /// [`Packed::times_own`].
    fn times_own(_packed: &Packed, _own: (Matrix<'_, Self>, bool), _then: Then<'_, Self>, _out: &mut [Self]) -> bool {
        false
    }
    /// [`product`](super::product::product) by our own loops; `false`, and nothing done, where there are none.
    fn packed_product(
        _a: Matrix<'_, Self>,
        _b: Matrix<'_, Self>,
        _then: Then<'_, Self>,
        _out: &mut [Self],
        _how: Products,
    ) -> bool {
        false
    }
}

impl Real for f64 {
    fn numbers_mut(storage: &mut CpuStorage) -> Option<&mut Vec<Self>> {
        if let CpuStorage::F64(numbers) = storage { Some(numbers) } else { None }
    }
    fn scratch() -> &'static LocalKey<Cell<Vec<Self>>> {
        thread_local!(static SCRATCH: Cell<Vec<f64>> = const { Cell::new(Vec::new()) });
        &SCRATCH
    }
    fn of(value: f64) -> Self {
        value
    }
    fn e_to(self) -> Self {
        libm::exp(self)
    }
    fn normal(self) -> (Self, Self) {
        (0.5 * (1.0 + libm::erf(self * std::f64::consts::FRAC_1_SQRT_2)), libm::exp(-0.5 * self * self))
    }
}

impl Real for f32 {
    fn numbers_mut(storage: &mut CpuStorage) -> Option<&mut Vec<Self>> {
        if let CpuStorage::F32(numbers) = storage { Some(numbers) } else { None }
    }

    fn scratch() -> &'static LocalKey<Cell<Vec<Self>>> {
        thread_local!(static SCRATCH: Cell<Vec<f32>> = const { Cell::new(Vec::new()) });
        &SCRATCH
    }

    fn pack(matrix: Matrix<'_, Self>, is_left: bool, how: Products) -> Option<Packed> {
        Packed::new(matrix, is_left, how)
    }

    fn times(a: &Packed, b: &Packed, then: Then<'_, Self>, out: &mut [Self]) {
        a.times(b, then, out);
    }

    fn times_own(packed: &Packed, own: (Matrix<'_, Self>, bool), then: Then<'_, Self>, out: &mut [Self]) -> bool {
        packed.times_own(own, then, out)
    }

    fn packed_product(
        a: Matrix<'_, Self>,
        b: Matrix<'_, Self>,
        then: Then<'_, Self>,
        out: &mut [Self],
        how: Products,
    ) -> bool {
        packed(a, b, then, out, how)
    }

    #[inline(always)]
    fn of(value: f64) -> Self {
        value as Self
    }

    /// x = n·ln 2 + r with |r| ≤ ln 2 / 2; eʳ by the polynomial of Cephes' `expf`, times 2ⁿ in two halves,
    /// so that the ends of the range are exact. No branch and no call: a loop of it becomes vectors.
    #[inline(always)]
    fn e_to(self) -> Self {
        const ROUND: f32 = 12_582_912.0; // 1.5·2²³: adding it leaves an integer in the low bits
        const HIGH: f32 = 0.693_359_4; // ln 2 in two parts
        const LOW: f32 = -2.121_944_4e-4;
        const SMALLEST: f32 = -87.336_54; // below, the result is not normal: 0
        // Comparisons rather than `clamp` and `max`: a NaN goes through all of them.
        let x = if self > 89.0 { 89.0 } else { self };
        let x = if x < SMALLEST { SMALLEST } else { x };
        let shifted = x * std::f32::consts::LOG2_E + ROUND;
        let n = shifted - ROUND;
        let r = x - n * HIGH - n * LOW;
        let p = 1.987_569_1e-4;
        let p = p * r + 1.398_199_9e-3;
        let p = p * r + 8.333_452e-3;
        let p = p * r + 4.166_579_6e-2;
        let p = p * r + 1.666_666_5e-1;
        let p = p * r + 0.5;
        let power = p * r * r + r + 1.0;
        let n = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
        let half = n >> 1;
        let two_to = |n: i32| f32::from_bits((n.wrapping_add(127) as u32) << 23);
        let result = power * two_to(half) * two_to(n.wrapping_sub(half));
        if self < SMALLEST { 0.0 } else { result }
    }

    #[inline(always)]
    fn normal(self) -> (Self, Self) {
        let z = self.abs() * std::f32::consts::FRAC_1_SQRT_2;
        let t = 1.0 / (1.0 + 0.327_591_1 * z);
        let poly = t * (0.254_829_6 + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4))));
        let power = (-z * z).e_to();
        (0.5 + 0.5 * (1.0 - poly * power).copysign(self), power)
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn has_vectors() -> bool {
        Width::here() >= Width::Avx512
    }

    #[cfg(target_arch = "x86_64")]
    fn vector_gelu(out: &mut [Self], x: &[Self]) {
        assert!(Self::has_vectors(), "the processor has the vectors");
        // SAFETY: as asserted.
        unsafe { vector::gelu(out, x) }
    }

    #[cfg(target_arch = "x86_64")]
    fn vector_gelu_grad(d: &mut [Self], x: &[Self]) {
        assert!(Self::has_vectors(), "the processor has the vectors");
        // SAFETY: as asserted.
        unsafe { vector::gelu_grad(d, x) }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn vector_softmax(x: &mut [Self]) {
        assert!(Self::has_vectors(), "the processor has the vectors");
        // SAFETY: as asserted.
        unsafe { vector::softmax(x) }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn vector_norm(out: &mut [Self], x: &[Self], w: &[Self], b: &[Self], eps: f64) {
        assert!(Self::has_vectors(), "the processor has the vectors");
        // SAFETY: as asserted.
        unsafe { vector::layer_norm(out, x, w, b, eps as Self) }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn vector_norm_grad(out: &mut [Self], x: &[Self], w: &[Self], d: &[Self], eps: f64) {
        assert!(Self::has_vectors(), "the processor has the vectors");
        // SAFETY: as asserted.
        unsafe { vector::layer_norm_grad(out, x, w, d, eps as Self) }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn vector_norm_weight_grad(out: &mut [Self], x: &[Self], d: &[Self], eps: f64) {
        assert!(Self::has_vectors(), "the processor has the vectors");
        // SAFETY: as asserted.
        unsafe { vector::layer_norm_weight_grad(out, x, d, eps as Self) }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn vector_drop(x: &mut [Self], drop: Drop<Self>, stream: u64, block: usize) {
        assert!(Self::has_vectors(), "the processor has the vectors");
        // SAFETY: as asserted.
        unsafe { vector::drop_row(x, drop, stream, block) }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn vector_add_dropped(out: &mut [Self], x: &[Self], drop: Drop<Self>, stream: u64) {
        assert!(Self::has_vectors(), "the processor has the vectors");
        // SAFETY: as asserted.
        unsafe { vector::add_dropped(out, x, drop, stream) }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn vector_columns(x: &[Self], stride: usize, from: usize, depth: usize, width: usize, out: &mut [Self]) {
        assert!(Self::has_vectors(), "the processor has the vectors");
        // SAFETY: as asserted.
        unsafe { vector::columns(x, stride, from, depth, width, out) }
    }

    #[inline(always)]
    fn small_product(
        sizes: [usize; 3],
        left: Left<'_, Self>,
        right: (&[Self], usize),
        out: (&mut [Self], usize),
    ) -> bool {
        super::small::wide(sizes, left, right, out)
    }

    #[cfg(target_arch = "x86_64")]
    fn tiled_product(
        sizes: [usize; 3],
        left: Left<'_, Self>,
        right: (&[Self], usize),
        out: (&mut [Self], usize),
    ) -> bool {
        tiled(sizes, left, right, out)
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn narrow_down(x: &[Self], w: &Narrow<Self>, drop: Dropped<Self>, sums: &mut [Self; NARROW]) -> bool {
        thin::avx512::down(x, w, drop, sums)
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn narrow_up(
        h: &[Self; NARROW],
        w: &Narrow<Self>,
        then: Then<'_, Self>,
        drop: Dropped<Self>,
        out: &mut [Self],
    ) -> bool {
        thin::avx512::up(h, w, then, drop, out)
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn narrow_across(
        x: Matrix<'_, Self>,
        h: &[[Self; NARROW]],
        count: usize,
        part: [Range<usize>; 2],
        through: Option<&Through<Self>>,
        sums: &mut Sums<Self>,
    ) -> bool {
        thin::avx512::across(x, h, count, part, through, sums)
    }

    #[cfg(target_arch = "x86_64")]
    fn tiled_down(
        x: Matrix<'_, Self>,
        w: Matrix<'_, Self>,
        then: Then<'_, Self>,
        through: Option<&Through<Self>>,
        out: &mut [Self],
        how: Products,
    ) -> bool {
        thin::tiles::down(x, w, then, through, out, how)
    }

    #[cfg(target_arch = "x86_64")]
    fn tiled_up(
        h: Matrix<'_, Self>,
        w: Matrix<'_, Self>,
        then: Then<'_, Self>,
        through: Option<&Through<Self>>,
        out: &mut [Self],
        how: Products,
    ) -> bool {
        thin::tiles::up(h, w, then, through, out, how)
    }

    #[cfg(target_arch = "x86_64")]
    fn tiled_across(
        sides: [Matrix<'_, Self>; 2],
        turned: bool,
        then: Then<'_, Self>,
        through: Option<&Through<Self>>,
        out: &mut [Self],
        how: Products,
    ) -> bool {
        thin::tiles::across(sides, turned, then, through, out, how)
    }
}

/// Σ term(0..n) in sixteen sums side by side, so that the loop becomes vectors; always in the same order.
#[inline(always)]
pub(super) fn sum<T: Real>(n: usize, term: impl Fn(usize) -> T) -> T {
    const LANES: usize = 16;
    let mut lanes = [T::zero(); LANES];
    let whole = n / LANES * LANES;
    for at in (0..whole).step_by(LANES) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += term(at + lane);
        }
    }
    for (lane, sum) in lanes.iter_mut().enumerate().take(n - whole) {
        *sum += term(whole + lane);
    }
    let mut total = T::zero();
    for lane in lanes {
        total += lane;
    }
    total
}

#[cfg(test)]
mod tests {
    use super::Real;

    #[test]
    fn the_exponential_agrees_with_the_library_over_its_whole_range() {
        let mut worst = 0.0f64;
        for at in -87_336..88_700 {
            let x = at as f32 / 1000.0;
            let exact = libm::exp(f64::from(x));
            worst = worst.max((f64::from(x.e_to()) / exact - 1.0).abs());
        }
        assert!(worst < 2.4e-7, "{worst}"); // two units in the last place
    }

    #[test]
    fn the_ends_of_the_exponential_are_those_of_the_library() {
        assert_eq!(0f32.e_to(), 1.0);
        assert_eq!(f32::NEG_INFINITY.e_to(), 0.0);
        assert_eq!((-200f32).e_to(), 0.0);
        assert_eq!(f32::INFINITY.e_to(), f32::INFINITY);
        assert_eq!(100f32.e_to(), f32::INFINITY);
        assert!(f32::NAN.e_to().is_nan());
    }

    #[test]
    fn a_sum_holds_every_term() {
        for n in 0..50 {
            assert_eq!(super::sum(n, |i| i as f64), (0..n).map(|i| i as f64).sum::<f64>());
        }
    }
}
