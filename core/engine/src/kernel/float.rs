//! The numbers of kernels, and functions of them that compile to vectors.

use super::own::Own;
use candle_core::CpuStorage;
use std::cell::Cell;
use std::thread::LocalKey;

/// f32 or f64.
pub(crate) trait Real: Own {
    /// From a literal.
    fn of(value: f64) -> Self;
    /// eˣ: to 2 units in the last place in f32, the library's in f64.
    fn e_to(self) -> Self;
    /// Φ(x), the share of the normal distribution below x, and e^(−x²/2), which is made on the way; the former to 1e-7
    /// in f32 (Abramowitz and Stegun 7.1.26), exact in f64.
    fn normal(self) -> (Self, Self);
    /// Numbers that a task of this thread is done with, for the next one to write over.
    fn scratch() -> &'static LocalKey<Cell<Vec<Self>>>;
    /// The numbers of a tensor, if they are of this type.
    fn numbers_mut(storage: &mut CpuStorage) -> Option<&mut Vec<Self>>;
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
