//! The gradient of one parameter.

use crate::Result;
use candle_core::Tensor;

/// A gradient: of every number, or of the rows of a table that were read.
#[derive(Clone, Debug)]
pub enum Gradient {
    /// A number for each of the parameter's.
    Dense {
        /// The numbers, of the parameter's shape.
        numbers: Tensor,
        /// The sum of their squares, where the kernel that made them told it.
        squares: Option<f64>,
    },
    /// Zeros but for some rows of the first axis.
    Rows {
        /// The rows, each once, in order.
        rows: Vec<u32>,
        /// Their numbers: (rows, …).
        values: Tensor,
        /// The shape of the parameter.
        shape: Vec<usize>,
    },
}

impl Gradient {
    /// As one tensor of the parameter's shape.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn dense(&self) -> Result<Tensor> {
        match self {
            Self::Dense { numbers, .. } => Ok(numbers.clone()),
            Self::Rows { rows, values, shape } => {
                let zeros = Tensor::zeros(&shape[..], values.dtype(), values.device())?;
                let index = Tensor::new(&rows[..], values.device())?;
                Ok(if rows.is_empty() { zeros } else { zeros.index_add(&index, values, 0)? })
            }
        }
    }

    /// The numbers that may not be zero.
    pub const fn numbers(&self) -> &Tensor {
        match self {
            Self::Dense { numbers, .. } | Self::Rows { values: numbers, .. } => numbers,
        }
    }
}

impl From<Tensor> for Gradient {
    fn from(numbers: Tensor) -> Self {
        Self::Dense { numbers, squares: None }
    }
}
