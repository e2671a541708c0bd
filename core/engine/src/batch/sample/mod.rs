//! Sampling: which windows an epoch has, how often, and in which order.
//!
//! ```text
//! unlabeled → balance → mix      which windows, how often
//! curriculum                     in which order
//! ```
//!
//! Each is drawn anew for each epoch, from the run's seed and the epoch's number alone: a run that was killed goes on with the
//! same windows in the same order. [`Marks`] hold what is known of each window, made once for the originals and for each
//! epoch's variants.

mod balance;
mod curriculum;
mod marks;
mod mix;

pub use balance::{Balance, How};
pub use curriculum::Curriculum;
pub(super) use curriculum::Pace;
pub(super) use marks::{Marker, Marks};
pub use mix::Mix;

use engraft_plugin::Random;

/// `count` of these, each as often as any other but for one; which are taken once more is drawn.
fn take(mut from: Vec<u32>, count: usize, random: &mut Random) -> Vec<u32> {
    if from.is_empty() {
        return from;
    }
    let mut taken = from.repeat(count / from.len());
    random.shuffle(&mut from);
    taken.extend(&from[..count % from.len()]);
    taken
}

/// `part` of `whole` in percent, for messages.
fn percent(part: usize, whole: usize) -> String {
    format!("{:.1} %", 100.0 * part as f64 / whole.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_there_are_come_equally_often_and_fewer_are_drawn() {
        let taken = |count| {
            let mut taken = take(vec![4, 5, 6], count, &mut Random::new(1));
            taken.sort_unstable();
            taken
        };
        assert_eq!(taken(6), [4, 4, 5, 5, 6, 6]);
        assert_eq!(taken(3), [4, 5, 6]);
        assert_eq!(taken(2).len(), 2);
        let seven = taken(7);
        assert!([4, 5, 6].iter().all(|at| (2..=3).contains(&seven.iter().filter(|other| *other == at).count())));
        assert!(take(Vec::new(), 3, &mut Random::new(1)).is_empty());
    }
}
