//! Functions of sixteen f32 at once, with AVX-512: those of [`Real`](super::Real), with fused products.
//!
//! A number comes out the same wherever it stands: what is left of a row is masked, not computed by other loops.

use super::ahead::{AHEAD, ahead};
use super::draw::avx512::draws;
use super::dropout::Drop;
use std::arch::x86_64::*;

/// Numbers of a vector.
const LANES: usize = 16;

/// The first `n` lanes.
#[inline(always)]
const fn first(n: usize) -> __mmask16 {
    if n >= LANES { !0 } else { (1 << n) - 1 }
}

/// Sixteen numbers from a place on; those that are not there are masked. Instructions stand in functions that are always
/// inlined, not in closures that go through others: these are compiled without the vectors, and each instruction a call.
#[inline(always)]
unsafe fn load(x: &[f32], at: usize, lanes: __mmask16) -> __m512 {
    // SAFETY: the processor has AVX-512, and the lanes lie in the slice.
    unsafe { _mm512_maskz_loadu_ps(lanes, x.as_ptr().add(at)) }
}

/// eˣ, to 2 units in the last place; a NaN stays one. What is below the smallest normal number is 0.
#[inline(always)]
unsafe fn exp(x: __m512) -> __m512 {
    const HIGH: f32 = 0.693_359_4; // ln 2 in two parts
    const LOW: f32 = -2.121_944_4e-4;
    // SAFETY: the processor has AVX-512.
    unsafe {
        let all = |number: f32| _mm512_set1_ps(number);
        // The second operand of a minimum is the one that comes out where there is a NaN.
        let bounded = _mm512_max_ps(all(-87.336_54), _mm512_min_ps(all(89.0), x));
        let n = _mm512_roundscale_ps::<0>(_mm512_mul_ps(bounded, all(std::f32::consts::LOG2_E)));
        let r = _mm512_fnmadd_ps(n, all(LOW), _mm512_fnmadd_ps(n, all(HIGH), bounded));
        let mut p = all(1.987_569_1e-4);
        for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
            p = _mm512_fmadd_ps(p, r, all(c));
        }
        let power = _mm512_fmadd_ps(_mm512_mul_ps(p, r), r, _mm512_add_ps(r, all(1.0)));
        let small = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(x, all(-87.336_54));
        _mm512_mask_mov_ps(_mm512_scalef_ps(power, n), small, _mm512_setzero_ps())
    }
}

/// Φ(x) and e^(−x²/2), as [`Real::normal`](super::Real::normal) has them.
#[inline(always)]
unsafe fn normal(x: __m512) -> (__m512, __m512) {
    // SAFETY: the processor has AVX-512.
    unsafe {
        let all = |number: f32| _mm512_set1_ps(number);
        let z = _mm512_mul_ps(_mm512_abs_ps(x), all(std::f32::consts::FRAC_1_SQRT_2));
        // 1/(1 + …): the processor's guess of 14 bits, made twice as good.
        let below = _mm512_fmadd_ps(z, all(0.327_591_1), all(1.0));
        let guess = _mm512_rcp14_ps(below);
        let better = _mm512_fmadd_ps(_mm512_fnmadd_ps(below, guess, all(1.0)), guess, guess);
        // Beyond all numbers the guess is 0, and what would better it none.
        let t = _mm512_mask_mov_ps(better, _mm512_cmp_ps_mask::<_CMP_GT_OQ>(z, all(1e18)), _mm512_setzero_ps());
        let mut poly = all(1.061_405_4);
        for c in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
            poly = _mm512_fmadd_ps(poly, t, all(c));
        }
        let power = exp(_mm512_fnmadd_ps(z, z, _mm512_setzero_ps()));
        let half = _mm512_mul_ps(_mm512_fnmadd_ps(_mm512_mul_ps(poly, t), power, all(1.0)), all(0.5));
        let sign = _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(i32::MIN));
        let half = _mm512_castsi512_ps(_mm512_or_si512(_mm512_castps_si512(half), sign));
        (_mm512_add_ps(half, all(0.5)), power)
    }
}

/// out = x · Φ(x).
///
/// # Safety
/// The processor has AVX-512.
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn gelu(out: &mut [f32], x: &[f32]) {
    assert_eq!(out.len(), x.len(), "the operands of an elementwise kernel");
    for at in (0..out.len()).step_by(LANES) {
        let lanes = first(out.len() - at);
        // SAFETY: what is not there is masked.
        unsafe {
            ahead(x, at + AHEAD, LANES);
            let x = _mm512_maskz_loadu_ps(lanes, x.as_ptr().add(at));
            _mm512_mask_storeu_ps(out.as_mut_ptr().add(at), lanes, _mm512_mul_ps(x, normal(x).0));
        }
    }
}

/// Φ(x) + x·φ(x).
///
/// # Safety
/// The processor has AVX-512.
#[inline(always)]
pub(super) unsafe fn gelu_slope(x: __m512) -> __m512 {
    const PEAK: f32 = 0.398_942_3; // 1/√(2π)
    // SAFETY: the caller's promise.
    unsafe {
        let (below, power) = normal(x);
        _mm512_fmadd_ps(_mm512_mul_ps(x, _mm512_set1_ps(PEAK)), power, below)
    }
}

/// d = d · (Φ(x) + x·φ(x)).
///
/// # Safety
/// As [`gelu`].
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn gelu_grad(d: &mut [f32], x: &[f32]) {
    assert_eq!(d.len(), x.len(), "the operands of an elementwise kernel");
    for at in (0..d.len()).step_by(LANES) {
        let lanes = first(d.len() - at);
        // SAFETY: what is not there is masked.
        unsafe {
            ahead(x, at + AHEAD, LANES);
            ahead(d, at + AHEAD, LANES);
            let x = _mm512_maskz_loadu_ps(lanes, x.as_ptr().add(at));
            let before = _mm512_maskz_loadu_ps(lanes, d.as_ptr().add(at));
            _mm512_mask_storeu_ps(d.as_mut_ptr().add(at), lanes, _mm512_mul_ps(before, gelu_slope(x)));
        }
    }
}

/// Softmax of one row, in place.
///
/// # Safety
/// As [`gelu`].
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn softmax(x: &mut [f32]) {
    // SAFETY: what is not there is masked.
    unsafe {
        let mut tops = _mm512_set1_ps(f32::NEG_INFINITY);
        for at in (0..x.len()).step_by(LANES) {
            let x = _mm512_mask_loadu_ps(tops, first(x.len() - at), x.as_ptr().add(at));
            tops = _mm512_max_ps(x, tops); // a NaN is no maximum: the second operand comes out
        }
        let top = _mm512_set1_ps(_mm512_reduce_max_ps(tops));
        let mut sums = _mm512_setzero_ps();
        for at in (0..x.len()).step_by(LANES) {
            let (lanes, place) = (first(x.len() - at), x.as_mut_ptr().add(at));
            let power = exp(_mm512_sub_ps(_mm512_maskz_loadu_ps(lanes, place), top));
            sums = _mm512_mask_add_ps(sums, lanes, sums, power);
            _mm512_mask_storeu_ps(place, lanes, power);
        }
        let share = _mm512_set1_ps(1.0 / _mm512_reduce_add_ps(sums));
        for at in (0..x.len()).step_by(LANES) {
            let (lanes, place) = (first(x.len() - at), x.as_mut_ptr().add(at));
            _mm512_mask_storeu_ps(place, lanes, _mm512_mul_ps(_mm512_maskz_loadu_ps(lanes, place), share));
        }
    }
}

/// The mean of a row and 1/√(variance + eps), in every lane.
#[inline(always)]
unsafe fn moments(x: &[f32], eps: f64) -> (__m512, __m512) {
    let share = 1.0 / x.len() as f32;
    // SAFETY: the processor has AVX-512; what is not there is masked.
    unsafe {
        let mut sums = _mm512_setzero_ps();
        for at in (0..x.len()).step_by(LANES) {
            sums = _mm512_add_ps(sums, _mm512_maskz_loadu_ps(first(x.len() - at), x.as_ptr().add(at)));
        }
        let mean = _mm512_set1_ps(_mm512_reduce_add_ps(sums) * share);
        let mut squares = _mm512_setzero_ps();
        for at in (0..x.len()).step_by(LANES) {
            let lanes = first(x.len() - at);
            let apart = _mm512_maskz_sub_ps(lanes, _mm512_maskz_loadu_ps(lanes, x.as_ptr().add(at)), mean);
            squares = _mm512_fmadd_ps(apart, apart, squares);
        }
        let variance = _mm512_reduce_add_ps(squares) * share;
        (mean, _mm512_set1_ps(1.0 / (variance + eps as f32).sqrt()))
    }
}

/// A row of [`layer_norm`](super::layer_norm::layer_norm).
///
/// # Safety
/// As [`gelu`].
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn layer_norm(out: &mut [f32], x: &[f32], w: &[f32], b: &[f32], eps: f64) {
    let n = out.len();
    assert!([x.len(), w.len(), b.len()] == [n; 3], "the operands of a norm");
    // SAFETY: what is not there is masked.
    unsafe {
        let (mean, scale) = moments(x, eps);
        for at in (0..n).step_by(LANES) {
            let lanes = first(n - at);
            let (x, w, b) = (load(x, at, lanes), load(w, at, lanes), load(b, at, lanes));
            let norm = _mm512_mul_ps(_mm512_sub_ps(x, mean), scale);
            _mm512_mask_storeu_ps(out.as_mut_ptr().add(at), lanes, _mm512_fmadd_ps(norm, w, b));
        }
    }
}

/// A row of [`layer_norm_grad`](super::layer_norm::layer_norm_grad).
///
/// # Safety
/// As [`gelu`].
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn layer_norm_grad(out: &mut [f32], x: &[f32], w: &[f32], d: &[f32], eps: f64) {
    let n = out.len();
    assert!([x.len(), w.len(), d.len()] == [n; 3], "the operands of a norm");
    let share = 1.0 / n as f32;
    // SAFETY: what is not there is masked.
    unsafe {
        let (mean, scale) = moments(x, eps);
        let term = |at: usize| {
            let lanes = first(n - at);
            let (x, w, d) = (load(x, at, lanes), load(w, at, lanes), load(d, at, lanes));
            (lanes, _mm512_sub_ps(x, mean), _mm512_mul_ps(d, w))
        };
        let (mut flats, mut dots) = (_mm512_setzero_ps(), _mm512_setzero_ps());
        for at in (0..n).step_by(LANES) {
            let (_, apart, d) = term(at); // beyond the row, d is 0
            flats = _mm512_add_ps(flats, d);
            dots = _mm512_fmadd_ps(d, apart, dots);
        }
        let flat = _mm512_set1_ps(_mm512_reduce_add_ps(flats) * share);
        let dot = _mm512_mul_ps(_mm512_mul_ps(_mm512_set1_ps(_mm512_reduce_add_ps(dots) * share), scale), scale);
        for at in (0..n).step_by(LANES) {
            let (lanes, apart, d) = term(at);
            let slope = _mm512_fnmadd_ps(apart, dot, _mm512_sub_ps(d, flat));
            _mm512_mask_storeu_ps(out.as_mut_ptr().add(at), lanes, _mm512_mul_ps(scale, slope));
        }
    }
}

/// Adds a row of [`layer_norm_weight_grad`](super::layer_norm::layer_norm_weight_grad).
///
/// # Safety
/// As [`gelu`].
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn layer_norm_weight_grad(out: &mut [f32], x: &[f32], d: &[f32], eps: f64) {
    let n = out.len();
    assert!([x.len(), d.len()] == [n; 2], "the operands of a norm");
    // SAFETY: what is not there is masked.
    unsafe {
        let (mean, scale) = moments(x, eps);
        for at in (0..n).step_by(LANES) {
            let lanes = first(n - at);
            let (x, d, o) = (load(x, at, lanes), load(d, at, lanes), load(out, at, lanes));
            let sum = _mm512_fmadd_ps(_mm512_mul_ps(d, _mm512_sub_ps(x, mean)), scale, o);
            _mm512_mask_storeu_ps(out.as_mut_ptr().add(at), lanes, sum);
        }
    }
}

/// A block of a row as it comes through dropout.
#[inline(always)]
unsafe fn dropped(x: __m512, drop: Drop<f32>, stream: u64, block: usize) -> __m512 {
    // SAFETY: the processor has AVX-512, with products of 64 bits.
    unsafe {
        let stays = _mm512_cmpge_epu32_mask(draws(stream, block), _mm512_set1_epi32(drop.below() as i32));
        _mm512_maskz_mul_ps(stays, x, _mm512_set1_ps(drop.scale()))
    }
}

/// Drops numbers of a row in place, those from a block on.
///
/// # Safety
/// As [`gelu`].
#[target_feature(enable = "avx512f,avx512dq")]
pub(super) unsafe fn drop_row(x: &mut [f32], drop: Drop<f32>, stream: u64, block: usize) {
    for at in (0..x.len()).step_by(LANES) {
        let (lanes, place) = (first(x.len() - at), x.as_mut_ptr().wrapping_add(at));
        // SAFETY: what is not there is masked.
        unsafe {
            let left = dropped(_mm512_maskz_loadu_ps(lanes, place), drop, stream, block + at / LANES);
            _mm512_mask_storeu_ps(place, lanes, left);
        }
    }
}

/// Adds what dropout leaves of a row.
///
/// # Safety
/// As [`gelu`].
#[target_feature(enable = "avx512f,avx512dq")]
pub(super) unsafe fn add_dropped(out: &mut [f32], x: &[f32], drop: Drop<f32>, stream: u64) {
    assert_eq!(out.len(), x.len(), "the operands of a sum");
    for at in (0..out.len()).step_by(LANES) {
        let (lanes, place) = (first(out.len() - at), out.as_mut_ptr().wrapping_add(at));
        // SAFETY: what is not there is masked.
        unsafe {
            let left = dropped(_mm512_maskz_loadu_ps(lanes, x.as_ptr().add(at)), drop, stream, at / LANES);
            _mm512_mask_storeu_ps(place, lanes, _mm512_add_ps(_mm512_maskz_loadu_ps(lanes, place), left));
        }
    }
}

/// [`small::turn`](super::small::turn).
///
/// # Safety
/// As [`gelu`].
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn columns(x: &[f32], stride: usize, from: usize, depth: usize, width: usize, out: &mut [f32]) {
    let count = x.len().checked_div(stride).unwrap_or(0).min(width);
    let last = count.saturating_sub(1) * stride + from + depth;
    assert!(
        count == 0 || last <= x.len() && width.is_multiple_of(LANES) && depth * width <= out.len(),
        "columns of rows"
    );
    for row in (0..count).step_by(LANES) {
        for column in (0..depth).step_by(LANES) {
            let lanes = first(depth - column);
            // SAFETY: the rows and columns are there, as asserted; what is not is masked.
            unsafe {
                let mut words = [_mm512_setzero_si512(); LANES];
                for (at, words) in words.iter_mut().enumerate().take(count - row) {
                    let place = x.as_ptr().add((row + at) * stride + from + column);
                    *words = _mm512_castps_si512(_mm512_maskz_loadu_ps(lanes, place));
                }
                turn(&mut words);
                for (at, &words) in words.iter().enumerate().take(depth - column) {
                    _mm512_storeu_si512(out.as_mut_ptr().add((column + at) * width + row).cast(), words);
                }
            }
        }
    }
}

/// Turns sixteen rows of sixteen words.
///
/// # Safety
/// The processor has AVX-512.
#[inline(always)]
pub(super) unsafe fn turn(rows: &mut [__m512i; LANES]) {
    // SAFETY: the processor has AVX-512.
    unsafe {
        let mut pairs = *rows;
        for at in (0..LANES).step_by(2) {
            pairs[at] = _mm512_unpacklo_epi32(rows[at], rows[at + 1]);
            pairs[at + 1] = _mm512_unpackhi_epi32(rows[at], rows[at + 1]);
        }
        let mut fours = pairs;
        for at in (0..LANES).step_by(4) {
            fours[at] = _mm512_unpacklo_epi64(pairs[at], pairs[at + 2]);
            fours[at + 1] = _mm512_unpackhi_epi64(pairs[at], pairs[at + 2]);
            fours[at + 2] = _mm512_unpacklo_epi64(pairs[at + 1], pairs[at + 3]);
            fours[at + 3] = _mm512_unpackhi_epi64(pairs[at + 1], pairs[at + 3]);
        }
        // Now each row holds a column of four, in each of its quarters: the quarters are turned.
        for at in 0..4 {
            let [a, b, c, d] = [fours[at], fours[at + 4], fours[at + 8], fours[at + 12]];
            let low = [_mm512_shuffle_i32x4::<0x88>(a, b), _mm512_shuffle_i32x4::<0x88>(c, d)];
            let high = [_mm512_shuffle_i32x4::<0xdd>(a, b), _mm512_shuffle_i32x4::<0xdd>(c, d)];
            rows[at] = _mm512_shuffle_i32x4::<0x88>(low[0], low[1]);
            rows[at + 8] = _mm512_shuffle_i32x4::<0xdd>(low[0], low[1]);
            rows[at + 4] = _mm512_shuffle_i32x4::<0x88>(high[0], high[1]);
            rows[at + 12] = _mm512_shuffle_i32x4::<0xdd>(high[0], high[1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::kernel::{Real, gelu, softmax};

    #[test]
    fn gelu_and_its_slope_are_what_the_error_function_says() {
        let mut x: Vec<f32> = (-12_000..12_000).map(|at| at as f32 / 1000.0).collect();
        x.extend([0.0, -0.0, 1e-30, 50.0, -50.0, 1e20, -1e20, f32::MAX, f32::MIN, f32::INFINITY]);
        let mut out = vec![f32::NAN; x.len()];
        gelu::gelu(&mut out, &x);
        for (&x, &out) in x.iter().zip(&out) {
            let exact = f64::from(x) * 0.5 * (1.0 + libm::erf(f64::from(x) / std::f64::consts::SQRT_2));
            assert!((f64::from(out) - exact).abs() <= 4e-7 * exact.abs().max(1.0) || out == x, "{x}: {out}, {exact}");
        }
        let mut slope = vec![1f32; x.len()];
        gelu::gelu_grad(&mut slope, &x);
        for (&x, &slope) in x.iter().zip(&slope).take(24_000) {
            let (below, power) = f64::from(x).normal();
            let exact = below + f64::from(x) * power * 0.398_942_280_401_432_7;
            assert!((f64::from(slope) - exact).abs() <= 4e-7, "{x}: {slope}, {exact}");
        }
    }

    #[test]
    fn a_softmax_is_one_whatever_its_length() {
        for n in 1..70 {
            let mut row: Vec<f32> = (0..n).map(|at| ((at * 37 % 23) as f32 - 11.0) * 3.0).collect();
            let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let powers: Vec<f64> = row.iter().map(|&x| libm::exp(f64::from(x - top))).collect();
            let sum: f64 = powers.iter().sum();
            softmax::row(&mut row);
            for (&x, power) in row.iter().zip(&powers) {
                assert!((f64::from(x) - power / sum).abs() <= 3e-7, "{n}: {x} and {}", power / sum);
            }
        }
        let mut row = vec![1.0, f32::NAN, f32::NEG_INFINITY];
        softmax::row(&mut row);
        assert!(row.iter().all(|x| x.is_nan()), "{row:?}");
        let mut row = vec![f32::NEG_INFINITY, 2.0];
        softmax::row(&mut row);
        assert_eq!(row, [0.0, 1.0]);
    }
}
