//! Reads a wire step into an operation and its operands.

use super::op::{Binary, Op, Pool, Reduce, SvdPart, Unary};
use super::{Arg, Dim, Dims, Step};

/// What a step computes with: a value by name, or a number.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A named value.
    Name(String),
    /// A number; its type is static with no axes.
    Number(f64),
}

/// The number that a dim stands for.
///
/// # Errors
/// Names the dims that there are.
pub(super) fn dim(dim: &Dim, dims: &Dims) -> Result<usize, String> {
    let value = match dim {
        Dim::Number(n) => *n,
        Dim::Name(name) => *dims.get(name).ok_or_else(|| {
            let known: Vec<_> = dims.keys().map(String::as_str).collect();
            format!("`{name}` stands for no number here; known: {}", known.join(", "))
        })?,
    };
    usize::try_from(value).map_err(|_| format!("{value} is no extent"))
}

struct Args<'a> {
    rest: std::slice::Iter<'a, Arg>,
    dims: &'a Dims,
}

impl Args<'_> {
    fn operand(&mut self) -> Result<Operand, String> {
        match self.rest.next() {
            Some(Arg::Name(name)) => Ok(Operand::Name(name.clone())),
            Some(Arg::Number(n)) if n.is_finite() => Ok(Operand::Number(*n)),
            other => Err(format!("expected a value or a number, found {other:?}")),
        }
    }
    fn number(&mut self) -> Result<f64, String> {
        match self.rest.next() {
            Some(Arg::Number(n)) if n.is_finite() => Ok(*n),
            other => Err(format!("expected a number, found {other:?}")),
        }
    }
    fn axis(&mut self) -> Result<i64, String> {
        let n = self.number()?;
        if n.fract() == 0.0 && n < 0.0 {
            Ok(n as i64)
        } else {
            Err(format!("an axis is a negative whole number, found {n}"))
        }
    }
    fn count(&mut self) -> Result<usize, String> {
        let as_dim = match self.rest.next() {
            Some(Arg::Number(n)) if n.fract() == 0.0 => Dim::Number(*n as i64),
            Some(Arg::Name(name)) => Dim::Name(name.clone()),
            other => return Err(format!("expected a whole number or a dim, found {other:?}")),
        };
        dim(&as_dim, self.dims)
    }
    fn shape(&mut self) -> Result<Vec<usize>, String> {
        match self.rest.next() {
            Some(Arg::List(list)) => list.iter().map(|d| dim(d, self.dims)).collect(),
            other => Err(format!("expected a shape, found {other:?}")),
        }
    }
    fn choice<T: Copy>(&mut self, table: &[(&str, T)]) -> Result<T, String> {
        let names = || table.iter().map(|(n, _)| *n).collect::<Vec<_>>().join(", ");
        match self.rest.next() {
            Some(Arg::Name(name)) => {
                find(table, name).ok_or_else(|| format!("expected one of {}, found `{name}`", names()))
            }
            other => Err(format!("expected one of {}, found {other:?}", names())),
        }
    }
}

fn find<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(n, _)| *n == name).map(|(_, t)| *t)
}

const BINARY: [(&str, Binary); 7] = [
    ("add", Binary::Add),
    ("sub", Binary::Sub),
    ("mul", Binary::Mul),
    ("div", Binary::Div),
    ("maximum", Binary::Maximum),
    ("minimum", Binary::Minimum),
    ("less", Binary::Less),
];
const UNARY: [(&str, Unary); 12] = [
    ("neg", Unary::Neg),
    ("exp", Unary::Exp),
    ("log", Unary::Log),
    ("sqrt", Unary::Sqrt),
    ("sin", Unary::Sin),
    ("cos", Unary::Cos),
    ("tanh", Unary::Tanh),
    ("sigmoid", Unary::Sigmoid),
    ("relu", Unary::Relu),
    ("silu", Unary::Silu),
    ("gelu", Unary::Gelu),
    ("gelu_tanh", Unary::GeluTanh),
];
const REDUCE: [(&str, Reduce); 3] = [("sum", Reduce::Sum), ("mean", Reduce::Mean), ("norm", Reduce::Norm)];
const POOL: [(&str, Pool); 5] =
    [("mean", Pool::Mean), ("max", Pool::Max), ("sum", Pool::Sum), ("first", Pool::First), ("last", Pool::Last)];
const SVD: [(&str, SvdPart); 3] = [("left", SvdPart::Left), ("values", SvdPart::Values), ("right", SvdPart::Right)];

impl Step {
    /// The operation and its operands, dims resolved.
    ///
    /// # Errors
    /// What was expected and found, in words.
    pub fn read(&self, dims: &Dims) -> Result<(Op, Vec<Operand>), String> {
        let mut args = Args { rest: self.args.iter(), dims };
        let (op, operands) = read(&self.op, &mut args)?;
        match args.rest.next() {
            None => Ok((op, operands)),
            Some(extra) => Err(format!("`{}` takes no further argument, found {extra:?}", self.op)),
        }
    }
}

fn read(op: &str, args: &mut Args<'_>) -> Result<(Op, Vec<Operand>), String> {
    if let Some(binary) = find(&BINARY, op) {
        let operands = vec![args.operand()?, args.operand()?];
        return Ok((Op::Binary(binary), operands));
    }
    if let Some(unary) = find(&UNARY, op) {
        return Ok((Op::Unary(unary), vec![args.operand()?]));
    }
    if let Some(how) = find(&REDUCE, op) {
        let operands = vec![args.operand()?];
        return Ok((Op::Reduce { how, axis: args.axis()? }, operands));
    }
    let how_many = match op {
        "matmul" | "matmul_t" | "matmul_blocks" | "gather" | "scatter" | "rms_norm" => 2,
        "where" | "layer_norm" => 3,
        "fill" => 0,
        "concat" => args.rest.len().saturating_sub(1),
        "noise" => {
            let normal = args.choice(&[("normal", true), ("uniform", false)])?;
            return Ok((Op::Noise { normal }, vec![args.operand()?]));
        }
        _ => 1,
    };
    let operands = (0..how_many).map(|_| args.operand()).collect::<Result<_, _>>()?;
    let op = match op {
        "where" => Op::Where,
        "matmul" => Op::Matmul { transposed: false },
        "matmul_t" => Op::Matmul { transposed: true },
        "matmul_blocks" => Op::MatmulBlocks,
        "reshape" => Op::Reshape(args.shape()?),
        "transpose" => Op::Transpose(args.axis()?, args.axis()?),
        "narrow" => Op::Narrow { axis: args.axis()?, from: args.count()?, len: args.count()? },
        "index" => Op::Index { axis: args.axis()?, at: args.count()? },
        "concat" => Op::Concat { axis: args.axis()? },
        "softmax" => Op::Softmax { axis: args.axis()? },
        "keep_top" => Op::KeepTop { axis: args.axis()?, k: args.count()? },
        "layer_norm" => Op::LayerNorm { eps: args.number()? },
        "rms_norm" => Op::RmsNorm { eps: args.number()? },
        "gather" => Op::Gather,
        "scatter" => Op::Scatter { shape: args.shape()? },
        "fill" => Op::Fill { value: args.number()?, shape: args.shape()? },
        "pool" => Op::Pool(args.choice(&POOL)?),
        "spread" => Op::Spread,
        "dropout" => Op::Dropout { p: probability(args.number()?)? },
        "stop_gradient" => Op::StopGradient,
        "svd" => Op::Svd { part: args.choice(&SVD)?, r: args.count()? },
        unknown => return Err(format!("there is no operation `{unknown}`")),
    };
    Ok((op, operands))
}

fn probability(p: f64) -> Result<f64, String> {
    if (0.0..1.0).contains(&p) { Ok(p) } else { Err(format!("expected a probability below 1, found {p}")) }
}
