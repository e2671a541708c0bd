//! The conditional random field over the tags of a text, in log space and f64 whatever the type of the tensors.
//!
//! ```text
//! score(t) = start[t₁] + Σ emission[i, tᵢ] + Σ transition[tᵢ, tᵢ₊₁] + end[tₙ]
//! loss     = scale · Σ over texts of (log Σ exp score over all tags − log Σ exp score over the tags that agree with gold)
//! ```
//!
//! The table holds transitions (from, to), then the row of starts, then that of ends: `[k + 2, k]`. Rows of a text whose
//! class is below [`UNKNOWN`] are no part of its chain; those of that class are, and every tag agrees with them. Inside a text
//! an `I-` stands only behind a tag of its own label; a window may begin with one, for its text may have begun before.
//! Source: Lafferty et al. 2001; the gradient is the difference of the marginals with and without the gold.

use super::{Kernel, Operand, Real};
use candle_core::{Result, Shape, WithDType};
use rayon::prelude::*;

/// The class of a row whose tag is not known; below it, a row is no part of the chain.
pub(crate) const UNKNOWN: i64 = -1;

/// Whether tag `to` may stand behind tag `from`: `O` is 0, `B-` and `I-` of label l are 1 + 2l and 2 + 2l.
pub(crate) const fn may_follow(from: usize, to: usize) -> bool {
    may_begin(to) || from == to || from + 1 == to
}

/// Whether a text may begin with this tag.
pub(crate) const fn may_begin(tag: usize) -> bool {
    tag == 0 || tag % 2 == 1
}

/// log Σ exp.
fn log_sum(terms: impl Iterator<Item = f64> + Clone) -> f64 {
    let top = terms.clone().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY {
        return top;
    }
    top + libm::log(terms.map(|term| libm::exp(term - top)).sum())
}

/// The scores of one text's chain.
pub(crate) struct Chain<'a> {
    /// Emissions of the chain's rows: (rows × tags).
    pub(crate) emissions: &'a [f64],
    /// Transitions, starts, ends: ((tags + 2) × tags).
    pub(crate) table: &'a [f64],
    /// Tags.
    pub(crate) tags: usize,
    /// Whether an `I-` may stand first.
    pub(crate) begins_anywhere: bool,
}

/// What forward and backward leave: log Σ exp over all that stands before, and behind, a tag at a row.
pub(crate) struct Lattice {
    alpha: Vec<f64>,
    beta: Vec<f64>,
    /// log Σ exp of all sequences of tags.
    pub(crate) log_z: f64,
}

impl Lattice {
    /// The probability of each tag at each row: (rows × tags).
    pub(crate) fn marginals(&self) -> impl Iterator<Item = f64> + '_ {
        self.alpha.iter().zip(&self.beta).map(|(a, b)| libm::exp(a + b - self.log_z))
    }
}

impl Chain<'_> {
    fn rows(&self) -> usize {
        self.emissions.len() / self.tags.max(1)
    }
    fn emission(&self, row: usize, tag: usize) -> f64 {
        self.emissions[row * self.tags + tag]
    }
    fn step(&self, from: usize, to: usize) -> f64 {
        if may_follow(from, to) { self.table[from * self.tags + to] } else { f64::NEG_INFINITY }
    }
    fn start(&self, tag: usize) -> f64 {
        let is_free = self.begins_anywhere || may_begin(tag);
        if is_free { self.table[self.tags * self.tags + tag] } else { f64::NEG_INFINITY }
    }
    fn end(&self, tag: usize) -> f64 {
        self.table[(self.tags + 1) * self.tags + tag]
    }

    /// Forward and backward over the tags that `agrees` allows at each row.
    pub(crate) fn lattice(&self, agrees: impl Fn(usize, usize) -> bool) -> Lattice {
        let (rows, k) = (self.rows(), self.tags);
        let seen = |row, tag| if agrees(row, tag) { self.emission(row, tag) } else { f64::NEG_INFINITY };
        let mut alpha = vec![0.0; rows * k];
        let mut beta = vec![0.0; rows * k];
        for row in 0..rows {
            for to in 0..k {
                let before = match row {
                    0 => self.start(to),
                    _ => {
                        let past = &alpha[(row - 1) * k..][..k];
                        log_sum((0..k).map(|from| past[from] + self.step(from, to)))
                    }
                };
                alpha[row * k + to] = before + seen(row, to);
            }
        }
        for row in (0..rows).rev() {
            for from in 0..k {
                beta[row * k + from] = match row + 1 {
                    next if next == rows => self.end(from),
                    next => {
                        let coming = &beta[next * k..][..k];
                        log_sum((0..k).map(|to| self.step(from, to) + seen(next, to) + coming[to]))
                    }
                };
            }
        }
        let log_z = match rows {
            0 => 0.0,
            rows => log_sum((0..k).map(|tag| alpha[(rows - 1) * k + tag] + self.end(tag))),
        };
        Lattice { alpha, beta, log_z }
    }

    /// Adds the expected counts of transitions, starts and ends, times `sign`, to a table.
    fn count(&self, lattice: &Lattice, agrees: impl Fn(usize, usize) -> bool, sign: f64, into: &mut [f64]) {
        let (rows, k) = (self.rows(), self.tags);
        let Lattice { alpha, beta, log_z } = lattice;
        for row in 1..rows {
            for from in 0..k {
                for to in (0..k).filter(|&to| agrees(row, to)) {
                    let score = alpha[(row - 1) * k + from] + self.step(from, to) + self.emission(row, to);
                    into[from * k + to] += sign * libm::exp(score + beta[row * k + to] - log_z);
                }
            }
        }
        for tag in 0..k {
            let last = (rows - 1) * k + tag;
            into[k * k + tag] += sign * libm::exp(alpha[tag] + beta[tag] - log_z);
            into[(k + 1) * k + tag] += sign * libm::exp(alpha[last] + beta[last] - log_z);
        }
    }

    /// The sequence of tags with the highest score; of equals, the one with the lowest tags from the end on.
    pub(crate) fn best(&self) -> Vec<usize> {
        let (rows, k) = (self.rows(), self.tags);
        let Some(last) = rows.checked_sub(1) else { return Vec::new() };
        let higher = |best: (usize, f64), next: (usize, f64)| if next.1 > best.1 { next } else { best };
        let first = (0, f64::NEG_INFINITY);
        let mut scores: Vec<f64> = (0..k).map(|tag| self.start(tag) + self.emission(0, tag)).collect();
        let mut came_from = vec![0; rows * k];
        for row in 1..rows {
            let mut next = vec![0.0; k];
            for to in 0..k {
                let (from, score) = (0..k).map(|from| (from, scores[from] + self.step(from, to))).fold(first, higher);
                came_from[row * k + to] = from;
                next[to] = score + self.emission(row, to);
            }
            scores = next;
        }
        let (mut tag, _) = (0..k).map(|tag| (tag, scores[tag] + self.end(tag))).fold(first, higher);
        let mut tags = vec![tag];
        for row in (1..=last).rev() {
            tag = came_from[row * k + tag];
            tags.push(tag);
        }
        tags.reverse();
        tags
    }
}

/// A batch of texts: where each begins, and the class of every row.
#[derive(Clone)]
pub(crate) struct Crf {
    pub(crate) bounds: Vec<usize>,
    pub(crate) classes: Vec<i64>,
}

/// One text: its rows in the chain, what is known of them, their emissions.
struct Text {
    rows: Vec<usize>,
    known: Vec<i64>,
    emissions: Vec<f64>,
}

impl Text {
    fn agrees(&self) -> impl Fn(usize, usize) -> bool + Copy + '_ {
        |row, tag| self.known[row] < 0 || self.known[row] == tag as i64
    }
}

/// A number as f64.
fn number<T: Real>(of: T) -> f64 {
    WithDType::to_f64(of)
}

fn wide<T: Real>(of: &[T]) -> Vec<f64> {
    of.iter().map(|&x| number(x)).collect()
}

impl Crf {
    /// What each text with a known tag gives, in the order of the texts.
    fn texts<T: Real, R: Send>(&self, emissions: &[T], tags: usize, each: impl Fn(&Text) -> R + Sync) -> Vec<R> {
        let one = |pair: &[usize]| {
            let rows: Vec<usize> = (pair[0]..pair[1]).filter(|&row| self.classes[row] >= UNKNOWN).collect();
            let known: Vec<i64> = rows.iter().map(|&row| self.classes[row]).collect();
            if known.iter().all(|&class| class < 0) {
                return None; // nothing to learn from
            }
            let emissions = rows.iter().flat_map(|row| wide(&emissions[row * tags..][..tags])).collect();
            Some(each(&Text { rows, known, emissions }))
        };
        self.bounds.par_windows(2).filter_map(one).collect()
    }
}

impl Kernel<3> for Crf {
    fn compute<T: Real>(&self, [emissions, table, scale]: [Operand<'_, T>; 3]) -> Result<(Vec<T>, Shape)> {
        let tags = emissions.last();
        let table = wide(table.flat()?);
        let losses = self.texts(emissions.flat()?, tags, |text| {
            let chain = Chain { emissions: &text.emissions, table: &table, tags, begins_anywhere: true };
            chain.lattice(|_, _| true).log_z - chain.lattice(text.agrees()).log_z
        });
        let loss = losses.iter().sum::<f64>() * number(scale.flat()?[0]);
        Ok((vec![T::of(loss)], Shape::from(())))
    }
}

/// The gradient of the emissions: emissions, table, scale, d.
pub(crate) struct CrfGrad(pub(crate) Crf);

impl Kernel<4> for CrfGrad {
    fn compute<T: Real>(&self, [emissions, table, scale, d]: [Operand<'_, T>; 4]) -> Result<(Vec<T>, Shape)> {
        let tags = emissions.last();
        let table = wide(table.flat()?);
        let scale = number(scale.flat()?[0]) * number(d.flat()?[0]);
        let flat = emissions.flat()?;
        let parts = self.0.texts(flat, tags, |text| {
            let chain = Chain { emissions: &text.emissions, table: &table, tags, begins_anywhere: true };
            let (all, gold) = (chain.lattice(|_, _| true), chain.lattice(text.agrees()));
            let apart: Vec<f64> = all.marginals().zip(gold.marginals()).map(|(a, b)| scale * (a - b)).collect();
            (text.rows.clone(), apart)
        });
        let mut out = vec![T::zero(); flat.len()];
        for (rows, apart) in parts {
            for (row, apart) in rows.iter().zip(apart.chunks_exact(tags)) {
                out[row * tags..][..tags].iter_mut().zip(apart).for_each(|(out, &apart)| *out = T::of(apart));
            }
        }
        Ok((out, emissions.shape()))
    }
}

/// The gradient of the table: emissions, table, scale, d.
pub(crate) struct CrfTableGrad(pub(crate) Crf);

impl Kernel<4> for CrfTableGrad {
    fn compute<T: Real>(&self, [emissions, table, scale, d]: [Operand<'_, T>; 4]) -> Result<(Vec<T>, Shape)> {
        let (tags, shape) = (emissions.last(), table.shape());
        let table = wide(table.flat()?);
        let scale = number(scale.flat()?[0]) * number(d.flat()?[0]);
        let parts = self.0.texts(emissions.flat()?, tags, |text| {
            let chain = Chain { emissions: &text.emissions, table: &table, tags, begins_anywhere: true };
            let mut counts = vec![0.0; table.len()];
            let all = |_, _| true;
            chain.count(&chain.lattice(all), all, scale, &mut counts);
            chain.count(&chain.lattice(text.agrees()), text.agrees(), -scale, &mut counts);
            counts
        });
        let mut total = vec![0.0; table.len()];
        for part in parts {
            total.iter_mut().zip(part).for_each(|(total, part)| *total += part);
        }
        Ok((total.into_iter().map(T::of).collect(), shape))
    }
}

#[cfg(test)]
#[path = "crf_tests.rs"]
mod tests;
