//! Balance: groups of windows equally often, by repeating those of small groups or by leaving out those of large ones.
//!
//! ```text
//! over    group of n → n^(1−s) · largest^s        s the strength: 1 all equal, 0 as they are
//! under   group of n → n^(1−s) · smallest^s
//! ```

use super::{Marks, percent, take};
use engraft_plugin::{Random, seed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[batch.balance]`: groups of windows equally often in every epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Balance {
    /// What makes a group: `label`, or a field of the records. A window of several labels counts for its rarest; windows
    /// without a label or field stay as they are (`unlabeled` thins them out).
    pub by: String,
    /// `over` repeats windows of small groups, `under` leaves out windows of large ones, drawn anew for each epoch.
    pub how: How,
    /// How far: 1 makes all groups equal, 0 leaves them as they are, between them group sizes come nearer to each other.
    pub strength: f64,
}

impl Default for Balance {
    fn default() -> Self {
        Self { by: "label".to_owned(), how: How::Over, strength: 1.0 }
    }
}

/// How groups become equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Windows of small groups come again.
    #[default]
    Over,
    /// Windows of large groups are left out.
    Under,
}

impl Balance {
    /// How many windows of a group of `size` an epoch has.
    fn wanted(&self, size: usize, sizes: &BTreeMap<u32, usize>) -> usize {
        let ends = match self.how {
            How::Over => sizes.values().max(),
            How::Under => sizes.values().min(),
        };
        let end = ends.copied().unwrap_or(size) as f64;
        let wanted = libm::pow(size as f64, 1.0 - self.strength) * libm::pow(end, self.strength);
        (wanted.round() as usize).max(1)
    }

    fn sizes(windows: &[u32], groups: impl Fn(u32) -> u32) -> BTreeMap<u32, usize> {
        let mut sizes = BTreeMap::new();
        windows.iter().map(|&at| groups(at)).filter(|&group| group != Marks::NONE).for_each(|group| {
            *sizes.entry(group).or_default() += 1;
        });
        sizes
    }

    /// The windows of an epoch; `group` says of which group a window is.
    pub(in crate::batch) fn apply(
        &self,
        windows: Vec<u32>,
        group: impl Fn(u32) -> u32 + Copy,
        run_seed: u64,
        epoch: usize,
    ) -> Vec<u32> {
        let mut random = Random::new(seed(run_seed, &["balance", &epoch.to_string()]));
        let sizes = Self::sizes(&windows, group);
        let (free, grouped): (Vec<u32>, Vec<u32>) = windows.into_iter().partition(|&at| group(at) == Marks::NONE);
        let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        grouped.into_iter().for_each(|at| members.entry(group(at)).or_default().push(at));
        let mut all = free;
        for (of, members) in members {
            all.extend(take(members, self.wanted(sizes[&of], &sizes), &mut random));
        }
        all.sort_unstable();
        all
    }

    /// What it makes of these windows, in words.
    pub(in crate::batch) fn told(
        &self,
        windows: &[u32],
        group: impl Fn(u32) -> u32,
        name: impl Fn(u32) -> String,
    ) -> String {
        let sizes = Self::sizes(windows, group);
        let wanted: BTreeMap<u32, usize> = sizes.iter().map(|(of, size)| (*of, self.wanted(*size, &sizes))).collect();
        let whole: usize = wanted.values().sum();
        let line = |(of, size): (&u32, &usize)| {
            format!("{} {size} → {} ({})", name(*of), wanted[of], percent(wanted[of], whole))
        };
        let how = if self.how == How::Over { "over" } else { "under" };
        format!(
            "{how}-sampling by {}, windows an epoch: {}",
            self.by,
            sizes.iter().map(line).collect::<Vec<_>>().join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Windows 0..2 are of group 0, 2..10 of group 1, 10 of none.
    fn group(at: u32) -> u32 {
        match at {
            0..2 => 0,
            2..10 => 1,
            _ => Marks::NONE,
        }
    }

    fn counts(how: How, strength: f64, epoch: usize) -> [usize; 3] {
        let balance = Balance { how, strength, ..Balance::default() };
        let taken = balance.apply((0..11).collect(), group, 7, epoch);
        [0, 1, Marks::NONE].map(|of| taken.iter().filter(|&&at| group(at) == of).count())
    }

    #[test]
    fn small_groups_repeat_or_large_ones_are_thinned_and_the_rest_stays() {
        assert_eq!(counts(How::Over, 1.0, 0), [8, 8, 1]);
        assert_eq!(counts(How::Under, 1.0, 0), [2, 2, 1]);
        assert_eq!(counts(How::Over, 0.5, 0), [4, 8, 1]);
        assert_eq!(counts(How::Under, 0.0, 0), [2, 8, 1]);
    }

    #[test]
    fn each_epoch_draws_anew_and_the_same_every_time() {
        let balance = Balance { how: How::Under, ..Balance::default() };
        let drawn = |epoch| balance.apply((0..11).collect(), group, 7, epoch);
        assert_eq!(drawn(0), drawn(0));
        assert!((1..5).any(|epoch| drawn(epoch) != drawn(0)));
    }

    #[test]
    fn what_is_done_is_told_by_group() {
        let told =
            Balance::default().told(&(0..11).collect::<Vec<_>>(), group, |of| ["a", "b"][of as usize].to_owned());
        assert_eq!(told, "over-sampling by label, windows an epoch: a 2 → 8 (50.0 %), b 8 → 8 (50.0 %)");
    }
}
