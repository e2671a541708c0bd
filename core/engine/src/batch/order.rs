//! The order of the items, epoch by epoch: made of the seed alone, so that a run goes on where it stopped.

use engraft_plugin::{Random, seed};
use serde::{Deserialize, Serialize};

/// The order of `count` items in an epoch. The same seed, epoch and count give the same order, on every
/// machine.
pub fn order(run_seed: u64, epoch: usize, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    Random::new(seed(run_seed, &["order", &epoch.to_string()])).shuffle(&mut order);
    order
}

/// A place in the order of the items: all that a checkpoint needs to go on from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sampler {
    /// The run's seed.
    pub seed: u64,
    /// The epoch, from 0.
    pub epoch: usize,
    /// How many items of the epoch were given.
    pub position: usize,
}

impl Sampler {
    /// At the beginning of the first epoch.
    pub const fn new(seed: u64) -> Self {
        Self { seed, epoch: 0, position: 0 }
    }

    /// The next numbers of the epoch: `size` of the `items`, or what is left of them. `None` when none
    /// is left; the sampler then stands at the beginning of the next epoch.
    pub fn next_batch(&mut self, items: usize, size: usize) -> Option<Vec<usize>> {
        if self.position >= items {
            (self.epoch, self.position) = (self.epoch + 1, 0);
            return None;
        }
        let past = (self.position + size.max(1)).min(items);
        let batch = order(self.seed, self.epoch, items)[self.position..past].to_vec();
        self.position = past;
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_gives_every_item_once_and_the_last_batch_may_be_smaller() {
        let mut sampler = Sampler::new(7);
        let batches: Vec<_> = std::iter::from_fn(|| sampler.next_batch(10, 4)).collect();
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
        let mut all = batches.concat();
        assert_ne!(all, (0..10).collect::<Vec<_>>());
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
        assert_eq!(sampler, Sampler { seed: 7, epoch: 1, position: 0 });
    }

    #[test]
    fn epochs_and_seeds_have_orders_of_their_own_and_the_same_ones_every_time() {
        assert_eq!(order(1, 0, 50), order(1, 0, 50));
        assert_ne!(order(1, 0, 50), order(1, 1, 50));
        assert_ne!(order(1, 0, 50), order(2, 0, 50));
        // Frozen: a run that is resumed by a later version must see the same order.
        assert_eq!(order(1, 0, 6), [3, 4, 2, 0, 5, 1]);
    }

    #[test]
    fn a_sampler_that_was_written_and_read_goes_on_where_it_stood() {
        let mut sampler = Sampler::new(3);
        sampler.next_batch(9, 4);
        let json = serde_json::to_string(&sampler).unwrap();
        let mut read: Sampler = serde_json::from_str(&json).unwrap();
        for _ in 0..5 {
            assert_eq!(read.next_batch(9, 4), sampler.next_batch(9, 4));
        }
    }

    #[test]
    fn no_items_make_no_batch() {
        assert_eq!(Sampler::new(1).next_batch(0, 4), None);
    }
}
