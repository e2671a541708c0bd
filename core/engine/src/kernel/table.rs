//! The gradient of a gather: rows added into a table.

use super::{Kernel, Operand, Real, filled, simd};
use candle_core::{Result, Shape, bail};

/// d of (tokens, width) → (rows, width): row `index[t]` gets d's row t.
pub(crate) struct TableGrad {
    /// A row of the table for each row of d.
    pub index: Vec<u32>,
    /// Rows of the table.
    pub rows: usize,
}

impl TableGrad {
    /// Rows of the table in parallel; what meets in one row is added in the order of d.
    fn add<T: Real>(&self, d: &[T], width: usize) -> Vec<T> {
        const ROWS: usize = 64;
        let mut order: Vec<u32> = (0..self.index.len() as u32).collect();
        order.sort_by_key(|&at| self.index[at as usize]); // stable
        filled(self.rows * width, ROWS * width, |chunk, out| {
            let first = (chunk * ROWS) as u32;
            let until = first + (out.len() / width.max(1)) as u32;
            let place = |row: u32| order.partition_point(|&at| self.index[at as usize] < row);
            for &at in &order[place(first)..place(until)] {
                let out = &mut out[(self.index[at as usize] - first) as usize * width..][..width];
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
        })
    }
}

impl Kernel<1> for TableGrad {
    fn compute<T: Real>(&self, [d]: [Operand<'_, T>; 1]) -> Result<(Vec<T>, Shape)> {
        let (width, d) = (d.last(), d.flat()?);
        if d.len() != self.index.len() * width {
            bail!(
                "expected {} rows of {width} numbers, one for each index, found {} numbers",
                self.index.len(),
                d.len()
            )
        }
        Ok((self.add(d, width), Shape::from((self.rows, width))))
    }
}
