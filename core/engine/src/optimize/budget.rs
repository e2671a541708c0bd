//! Directions that are given up in training: AdaLoRA's allotment of ranks (see [`Budget`]).
//!
//! ```text
//! i = |w · g|    s ← β·s + (1 − β)·i    c ← β·c + (1 − β)·|i − s|     for every number of gate and factors
//! importance of a direction = Σ over gate and factors of the mean of s·c
//! kept = keep + (all − keep)·(1 − t)³, t from 0 at `from` to 1 at `until`
//! ```
//!
//! Source: Zhang et al. 2023 (arXiv:2303.10512) and PEFT 0.21 `tuners/adalora/layer.py`, `RankAllocator`.

use crate::model::{Origin, Parameter};
use crate::{Error, Result};
use candle_core::{DType, Device, Tensor};
use engraft_plugin::plan::{Budget, Plan};
use std::collections::BTreeMap;

/// A parameter whose importance is watched.
struct Watched {
    /// Its place among the trained parameters.
    at: usize,
    name: String,
    /// The axis along which directions lie, and the shape.
    axis: usize,
    shape: Vec<usize>,
    smooth: Vec<f32>,
    change: Vec<f32>,
}

/// A gate and what belongs to its directions, at one site.
struct Gate {
    gate: Watched,
    with: Vec<Watched>,
}

/// The directions of one budget.
pub(super) struct Allotment {
    budget: Budget,
    gates: Vec<Gate>,
    /// The choice that stays, once `until` is past: a list a gate.
    last: Option<Vec<Vec<bool>>>,
}

impl Allotment {
    /// The budgets of a plan over its trained parameters, in their order.
    pub(super) fn all(plan: &Plan, trained: &[&Parameter]) -> Result<Vec<Self>> {
        plan.budgets.iter().map(|budget| Self::new(budget, plan, trained)).collect()
    }

    fn new(budget: &Budget, plan: &Plan, trained: &[&Parameter]) -> Result<Self> {
        let graft = plan.grafts.iter().find(|graft| graft.name == budget.graft);
        let sites = |name: &str| {
            let of = graft.and_then(|graft| graft.parameters.iter().find(|p| p.name == name));
            trained.iter().enumerate().filter_map(move |(at, parameter)| match &parameter.origin {
                Origin::Graft { parameter: own, site, .. } if of == Some(own) => Some((site.as_str(), at, *parameter)),
                _ => None,
            })
        };
        let mut gates = Vec::new();
        for (site, at, gate) in sites(&budget.gate) {
            let mut with = Vec::new();
            for (name, axis) in &budget.with {
                let found = sites(name).find(|(other, ..)| *other == site);
                let (_, at, parameter) =
                    found.ok_or_else(|| Error::Program(format!("budget: no `{name}` beside `{}`", gate.name)))?;
                with.push(Watched::new(at, parameter, (parameter.shape.len() as i64 + axis) as usize));
            }
            gates.push(Gate { gate: Watched::new(at, gate, 0), with });
        }
        Ok(Self { budget: budget.clone(), gates, last: None })
    }

    /// Takes an optimizer step into account; which trained parameters become what.
    ///
    /// `weight` and `gradient` answer by place among the trained parameters.
    pub(super) fn step(
        &mut self,
        steps: usize,
        progress: f64,
        weight: impl Fn(usize) -> Result<Tensor>,
        gradient: impl Fn(usize) -> Result<Tensor>,
    ) -> Result<Vec<(usize, Tensor)>> {
        let Budget { keep, from, until, every, smoothing, .. } = self.budget;
        if self.last.is_none() {
            for watched in self.gates.iter_mut().flat_map(|gate| gate.with.iter_mut().chain([&mut gate.gate])) {
                watched.watch(&flat(&weight(watched.at)?)?, &flat(&gradient(watched.at)?)?, smoothing as f32);
            }
            let all: usize = self.gates.iter().map(|gate| gate.gate.smooth.len()).sum();
            let is_over = progress >= until;
            if !is_over && (progress < from || !steps.is_multiple_of(every)) {
                return Ok(Vec::new());
            }
            let t = if is_over { 1.0 } else { (progress - from) / (until - from).max(f64::MIN_POSITIVE) };
            let kept = keep as f64 + all.saturating_sub(keep) as f64 * (1.0 - t).powi(3);
            let choice = self.choose(kept.round() as usize);
            if is_over {
                self.last = Some(choice);
            } else {
                return self.close(&choice, weight);
            }
        }
        self.close(self.last.as_deref().unwrap_or_default(), weight)
    }

    /// The most important directions: earlier gates win ties.
    fn choose(&self, count: usize) -> Vec<Vec<bool>> {
        let mut ranked: Vec<(f32, usize, usize)> = Vec::new();
        for (number, gate) in self.gates.iter().enumerate() {
            let importance = gate.importance();
            ranked.extend(importance.into_iter().enumerate().map(|(direction, score)| (score, number, direction)));
        }
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut kept: Vec<Vec<bool>> = self.gates.iter().map(|gate| vec![false; gate.gate.smooth.len()]).collect();
        ranked.iter().take(count).for_each(|&(_, gate, direction)| kept[gate][direction] = true);
        kept
    }

    /// The gates with those closed that are not kept.
    fn close(&self, kept: &[Vec<bool>], weight: impl Fn(usize) -> Result<Tensor>) -> Result<Vec<(usize, Tensor)>> {
        let mut closed = Vec::new();
        for (gate, kept) in self.gates.iter().zip(kept).filter(|(_, kept)| kept.contains(&false)) {
            let now = weight(gate.gate.at)?;
            let mask: Vec<f32> = kept.iter().map(|&is_kept| f32::from(u8::from(is_kept))).collect();
            let mask = Tensor::from_vec(mask, &gate.gate.shape[..], &Device::Cpu)?;
            closed.push((gate.gate.at, (&now * mask.to_dtype(now.dtype())?.to_device(now.device())?)?));
        }
        Ok(closed)
    }

    /// What a resumed run needs.
    pub(super) fn state(&self, into: &mut BTreeMap<String, Tensor>) -> Result<()> {
        let list = |values: &[f32]| Tensor::new(values, &Device::Cpu);
        for watched in self.gates.iter().flat_map(|gate| gate.with.iter().chain([&gate.gate])) {
            into.insert(format!("budget.smooth.{}", watched.name), list(&watched.smooth)?);
            into.insert(format!("budget.change.{}", watched.name), list(&watched.change)?);
        }
        for (gate, kept) in self.gates.iter().zip(self.last.iter().flatten()) {
            let kept: Vec<f32> = kept.iter().map(|&is_kept| f32::from(u8::from(is_kept))).collect();
            into.insert(format!("budget.kept.{}", gate.gate.name), list(&kept)?);
        }
        Ok(())
    }

    /// Goes back to a saved state.
    pub(super) fn restore(&mut self, tensors: &BTreeMap<String, Tensor>) -> Result<(), String> {
        let list = |name: String| {
            let tensor = tensors.get(&name).ok_or_else(|| format!("`{name}` is missing"))?;
            tensor.to_dtype(DType::F32).and_then(|t| t.to_vec1::<f32>()).map_err(|e| e.to_string())
        };
        for watched in self.gates.iter_mut().flat_map(|gate| gate.with.iter_mut().chain([&mut gate.gate])) {
            watched.smooth = list(format!("budget.smooth.{}", watched.name))?;
            watched.change = list(format!("budget.change.{}", watched.name))?;
        }
        let kept: Result<Vec<_>, _> =
            self.gates.iter().map(|gate| list(format!("budget.kept.{}", gate.gate.name))).collect();
        self.last = kept.ok().map(|all| all.iter().map(|one| one.iter().map(|&kept| kept > 0.0).collect()).collect());
        Ok(())
    }
}

impl Gate {
    /// For each direction: Σ of the means of s·c.
    fn importance(&self) -> Vec<f32> {
        let mut scores = vec![0f32; self.gate.smooth.len()];
        for watched in self.with.iter().chain([&self.gate]) {
            let directions = scores.len();
            let inner: usize = watched.shape[watched.axis + 1..].iter().product();
            let share = directions as f32 / watched.smooth.len() as f32;
            for (at, (s, c)) in watched.smooth.iter().zip(&watched.change).enumerate() {
                scores[at / inner % directions] += s * c * share;
            }
        }
        scores
    }
}

impl Watched {
    fn new(at: usize, parameter: &Parameter, axis: usize) -> Self {
        let (shape, count) = (parameter.shape.clone(), parameter.shape.iter().product());
        Self { at, name: parameter.name.clone(), axis, shape, smooth: vec![0.0; count], change: vec![0.0; count] }
    }

    fn watch(&mut self, weight: &[f32], gradient: &[f32], beta: f32) {
        for (at, (w, g)) in weight.iter().zip(gradient).enumerate() {
            let now = (w * g).abs();
            self.smooth[at] = beta * self.smooth[at] + (1.0 - beta) * now;
            self.change[at] = beta * self.change[at] + (1.0 - beta) * (now - self.smooth[at]).abs();
        }
    }
}

fn flat(tensor: &Tensor) -> Result<Vec<f32>> {
    Ok(tensor.to_dtype(DType::F32)?.to_device(&Device::Cpu)?.flatten_all()?.to_vec1()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_plugin::plan;

    fn parameter(name: &str, shape: &[usize]) -> Parameter {
        let own = plan::Parameter::new(name, shape).key(name);
        let origin = Origin::Graft {
            parameter: Box::new(own),
            site: "here".to_owned(),
            sees: BTreeMap::new(),
            dims: BTreeMap::new(),
        };
        Parameter { name: name.to_owned(), id: crate::program::Id(0), shape: shape.to_vec(), origin }
    }

    fn allotment() -> Allotment {
        let budget = Budget {
            graft: "g".into(),
            gate: "E".into(),
            with: vec![("A".into(), -2), ("B".into(), -1)],
            keep: 1,
            from: 0.0,
            until: 0.5,
            every: 1,
            smoothing: 0.5,
        };
        let at = plan::At::new(plan::SiteKind::Linear, plan::Select::One("*".into()));
        let shapes = [("E", vec![3, 1]), ("A", vec![3, 2]), ("B", vec![2, 3])];
        let mut graft: plan::Graft = plan::GraftBuilder::at("g", at).into();
        graft.parameters = shapes.iter().map(|(name, shape)| plan::Parameter::new(name, shape).key(name)).collect();
        let plan = Plan::new("m").graft(graft).budget(budget);
        let trained: Vec<Parameter> = shapes.iter().map(|(name, shape)| parameter(name, shape)).collect();
        Allotment::all(&plan, &trained.iter().collect::<Vec<_>>()).unwrap().remove(0)
    }

    fn tensor(values: &[f32], shape: &[usize]) -> Tensor {
        Tensor::new(values, &Device::Cpu).unwrap().reshape(shape).unwrap()
    }

    /// Gates of 1, and gradients by which the second direction is the most important, in A and in B.
    fn step(allotment: &mut Allotment, progress: f64) -> Vec<f32> {
        let weight = |at: usize| match at {
            0 => Ok(tensor(&[1.0; 3], &[3, 1])),
            1 => Ok(tensor(&[1.0; 6], &[3, 2])),
            _ => Ok(tensor(&[1.0; 6], &[2, 3])),
        };
        let gradient = |at: usize| match at {
            0 => Ok(tensor(&[0.3, 0.1, 0.2], &[3, 1])),
            1 => Ok(tensor(&[0.0, 0.0, 1.0, 1.0, 0.0, 0.0], &[3, 2])),
            _ => Ok(tensor(&[0.0, 1.0, 0.0, 0.0, 1.0, 0.0], &[2, 3])),
        };
        let closed = allotment.step(1, progress, weight, gradient).unwrap();
        closed.first().map_or_else(
            || vec![1.0; 3],
            |(at, gate)| {
                assert_eq!(*at, 0);
                flat(gate).unwrap()
            },
        )
    }

    #[test]
    fn the_most_important_directions_are_kept_and_their_number_falls() {
        let mut allotment = allotment();
        assert_eq!(step(&mut allotment, 0.0), [1.0; 3]); // all
        assert_eq!(step(&mut allotment, 0.25), [0.0, 1.0, 0.0]); // 1 + 2 · (1/2)³, rounded
        assert_eq!(step(&mut allotment, 0.1), [1.0, 1.0, 0.0]); // 1 + 2 · (4/5)³: the larger gate
        assert_eq!(step(&mut allotment, 0.5), [0.0, 1.0, 0.0]);
        assert_eq!(step(&mut allotment, 0.0), [0.0, 1.0, 0.0]); // the last choice stays
    }

    #[test]
    fn a_restored_allotment_goes_on_as_the_saved_one() {
        let mut first = allotment();
        step(&mut first, 0.0);
        step(&mut first, 0.6);
        let mut saved = BTreeMap::new();
        first.state(&mut saved).unwrap();
        let mut second = allotment();
        second.restore(&saved).unwrap();
        assert_eq!(second.last, first.last);
        assert_eq!(second.gates[0].with[1].change, first.gates[0].with[1].change);
        assert!(second.restore(&BTreeMap::new()).unwrap_err().contains("`budget.smooth.A` is missing"));
    }
}
