//! Curriculum: easy windows first, the others by and by.
//!
//! ```text
//! c(t) = √(t/until · (1 − begin²) + begin²), at most 1      the share of windows, the easiest, that may come
//!                                                           at t, the part of all epochs that is done
//! ```
//!
//! An epoch draws as many windows as it has, each from those that may come and have not come yet; when none is left, all that
//! may come may come again. Where c is 1 an epoch has each window once. Source: Platanios et al. 2019 (arXiv:1903.09848).

use crate::{Error, Result};
use engraft_plugin::{Random, seed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[batch.curriculum]`: easy windows first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Curriculum {
    /// What is difficult: `length` (tokens), `rarity` (the mean of −log of how frequent a token is in the training set), or a
    /// field of the records that holds a number.
    pub by: String,
    /// The share of the windows, the easiest, with which training begins.
    pub begin: f64,
    /// The part of all epochs after which every window may come.
    pub until: f64,
}

impl Default for Curriculum {
    fn default() -> Self {
        Self { by: "length".to_owned(), begin: 0.2, until: 0.5 }
    }
}

impl Curriculum {
    pub(super) fn check(&self) -> Result<()> {
        for (key, value) in [("begin", self.begin), ("until", self.until)] {
            if !(value > 0.0 && value <= 1.0) {
                let (expected, got) = ("more than 0, at most 1".to_owned(), value.to_string());
                return Err(Error::Setting { key: format!("batch.curriculum.{key}"), expected, got });
            }
        }
        Ok(())
    }

    /// The share of the windows that may come at `t`.
    fn share(&self, t: f64) -> f64 {
        let square = self.begin * self.begin;
        (t / self.until * (1.0 - square) + square).sqrt().min(1.0)
    }

    /// What it does, in words.
    pub(in crate::batch) fn told(&self) -> String {
        format!(
            "curriculum by {}: begins with the easiest {:.0} % of the windows, all may come after {:.0} % of the epochs",
            self.by,
            100.0 * self.begin,
            100.0 * self.until
        )
    }
}

/// The order of an epoch under a curriculum.
#[derive(Clone, Debug)]
pub(in crate::batch) struct Pace {
    curriculum: Curriculum,
    /// Places of the epoch's windows, the easiest first.
    easiest: Vec<u32>,
    /// The epoch, and how many there are.
    epoch: (usize, usize),
}

impl Pace {
    /// Of windows of these difficulties.
    pub(in crate::batch) fn new(curriculum: &Curriculum, difficulties: &[f32], epoch: (usize, usize)) -> Self {
        let mut easiest: Vec<u32> = (0..difficulties.len() as u32).collect();
        easiest.sort_by(|&a, &b| difficulties[a as usize].total_cmp(&difficulties[b as usize])); // stable
        Self { curriculum: curriculum.clone(), easiest, epoch }
    }

    /// The order in which they come; nothing where all may come from the epoch's first window on.
    pub(in crate::batch) fn order(&self, run_seed: u64) -> Option<Vec<u32>> {
        let (epoch, epochs) = self.epoch;
        let count = self.easiest.len();
        let t = |drawn: usize| (epoch as f64 + drawn as f64 / count as f64) / epochs.max(1) as f64;
        if self.curriculum.share(t(0)) >= 1.0 {
            return None;
        }
        let mut random = Random::new(seed(run_seed, &["curriculum", &epoch.to_string()]));
        let (mut known, mut bag) = (0, Vec::new());
        let mut order = Vec::with_capacity(count);
        for drawn in 0..count {
            let may = ((self.curriculum.share(t(drawn)) * count as f64).ceil() as usize).clamp(1, count);
            bag.extend_from_slice(&self.easiest[known.min(may)..may]);
            known = known.max(may);
            if bag.is_empty() {
                bag.extend_from_slice(&self.easiest[..known]);
            }
            order.push(bag.swap_remove(random.below(bag.len())));
        }
        Some(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(epoch: usize) -> Pace {
        let difficulties: Vec<f32> = (0..100).map(|at| (at * 37 % 100) as f32).collect();
        Pace::new(&Curriculum::default(), &difficulties, (epoch, 4))
    }

    fn difficulty(at: u32) -> usize {
        at as usize * 37 % 100
    }

    #[test]
    fn the_easiest_come_first_and_nothing_harder_than_may_come() {
        let order = pace(0).order(7).unwrap();
        assert_eq!(order.len(), 100);
        assert!(order[..5].iter().all(|&at| difficulty(at) < 30), "{order:?}");
        for (drawn, &at) in order.iter().enumerate() {
            let may = Curriculum::default().share(drawn as f64 / 400.0) * 100.0;
            assert!(difficulty(at) < may.ceil() as usize, "{drawn}: {at}");
        }
        assert!(order.iter().any(|&at| difficulty(at) > 60), "harder ones come by and by");
    }

    #[test]
    fn once_all_may_come_an_epoch_has_each_window_once() {
        assert!(pace(2).order(7).is_none());
        assert!(pace(1).order(7).is_some());
    }

    #[test]
    fn the_order_is_of_seed_and_epoch() {
        assert_eq!(pace(0).order(7), pace(0).order(7));
        assert_ne!(pace(0).order(7), pace(0).order(8));
    }

    #[test]
    fn the_share_follows_the_square_root() {
        let curriculum = Curriculum::default();
        assert!((curriculum.share(0.0) - 0.2).abs() < 1e-12);
        assert!((curriculum.share(0.25) - 0.52f64.sqrt()).abs() < 1e-12);
        assert!((curriculum.share(0.5) - 1.0).abs() < 1e-12);
        assert!((curriculum.share(0.9) - 1.0).abs() < 1e-12);
        assert!(Curriculum { begin: 0.0, ..curriculum }.check().is_err());
    }
}
