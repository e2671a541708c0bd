//! Attention over packed sequences: no padding, no score matrix kept.
//!
//! For each sequence and head, with n tokens and d columns a head:
//!
//! ```text
//! P = softmax(q·kᵀ/√d)     (n, n)      D = dropout(P)      out = D·v
//! dv = Dᵀ·g                g: the gradient of out
//! dS = P ⊙ (G − rowsum(P ⊙ G))/√d  with  G = dropout(g·vᵀ)
//! dq = dS·k                dk = dSᵀ·q
//! ```
//!
//! P is computed again for the gradient, and some rows of it at a time. Sequences run in parallel.

use super::dropout::Drop;
use super::pool::{Start, parallel};
use super::small::{self, Left, gather, padded, turn};
use super::{Real, ahead, simd, softmax};
use crate::backend::{Products, random};
use std::ops::Range;

/// Attention: q, k, v of (tokens, hidden) → (tokens, hidden).
pub(crate) struct Attention<'a> {
    /// Heads; hidden is a multiple of it.
    pub heads: usize,
    /// The share of weights set to 0.
    pub dropout: f64,
    /// The random site.
    pub site: u32,
    /// Where sequences begin; one more at the end.
    pub bounds: &'a [usize],
    /// A random key a token.
    pub keys: &'a [u64],
    /// How its matrices are multiplied: in bf16 where tiles make that faster.
    pub products: Products,
}

/// Rows of weights computed together: those of all tokens of a long sequence would not stay in the caches.
const BLOCK: usize = 64;

/// Buffers of one head of one sequence: n tokens, d columns, both also padded; b rows of weights. What is padded is 0 once
/// it is read.
struct Head<'a, T> {
    settings: &'a Attention<'a>,
    keys: &'a [u64],
    hidden: usize,
    n: usize,
    n_wide: usize,
    d: usize,
    d_wide: usize,
    scale: T,                 // 1/√d
    turned: [&'a mut [T]; 2], // (d, n_wide): k/√d, and in the gradient v
    weights: &'a mut [T],     // (b, n_wide): P
    mask: &'a mut [T],        // (b, n_wide): what dropout multiplies P by; nothing where there is no dropout
    dropped: &'a mut [T],     // (b, n_wide): D, where there is dropout; in the gradient G, then dS
    rows: [&'a mut [T]; 3],   // (n, d_wide): columns of v; in the gradient those of g, k and q
    sums: [&'a mut [T]; 2],   // (n, d_wide): dv, dk
    out: &'a mut [T],         // (n, d_wide)
}

impl<'a, T: Real> Head<'a, T> {
    /// In `scratch`, which grows where it is too small.
    fn new(settings: &'a Attention<'a>, hidden: usize, bounds: &[usize], scratch: &'a mut Vec<T>) -> Self {
        let (n, d) = (bounds[1] - bounds[0], hidden / settings.heads);
        let (n_wide, d_wide, b) = (padded(n), padded(d), n.min(BLOCK));
        let masked = if settings.dropout == 0.0 { 0 } else { b * n_wide };
        let all = 2 * d * n_wide + 2 * b * n_wide + masked + 6 * n * d_wide;
        if scratch.len() < all {
            scratch.resize(all, T::zero());
        }
        let mut rest = &mut scratch[..];
        let mut take = |len: usize| rest.split_off_mut(..len).expect("it has room for all");
        Self {
            settings,
            keys: &settings.keys[bounds[0]..bounds[1]],
            hidden,
            n,
            n_wide,
            d,
            d_wide,
            scale: T::of(1.0 / (d as f64).sqrt()),
            turned: std::array::from_fn(|_| take(d * n_wide)),
            weights: take(b * n_wide),
            mask: take(masked),
            dropped: take(b * n_wide),
            rows: std::array::from_fn(|_| take(n * d_wide)),
            sums: std::array::from_fn(|_| take(n * d_wide)),
            out: take(n * d_wide),
        }
    }

    /// The tokens of each block of rows.
    fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<T> {
        let n = self.n;
        (0..n).step_by(BLOCK).map(move |first| first..n.min(first + BLOCK))
    }

    /// Whether rows are read as they lie: they need no padding, and are so few that the first cache holds them.
    const fn is_near(&self) -> bool {
        self.d == self.d_wide && self.n <= BLOCK
    }

    /// k/√d, its rows turned to columns.
    #[inline(always)]
    fn turn_keys(&mut self, head: usize, k: &[T]) {
        turn(k, self.hidden, head * self.d, self.d, self.n_wide, self.turned[0]);
        for k in &mut *self.turned[0] {
            *k *= self.scale;
        }
    }

    /// Asks for a row of the next head's operands, and for where this head's results of the row go: heads of few tokens wait
    /// for memory more than they compute.
    #[inline(always)]
    fn ask(&self, head: usize, row: usize, operands: &[&[T]], out: &[T]) {
        let Self { hidden, d, .. } = *self;
        let width = out.len() / self.n;
        operands.iter().for_each(|x| ahead(x, row * hidden + (head + 1) * d, d));
        (head * d..width).step_by(hidden).for_each(|part| ahead(out, row * width + part, d));
    }

    /// P, the mask and D of a block of rows, of their q; `ask` is told of each row.
    #[inline(always)]
    fn weigh(&mut self, head: usize, block: Range<usize>, q: Left<'_, T>, ask: impl Fn(&Self, usize)) {
        let Self { settings, n, n_wide, d, .. } = *self;
        settings.product([block.len(), n_wide, d], q, (self.turned[0], n_wide), (self.weights, n_wide));
        let drop = Drop::new(settings.dropout);
        for (at, token) in block.enumerate() {
            ask(self, token);
            let row = at * n_wide..(at + 1) * n_wide;
            let weights = &mut self.weights[row.clone()];
            weights[n..].fill(T::neg_infinity());
            softmax::row(weights);
            if self.mask.is_empty() {
                continue;
            }
            // Each (head, token) row has a stream of its own.
            let stream = random::row(self.keys[token].wrapping_add((head as u64) << 20), settings.site);
            let (mask, dropped) = (&mut self.mask[row.clone()], &mut self.dropped[row]);
            drop.mask(stream, mask);
            for ((dropped, &weight), &mask) in dropped.iter_mut().zip(&*weights).zip(&*mask) {
                *dropped = weight * mask;
            }
        }
    }

    #[inline(always)]
    fn forward(&mut self, head: usize, [q, k, v]: [&[T]; 3], out: &mut [T]) {
        let Self { settings, hidden, n, n_wide, d, d_wide, .. } = *self;
        let from = head * d;
        self.turn_keys(head, k);
        if d != d_wide {
            gather(v, hidden, from, d, d_wide, self.rows[0]);
        }
        for block in self.blocks() {
            let (first, b) = (block.start * hidden + from, block.len());
            self.weigh(head, block, rows(&q[first..], hidden), |head_of, row| head_of.ask(head, row, &[q, k, v], out));
            let left = if self.mask.is_empty() { &*self.weights } else { &*self.dropped };
            if d == d_wide {
                // As they lie: nothing is padded.
                let (v, out) = ((&v[from..], hidden), (&mut out[first..], hidden));
                settings.product([b, d, n], rows(left, n_wide), v, out);
            } else {
                settings.product([b, d_wide, n], rows(left, n_wide), (self.rows[0], d_wide), (self.out, d_wide));
                put(&self.out[..b * d_wide], [d_wide, d], T::one(), &mut out[first..], hidden);
            }
        }
    }

    #[inline(always)]
    fn backward(&mut self, head: usize, operands: [&[T]; 4], out: &mut [T]) {
        let [q, k, v, g] = operands;
        let Self { settings, hidden, n, n_wide, d, d_wide, scale, .. } = *self;
        let from = head * d;
        self.turn_keys(head, k);
        turn(v, hidden, from, d, n_wide, self.turned[1]);
        // Lent until the end, for what follows writes beside them.
        let mut room = std::mem::take(&mut self.rows);
        let [g, k, q] = if self.is_near() {
            [g, k, q].map(|x| (&x[from..], hidden))
        } else {
            for (x, rows) in [g, k, q].into_iter().zip(&mut room) {
                gather(x, hidden, from, d, d_wide, rows);
            }
            room.each_ref().map(|rows| (&**rows, d_wide))
        };
        for block in self.blocks() {
            let (is_first, first, b) = (block.start == 0, block.start, block.len());
            // P and D
            let (of_q, of_g) = (behind(q, first), behind(g, first));
            self.weigh(head, block, rows(of_q.0, of_q.1), |head_of, row| head_of.ask(head, row, &operands, out));
            // dv = Dᵀ·g
            let left = if self.mask.is_empty() { &*self.weights } else { &*self.dropped };
            let turned = columns(left, n_wide);
            settings.sum(is_first, [n, d_wide, b], turned, of_g, self.sums[0], self.out);
            // √d·dS, in the place of D
            let v = (&*self.turned[1], n_wide);
            settings.product([b, n_wide, d], rows(of_g.0, of_g.1), v, (self.dropped, n_wide));
            for at in 0..b {
                let row = at * n_wide..(at + 1) * n_wide;
                let dropped = &mut self.dropped[row.clone()];
                if !self.mask.is_empty() {
                    dropped.iter_mut().zip(&self.mask[row.clone()]).for_each(|(x, &mask)| *x *= mask);
                }
                softmax::row_grad(&self.weights[row], dropped);
            }
            // dk = dSᵀ·q, dq = dS·k
            let turned = columns(self.dropped, n_wide);
            settings.sum(is_first, [n, d_wide, b], turned, of_q, self.sums[1], self.out);
            settings.product([b, d_wide, n], rows(self.dropped, n_wide), k, (self.out, d_wide));
            put(&self.out[..b * d_wide], [d_wide, d], scale, &mut out[first * 3 * hidden + from..], 3 * hidden);
        }
        self.rows = room;
        put(self.sums[1], [d_wide, d], scale, &mut out[hidden + from..], 3 * hidden);
        put(self.sums[0], [d_wide, d], T::one(), &mut out[2 * hidden + from..], 3 * hidden);
    }
}

/// Puts d of the d_wide columns of x, times a number, into rows `stride` apart.
#[inline(always)]
fn put<T: Real>(x: &[T], [d_wide, d]: [usize; 2], scale: T, out: &mut [T], stride: usize) {
    for (out, x) in out.chunks_mut(stride).zip(x.chunks_exact(d_wide)) {
        for (out, &x) in out[..d].iter_mut().zip(x) {
            *out = x * scale;
        }
    }
}

/// A matrix without its first rows.
fn behind<T>((data, apart): (&[T], usize), first: usize) -> (&[T], usize) {
    (&data[first * apart..], apart)
}

/// A matrix as the left side of a product.
const fn rows<T>(data: &[T], stride: usize) -> Left<'_, T> {
    Left { data, row: stride, place: 1 }
}

/// A matrix, transposed, as the left side of a product.
const fn columns<T>(data: &[T], stride: usize) -> Left<'_, T> {
    Left { data, row: 1, place: stride }
}

impl Attention<'_> {
    /// out = left · right, as [`small::product`].
    #[inline(always)]
    fn product<T: Real>(
        &self,
        sizes: [usize; 3],
        left: Left<'_, T>,
        right: (&[T], usize),
        (out, stride): (&mut [T], usize),
    ) {
        if self.products == Products::Full || !T::tiled_product(sizes, left, right, (&mut *out, stride)) {
            small::product(sizes, left, right, (out, stride));
        }
    }

    /// sum = left · right, or added to it unless it is the first; by way of `room`.
    #[inline(always)]
    fn sum<T: Real>(
        &self,
        is_first: bool,
        sizes: [usize; 3],
        left: Left<'_, T>,
        right: (&[T], usize),
        sum: &mut [T],
        room: &mut [T],
    ) {
        let wide = sizes[1];
        if is_first {
            return self.product(sizes, left, right, (sum, wide));
        }
        self.product(sizes, left, right, (&mut *room, wide));
        for (sum, &part) in sum.iter_mut().zip(&*room) {
            *sum += part;
        }
    }

    /// Runs each sequence on its rows of `operands` (hidden wide) and of the result (`width` wide).
    fn each<T: Real, const N: usize>(
        &self,
        hidden: usize,
        width: usize,
        operands: [&[T]; N],
        out: &mut [T],
        run: impl Fn(&mut Head<'_, T>, usize, [&[T]; N], &mut [T]) + Sync,
    ) {
        let tokens = self.bounds.last().copied().unwrap_or(0);
        assert!(self.keys.len() == tokens && hidden.is_multiple_of(self.heads), "the rows of attention");
        assert!(operands.iter().all(|x| x.len() == tokens * hidden) && out.len() == tokens * width, "its operands");
        // The longest first: whoever comes last then waits least.
        let mut order: Vec<usize> = (0..self.bounds.len().saturating_sub(1)).collect();
        order.sort_by_key(|&at| std::cmp::Reverse(self.bounds[at + 1] - self.bounds[at]));
        let start = Start(out.as_mut_ptr());
        parallel(order.len(), &|task| {
            let bounds = &self.bounds[order[task]..][..2];
            if bounds[0] == bounds[1] {
                return;
            }
            let operands = operands.map(|x| &x[bounds[0] * hidden..bounds[1] * hidden]);
            // SAFETY: the rows of a sequence are those of one task, and lie in `out`, as the assertion above saw.
            let out =
                unsafe { std::slice::from_raw_parts_mut(start.at(bounds[0] * width), (bounds[1] - bounds[0]) * width) };
            let mut scratch = T::scratch().take();
            let mut head = Head::new(self, hidden, bounds, &mut scratch);
            simd(
                #[inline(always)]
                || {
                    for at in 0..self.heads {
                        run(&mut head, at, operands, out);
                    }
                },
            );
            T::scratch().set(scratch);
        });
    }

    /// out = attention of q, k, v: each (tokens, hidden).
    pub(crate) fn forward<T: Real>(&self, out: &mut [T], [q, k, v]: [&[T]; 3], hidden: usize) {
        self.each(
            hidden,
            hidden,
            [q, k, v],
            out,
            #[inline(always)]
            |head, at, operands, out| head.forward(at, operands, out),
        );
    }

    /// out = dq, dk, dv side by side, (tokens, 3·hidden), of q, k, v and d, the gradient of the result.
    pub(crate) fn backward<T: Real>(&self, out: &mut [T], [q, k, v, d]: [&[T]; 4], hidden: usize) {
        self.each(
            hidden,
            3 * hidden,
            [q, k, v, d],
            out,
            #[inline(always)]
            |head, at, operands, out| head.backward(at, operands, out),
        );
    }
}
