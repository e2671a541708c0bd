//! Layer norm over the last axis.

use super::{Real, ahead, rows, sum, sum_rows};

/// Mean and 1/√(variance + eps) of a row.
#[inline(always)]
fn moments<T: Real>(x: &[T], eps: f64) -> (T, T) {
    let n = T::of(x.len() as f64);
    let mean = sum(x.len(), |at| x[at]) / n;
    let variance = sum(x.len(), |at| (x[at] - mean) * (x[at] - mean)) / n;
    (mean, T::one() / (variance + T::of(eps)).sqrt())
}

/// out = (x − mean)/√(variance + eps) · w + b; x: (rows, n), w and b: (n).
pub(crate) fn layer_norm<T: Real>(out: &mut [T], x: &[T], w: &[T], b: &[T], eps: f64) {
    let n = w.len();
    rows(
        out,
        n,
        #[inline(always)]
        |row, out| {
            ahead(x, (row + 1) * n, n);
            let x = &x[row * n..][..n];
            if T::has_vectors() {
                return T::vector_norm(out, x, w, b, eps);
            }
            let (mean, scale) = moments(x, eps);
            for (((o, &x), &w), &b) in out.iter_mut().zip(x).zip(w).zip(b) {
                *o = (x - mean) * scale * w + b;
            }
        },
    );
}

/// out = dx of a layer norm: x and d: (rows, n), w: (n).
pub(crate) fn layer_norm_grad<T: Real>(out: &mut [T], x: &[T], w: &[T], d: &[T], eps: f64) {
    let n = w.len();
    rows(
        out,
        n,
        #[inline(always)]
        |row, out| {
            ahead(x, (row + 1) * n, n);
            ahead(d, (row + 1) * n, n);
            let (x, d, w) = (&x[row * n..][..n], &d[row * n..][..n], &w[..n]);
            if T::has_vectors() {
                return T::vector_norm_grad(out, x, w, d, eps);
            }
            let (mean, scale) = moments(x, eps);
            let share = T::one() / T::of(n as f64);
            let flat = sum(n, |at| d[at] * w[at]) * share;
            let dot = sum(n, |at| d[at] * w[at] * (x[at] - mean)) * scale * share;
            for (((o, &x), &w), &d) in out.iter_mut().zip(x).zip(w).zip(d) {
                *o = scale * (d * w - flat - (x - mean) * scale * dot);
            }
        },
    );
}

/// out = dw of a layer norm: x and d: (rows, n) → (n).
pub(crate) fn layer_norm_weight_grad<T: Real>(out: &mut [T], x: &[T], d: &[T], eps: f64) {
    let n = out.len();
    sum_rows(
        x.len() / n.max(1),
        out,
        #[inline(always)]
        |row, out| {
            ahead(x, (row + 1) * n, n);
            ahead(d, (row + 1) * n, n);
            let (x, d) = (&x[row * n..][..n], &d[row * n..][..n]);
            if T::has_vectors() {
                return T::vector_norm_weight_grad(out, x, d, eps);
            }
            let (mean, scale) = moments(x, eps);
            for ((o, &x), &d) in out.iter_mut().zip(x).zip(d) {
                *o += d * (x - mean) * scale;
            }
        },
    );
}
