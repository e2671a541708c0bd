//! Elementwise operations and their gradients, of candle's ops.

use crate::program::{Binary, Rows, Type, Unary};
use candle_core::{Result, Tensor};

/// Gives a value the rank at which it meets others: a rowed value keeps its row axis in front.
pub(super) fn lift(tensor: &Tensor, kind: &Type, rank: usize) -> Result<Tensor> {
    if kind.rows == Rows::Static || kind.shape.len() == rank {
        return Ok(tensor.clone());
    }
    let mut dims = vec![tensor.dim(0)?];
    dims.extend(std::iter::repeat_n(1, rank - kind.shape.len()));
    dims.extend(&kind.shape);
    tensor.reshape(dims)
}

/// An operation of two lifted tensors.
pub(super) fn binary(op: Binary, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    match op {
        Binary::Add if a.dims() == b.dims() => a + b,
        Binary::Mul if a.dims() == b.dims() => a * b,
        Binary::Add => a.broadcast_add(b),
        Binary::Sub => a.broadcast_sub(b),
        Binary::Mul => a.broadcast_mul(b),
        Binary::Div => a.broadcast_div(b),
        Binary::Maximum => a.broadcast_maximum(b),
        Binary::Minimum => a.broadcast_minimum(b),
        Binary::Less => a.broadcast_lt(b)?.to_dtype(a.dtype()),
    }
}

/// An operation of a tensor and a number, without making the number a tensor.
pub(super) fn with_number(op: Binary, a: &Tensor, number: f64, number_is_left: bool) -> Option<Result<Tensor>> {
    Some(match (op, number_is_left) {
        (Binary::Add, _) => a.affine(1.0, number),
        (Binary::Mul, _) => a.affine(number, 0.0),
        (Binary::Sub, false) => a.affine(1.0, -number),
        (Binary::Sub, true) => a.affine(-1.0, number),
        (Binary::Div, false) => a.affine(1.0 / number, 0.0),
        _ => return None,
    })
}

/// Where m is not 0, a, else b; all of one shape already.
pub(super) fn select(m: &Tensor, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    m.ne(0f64)?.where_cond(a, b)
}

fn sigmoid(x: &Tensor) -> Result<Tensor> {
    // 1 / (1 + exp(−x)) overflows to 1/∞ = 0 for very negative x: right.
    (x.neg()?.exp()? + 1.0)?.recip()
}

/// An operation of one tensor.
pub(super) fn unary(op: Unary, x: &Tensor) -> Result<Tensor> {
    match op {
        Unary::Neg => x.neg(),
        Unary::Exp => x.exp(),
        Unary::Log => x.log(),
        Unary::Sqrt => x.sqrt(),
        Unary::Sin => x.sin(),
        Unary::Cos => x.cos(),
        Unary::Tanh => x.tanh(),
        Unary::Sigmoid => sigmoid(x),
        Unary::Relu => x.relu(),
        Unary::Silu => x * sigmoid(x)?,
        Unary::Gelu => x.gelu_erf(),
        Unary::GeluTanh => x.gelu(),
    }
}

/// dx of an operation of one tensor.
pub(super) fn unary_grad(op: Unary, x: &Tensor, d: &Tensor) -> Result<Tensor> {
    let slope = match op {
        Unary::Neg => return d.neg(),
        Unary::Exp => x.exp()?,
        Unary::Log => x.recip()?,
        Unary::Sqrt => (x.sqrt()?.recip()? * 0.5)?,
        Unary::Sin => x.cos()?,
        Unary::Cos => x.sin()?.neg()?,
        Unary::Tanh => x.tanh()?.sqr()?.affine(-1.0, 1.0)?,
        Unary::Sigmoid => {
            let s = sigmoid(x)?;
            (&s * s.affine(-1.0, 1.0)?)?
        }
        Unary::Relu => x.gt(0f64)?.to_dtype(x.dtype())?,
        Unary::Silu => {
            let s = sigmoid(x)?;
            (&s * ((x * s.affine(-1.0, 1.0)?)? + 1.0)?)?
        }
        Unary::Gelu => {
            // Φ(x) + x·φ(x)
            let cdf = (x * std::f64::consts::FRAC_1_SQRT_2)?.erf()?.affine(0.5, 0.5)?;
            let density = ((x.sqr()? * -0.5)?.exp()? * 0.398_942_280_401_432_7)?;
            (cdf + (x * density)?)?
        }
        Unary::GeluTanh => {
            // t = tanh(c·(x + a·x³)): (1 + t)/2 + x/2 · (1 − t²) · c · (1 + 3a·x²)
            const C: f64 = 0.797_884_560_802_865_4; // √(2/π)
            const A: f64 = 0.044_715;
            let square = x.sqr()?;
            let t = ((x * square.affine(A, 1.0)?)? * C)?.tanh()?;
            let inner = square.affine(3.0 * A * C, C)?;
            (t.affine(0.5, 0.5)? + (((x * 0.5)? * t.sqr()?.affine(-1.0, 1.0)?)? * inner)?)?
        }
    };
    d * slope
}
