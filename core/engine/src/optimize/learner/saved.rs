//! What a learner saves of itself, and goes back to.

use super::{Learner, Moving};
use crate::Result;
use candle_core::Tensor;
use std::collections::{BTreeMap, HashMap};

/// What is saved of a parameter, in the order in which it lies in its [`State`](super::State).
const ROWS: [&str; 3] = ["weight", "first", "second"];

impl Learner {
    /// Weights, moments and step counts by name: all that a resumed run needs of the optimizer.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn state(&mut self) -> Result<(BTreeMap<String, Tensor>, BTreeMap<String, usize>)> {
        self.settle()?;
        let mut tensors = BTreeMap::new();
        let mut steps = BTreeMap::new();
        for Moving { parameter, state, steps: done, .. } in &self.moving {
            let (first, second) = state.moments()?;
            for (row, tensor) in ROWS.into_iter().zip([state.weight()?, first, second]) {
                tensors.insert(format!("{row}.{}", parameter.name), tensor);
            }
            steps.insert(parameter.name.clone(), *done);
        }
        self.allotments.iter().try_for_each(|allotment| allotment.state(&mut tensors))?;
        Ok((tensors, steps))
    }

    /// Goes back to a saved state: tensors as [`state`](Self::state) names them, put in place one by one.
    ///
    /// # Errors
    /// Names the tensor that is missing or misshapen.
    pub fn restore(
        &mut self,
        tensors: impl Iterator<Item = Result<(String, Tensor)>>,
        steps: &BTreeMap<String, usize>,
    ) -> Result<(), String> {
        let places: HashMap<String, usize> =
            self.moving.iter().enumerate().map(|(at, moving)| (moving.parameter.name.clone(), at)).collect();
        let (mut found, mut others) = (vec![[false; 3]; places.len()], BTreeMap::new());
        for tensor in tensors {
            let (name, tensor) = tensor.map_err(|e| e.to_string())?;
            let place = name.split_once('.').and_then(|(row, of)| {
                let row = ROWS.iter().position(|&known| known == row)?;
                Some((row, *places.get(of)?))
            });
            let Some((row, at)) = place else {
                others.insert(name, tensor);
                continue;
            };
            let shape = &self.moving[at].parameter.shape;
            if tensor.dims() != shape {
                return Err(format!("`{name}`: expected {shape:?}, found {:?}", tensor.dims()));
            }
            self.moving[at].state.put(row, &tensor).map_err(|e| e.to_string())?;
            found[at][row] = true;
        }
        for (moving, found) in self.moving.iter_mut().zip(found) {
            let name = &moving.parameter.name;
            if let Some(row) = found.iter().position(|found| !found) {
                return Err(format!("`{}.{name}` is missing", ROWS[row]));
            }
            moving.steps = *steps.get(name).ok_or_else(|| format!("the step count of `{name}` is missing"))?;
            let weight = moving.state.weight().map_err(|e| e.to_string())?;
            self.training.set(moving.parameter.id, weight.clone());
            self.inference.set(moving.parameter.id, weight);
        }
        self.allotments.iter_mut().try_for_each(|allotment| allotment.restore(&others))
    }
}
