//! The rows of narrow products in f32, by AVX-512.

use super::{Dropped, MOST, Narrow, Sums, Through};
use crate::kernel::Width;
use crate::kernel::draw::avx512::draws;
use crate::kernel::product::{Matrix, Then};
use std::arch::x86_64::*;
use std::ops::Range;

const LANES: usize = 16;

/// Whether this processor has the vectors, and nobody said to do without.
#[inline(always)]
fn can() -> bool {
    Width::here() >= Width::Avx512
}

/// Runs a loop with a count of narrow rows that is known to the compiler; `false` where the processor cannot.
macro_rules! narrow {
    ($count:expr, $name:ident($($operand:expr),*)) => {
        // SAFETY: it can, and the callers below checked the operands.
        can() && unsafe {
            match $count {
                ..=4 => $name::<4>($($operand),*),
                5..=8 => $name::<8>($($operand),*),
                _ => $name::<MOST>($($operand),*),
            }
            true
        }
    };
}

/// A row of [`super::down`]: x times each row of w.
#[inline(always)]
pub(in crate::kernel) fn down(x: &[f32], w: &Narrow<f32>, drop: Dropped<f32>, sums: &mut [f32; MOST]) -> bool {
    assert_eq!(x.len(), w.width, "a row of a narrow product");
    narrow!(w.count, down_row(x, w, drop, sums))
}

/// A row of [`super::up`].
#[inline(always)]
pub(in crate::kernel) fn up(
    h: &[f32; MOST],
    w: &Narrow<f32>,
    then: Then<'_, f32>,
    drop: Dropped<f32>,
    out: &mut [f32],
) -> bool {
    let n = out.len();
    assert!(n == w.width && then.bias.is_none_or(|bias| bias.len() == n), "a row of a narrow product");
    narrow!(w.count, up_row(h, w, then, drop, out))
}

/// Some rows and columns of [`super::across`], whose columns begin with a block.
#[inline(always)]
pub(in crate::kernel) fn across(
    x: Matrix<'_, f32>,
    h: &[[f32; MOST]],
    count: usize,
    [rows, columns]: [Range<usize>; 2],
    through: Option<&Through<f32>>,
    sums: &mut Sums<f32>,
) -> bool {
    let fits = rows.end <= x.rows.min(h.len()) && columns.end <= x.columns && x.column_stride == 1;
    assert!(fits && columns.len() <= sums[0].len(), "a part of a narrow product");
    narrow!(count, across_rows(x, h, [rows, columns], through, sums))
}

/// The first `n` lanes.
#[inline(always)]
const fn first(n: usize) -> __mmask16 {
    if n >= LANES { !0 } else { (1 << n) - 1 }
}

/// A block of a row as it comes through dropout.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
pub(super) fn dropped(x: __m512, drop: Dropped<f32>, block: usize) -> __m512 {
    let Some((drop, stream)) = drop else { return x };
    let stays = _mm512_cmpge_epu32_mask(draws(stream, block), _mm512_set1_epi32(drop.below() as i32));
    _mm512_maskz_mul_ps(stays, x, _mm512_set1_ps(drop.scale()))
}

/// x · each of R rows.
///
/// # Safety
/// [`can`], and R rows of w as long as x.
#[target_feature(enable = "avx512f,avx512dq")]
unsafe fn down_row<const R: usize>(x: &[f32], w: &Narrow<f32>, drop: Dropped<f32>, sums: &mut [f32; MOST]) {
    let mut lanes = [_mm512_setzero_ps(); R];
    for at in (0..x.len()).step_by(LANES) {
        let there = first(x.len() - at);
        // SAFETY: what is behind the row is masked; the rows of w are the caller's promise.
        unsafe {
            let x = dropped(_mm512_maskz_loadu_ps(there, x.as_ptr().add(at)), drop, at / LANES);
            for (row, lanes) in lanes.iter_mut().enumerate() {
                let w = _mm512_maskz_loadu_ps(there, w.numbers.as_ptr().add(row * w.width + at));
                *lanes = _mm512_fmadd_ps(x, w, *lanes);
            }
        }
    }
    for (sum, lanes) in sums.iter_mut().zip(lanes) {
        *sum = _mm512_reduce_add_ps(lanes);
    }
}

/// out = before + scale · dropout(h · w), w of R rows.
///
/// # Safety
/// [`can`], and R rows of w as long as `out`, and the bias.
#[target_feature(enable = "avx512f,avx512dq")]
unsafe fn up_row<const R: usize>(
    h: &[f32; MOST],
    w: &Narrow<f32>,
    then: Then<'_, f32>,
    drop: Dropped<f32>,
    out: &mut [f32],
) {
    let scale = _mm512_set1_ps(then.scale);
    for at in (0..out.len()).step_by(LANES) {
        let there = first(out.len() - at);
        // SAFETY: what is behind the row is masked; the rows of w and the bias are the caller's promise.
        unsafe {
            let mut sums = [_mm512_setzero_ps(); 2];
            for row in 0..R {
                let w = _mm512_maskz_loadu_ps(there, w.numbers.as_ptr().add(row * w.width + at));
                sums[row % 2] = _mm512_fmadd_ps(_mm512_set1_ps(h[row]), w, sums[row % 2]);
            }
            let sum = dropped(_mm512_add_ps(sums[0], sums[1]), drop, at / LANES);
            let place = out.as_mut_ptr().add(at);
            let before = match then.bias {
                _ if then.adds => _mm512_maskz_loadu_ps(there, place),
                Some(bias) => _mm512_maskz_loadu_ps(there, bias.as_ptr().add(at)),
                None => _mm512_setzero_ps(),
            };
            _mm512_mask_storeu_ps(place, there, _mm512_fmadd_ps(sum, scale, before));
        }
    }
}

/// Adds some rows of hᵀ·x to sums, of some columns that begin with a block.
///
/// # Safety
/// [`can`]; the rows and columns are those of x and h, and not more columns than sums has.
#[target_feature(enable = "avx512f,avx512dq")]
unsafe fn across_rows<const R: usize>(
    x: Matrix<'_, f32>,
    h: &[[f32; MOST]],
    [rows, columns]: [Range<usize>; 2],
    through: Option<&Through<f32>>,
    sums: &mut Sums<f32>,
) {
    for at in columns.clone().step_by(LANES) {
        let (there, from) = (first(columns.end - at), at - columns.start);
        // SAFETY: what is behind the columns is masked; the rest is the caller's promise.
        unsafe {
            let mut lanes = [_mm512_setzero_ps(); R];
            for (lanes, sums) in lanes.iter_mut().zip(&*sums) {
                *lanes = _mm512_loadu_ps(sums.as_ptr().add(from));
            }
            for row in rows.clone() {
                let x = _mm512_maskz_loadu_ps(there, x.data.as_ptr().add(row * x.row_stride + at));
                let x = dropped(x, through.map(|through| through.of(row)), at / LANES);
                let h = h[row].as_ptr();
                for (r, lanes) in lanes.iter_mut().enumerate() {
                    *lanes = _mm512_fmadd_ps(_mm512_set1_ps(*h.add(r)), x, *lanes);
                }
            }
            for (sums, lanes) in sums.iter_mut().zip(lanes) {
                _mm512_storeu_ps(sums.as_mut_ptr().add(from), lanes);
            }
        }
    }
}
