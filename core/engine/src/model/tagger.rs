//! Heads that choose the tags of a text together: a conditional random field, with or without an LSTM below.
//!
//! ```text
//! x = dropout(hidden)                                        token×[hidden]
//! x = dropout([lstm(x) ; reversed lstm(x)])                  token×[2h], of `bilstm-crf`
//! emissions = x·Wᵀ + b                                       token×[tags]
//! loss = scale · Σ over texts of −log p(tags | emissions)    see kernel/crf.rs
//! ```
//!
//! Names are those of PyTorch's `LSTM` and of `pytorch-crf`. Source: Huang, Xu and Yu 2015; Lample et al. 2016.

use super::build::Builder;
use super::{Config, Dropouts, HeadKind, Parameter};
use crate::kernel::Chain;
use crate::program::{Id, Input, Op, PlanOp, Type};
use crate::{Error, Result};
use candle_core::{DType, Device, Tensor};
use engraft_plugin::{Task, TaskKind};

const LSTM: &str = "lstm";
const CRF: &str = "crf";
const TRANSITIONS: &str = "crf.transitions";
const STARTS: &str = "crf.start_transitions";
const ENDS: &str = "crf.end_transitions";

/// Most numbers of a direction of the LSTM: no more is of use, and its weights still fit a machine.
const WIDEST: usize = 1 << 14;

/// Emissions and loss.
pub(super) fn tagger(
    b: &mut Builder<'_>,
    config: &Config,
    dropouts: &Dropouts,
    task: &Task,
    hidden: Id,
) -> Result<(Id, Id)> {
    if task.kind != TaskKind::Tokens {
        let expected = "`linear` for a task that labels whole texts".to_owned();
        let got = format!("`{}`", if config.head.kind == HeadKind::Crf { "crf" } else { "bilstm-crf" });
        return Err(Error::Setting { key: "model.head".to_owned(), expected, got });
    }
    let tags = config.head.asked(task).outputs();
    let (mut x, mut width) = (b.program.dropout(hidden, dropouts.classifier)?, config.hidden);
    if config.head.kind == HeadKind::BilstmCrf {
        let h = config.head.lstm;
        if !(1..=WIDEST).contains(&h) {
            let (expected, got) = (format!("1 to {WIDEST}"), h.to_string());
            return Err(Error::Setting { key: "model.lstm".to_owned(), expected, got });
        }
        let (left, right) = (lstm(b, x, width, h, false)?, lstm(b, x, width, h, true)?); // token×[h] each
        let both = b.program.push_plan(PlanOp::Concat { axis: -1 }, &[left, right])?; // token×[2h]
        (x, width) = (b.program.dropout(both, dropouts.classifier)?, 2 * h);
    }
    let emissions = b.head_linear("classifier", x, width, tags)?; // token×[tags]
    let transitions = b.head_parameter(CRF, "transitions", &[tags, tags]);
    let starts = row(b, "start_transitions", tags)?;
    let ends = row(b, "end_transitions", tags)?;
    let table = b.program.push_plan(PlanOp::Concat { axis: -2 }, &[transitions, starts, ends])?; // [tags+2,tags]
    let classes = b.program.input(Input::Classes, Type::token([]).integer());
    let scale = b.program.input(Input::Scale, Type::fixed([]));
    let loss = b.program.push(Op::Crf, &[emissions, classes, table, scale])?;
    Ok((emissions, loss))
}

/// A row of the random field's table.
fn row(b: &mut Builder<'_>, name: &str, tags: usize) -> Result<Id> {
    let values = b.head_parameter(CRF, name, &[tags]);
    b.program.push_plan(PlanOp::Reshape(vec![1, tags]), &[values])
}

/// One direction: token×[in] → token×[h].
fn lstm(b: &mut Builder<'_>, x: Id, inside: usize, h: usize, reverse: bool) -> Result<Id> {
    let named = |name: &str| format!("{name}_l0{}", if reverse { "_reverse" } else { "" });
    let input = b.head_parameter(LSTM, &named("weight_ih"), &[4 * h, inside]);
    let recurrent = b.head_parameter(LSTM, &named("weight_hh"), &[4 * h, h]);
    let biases = ["bias_ih", "bias_hh"].map(|name| b.head_parameter(LSTM, &named(name), &[4 * h]));
    let bias = b.add(biases[0], biases[1])?; // [4h]
    let gates = b.program.push(Op::Linear, &[x, input, bias])?; // token×[4h]
    b.program.push(Op::Lstm { reverse }, &[gates, recurrent])
}

/// Within which bound a fresh parameter of these heads is drawn: ± 1/√h for the LSTM's, as PyTorch draws them.
pub(super) fn bound(parameter: &Parameter) -> Option<f64> {
    let name = parameter.name.strip_prefix(LSTM)?.strip_prefix('.')?;
    let _known = name.strip_prefix("weight_").or_else(|| name.strip_prefix("bias_"))?;
    Some(1.0 / (parameter.shape[0] as f64 / 4.0).sqrt())
}

/// A trained random field: it chooses the tags of a text.
#[derive(Clone, Debug)]
pub struct Field {
    /// Transitions, starts, ends: ((tags + 2) × tags).
    table: Vec<f64>,
    tags: usize,
}

impl Field {
    /// The random field among a model's weights, if the head has one.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn of(weight: impl Fn(&str) -> Option<Tensor>) -> Result<Option<Self>> {
        let mut table = Vec::new();
        let mut tags = 0;
        for name in [TRANSITIONS, STARTS, ENDS] {
            let Some(tensor) = weight(name) else { return Ok(None) };
            let flat = tensor.to_device(&Device::Cpu)?.to_dtype(DType::F64)?.flatten_all()?;
            tags = flat.elem_count(); // of the last: a number a tag
            table.extend(flat.to_vec1::<f64>()?);
        }
        Ok(Some(Self { table, tags }))
    }

    /// The valid tags of a text with the highest score, each with its marginal probability. `emissions` has a row for
    /// each unit of the text. Never an `I-` at the beginning, behind `O`, or behind a tag of another label.
    pub fn choose<'r>(&self, emissions: impl Iterator<Item = &'r [f32]>) -> Vec<(usize, f64)> {
        let emissions: Vec<f64> = emissions.flatten().map(|&x| f64::from(x)).collect();
        let Self { table, tags } = self;
        let chain = Chain { emissions: &emissions, table, tags: *tags, begins_anywhere: false };
        let probabilities: Vec<f64> = chain.lattice(|_, _| true).marginals().collect();
        let best = chain.best().into_iter().enumerate();
        best.map(|(row, tag)| (tag, probabilities[row * tags + tag])).collect()
    }
}
