//! Kernels that a type of numbers has of the processor's own: vectors of AVX-512, tiles of AMX.

use super::NARROW;
use super::dropout::Drop;
use super::product::thin::{Dropped, Narrow, Sums, Terms, Through};
use super::product::{Matrix, Packed, Then, packed};
#[cfg(target_arch = "x86_64")]
use super::product::{thin, tiled};
use super::small::{Left, wide};
#[cfg(target_arch = "x86_64")]
use super::{Width, vector};
use crate::backend::Products;
use candle_core::WithDType;
use num_traits::Float;
use std::ops::Range;

/// What is not here is done by plain loops: all of it in f64.
pub(crate) trait Own: Float + WithDType {
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
    fn tiled_down(_x: Matrix<'_, Self>, _w: Matrix<'_, Self>, _terms: Terms<'_, Self>, _out: &mut [Self]) -> bool {
        false
    }
    /// The same of [`thin::up`](super::product::thin::up).
    fn tiled_up(_h: Matrix<'_, Self>, _w: Matrix<'_, Self>, _terms: Terms<'_, Self>, _out: &mut [Self]) -> bool {
        false
    }
    /// The same of [`thin::across`](super::product::thin::across).
    fn tiled_across(_sides: [Matrix<'_, Self>; 2], _turned: bool, _terms: Terms<'_, Self>, _out: &mut [Self]) -> bool {
        false
    }
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

impl Own for f64 {}

/// Functions that assert that there are vectors, and then do what one of [`vector`]'s does.
macro_rules! by_vectors {
    ($($name:ident($($argument:ident: $kind:ty),*) => $run:ident;)*) => {$(
        #[cfg(target_arch = "x86_64")]
        #[inline(always)]
        fn $name($($argument: $kind),*) {
            assert!(Self::has_vectors(), "the processor has the vectors");
            // SAFETY: as asserted.
            unsafe { vector::$run($($argument),*) }
        }
    )*};
}

impl Own for f32 {
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

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn has_vectors() -> bool {
        Width::here() >= Width::Avx512
    }

    by_vectors! {
        vector_gelu(out: &mut [Self], x: &[Self]) => gelu;
        vector_gelu_grad(d: &mut [Self], x: &[Self]) => gelu_grad;
        vector_softmax(x: &mut [Self]) => softmax;
        vector_norm(out: &mut [Self], x: &[Self], w: &[Self], b: &[Self], eps: f64) => layer_norm;
        vector_norm_grad(out: &mut [Self], x: &[Self], w: &[Self], d: &[Self], eps: f64) => layer_norm_grad;
        vector_norm_weight_grad(out: &mut [Self], x: &[Self], d: &[Self], eps: f64) => layer_norm_weight_grad;
        vector_drop(x: &mut [Self], drop: Drop<Self>, stream: u64, block: usize) => drop_row;
        vector_add_dropped(out: &mut [Self], x: &[Self], drop: Drop<Self>, stream: u64) => add_dropped;
        vector_columns(x: &[Self], stride: usize, from: usize, depth: usize, width: usize, out: &mut [Self]) => columns;
    }

    #[inline(always)]
    fn small_product(
        sizes: [usize; 3],
        left: Left<'_, Self>,
        right: (&[Self], usize),
        out: (&mut [Self], usize),
    ) -> bool {
        wide(sizes, left, right, out)
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
    fn tiled_down(x: Matrix<'_, Self>, w: Matrix<'_, Self>, terms: Terms<'_, Self>, out: &mut [Self]) -> bool {
        thin::tiles::down(x, w, terms, out)
    }

    #[cfg(target_arch = "x86_64")]
    fn tiled_up(h: Matrix<'_, Self>, w: Matrix<'_, Self>, terms: Terms<'_, Self>, out: &mut [Self]) -> bool {
        thin::tiles::up(h, w, terms, out)
    }

    #[cfg(target_arch = "x86_64")]
    fn tiled_across(sides: [Matrix<'_, Self>; 2], turned: bool, terms: Terms<'_, Self>, out: &mut [Self]) -> bool {
        thin::tiles::across(sides, turned, terms, out)
    }
}
