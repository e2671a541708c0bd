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
use super::small::{gather, padded, product, turn};
use super::pool::{Start, parallel};
use super::{Real, simd, softmax};
use crate::backend::random;

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
}

/// Buffers of one head of one sequence: n tokens, d columns, both also padded.
struct Head<'a, T> {
    settings: &'a Attention<'a>,
    keys: &'a [u64],
    hidden: usize,
    n: usize,
    n_wide: usize,
    d: usize,
    d_wide: usize,
    q: Vec<T>,       // (n, d_wide)
    turned: Vec<T>,  // (d, n_wide): k, later v
    weights: Vec<T>, // (n, n_wide): P
    dropped: Vec<T>, // (n, n_wide): D
    rows: Vec<T>,    // (n, d_wide): v, later others
    out: Vec<T>,     // (n, d_wide)
}

impl<'a, T: Real> Head<'a, T> {
    fn new(settings: &'a Attention<'a>, hidden: usize, bounds: &[usize]) -> Self {
        let (n, d) = (bounds[1] - bounds[0], hidden / settings.heads);
        let (n_wide, d_wide) = (padded(n), padded(d));
        let zeros = |len: usize| vec![T::zero(); len];
        Self {
            settings,
            keys: &settings.keys[bounds[0]..bounds[1]],
            hidden,
            n,
            n_wide,
            d,
            d_wide,
            q: zeros(n * d_wide),
            turned: zeros(d * n_wide),
            weights: zeros(n * n_wide),
            dropped: zeros(n * n_wide),
            rows: zeros(n * d_wide),
            out: zeros(n * d_wide),
        }
    }

    fn scale(&self) -> T {
        T::of(1.0 / (self.d as f64).sqrt())
    }

    /// P and D of a head.
    #[inline(always)]
    fn weigh(&mut self, head: usize, q: &[T], k: &[T]) {
        let Self { hidden, n, n_wide, d, d_wide, .. } = *self;
        gather(q, hidden, head * d, d, d_wide, &mut self.q);
        turn(k, hidden, head * d, d, n_wide, &mut self.turned);
        let q = &self.q;
        product([n, n_wide, d], |i, k| q[i * d_wide + k], &self.turned, &mut self.weights);
        let scale = self.scale();
        for row in self.weights.chunks_exact_mut(n_wide) {
            let row = &mut row[..n];
            for x in row.iter_mut() {
                *x *= scale;
            }
            softmax::row(row);
        }
        self.dropped.copy_from_slice(&self.weights);
        Self::drop(self.settings, self.keys, head, n, &mut self.dropped, n_wide);
    }

    /// Dropout of (n, n_wide): each (head, token) row has a stream of its own.
    #[inline(always)]
    fn drop(settings: &Attention<'_>, keys: &[u64], head: usize, n: usize, rows: &mut [T], n_wide: usize) {
        if settings.dropout == 0.0 {
            return;
        }
        let drop = Drop::new(settings.dropout);
        for (row, key) in rows.chunks_exact_mut(n_wide).zip(keys) {
            drop.row(random::row(key.wrapping_add((head as u64) << 20), settings.site), &mut row[..n]);
        }
    }

    /// Puts (n, d_wide) into columns of rows `stride` apart.
    #[inline(always)]
    fn put(&self, out: &mut [T], stride: usize, from: usize) {
        for (out, x) in out.chunks_exact_mut(stride).zip(self.out.chunks_exact(self.d_wide)) {
            out[from..][..self.d].copy_from_slice(&x[..self.d]);
        }
    }

    #[inline(always)]
    fn forward(&mut self, head: usize, [q, k, v]: [&[T]; 3], out: &mut [T]) {
        self.weigh(head, q, k);
        let Self { hidden, n, n_wide, d, d_wide, .. } = *self;
        gather(v, hidden, head * d, d, d_wide, &mut self.rows);
        let dropped = &self.dropped;
        product([n, d_wide, n], |i, j| dropped[i * n_wide + j], &self.rows, &mut self.out);
        self.put(out, hidden, head * d);
    }

    #[inline(always)]
    fn backward(&mut self, head: usize, [q, k, v, g]: [&[T]; 4], out: &mut [T]) {
        self.weigh(head, q, k);
        let Self { hidden, n, n_wide, d, d_wide, .. } = *self;
        let from = head * d;
        // dv = Dᵀ·g
        gather(g, hidden, from, d, d_wide, &mut self.rows);
        let dropped = &self.dropped;
        product([n, d_wide, n], |j, i| dropped[i * n_wide + j], &self.rows, &mut self.out);
        self.put(out, 3 * hidden, 2 * hidden + from);
        // dS, in the place of D
        turn(v, hidden, from, d, n_wide, &mut self.turned);
        let g = &self.rows;
        product([n, n_wide, d], |i, k| g[i * d_wide + k], &self.turned, &mut self.dropped);
        Self::drop(self.settings, self.keys, head, n, &mut self.dropped, n_wide);
        let scale = self.scale();
        for (weights, row) in self.weights.chunks_exact(n_wide).zip(self.dropped.chunks_exact_mut(n_wide)) {
            let row = &mut row[..n];
            softmax::row_grad(&weights[..n], row);
            for x in row.iter_mut() {
                *x *= scale;
            }
        }
        // dq = dS·k, dk = dSᵀ·q
        let slopes = &self.dropped;
        gather(k, hidden, from, d, d_wide, &mut self.rows);
        product([n, d_wide, n], |i, j| slopes[i * n_wide + j], &self.rows, &mut self.out);
        self.put(out, 3 * hidden, from);
        let slopes = &self.dropped;
        product([n, d_wide, n], |j, i| slopes[i * n_wide + j], &self.q, &mut self.out);
        self.put(out, 3 * hidden, hidden + from);
    }
}

impl Attention<'_> {
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
            let out = unsafe {
                std::slice::from_raw_parts_mut(start.at(bounds[0] * width), (bounds[1] - bounds[0]) * width)
            };
            let mut head = Head::new(self, hidden, bounds);
            simd(
                #[inline(always)]
                || {
                    for at in 0..self.heads {
                        run(&mut head, at, operands, out);
                    }
                },
            );
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
