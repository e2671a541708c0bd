//! First values of parameters that no file has.

use super::build::Parameter;
use crate::backend::{Frame, Machine, Products, orthonormal};
use crate::program::layout::Layout;
use crate::program::simplify::simplify;
use crate::program::{Id, Program};
use crate::{Error, Result};
use candle_core::{DType, Device, Tensor};
use engraft_plugin::plan::check::Operand;
use engraft_plugin::plan::{Dims, Init, Step};
use engraft_plugin::{Random, math, seed};
use std::collections::BTreeMap;

/// A parameter that begins, and what its first values may be made of.
pub(super) struct First<'a> {
    /// The parameter.
    pub(super) parameter: &'a Parameter,
    /// The parameters of its site and graft, by the names that steps use.
    pub(super) sees: &'a BTreeMap<String, Id>,
    /// What names in arguments stand for.
    pub(super) dims: &'a Dims,
    /// The values of parameters that were made before.
    pub(super) value: &'a dyn Fn(Id) -> Option<Tensor>,
}

impl First<'_> {
    /// The values, from a stream of the parameter's own: they depend on run seed, name and what they are
    /// made of alone.
    pub(super) fn draw(&self, init: &Init, run_seed: u64) -> Result<Tensor> {
        let shape = &self.parameter.shape[..];
        let count: usize = shape.iter().product();
        let fan_in = shape.last().copied().unwrap_or(1) as f64;
        let fan_out = shape.first().copied().unwrap_or(1) as f64;
        let mut random = Random::new(seed(run_seed, &["init", &self.parameter.name]));
        let mut uniform =
            |bound: f64| (0..count).map(|_| ((random.uniform() * 2.0 - 1.0) * bound) as f32).collect::<Vec<f32>>();
        let values: Vec<f32> = match init {
            Init::Zeros => vec![0.0; count],
            Init::Ones => vec![1.0; count],
            Init::Constant(value) => vec![*value as f32; count],
            Init::Uniform(bound) => uniform(*bound),
            Init::KaimingUniform { a } => uniform((6.0 / ((1.0 + a * a) * fan_in)).sqrt()),
            Init::XavierUniform => uniform((6.0 / (fan_in + fan_out)).sqrt()),
            Init::Normal(deviation) => (0..count).map(|_| (normal(&mut random) * deviation) as f32).collect(),
            Init::Values(values) => values.clone(),
            Init::Orthogonal(scale) => return orthogonal(shape, *scale, &mut random),
            Init::Base(what) => return self.base(what),
            Init::Sample => {
                let table = self.base("weight")?;
                let places = table.dim(0)? as f64;
                let rows: Vec<u32> = (0..shape[0]).map(|_| (random.uniform() * places) as u32).collect();
                return Ok(table.index_select(&Tensor::new(rows, &Device::Cpu)?, 0)?);
            }
            Init::Rows(rows) => {
                let rows: Vec<u32> = rows.iter().copied().cycle().take(shape[0]).collect();
                return Ok(self.base("weight")?.index_select(&Tensor::new(rows, &Device::Cpu)?, 0)?);
            }
            Init::Computed { steps, value } => return self.compute(steps, value),
            other => return Err(Error::Program(format!("first values {other:?} are not known to this engine"))),
        };
        Ok(Tensor::from_vec(values, shape, &Device::Cpu)?.to_dtype(DType::F32)?)
    }

    /// The site's `weight` or `bias`.
    fn base(&self, what: &str) -> Result<Tensor> {
        let name = if what == "weight" { "w" } else { what };
        let value = self.sees.get(name).and_then(|&id| (self.value)(id));
        let name = &self.parameter.name;
        value.ok_or_else(|| Error::Program(format!("`{name}` starts from `{what}`, which its site does not have")))
    }

    /// Runs steps once, in 64-bit floats.
    fn compute(&self, steps: &[Step], value: &str) -> Result<Tensor> {
        let refuse = |why: String| Error::Program(format!("first values of `{}`: {why}", self.parameter.name));
        let (mut program, mut values, mut known) = (Program::default(), BTreeMap::new(), Vec::new());
        for (name, &id) in self.sees {
            if let Some(tensor) = (self.value)(id) {
                let own = program.parameter(name, tensor.dims());
                known.push((own, tensor.to_dtype(DType::F64)?));
                values.insert(name.as_str(), own);
            }
        }
        for step in steps {
            let (op, operands) = step.read(self.dims).map_err(&refuse)?;
            let inputs = operands.iter().map(|operand| match operand {
                Operand::Number(number) => Ok(program.constant(*number)),
                Operand::Name(name) => {
                    values.get(name.as_str()).copied().ok_or_else(|| refuse(format!("`{name}` is not known")))
                }
            });
            let inputs = inputs.collect::<Result<Vec<Id>>>()?;
            values.insert(&step.name, program.push_plan(op, &inputs)?);
        }
        let wanted = *values.get(value).ok_or_else(|| refuse(format!("`{value}` is not known")))?;
        let steps = simplify(&program, &[wanted]).before;
        let layout = Layout::new(&program, &steps, &[wanted]);
        let mut frame = Frame::new(&program);
        known.into_iter().for_each(|(id, tensor)| frame.set(id, tensor));
        let machine = Machine { device: Device::Cpu, dtype: DType::F64, products: Products::Full };
        machine.run(&program, &steps, &layout, &mut frame, None)?;
        let made = frame.take(wanted).ok_or_else(|| refuse("no value".to_owned()))?;
        Ok(made.to_dtype(DType::F32)?.contiguous()?)
    }
}

/// Orthonormal rows or columns, whichever are fewer, times a scale.
fn orthogonal(shape: &[usize], scale: f64, random: &mut Random) -> Result<Tensor> {
    let columns = shape.last().copied().unwrap_or(1);
    let rows = shape.iter().product::<usize>() / columns.max(1);
    let (long, short) = (rows.max(columns), rows.min(columns));
    let values: Vec<f64> = (0..long * short).map(|_| normal(random)).collect();
    let q = orthonormal(&Tensor::from_vec(values, (long, short), &Device::Cpu)?)?; // (long, short)
    let q = if rows < columns { q.t()? } else { q };
    Ok((q * scale)?.contiguous()?.reshape(shape)?.to_dtype(DType::F32)?)
}

/// A standard normal number (Box and Muller), with functions that are the same on every machine.
fn normal(random: &mut Random) -> f64 {
    let radius = (-2.0 * math::log(1.0 - random.uniform())).sqrt();
    radius * math::cos(std::f64::consts::TAU * random.uniform())
}
