//! Rows that are no tokens: of prompts, and of prefixes of keys and values.
//!
//! A prompt's rows have places of their own in the batch, before the tokens of each sequence, so that
//! everything behind it sees them as rows like others. A prefix lives inside one attention only.

use super::{Rows, Type};

/// An operation on such rows; n is their number a sequence.
#[derive(Clone, Debug, PartialEq)]
pub enum RowsOp {
    /// The first n rows of each sequence become these: `token×[h]`, static or `sequence×[n,h]`.
    Put(usize),
    /// The first n rows of each sequence become 0.
    Clear(usize),
    /// The first n rows of each sequence: `token×[h]` → `sequence×[n,h]`.
    First(usize),
    /// Attention in which n rows of keys and values stand before those of each sequence:
    /// q, k, v, k_rows, v_rows → `token×[hidden]`.
    Attention(Prefixed),
    /// dq, dk, dv of the tokens side by side: q, k, v, k_rows, v_rows, dy → `token×[3·hidden]`.
    AttentionGrad(Prefixed),
    /// dk, dv of the prefix side by side: the same operands → `sequence×[n,2·hidden]`.
    PrefixGrad(Prefixed),
}

/// The numbers of an attention with a prefix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prefixed {
    /// Heads; hidden is a multiple of it.
    pub heads: usize,
    /// Share of the attention weights set to 0 in training.
    pub dropout: f64,
    /// The random site.
    pub site: u32,
    /// Rows of the prefix.
    pub n: usize,
}

impl RowsOp {
    /// The type of what it gives.
    ///
    /// # Errors
    /// Expected and found shapes, in words.
    pub fn infer(&self, inputs: &[&Type]) -> Result<Type, String> {
        match (self, inputs) {
            (Self::Put(n), [x, rows]) => {
                are_rows(rows, *n, x)?;
                Ok((*x).clone())
            }
            (Self::Clear(_), [x]) if x.rows == Rows::Token => Ok((*x).clone()),
            (&Self::First(n), [x]) => match x.shape[..] {
                [h] if x.rows == Rows::Token => Ok(Type::sequence([n, h])),
                _ => Err(format!("expected token×[h], found {x}")),
            },
            (Self::Attention(of), [q, k, v, k_rows, v_rows]) => {
                of.fits(&[q, k, v])?;
                are_rows(k_rows, of.n, q)?;
                are_rows(v_rows, of.n, q)?;
                Ok((*q).clone())
            }
            (Self::AttentionGrad(of), [q, k, v, _, _, d]) => {
                of.fits(&[q, k, v, d])?;
                Ok(Type::token([3 * q.shape[0]]))
            }
            (Self::PrefixGrad(of), [q, k, v, _, _, d]) => {
                of.fits(&[q, k, v, d])?;
                Ok(Type::sequence([of.n, 2 * q.shape[0]]))
            }
            (_, inputs) => Err(format!("{self:?} does not take {} operands", inputs.len())),
        }
    }
}

impl Prefixed {
    fn fits(&self, values: &[&Type]) -> Result<(), String> {
        let first = values[0];
        let divides = matches!(first.shape[..], [hidden] if self.heads > 0 && hidden % self.heads == 0);
        if divides && first.rows == Rows::Token && values.iter().all(|v| *v == first) {
            return Ok(());
        }
        Err(format!("expected token×[hidden] with hidden a multiple of {} heads, found {first}", self.heads))
    }
}

fn are_rows(rows: &Type, n: usize, x: &Type) -> Result<(), String> {
    if rows.rows != Rows::Token && matches!((&rows.shape[..], &x.shape[..]), (&[m, h], &[h2]) if m == n && h == h2) {
        return Ok(());
    }
    Err(format!("expected {n} static or sequence rows for {x}, found {rows}"))
}
