//! x + y.

use super::{Kernel, Operand, Real, map_pairs};
use candle_core::{Result, Shape};

/// x + y of one shape.
pub(crate) struct Add;

impl Kernel<2> for Add {
    fn compute<T: Real>(&self, [x, y]: [Operand<'_, T>; 2]) -> Result<(Vec<T>, Shape)> {
        Ok((map_pairs(x.flat()?, y.flat()?, |x, y| x + y), x.shape()))
    }
}
