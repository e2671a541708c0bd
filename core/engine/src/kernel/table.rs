//! Rows of a table: read by token, and the gradients of tokens added into them.

use super::pool::chunks;
use super::{Real, simd};

/// Rows that tokens read, row by row of `width` numbers. What lies beyond the table is no number: whoever looks at the result
/// sees it.
pub(crate) fn gather<T: Real>(out: &mut [T], table: &[T], index: &[u32], width: usize) {
    const ROWS: usize = 32;
    chunks(out, ROWS * width, |chunk, out| {
        for (out, &row) in out.chunks_exact_mut(width).zip(&index[chunk * ROWS..]) {
            match table.get(row as usize * width..(row as usize + 1) * width) {
                Some(row) => out.copy_from_slice(row),
                None => out.fill(T::nan()),
            }
        }
    });
}

/// A table of which few rows are not zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sparse<T> {
    /// The rows, each once, in order.
    pub rows: Vec<u32>,
    /// Their numbers, row by row.
    pub numbers: Vec<T>,
}

/// Row `index[t]` of a table gets row t of d, of `width` numbers. What meets in one row is added in the order of d.
pub(crate) fn table_grad<T: Real>(d: &[T], index: &[u32], width: usize) -> Sparse<T> {
    assert_eq!(d.len(), index.len() * width, "a row for each index");
    let mut order: Vec<u32> = (0..index.len() as u32).collect();
    order.sort_by_key(|&at| index[at as usize]); // stable
    let mut rows: Vec<u32> = order.iter().map(|&at| index[at as usize]).collect();
    rows.dedup();
    let mut numbers = vec![T::zero(); rows.len() * width];
    chunks(&mut numbers, width, |chunk, out| {
        let first = order.partition_point(|&at| index[at as usize] < rows[chunk]);
        for &at in order[first..].iter().take_while(|&&at| index[at as usize] == rows[chunk]) {
            let d = &d[at as usize * width..][..width];
            simd(
                #[inline(always)]
                || {
                    for (o, &d) in out.iter_mut().zip(d) {
                        *o += d;
                    }
                },
            );
        }
    });
    Sparse { rows, numbers }
}

impl<T: Real> Sparse<T> {
    /// The sum of two, of rows of `width` numbers.
    pub(crate) fn plus(&self, other: &Self, width: usize) -> Self {
        let index: Vec<u32> = self.rows.iter().chain(&other.rows).copied().collect();
        let numbers = [&self.numbers[..], &other.numbers].concat();
        table_grad(&numbers, &index, width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_read_twice_get_both_gradients_in_order() {
        let index = [3, 0, 3, 7];
        let sum = table_grad(&[1.0, 2.0, 10.0, 20.0, 100.0, 200.0, 5.0, 6.0], &index, 2);
        assert_eq!(sum, Sparse { rows: vec![0, 3, 7], numbers: vec![10.0, 20.0, 101.0, 202.0, 5.0, 6.0] });
        let twice = sum.plus(&Sparse { rows: vec![1, 3], numbers: vec![1.0; 4] }, 2);
        assert_eq!(twice.rows, [0, 1, 3, 7]);
        assert_eq!(twice.numbers, [10.0, 20.0, 1.0, 1.0, 102.0, 203.0, 5.0, 6.0]);
        assert_eq!(table_grad::<f32>(&[], &[], 4), Sparse::default());
    }

    #[test]
    fn gather_reads_the_rows_that_tokens_name() {
        let mut out = [0.0; 6];
        gather(&mut out, &[0.0, 1.0, 10.0, 11.0, 20.0, 21.0], &[2, 0, 2], 2);
        assert_eq!(out, [20.0, 21.0, 0.0, 1.0, 20.0, 21.0]);
        gather(&mut out, &[0.0, 1.0, 10.0, 11.0, 20.0, 21.0], &[2, 3, u32::MAX], 2);
        assert!(out[..2] == [20.0, 21.0] && out[2..].iter().all(|x| f64::is_nan(*x)), "{out:?}");
    }
}
