//! Fold: the weights that stand for a layer and its grafts.
//!
//! The layer is written with its grafts as a program of its own, as the model has it, and run in f64 on every unit
//! vector and on zero: row i gives W'[:, i] + b', the last row b'. Embeddings are run on every token; norms are asked
//! for their weight and bias.

use crate::Result;
use crate::backend::random::Keys;
use crate::backend::session::Session;
use crate::backend::{Feed, Machine};
use crate::model::Config;
use crate::model::build::Builder;
use crate::program::differentiate::Gradients;
use crate::program::simplify::without_dropout;
use crate::program::{Id, Input, PlanOp, Type};
use candle_core::{DType, Device, Tensor};
use engraft_plugin::plan::{Plan, Site, SiteKind};
use std::collections::BTreeMap;

/// Values of parameters by name.
pub(super) type Values<'a> = BTreeMap<&'a str, &'a Tensor>;

/// The name of the unit vectors in the small programs.
const PROBE: &str = "probe";

/// The new values of a site's parameters, by name, in f64.
///
/// # Errors
/// What the tensor library refuses.
pub(super) fn fold(config: &Config, plan: &Plan, site: &Site, values: &Values<'_>) -> Result<Vec<(String, Tensor)>> {
    let extent = |name: &str| site.dims.get(name).map_or(0, |&n| n as usize);
    let named = |what: &str| format!("{}.{what}", site.name);
    let mut b = Builder::new(config, Some(plan));
    match site.kind {
        SiteKind::Linear => {
            let (inside, outside) = (extent("in"), extent("out"));
            let x = probe(&mut b, inside)?; // token×[in]
            let y = b.linear(&site.name, &site.role, site.layer, x, inside, outside)?; // token×[out]
            let y = run(b, &[y], values, inside + 1)?.remove(0); // (in + 1, out)
            let bias = y.narrow(0, inside, 1)?.flatten_all()?; // (out)
            let weight = y.narrow(0, 0, inside)?.broadcast_sub(&bias)?.t()?.contiguous()?; // (out, in)
            Ok(vec![(named("weight"), weight), (named("bias"), bias)])
        }
        SiteKind::Embedding => {
            let vocab = config.vocab;
            let ids = b.program.input(Input::Ids, Type::token([]).integer());
            let y = b.embedding(&site.name, ids, vocab, config.hidden)?; // token×[hidden]
            Ok(vec![(named("weight"), run(b, &[y], values, vocab)?.remove(0))])
        }
        _ => {
            let x = probe(&mut b, config.hidden)?;
            b.norm(&site.name, &site.role, site.layer, x, config.hidden, config.eps)?;
            let norm = b.program.steps.last().map(|step| step.inputs.clone()).unwrap_or_default(); // x, weight, bias
            let found = run(b, &norm[1..], values, 1)?;
            Ok([named("weight"), named("bias")].into_iter().zip(found).collect())
        }
    }
}

/// A value whose rows are the rows of a table that [`run`] fills: the unit vectors, then zero.
fn probe(b: &mut Builder<'_>, width: usize) -> Result<Id> {
    let table = b.program.parameter(PROBE, &[width + 1, width]);
    let ids = b.program.input(Input::Ids, Type::token([]).integer());
    b.program.push_plan(PlanOp::Gather, &[table, ids])
}

/// Runs the small program on the ids `0..rows`, each as a text of its own.
fn run(mut b: Builder<'_>, wanted: &[Id], values: &Values<'_>, rows: usize) -> Result<Vec<Tensor>> {
    let machine = Machine::cpu(DType::F64);
    let mut outputs = Vec::with_capacity(wanted.len());
    for &id in wanted {
        // A step of its own: dropout, which goes, may have given the value.
        let shape = b.program.kind(id).shape.clone();
        outputs.push(b.program.push_plan(PlanOp::Reshape(shape), &[id])?);
    }
    let program = without_dropout(&b.program);
    let parameters = program.parameters.clone();
    let mut session = Session::new(machine, program, outputs, Gradients::default());
    for parameter in parameters {
        let name = parameter.name.as_str();
        let tensor = match values.get(name) {
            Some(tensor) => tensor.to_dtype(DType::F64)?,
            None if name == PROBE => unit_vectors(b.program.kind(parameter.id))?,
            None => return Err(crate::Error::Program(format!("`{name}` has no value"))),
        };
        session.set(parameter.id, tensor);
    }
    session.begin()?;
    let bounds: Vec<usize> = (0..=rows).collect();
    let ids = Tensor::arange(0u32, rows as u32, &Device::Cpu)?;
    let feed = Feed {
        positions: ids.zeros_like()?,
        ids,
        classes: None,
        labels: None,
        tasks: None,
        scale: 1.0,
        keys: Keys::new(0, 0, 0, &bounds),
        bounds,
    };
    session.batch(&feed)
}

/// The rows of the identity, and a row of zeros.
fn unit_vectors(kind: &Type) -> Result<Tensor> {
    let width = kind.shape[1];
    let rows = [Tensor::eye(width, DType::F64, &Device::Cpu)?, Tensor::zeros((1, width), DType::F64, &Device::Cpu)?];
    Ok(Tensor::cat(&rows, 0)?)
}
