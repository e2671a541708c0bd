//! Products with a side of at most [`MOST`] numbers, as in low-rank grafts and heads of few labels.
//!
//! | product | shapes | what dropout does |
//! |---|---|---|
//! | [`down`] | (m,k)·(k,r) → (m,r) | the rows of the left side are read through it |
//! | [`up`] | (m,r)·(r,n) → (m,n) | the result goes through it |
//! | [`across`] | (m,r)ᵀ·(m,n) → (r,n) | the rows of the right side are read through it |
//!
//! The wide side is read once, as it lies; the narrow one is copied beside it first. Loops made for wide products would
//! fill their blocks with zeros; tiles, where the processor has them, are so fast that they may. Only they round to bf16
//! where other products are in bf16: elsewhere numbers keep their width. A row of the first two has the same bits whatever rows stand beside it.

#[cfg(target_arch = "x86_64")]
pub(in crate::kernel) mod avx512;
#[cfg(target_arch = "x86_64")]
pub(in crate::kernel) mod tiles;

use super::{Matrix, Then};
use crate::backend::{Products, random};
use crate::kernel::dropout::Drop;
use crate::kernel::float::sum;
use crate::kernel::pool::chunks;
use crate::kernel::small::LANES;
use crate::kernel::{CHUNK, Real, simd};

/// Numbers of the narrow side at most.
pub(crate) const MOST: usize = 16;
/// Columns in one task of [`across`].
const WIDE: usize = 64;
/// Rows that [`across`] reads of some columns before it goes on to the next.
const HIGH: usize = 64;

/// Dropout of the rows of the wide side.
pub(crate) struct Through<T> {
    drop: Drop<T>,
    streams: Vec<u64>,
}

impl<T: Real> Through<T> {
    /// Drops a share `p` at a random site; a key for each row.
    pub(crate) fn new(keys: &[u64], site: u32, p: f64) -> Self {
        Self { drop: Drop::new(p), streams: keys.iter().map(|&key| random::row(key, site)).collect() }
    }

    /// What happens to a row.
    #[inline(always)]
    fn of(&self, row: usize) -> (Drop<T>, u64) {
        (self.drop, self.streams[row])
    }
}

/// What happens to a row, if dropout does, and its stream.
pub(crate) type Dropped<T> = Option<(Drop<T>, u64)>;

/// Some columns of the sums of [`across`], for each row of the result.
pub(crate) type Sums<T> = [[T; WIDE]; MOST];

/// What goes with a narrow product, beside its sides.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'a, T> {
    /// What becomes of the product.
    pub then: Then<'a, T>,
    /// Dropout of the rows of the wide side.
    pub through: Option<&'a Through<T>>,
    /// Of which kind other products are.
    pub how: Products,
}

/// A narrow side: a few rows, and zeros behind them.
pub(crate) struct Narrow<T> {
    numbers: Vec<T>,
    /// Numbers of a row.
    width: usize,
    /// Rows that are there; zeros up to 4, 8 or [`MOST`].
    count: usize,
}

impl<T: Real> Narrow<T> {
    fn new(w: Matrix<'_, T>) -> Self {
        assert!(w.rows <= MOST, "a narrow product");
        let mut numbers = Vec::with_capacity(MOST * w.columns);
        for row in 0..w.rows {
            let row = row * w.row_stride;
            numbers.extend((0..w.columns).map(|column| w.data[row + column * w.column_stride]));
        }
        numbers.resize(Self::padded(w.rows) * w.columns, T::zero());
        Self { numbers, width: w.columns, count: w.rows }
    }

    const fn padded(count: usize) -> usize {
        match count {
            ..=4 => 4,
            5..=8 => 8,
            _ => MOST,
        }
    }

    /// The rows that are there.
    fn rows(&self) -> impl Iterator<Item = &[T]> {
        self.numbers.chunks_exact(self.width.max(1)).take(self.count)
    }
}

/// out = a·b where one of both sides is narrow; `false`, and nothing done, where none is.
pub(crate) fn product<T: Real>(
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    then: Then<'_, T>,
    out: &mut [T],
    how: Products,
) -> bool {
    let begun = |out: &mut [T]| Terms { then: then.begun(out), through: None, how };
    if a.columns <= MOST {
        up(a, b, begun(out), out);
    } else if b.columns <= MOST && a.column_stride == 1 {
        down(a, b, begun(out), out);
    } else if b.columns <= MOST && a.row_stride == 1 {
        across([b, a.transposed()], true, begun(out), out);
    } else if a.rows <= MOST && a.row_stride == 1 && b.column_stride == 1 {
        across([a.transposed(), b], false, begun(out), out);
    } else {
        return false;
    }
    then.finish(out);
    true
}

/// out = x·w, x read through dropout: (m, k), (k, r) → (m, r). The numbers of a row of x lie behind each other.
pub(crate) fn down<T: Real>(x: Matrix<'_, T>, w: Matrix<'_, T>, terms: Terms<'_, T>, out: &mut [T]) {
    let Terms { then, through, .. } = terms;
    super::check(x.rows, w.columns, [x.columns, w.rows], then, out);
    assert!(x.column_stride == 1, "the rows of a narrow product");
    if T::tiled_down(x, w, terms, out) {
        return;
    }
    let (k, r, w) = (w.rows, w.columns, Narrow::new(w.transposed()));
    chunks(out, CHUNK * r.max(1), |chunk, out| {
        simd(
            #[inline(always)]
            || {
                let mut kept = Vec::new();
                for (at, out) in out.chunks_exact_mut(r.max(1)).enumerate() {
                    let row = chunk * CHUNK + at;
                    let x = &x.data[row * x.row_stride..][..k];
                    let drop = through.map(|through| through.of(row));
                    let mut sums = [T::zero(); MOST];
                    if !T::narrow_down(x, &w, drop, &mut sums) {
                        let x = dropped(x, drop, &mut kept);
                        for (out, w) in sums.iter_mut().zip(w.rows()) {
                            *out = sum(
                                k,
                                #[inline(always)]
                                |at| x[at] * w[at],
                            );
                        }
                    }
                    end(then, out, &sums);
                }
            },
        );
    });
}

/// out = h·w, through dropout before it is added: (m, r), (r, n) → (m, n).
pub(crate) fn up<T: Real>(h: Matrix<'_, T>, w: Matrix<'_, T>, terms: Terms<'_, T>, out: &mut [T]) {
    let Terms { then, through, .. } = terms;
    super::check(h.rows, w.columns, [h.columns, w.rows], then, out);
    if T::tiled_up(h, w, terms, out) {
        return;
    }
    let (n, w) = (w.columns, Narrow::new(w));
    chunks(out, CHUNK * n.max(1), |chunk, out| {
        simd(
            #[inline(always)]
            || {
                let mut sums = Vec::new();
                for (at, out) in out.chunks_exact_mut(n.max(1)).enumerate() {
                    let row = chunk * CHUNK + at;
                    let (narrow, drop) = (narrow_row(h, row), through.map(|through| through.of(row)));
                    if T::narrow_up(&narrow, &w, then, drop, out) {
                        continue;
                    }
                    sums.clear();
                    sums.resize(n, T::zero());
                    for (&h, w) in narrow.iter().zip(w.rows()) {
                        add(&mut sums, h, w);
                    }
                    if let Some((drop, stream)) = drop {
                        drop.row(stream, &mut sums);
                    }
                    end(then, out, &sums);
                }
            },
        );
    });
}

/// out = hᵀ·x, or turned xᵀ·h, x read through dropout: (m, r), (m, n) → (r, n), or (n, r). The numbers of a row of x lie
/// behind each other.
pub(crate) fn across<T: Real>([h, x]: [Matrix<'_, T>; 2], turned: bool, terms: Terms<'_, T>, out: &mut [T]) {
    let Terms { then, through, .. } = terms;
    let (r, n) = (h.columns, x.columns);
    let [out_rows, out_columns] = if turned { [n, r] } else { [r, n] };
    super::check(out_rows, out_columns, [h.rows, x.rows], then, out);
    assert!(x.column_stride == 1 && r <= MOST, "the rows of a narrow product");
    if T::tiled_across([h, x], turned, terms, out) {
        return;
    }
    let narrow: Vec<[T; MOST]> = (0..x.rows).map(|row| narrow_row(h, row)).collect();
    let mut sums = vec![[[T::zero(); WIDE]; MOST]; n.div_ceil(WIDE)];
    chunks(&mut sums, 1, |task, sums| {
        let (first, sums) = (task * WIDE, &mut sums[0]);
        let columns = first..n.min(first + WIDE);
        simd(
            #[inline(always)]
            || {
                let mut kept = Vec::new();
                for top in (0..x.rows).step_by(HIGH) {
                    let rows = top..x.rows.min(top + HIGH);
                    if T::narrow_across(x, &narrow, r, [rows.clone(), columns.clone()], through, sums) {
                        continue;
                    }
                    for row in rows {
                        let x = &x.data[row * x.row_stride..][..n];
                        let x = match through {
                            Some(through) => {
                                let (drop, stream) = through.of(row);
                                kept.clear();
                                kept.extend_from_slice(&x[columns.clone()]);
                                drop.part(stream, first / LANES, &mut kept);
                                &kept[..]
                            }
                            None => &x[columns.clone()],
                        };
                        for (sums, &h) in sums.iter_mut().zip(&narrow[row]).take(r) {
                            add(&mut sums[..x.len()], h, x);
                        }
                    }
                }
            },
        );
    });
    for (row, out) in out.chunks_exact_mut(out_columns.max(1)).enumerate() {
        for (column, out) in out.iter_mut().enumerate() {
            let [narrow, wide] = if turned { [column, row] } else { [row, column] };
            let before = if then.adds { *out } else { then.bias.map_or(T::zero(), |bias| bias[column]) };
            *out = before + then.scale * sums[wide / WIDE][narrow][wide % WIDE];
        }
    }
}

/// out = before + scale · sums.
#[inline(always)]
fn end<T: Real>(then: Then<'_, T>, out: &mut [T], sums: &[T]) {
    if let Some(bias) = then.bias {
        out.copy_from_slice(bias);
    } else if !then.adds {
        out.fill(T::zero());
    }
    add(out, then.scale, sums);
}

/// out = out + h · x.
#[inline(always)]
fn add<T: Real>(out: &mut [T], h: T, x: &[T]) {
    for (out, &x) in out.iter_mut().zip(x) {
        *out += h * x;
    }
}

/// A row as it comes through dropout.
#[inline(always)]
fn dropped<'a, T: Real>(x: &'a [T], drop: Dropped<T>, kept: &'a mut Vec<T>) -> &'a [T] {
    let Some((drop, stream)) = drop else { return x };
    kept.clear();
    kept.extend_from_slice(x);
    drop.row(stream, kept);
    kept
}

/// A row of the narrow side, zeros behind it.
#[inline(always)]
fn narrow_row<T: Real>(h: Matrix<'_, T>, row: usize) -> [T; MOST] {
    let mut narrow = [T::zero(); MOST];
    for (at, narrow) in narrow.iter_mut().enumerate().take(h.columns) {
        *narrow = h.data[row * h.row_stride + at * h.column_stride];
    }
    narrow
}
