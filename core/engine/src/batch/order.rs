//! The order of the items, epoch by epoch: made of the seed alone, so that a run goes on where it stopped.

use engraft_plugin::{Random, mix, seed};

/// So many items are shuffled in a list; the places of more are computed one by one.
const FEW: usize = 1 << 20;
/// Rounds of the computed permutation: enough that neighbors have nothing in common.
const ROUNDS: u64 = 6;

/// An order of items.
#[derive(Clone, Debug)]
pub enum Order {
    /// A list of them.
    Listed(Vec<u32>),
    /// A permutation that is computed place by place, and takes no memory.
    Drawn(Permutation),
}

impl Order {
    /// The order of `count` items in an epoch. The same seed, epoch and count give the same order, on every machine.
    pub fn new(run_seed: u64, epoch: usize, count: usize) -> Self {
        let key = seed(run_seed, &["order", &epoch.to_string()]);
        if count > FEW {
            return Self::Drawn(Permutation::new(key, count));
        }
        let mut order: Vec<u32> = (0..count as u32).collect();
        Random::new(key).shuffle(&mut order);
        Self::Listed(order)
    }

    /// Items.
    pub const fn len(&self) -> usize {
        match self {
            Self::Listed(order) => order.len(),
            Self::Drawn(order) => order.count,
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at a place.
    ///
    /// # Panics
    /// When there is no such place.
    pub fn at(&self, place: usize) -> usize {
        match self {
            Self::Listed(order) => order[place] as usize,
            Self::Drawn(order) => order.at(place),
        }
    }
}

/// A permutation by a Feistel network over the next power of four, walked until it is inside (Black and Rogaway, Ciphers
/// with arbitrary finite domains, 2002).
#[derive(Clone, Debug)]
pub struct Permutation {
    key: u64,
    count: usize,
    /// Bits of each half.
    half: u32,
}

impl Permutation {
    fn new(key: u64, count: usize) -> Self {
        let bits = usize::BITS - count.saturating_sub(1).leading_zeros();
        Self { key, count, half: bits.div_ceil(2).max(1) }
    }

    fn at(&self, place: usize) -> usize {
        assert!(place < self.count, "the order has such a place");
        let mut at = place as u64;
        loop {
            at = self.once(at);
            if at < self.count as u64 {
                return at as usize;
            }
        }
    }

    fn once(&self, at: u64) -> u64 {
        let mask = (1 << self.half) - 1;
        let (mut left, mut right) = (at >> self.half, at & mask);
        for round in 0..ROUNDS {
            let drawn = mix(self.key ^ mix(right ^ (round + 1) << 48));
            (left, right) = (right, left ^ drawn & mask);
        }
        left << self.half | right
    }
}

#[cfg(test)]
mod tests {
    use super::{FEW, Order, Permutation};

    fn order(run_seed: u64, epoch: usize, count: usize) -> Vec<usize> {
        let order = Order::new(run_seed, epoch, count);
        (0..order.len()).map(|place| order.at(place)).collect()
    }

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
        let many = Order::new(1, 0, FEW + 1);
        assert_eq!([0, 1, FEW].map(|place| many.at(place)), MANY);
    }

    const MANY: [usize; 3] = [796_282, 173_776, 239_469];

    #[test]
    fn a_computed_order_has_every_item_once_too() {
        for count in [1, 2, 3, 5, 64, 65, 1000, 4096, 5000] {
            for key in 0..5 {
                let order = Permutation::new(key, count);
                let mut all: Vec<usize> = (0..count).map(|place| order.at(place)).collect();
                all.sort_unstable();
                assert_eq!(all, (0..count).collect::<Vec<_>>(), "{count} items");
            }
        }
    }

    #[test]
    fn items_are_anywhere_in_a_computed_order_whatever_their_neighbors() {
        // Chi-square over sixteen parts: 15 degrees of freedom, 99.9 % below 37.7. Steps likewise.
        let (count, parts) = (1 << 16, 16);
        let order = Permutation::new(3, count);
        let (mut places, mut steps) = ([0f64; 16], [0f64; 16]);
        for place in 0..4096 {
            let (item, next) = (order.at(place), order.at(place + 1));
            places[item * parts / count] += 1.0;
            steps[(next + count - item) % count * parts / count] += 1.0;
        }
        let chi = |found: [f64; 16]| found.iter().map(|n| (n - 256.0).powi(2) / 256.0).sum::<f64>();
        assert!(chi(places) < 37.7 && chi(steps) < 37.7, "{} {}", chi(places), chi(steps));
    }
}
