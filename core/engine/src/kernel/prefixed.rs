//! Attention in which rows of keys and values stand before those of each sequence: a prefix.
//!
//! The operands are copied with the rows in their places, and [`Attention`] does the rest. The prefix has queries too, of
//! zeros, so that one attention serves; what it answers them is left out.

use super::Real;
use super::attention::Attention;

/// Attention of a batch with n more rows before each sequence.
pub(crate) struct Prefixed<'a> {
    /// Over the rows with the prefix among them.
    pub attention: Attention<'a>,
    /// Rows of the prefix.
    pub n: usize,
    /// Where sequences begin without the prefix; one more at the end.
    pub bounds: &'a [usize],
}

impl Prefixed<'_> {
    /// out = attention of q, k, v (tokens, hidden), and rows of k and v: (n, hidden), or so many for each sequence.
    pub(crate) fn forward<T: Real>(&self, out: &mut [T], [q, k, v, k_rows, v_rows]: [&[T]; 5], hidden: usize) {
        let [q, k, v] = [(q, &[][..]), (k, k_rows), (v, v_rows)].map(|(x, rows)| self.insert(x, rows, hidden));
        let mut wide = vec![T::zero(); q.len()];
        self.attention.forward(&mut wide, [&q, &k, &v], hidden);
        self.tokens(&wide, out, hidden);
    }

    /// out = dq, dk, dv of the tokens side by side, (tokens, 3·hidden).
    pub(crate) fn backward<T: Real>(&self, out: &mut [T], operands: [&[T]; 6], hidden: usize) {
        self.tokens(&self.gradients(operands, hidden), out, 3 * hidden);
    }

    /// out = dk, dv of the prefix side by side, (sequences, n, 2·hidden).
    pub(crate) fn backward_rows<T: Real>(&self, out: &mut [T], operands: [&[T]; 6], hidden: usize) {
        let wide = self.gradients(operands, hidden);
        for (sequence, out) in out.chunks_exact_mut((self.n * 2 * hidden).max(1)).enumerate() {
            let first = self.bounds[sequence] + sequence * self.n;
            let rows = wide[first * 3 * hidden..].chunks_exact(3 * hidden);
            out.chunks_exact_mut(2 * hidden).zip(rows).for_each(|(out, row)| out.copy_from_slice(&row[hidden..]));
        }
    }

    fn gradients<T: Real>(&self, [q, k, v, k_rows, v_rows, d]: [&[T]; 6], hidden: usize) -> Vec<T> {
        let operands = [(q, &[][..]), (k, k_rows), (v, v_rows), (d, &[])];
        let [q, k, v, d] = operands.map(|(x, rows)| self.insert(x, rows, hidden));
        let mut wide = vec![T::zero(); 3 * q.len()];
        self.attention.backward(&mut wide, [&q, &k, &v, &d], hidden);
        wide
    }

    /// The rows of tokens with those of the prefix before each sequence; none are zeros.
    fn insert<T: Real>(&self, x: &[T], rows: &[T], hidden: usize) -> Vec<T> {
        let size = self.n * hidden;
        let sequences = self.bounds.len().saturating_sub(1);
        let mut wide = Vec::with_capacity(x.len() + sequences * size);
        for (sequence, pair) in self.bounds.windows(2).enumerate() {
            match rows.len() {
                0 => wide.resize(wide.len() + size, T::zero()),
                all if all == size => wide.extend_from_slice(rows),
                _ => wide.extend_from_slice(&rows[sequence * size..][..size]),
            }
            wide.extend_from_slice(&x[pair[0] * hidden..pair[1] * hidden]);
        }
        wide
    }

    /// The rows of tokens, without those of the prefix.
    fn tokens<T: Real>(&self, wide: &[T], out: &mut [T], width: usize) {
        for (sequence, pair) in self.bounds.windows(2).enumerate() {
            let first = pair[0] + (sequence + 1) * self.n;
            let count = (pair[1] - pair[0]) * width;
            out[pair[0] * width..][..count].copy_from_slice(&wide[first * width..][..count]);
        }
    }
}
