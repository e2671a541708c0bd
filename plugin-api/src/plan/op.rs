//! The operations of plans, and the type each gives.
//!
//! | wire | meaning |
//! |---|---|
//! | `add sub mul div maximum minimum` a b | elementwise, broadcasting; ties of max and min go left |
//! | `less` a b; `where` m a b | 0 or 1; a where m is not 0, else b |
//! | `neg exp log sqrt sin cos tanh sigmoid relu silu gelu gelu_tanh` a | elementwise |
//! | `matmul` a b, `matmul_t` a b | contracts a's last axis with b's second last, or last; b is static |
//! | `matmul_blocks` a b | `rows×[g,k]` · `[g,k,n]` → `rows×[g,n]` |
//! | `reshape` a shape; `transpose` a i j; `narrow` a axis from len; `index` a axis i; `concat` a… axis | trailing axes only |
//! | `sum mean norm` a axis | keep the axis as 1; `norm` is L2, its gradient 0 at 0 |
//! | `softmax` a axis; `keep_top` a axis k | `keep_top` sets all but the k largest to −∞ |
//! | `layer_norm` a w b eps; `rms_norm` a w eps | over the last axis |
//! | `gather` table index; `scatter` values index shape; `fill` value shape | |
//! | `pool` a (mean max sum first last); `spread` a | token → sequence; sequence → token |
//! | `dropout` a p; `noise` (normal, uniform) like | identity, and 0 or ½, in evaluation |
//! | `stop_gradient` a | |
//! | `svd` a (left values right) r | first values only: U, σ or Vᵀ of the r largest singular values |

use super::types::{MOST_NUMBERS, Rows, Type, count};

/// The shorter side of a matrix that is decomposed, at most: the time grows with its third power.
pub(super) const MOST_DECOMPOSED: usize = 4096;

/// An operation with its own numbers resolved; its operands stand beside it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Op {
    /// Two operands, elementwise.
    Binary(Binary),
    /// `where(m, a, b)`.
    Where,
    /// One operand, elementwise.
    Unary(Unary),
    /// a · b, or a · bᵀ.
    Matmul {
        /// Whether b's last axis is contracted (bᵀ) rather than its second last.
        transposed: bool,
    },
    /// `rows×[g,k]` · `[g,k,n]`.
    MatmulBlocks,
    /// Another trailing shape of as many numbers.
    Reshape(Vec<usize>),
    /// Two trailing axes change places.
    Transpose(i64, i64),
    /// `len` places from `from` on.
    Narrow {
        /// The axis.
        axis: i64,
        /// First place.
        from: usize,
        /// How many.
        len: usize,
    },
    /// One place; the axis goes.
    Index {
        /// The axis.
        axis: i64,
        /// The place.
        at: usize,
    },
    /// One behind the other.
    Concat {
        /// The axis.
        axis: i64,
    },
    /// Over an axis that stays as 1.
    Reduce {
        /// How.
        how: Reduce,
        /// The axis.
        axis: i64,
    },
    /// Softmax over an axis.
    Softmax {
        /// The axis.
        axis: i64,
    },
    /// All but the k largest become −∞.
    KeepTop {
        /// The axis.
        axis: i64,
        /// How many stay.
        k: usize,
    },
    /// (a − mean) / √(variance + eps) · w + b over the last axis.
    LayerNorm {
        /// Added to the variance.
        eps: f64,
    },
    /// a / √(mean of squares + eps) · w over the last axis.
    RmsNorm {
        /// Added to the mean of squares.
        eps: f64,
    },
    /// Rows of a static table by a whole number.
    Gather,
    /// Adds values into zeros at flat places; static only.
    Scatter {
        /// The shape that comes out.
        shape: Vec<usize>,
    },
    /// A constant.
    Fill {
        /// The value.
        value: f64,
        /// The shape.
        shape: Vec<usize>,
    },
    /// Token rows become sequence rows.
    Pool(Pool),
    /// Sequence rows become token rows.
    Spread,
    /// Sets a share of the values to 0 and scales the rest, in training.
    Dropout {
        /// The share.
        p: f64,
    },
    /// Random values of the operand's type, in training.
    Noise {
        /// Normal (0, 1) rather than uniform (0 to 1).
        normal: bool,
    },
    /// The value, but no gradient.
    StopGradient,
    /// A part of a static matrix's singular value decomposition; for first values only.
    Svd {
        /// Which part.
        part: SvdPart,
        /// How many singular values, the largest first.
        r: usize,
    },
}

/// A part of a singular value decomposition a = U·diag(σ)·Vᵀ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SvdPart {
    /// U: `[m, r]`.
    Left,
    /// σ: `[r]`.
    Values,
    /// Vᵀ: `[r, n]`.
    Right,
}

/// An elementwise operation of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the operations")]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Maximum,
    Minimum,
    Less,
}

/// An elementwise operation of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the operations")]
pub enum Unary {
    Neg,
    Exp,
    Log,
    Sqrt,
    Sin,
    Cos,
    Tanh,
    Sigmoid,
    Relu,
    Silu,
    Gelu,
    GeluTanh,
}

/// A reduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the operations")]
pub enum Reduce {
    Sum,
    Mean,
    Norm,
}

/// How the tokens of a sequence become one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the operations")]
pub enum Pool {
    Mean,
    Max,
    Sum,
    First,
    Last,
}

impl Op {
    /// The type of what it gives, from the types of its operands.
    ///
    /// # Errors
    /// Expected and found shapes, in words; also of a value that would be too large to count.
    pub fn infer(&self, inputs: &[&Type]) -> Result<Type, String> {
        let given = self.given(inputs)?;
        match count(&given.shape) {
            Some(_) => Ok(given),
            None => Err(format!("{given} is too large: expected at most {MOST_NUMBERS} numbers")),
        }
    }

    fn given(&self, inputs: &[&Type]) -> Result<Type, String> {
        match (self, inputs) {
            (Self::Binary(_), [a, b]) => a.broadcast(b),
            (Self::Where, [m, a, b]) => m.broadcast(&a.broadcast(b)?),
            (Self::Unary(_) | Self::Dropout { .. } | Self::StopGradient | Self::Noise { .. }, [a]) => {
                Ok(Type::new(a.rows, a.shape.clone()))
            }
            (Self::Matmul { transposed }, [a, b]) => matmul(a, b, *transposed),
            (Self::MatmulBlocks, [a, b]) => match (&a.shape[..], &b.shape[..], b.rows) {
                (&[g, k], &[g2, k2, n], Rows::Static) if g == g2 && k == k2 => Ok(Type::new(a.rows, [g, n])),
                _ => Err(format!("expected rows×[g,k] and static [g,k,n], found {a} and {b}")),
            },
            (Self::Reshape(shape), [a]) if count(shape) == Some(a.width()) => {
                Ok(Type { shape: shape.clone(), ..(*a).clone() })
            }
            (Self::Reshape(shape), [a]) => Err(format!("{a} has {} numbers, {shape:?} would have others", a.width())),
            (Self::Transpose(i, j), [a]) => {
                let (i, j) = (a.axis(*i)?, a.axis(*j)?);
                Ok(with_shape(a, |shape| shape.swap(i, j)))
            }
            (Self::Narrow { axis, from, len }, [a]) => {
                let at = a.axis(*axis)?;
                match from.checked_add(*len) {
                    Some(end) if end <= a.shape[at] && *len > 0 => Ok(with_shape(a, |shape| shape[at] = *len)),
                    _ => Err(format!("{from} and {len} more lie outside axis {axis} of {a}")),
                }
            }
            (Self::Index { axis, at }, [a]) => {
                let axis_at = a.axis(*axis)?;
                if *at >= a.shape[axis_at] {
                    return Err(format!("place {at} lies outside axis {axis} of {a}"));
                }
                Ok(with_shape(a, |shape| {
                    shape.remove(axis_at);
                }))
            }
            (Self::Concat { axis }, [first, rest @ ..]) => concat(first, rest, *axis),
            (Self::Reduce { axis, .. }, [a]) => {
                let at = a.axis(*axis)?;
                Ok(with_shape(a, |shape| shape[at] = 1))
            }
            (Self::Softmax { axis }, [a]) => a.axis(*axis).map(|_| (*a).clone()),
            (Self::KeepTop { axis, k }, [a]) => {
                let at = a.axis(*axis)?;
                if (1..=a.shape[at]).contains(k) {
                    Ok((*a).clone())
                } else {
                    Err(format!("cannot keep {k} of axis {axis} of {a}"))
                }
            }
            (Self::LayerNorm { .. }, [a, w, b]) => norm(a, &[w, b]),
            (Self::RmsNorm { .. }, [a, w]) => norm(a, &[w]),
            (Self::Gather, [table, index]) => gather(table, index),
            (Self::Scatter { shape }, [values, index]) => {
                if values.rows == Rows::Static && index.rows == Rows::Static && values.shape == index.shape {
                    return Ok(Type::fixed(shape.clone()));
                }
                Err(format!("expected static values and places of one shape, found {values} and {index}"))
            }
            (Self::Fill { shape, .. }, []) => Ok(Type::fixed(shape.clone())),
            (Self::Pool(_), [a]) if a.rows == Rows::Token => Ok(Type::sequence(a.shape.clone())),
            (Self::Pool(_), [a]) => Err(format!("pool wants token rows, found {a}")),
            (Self::Spread, [a]) if a.rows == Rows::Sequence => Ok(Type::token(a.shape.clone())),
            (Self::Spread, [a]) => Err(format!("spread wants sequence rows, found {a}")),
            (&Self::Svd { part, r }, [a]) => match (&a.shape[..], a.rows) {
                (&[m, n], _) if m.min(n) > MOST_DECOMPOSED => {
                    Err(format!("{a} is too large to decompose: expected a side of at most {MOST_DECOMPOSED}"))
                }
                (&[m, n], Rows::Static) if (1..=m.min(n)).contains(&r) => Ok(Type::fixed(match part {
                    SvdPart::Left => vec![m, r],
                    SvdPart::Values => vec![r],
                    SvdPart::Right => vec![r, n],
                })),
                _ => Err(format!("expected a static [m,n] with {r} ≤ m, n, found {a}")),
            },
            (_, inputs) => Err(format!("{self:?} does not take {} operands", inputs.len())),
        }
    }
}

fn with_shape(a: &Type, change: impl FnOnce(&mut Vec<usize>)) -> Type {
    let mut out = a.clone();
    change(&mut out.shape);
    out
}

fn matmul(a: &Type, b: &Type, transposed: bool) -> Result<Type, String> {
    let refuse = || {
        let form = if transposed { "[…,n,k]" } else { "[…,k,n]" };
        Err(format!("expected rows×[…,k] and {form}, found {a} and {b}"))
    };
    if b.rows != Rows::Static && (b.rows != a.rows || a.shape.len() < 2) {
        return Err(format!("the right side is static, or has the rows of the left and two axes: found {a} and {b}"));
    }
    let ([a_lead @ .., k], [b_lead @ .., p, q]) = (&a.shape[..], &b.shape[..]) else { return refuse() };
    let (inner, n) = if transposed { (q, p) } else { (p, q) };
    // A matrix serves every leading axis of a; a stack of matrices meets a stack of the same extents.
    let stacks_meet = b_lead.is_empty() && b.rows == Rows::Static
        || a_lead.len() == b_lead.len() + 1 && a_lead[..b_lead.len()] == *b_lead;
    if k != inner || !stacks_meet {
        return refuse();
    }
    Ok(with_shape(a, |shape| *shape.last_mut().expect("has a last axis") = *n))
}

fn concat(first: &Type, rest: &[&Type], axis: i64) -> Result<Type, String> {
    let at = first.axis(axis)?;
    let mut out = first.clone();
    for part in rest {
        out.rows = out.join_rows(part)?;
        let fits = part.shape.len() == out.shape.len()
            && part.shape.iter().zip(&out.shape).enumerate().all(|(i, (a, b))| i == at || a == b);
        if !fits {
            return Err(format!("{first} and {part} do not concatenate along axis {axis}"));
        }
        out.shape[at] = out.shape[at].saturating_add(part.shape[at]);
    }
    Ok(out)
}

fn norm(a: &Type, scales: &[&Type]) -> Result<Type, String> {
    let Some(n) = a.last() else { return Err(format!("expected a last axis, found {a}")) };
    match scales.iter().find(|w| w.rows != Rows::Static || w.shape != [n]) {
        None => Ok(a.clone()),
        Some(bad) => Err(format!("expected a static [{n}] beside {a}, found {bad}")),
    }
}

fn gather(table: &Type, index: &Type) -> Result<Type, String> {
    // Places may come as real numbers (tables of a plan): the engine rounds them, and no gradient reaches them.
    let ([_, row @ ..], Rows::Static) = (&table.shape[..], table.rows) else {
        return Err(format!("expected a static table, found {table}"));
    };
    Ok(Type::new(index.rows, [&index.shape[..], row].concat()))
}
