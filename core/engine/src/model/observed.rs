//! What grafts tell of each text: the mean over its tokens, over all sites and grafts that observe under one name.

use super::build::Builder;
use crate::Result;
use crate::program::{Binary, Id, PlanOp, Pool, Rows};
use std::collections::BTreeMap;

/// Numbers that are told of each text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// What they are called.
    pub name: String,
    /// What each stands for.
    pub labels: Vec<String>,
    /// `sequence×[labels]`.
    pub value: Id,
}

/// What was told of a text, or of many in the mean: by name, then by label.
pub type Told = BTreeMap<String, BTreeMap<String, f64>>;

/// Writes the means into the program. They are computed where somebody asks for them.
pub(super) fn means(b: &mut Builder<'_>) -> Result<Vec<Observed>> {
    let mut sums: Vec<(Observed, usize)> = Vec::new();
    for (of, id) in std::mem::take(&mut b.observed) {
        let is_token = b.program.kind(id).rows == Rows::Token;
        let value = if is_token { b.program.push_plan(PlanOp::Pool(Pool::Mean), &[id])? } else { id };
        match sums.iter_mut().find(|(known, _)| known.name == of.name && known.labels == of.labels) {
            Some((known, count)) => {
                known.value = b.add(known.value, value)?;
                *count += 1;
            }
            None => sums.push((Observed { name: of.name, labels: of.labels, value }, 1)),
        }
    }
    let mean = |(sum, count): (Observed, usize)| {
        let share = b.program.constant(1.0 / count as f64);
        let value = b.program.push_plan(PlanOp::Binary(Binary::Mul), &[sum.value, share])?;
        Ok(Observed { value, ..sum })
    };
    sums.into_iter().map(mean).collect()
}

/// The mean of what was told of several texts, or windows of a text; `told` has a row for each of `observed`.
pub fn mean<'t>(observed: &[Observed], told: impl IntoIterator<Item = &'t Vec<Vec<f32>>>) -> Told {
    let mut all = Told::new();
    let mut count = 0;
    for one in told {
        count += 1;
        for (of, numbers) in observed.iter().zip(one) {
            let into = all.entry(of.name.clone()).or_default();
            for (label, number) in of.labels.iter().zip(numbers) {
                *into.entry(label.clone()).or_default() += f64::from(*number);
            }
        }
    }
    all.values_mut().flat_map(BTreeMap::values_mut).for_each(|sum| *sum /= f64::from(count.max(1)));
    all
}
