//! The order of the items, epoch by epoch: made of the seed alone, so that a run goes on where it stopped.

use engraft_plugin::{Random, seed};

/// The order of `count` items in an epoch. The same seed, epoch and count give the same order, on every
/// machine.
pub fn order(run_seed: u64, epoch: usize, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    Random::new(seed(run_seed, &["order", &epoch.to_string()])).shuffle(&mut order);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_gives_every_item_once() {
        let mut all = order(7, 0, 10);
        assert_ne!(all, (0..10).collect::<Vec<_>>());
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
        assert!(order(1, 0, 0).is_empty());
    }

    #[test]
    fn epochs_and_seeds_have_orders_of_their_own_and_the_same_ones_every_time() {
        assert_eq!(order(1, 0, 50), order(1, 0, 50));
        assert_ne!(order(1, 0, 50), order(1, 1, 50));
        assert_ne!(order(1, 0, 50), order(2, 0, 50));
        // Frozen: a run that is resumed by a later version must see the same order.
        assert_eq!(order(1, 0, 6), [3, 4, 2, 0, 5, 1]);
    }
}
