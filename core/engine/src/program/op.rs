//! The operations of programs: those of plans, the model's own, and those that only gradients need.

use super::rows::RowsOp;
use super::{Binary, PlanOp, Pool, Rows, Type, Unary};

/// An operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// One of the operations of plans.
    Plan(PlanOp),

    // --- the model's own ---
    /// x·wᵀ + b: `rows×[in]`, `[out,in]`, `[out]` → `rows×[out]`.
    Linear,
    /// Attention over packed sequences: q, k, v of `token×[hidden]` → `token×[hidden]`. No token sees
    /// another sequence.
    Attention {
        /// Heads; hidden is a multiple of it.
        heads: usize,
        /// Share of the attention weights set to 0 in training.
        dropout: f64,
        /// The random site.
        site: u32,
    },
    /// Sum over rows of `−log softmax(logits)[class]`, times scale: `rows×[classes]`, `rows×[]`, `[]` → `[]`.
    /// Rows with a negative class are left out.
    CrossEntropy,
    /// Sum over rows and labels of the binary cross-entropy with logits, times scale:
    /// `rows×[labels]`, `rows×[labels]`, `[]` → `[]`.
    BinaryCrossEntropy,
    /// The cross-entropy whose rows are weighed by class and by how far they are from right: as [`Op::CrossEntropy`].
    Focal(Focal),
    /// The same of labels that are right or wrong each: as [`Op::BinaryCrossEntropy`].
    BinaryFocal(Focal),
    /// One direction of an LSTM over the tokens of each sequence: gates `token×[4h]`, `[4h,h]` → `token×[h]`. No token
    /// sees another sequence.
    Lstm {
        /// Whether it walks from the last token to the first.
        reverse: bool,
    },
    /// The loss of a conditional random field over the tags of each sequence, times scale: `token×[tags]`, `token×[]`,
    /// `[tags+2,tags]` (transitions, starts, ends), `[]` → `[]`. Rows of class −1 are in the chain with any tag, those
    /// of a lower class are not in it.
    Crf,
    /// Dropout at a random site.
    Dropout {
        /// Share set to 0.
        p: f64,
        /// The random site; its gradient draws the same numbers.
        site: u32,
    },
    /// Random values of the operand's type.
    Noise {
        /// Normal rather than uniform.
        normal: bool,
        /// The random site.
        site: u32,
    },

    /// Rows that are no tokens, put before those that are.
    Rows(RowsOp),

    // --- what fusing makes of several ---
    /// c + scale · a·b, or a·bᵀ: c, a, b of two axes.
    MatmulAdd {
        /// Whether b stands transposed.
        transposed: bool,
        /// What the product is multiplied by.
        scale: f64,
    },
    /// r + x·wᵀ + b: r, x, w, b.
    LinearAdd,
    /// r + dropout(x): r, x.
    DropoutAdd {
        /// As in the dropout.
        p: f64,
        /// As in the dropout.
        site: u32,
    },
    /// dropout(a)·b, or with b transposed, of few columns: a, b.
    DropoutMatmul {
        /// Whether b stands transposed.
        transposed: bool,
        /// As in the dropout.
        p: f64,
        /// As in the dropout.
        site: u32,
    },
    /// [`MatmulWeight`](Self::MatmulWeight) with one side, the wide one, read through dropout.
    DropoutMatmulWeight {
        /// The type of the gradient.
        of: Type,
        /// The operand that is read through dropout.
        side: usize,
        /// As in the dropout.
        p: f64,
        /// As in the dropout.
        site: u32,
    },
    /// dx of GELU whose dy is a·b, or with b transposed: x, a, b.
    MatmulGeluGrad {
        /// Whether b stands transposed.
        transposed: bool,
    },
    /// c + dropout(a·b), or with b transposed; a has few columns: c, a, b.
    MatmulDropoutAdd {
        /// Whether b stands transposed.
        transposed: bool,
        /// As in the dropout.
        p: f64,
        /// As in the dropout.
        site: u32,
    },

    // --- gradients ---
    /// Sums what broadcasting repeated, down to this type (rows too).
    SumTo(Type),
    /// Repeats, up to this type.
    BroadcastTo(Type),
    /// The gradient of a product for its right side, of this type: Σ over rows and leading axes of aᵀ·d.
    MatmulWeight(Type),
    /// dx of an elementwise operation: x, dy.
    UnaryGrad(Unary),
    /// dx of softmax: y, dy.
    SoftmaxGrad {
        /// The axis.
        axis: i64,
    },
    /// dx of keep_top: y, dy.
    KeepTopGrad,
    /// dx of a layer norm: x, w, dy.
    LayerNormGrad {
        /// As in the norm.
        eps: f64,
    },
    /// dw of a layer norm: x, dy → `[n]`.
    LayerNormWeightGrad {
        /// As in the norm.
        eps: f64,
    },
    /// dx of a root-mean-square norm: x, w, dy.
    RmsNormGrad {
        /// As in the norm.
        eps: f64,
    },
    /// dw of a root-mean-square norm: x, dy → `[n]`.
    RmsNormWeightGrad {
        /// As in the norm.
        eps: f64,
    },
    /// The gradient of gather for its table of this type: index, dy.
    GatherGrad(Type),
    /// dx of a pool: x, dy → token rows.
    PoolGrad(Pool),
    /// dq, dk, dv side by side: q, k, v, dy → `token×[3·hidden]`.
    AttentionGrad {
        /// As in the attention.
        heads: usize,
        /// As in the attention.
        dropout: f64,
        /// As in the attention.
        site: u32,
    },
    /// dgates of an LSTM: gates, w, dy.
    LstmGrad {
        /// As in the LSTM.
        reverse: bool,
    },
    /// Each token's row becomes that of the token before it in the walk; 0 where a walk begins.
    LstmBefore {
        /// As in the LSTM.
        reverse: bool,
    },
    /// demissions: emissions, classes, table, scale, dloss.
    CrfGrad,
    /// dtable: emissions, classes, table, scale, dloss.
    CrfTableGrad,
    /// dlogits: logits, classes, scale, dloss.
    CrossEntropyGrad,
    /// dlogits: logits, labels, scale, dloss.
    BinaryCrossEntropyGrad,
    /// dlogits: logits, classes, scale, dloss.
    FocalGrad(Focal),
    /// dlogits: logits, labels, scale, dloss.
    BinaryFocalGrad(Focal),
}

/// What a loss weighs: `−w·(1 − p)^γ·log p`, p the probability of what is right.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Focal {
    /// γ: how much less counts what is right already; 0 for not at all.
    pub gamma: f64,
    /// w of each class, or of each label where it is there; none where all weigh 1.
    pub weights: Vec<f64>,
}

impl Op {
    /// Its name, without its settings: `matmul`, `layer norm grad`.
    pub fn name(&self) -> String {
        let said = match self {
            Self::Plan(PlanOp::Unary(op)) => format!("{op:?}"),
            Self::UnaryGrad(op) => format!("{op:?}Grad"),
            Self::Plan(PlanOp::Binary(op)) => format!("{op:?}"),
            Self::Plan(op) => format!("{op:?}"),
            op => format!("{op:?}"),
        };
        let name = said.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
        let spaced = |letter: char| {
            if letter.is_uppercase() { format!(" {}", letter.to_lowercase()) } else { letter.to_string() }
        };
        name.chars().map(spaced).collect::<String>().trim().to_owned()
    }

    /// The operands over which it may write its result, where they are of its type and nothing else needs them.
    pub const fn overwrites(&self) -> &'static [usize] {
        match self {
            Self::Plan(PlanOp::Binary(Binary::Add)) => &[0, 1],
            Self::Dropout { .. }
            | Self::MatmulAdd { .. }
            | Self::LinearAdd
            | Self::DropoutAdd { .. }
            | Self::MatmulDropoutAdd { .. } => &[0],
            Self::UnaryGrad(Unary::Gelu | Unary::Tanh | Unary::Sigmoid | Unary::Relu | Unary::Silu)
            | Self::SoftmaxGrad { axis: -1 } => &[1],
            _ => &[],
        }
    }

    /// The type of what it gives.
    ///
    /// # Errors
    /// Expected and found shapes, in words.
    pub fn infer(&self, inputs: &[&Type]) -> Result<Type, String> {
        match (self, inputs) {
            (Self::Plan(op), inputs) => op.infer(inputs),
            (Self::Rows(op), inputs) => op.infer(inputs),
            (Self::Linear, [x, w, b]) => match (&x.shape[..], &w.shape[..], &b.shape[..]) {
                (&[i], &[o, i2], &[o2]) if i == i2 && o == o2 && w.rows == Rows::Static && b.rows == Rows::Static => {
                    Ok(Type::new(x.rows, [o]))
                }
                _ => Err(format!("expected rows×[in], [out,in], [out], found {x}, {w}, {b}")),
            },
            (Self::Attention { heads, .. }, [q, k, v]) => attention(*heads, &[q, k, v]).map(|()| (*q).clone()),
            (Self::AttentionGrad { heads, .. }, [q, k, v, d]) => {
                attention(*heads, &[q, k, v, d]).map(|()| Type::token([3 * q.shape[0]]))
            }
            (Self::CrossEntropy | Self::Focal(_), [logits, classes, scale]) => {
                expect(logits.shape.len() == 1 && classes.shape.is_empty() && classes.is_integer, logits, classes)?;
                expect(logits.rows == classes.rows && scale.width() == 1, logits, classes)?;
                Ok(Type::fixed([]))
            }
            (Self::BinaryCrossEntropy | Self::BinaryFocal(_), [logits, labels, scale]) => {
                expect(
                    logits.rows == labels.rows && logits.shape == labels.shape && scale.width() == 1,
                    logits,
                    labels,
                )?;
                Ok(Type::fixed([]))
            }
            (Self::Lstm { .. }, [gates, w]) => lstm(gates, w).map(|h| Type::token([h])),
            (Self::LstmGrad { .. }, [gates, w, d]) => {
                let h = lstm(gates, w)?;
                expect(d.rows == Rows::Token && d.shape == [h], gates, d)?;
                Ok((*gates).clone())
            }
            (Self::LstmBefore { .. }, [x]) => {
                expect(x.rows == Rows::Token && x.shape.len() == 1, x, x)?;
                Ok((*x).clone())
            }
            (Self::Crf | Self::CrfGrad | Self::CrfTableGrad, [emissions, classes, table, scale, ..]) => {
                let is_chain = emissions.rows == Rows::Token && classes.rows == Rows::Token && classes.is_integer;
                expect(is_chain && emissions.shape.len() == 1 && classes.shape.is_empty(), emissions, classes)?;
                let tags = emissions.width();
                expect(table.rows == Rows::Static && table.shape == [tags + 2, tags], emissions, table)?;
                expect(scale.width() == 1, emissions, scale)?;
                Ok(match self {
                    Self::Crf => Type::fixed([]),
                    Self::CrfGrad => (*emissions).clone(),
                    _ => (*table).clone(),
                })
            }
            (Self::DropoutMatmul { transposed, .. }, inputs) => {
                PlanOp::Matmul { transposed: *transposed }.infer(inputs)
            }
            (Self::DropoutMatmulWeight { of, .. }, _) => Ok(of.clone()),
            (Self::SumTo(kind) | Self::BroadcastTo(kind) | Self::MatmulWeight(kind) | Self::GatherGrad(kind), _) => {
                Ok(kind.clone())
            }
            (Self::UnaryGrad(_) | Self::SoftmaxGrad { .. } | Self::KeepTopGrad, [a, d]) => {
                expect(a.shape == d.shape && a.rows == d.rows, a, d)?;
                Ok((*d).clone())
            }
            (Self::LayerNormGrad { .. } | Self::RmsNormGrad { .. }, [x, _, d]) => {
                expect(x.shape == d.shape && x.rows == d.rows, x, d)?;
                Ok((*d).clone())
            }
            (Self::LayerNormWeightGrad { .. } | Self::RmsNormWeightGrad { .. }, [x, d]) => {
                expect(x.shape == d.shape && x.rows == d.rows, x, d)?;
                Ok(Type::fixed([x.last().unwrap_or(1)]))
            }
            (Self::PoolGrad(_), [x, d]) => {
                expect(x.rows == Rows::Token && d.rows == Rows::Sequence && x.shape == d.shape, x, d)?;
                Ok((*x).clone())
            }
            (
                Self::MatmulAdd { .. }
                | Self::LinearAdd
                | Self::DropoutAdd { .. }
                | Self::MatmulDropoutAdd { .. }
                | Self::MatmulGeluGrad { .. },
                [c, ..],
            ) => Ok((*c).clone()),
            (
                Self::CrossEntropyGrad | Self::BinaryCrossEntropyGrad | Self::FocalGrad(_) | Self::BinaryFocalGrad(_),
                [logits, ..],
            ) => Ok((*logits).clone()),
            (Self::Dropout { .. } | Self::Noise { .. }, [a]) => Ok(Type::new(a.rows, a.shape.clone())),
            (_, inputs) => Err(format!("it does not take {} operands", inputs.len())),
        }
    }
}

fn expect(holds: bool, a: &Type, b: &Type) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("{a} does not go with {b}")) }
}

/// The width of an LSTM.
fn lstm(gates: &Type, w: &Type) -> Result<usize, String> {
    match (&gates.shape[..], &w.shape[..]) {
        (&[wide], &[rows, h])
            if wide == 4 * h && rows == wide && gates.rows == Rows::Token && w.rows == Rows::Static =>
        {
            Ok(h)
        }
        _ => Err(format!("expected token×[4h] and [4h,h], found {gates} and {w}")),
    }
}

fn attention(heads: usize, values: &[&Type]) -> Result<(), String> {
    let first = values[0];
    let fits = first.rows == Rows::Token
        && matches!(first.shape[..], [hidden] if heads > 0 && hidden % heads == 0)
        && values.iter().all(|v| *v == first);
    if fits {
        Ok(())
    } else {
        Err(format!("expected token×[hidden] with hidden a multiple of {heads} heads, found {first}"))
    }
}
