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
//! P is computed again for the gradient. Sequences run in parallel.

use super::dropout::Drop;
use super::pool::{Start, parallel};
use super::small::{self, Left, gather, padded, turn};
use super::{Real, simd, softmax};
use crate::backend::{Products, random};

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

/// Buffers of one head of one sequence: n tokens, d columns, both also padded. What is padded is 0 once it is read.
struct Head<'a, T> {
    settings: &'a Attention<'a>,
    keys: &'a [u64],
    hidden: usize,
    n: usize,
    n_wide: usize,
    d: usize,
    d_wide: usize,
    scale: T,             // 1/√d
    turned: &'a mut [T],  // (d, n_wide): k/√d, later v
    weights: &'a mut [T], // (n, n_wide): P
    mask: &'a mut [T],    // (n, n_wide): what dropout multiplies P by; nothing where there is no dropout
    dropped: &'a mut [T], // (n, n_wide): D, where there is dropout; in the gradient G, then dS
    rows: &'a mut [T],    // (n, d_wide): columns of an operand, where they have to be padded
    out: &'a mut [T],     // (n, d_wide)
}

impl<'a, T: Real> Head<'a, T> {
    /// In `scratch`, which grows where it is too small.
    fn new(settings: &'a Attention<'a>, hidden: usize, bounds: &[usize], scratch: &'a mut Vec<T>) -> Self {
        let (n, d) = (bounds[1] - bounds[0], hidden / settings.heads);
        let (n_wide, d_wide) = (padded(n), padded(d));
        let masked = if settings.dropout == 0.0 { 0 } else { n * n_wide };
        let all = d * n_wide + 2 * n * n_wide + masked + 2 * n * d_wide;
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
            turned: take(d * n_wide),
            weights: take(n * n_wide),
            mask: take(masked),
            dropped: take(n * n_wide),
            rows: take(n * d_wide),
            out: take(n * d_wide),
        }
    }

    /// P, the mask and D of a head.
    #[inline(always)]
    fn weigh(&mut self, head: usize, q: &[T], k: &[T]) {
        let Self { hidden, n, n_wide, d, scale, .. } = *self;
        turn(k, hidden, head * d, d, n_wide, self.turned);
        for k in &mut *self.turned {
            *k *= scale;
        }
        self.settings.product([n, n_wide, d], rows(&q[head * d..], hidden), (self.turned, n_wide), (self.weights, n_wide));
        let drop = Drop::new(self.settings.dropout);
        for (at, weights) in self.weights.chunks_exact_mut(n_wide).enumerate() {
            weights[n..].fill(T::neg_infinity());
            softmax::row(weights);
            if self.mask.is_empty() {
                continue;
            }
            // Each (head, token) row has a stream of its own.
            let stream = random::row(self.keys[at].wrapping_add((head as u64) << 20), self.settings.site);
            let (mask, dropped) = (&mut self.mask[at * n_wide..][..n_wide], &mut self.dropped[at * n_wide..][..n_wide]);
            drop.mask(stream, mask);
            for ((dropped, &weight), &mask) in dropped.iter_mut().zip(&*weights).zip(&*mask) {
                *dropped = weight * mask;
            }
        }
    }

    /// Puts (n, d_wide), times a number, into columns of rows `stride` apart.
    #[inline(always)]
    fn put(&self, out: &mut [T], stride: usize, from: usize, scale: T) {
        for (out, x) in out.chunks_exact_mut(stride).zip(self.out.chunks_exact(self.d_wide)) {
            for (out, &x) in out[from..][..self.d].iter_mut().zip(x) {
                *out = x * scale;
            }
        }
    }

    #[inline(always)]
    fn forward(&mut self, head: usize, [q, k, v]: [&[T]; 3], out: &mut [T]) {
        self.weigh(head, q, k);
        let Self { settings, hidden, n, n_wide, d, d_wide, .. } = *self;
        let dropped = if self.mask.is_empty() { &*self.weights } else { &*self.dropped };
        if d == d_wide {
            // As they lie: nothing is padded.
            let (v, out) = ((&v[head * d..], hidden), (&mut out[head * d..], hidden));
            return settings.product([n, d, n], rows(dropped, n_wide), v, out);
        }
        gather(v, hidden, head * d, d, d_wide, self.rows);
        self.settings.product([n, d_wide, n], rows(dropped, n_wide), (self.rows, d_wide), (self.out, d_wide));
        self.put(out, hidden, head * d, T::one());
    }

    #[inline(always)]
    fn backward(&mut self, head: usize, [q, k, v, g]: [&[T]; 4], out: &mut [T]) {
        self.weigh(head, q, k);
        let Self { hidden, n, n_wide, d, d_wide, scale, .. } = *self;
        let from = head * d;
        // dv = Dᵀ·g
        gather(g, hidden, from, d, d_wide, self.rows);
        let dropped = if self.mask.is_empty() { &*self.weights } else { &*self.dropped };
        self.settings.product([n, d_wide, n], columns(dropped, n_wide), (self.rows, d_wide), (self.out, d_wide));
        self.put(out, 3 * hidden, 2 * hidden + from, T::one());
        // √d·dS, in the place of D
        turn(v, hidden, from, d, n_wide, self.turned);
        self.settings.product([n, n_wide, d], rows(self.rows, d_wide), (self.turned, n_wide), (self.dropped, n_wide));
        for (at, (weights, row)) in
            self.weights.chunks_exact(n_wide).zip(self.dropped.chunks_exact_mut(n_wide)).enumerate()
        {
            if !self.mask.is_empty() {
                row.iter_mut().zip(&self.mask[at * n_wide..][..n_wide]).for_each(|(x, &mask)| *x *= mask);
            }
            softmax::row_grad(weights, row);
        }
        // dq = dS·k, dk = dSᵀ·q
        gather(k, hidden, from, d, d_wide, self.rows);
        self.settings.product([n, d_wide, n], rows(self.dropped, n_wide), (self.rows, d_wide), (self.out, d_wide));
        self.put(out, 3 * hidden, from, scale);
        gather(q, hidden, from, d, d_wide, self.rows);
        self.settings.product([n, d_wide, n], columns(self.dropped, n_wide), (self.rows, d_wide), (self.out, d_wide));
        self.put(out, 3 * hidden, hidden + from, scale);
    }
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
