//! Windows side by side, without padding.

use crate::tokenize::{Item, NOT_SCORED, Targets};

/// A batch: all tokens of its windows in one row, and where each window begins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Packed {
    /// Token ids. (tokens)
    pub ids: Vec<u32>,
    /// Where each window begins in `ids`, and at last where they all end. (sequences + 1)
    pub bounds: Vec<u32>,
    /// The place of each token in its own window, from 0. (tokens)
    pub positions: Vec<u32>,
    /// What the model is to answer.
    pub targets: PackedTargets,
    /// Which items these are, by number. (sequences)
    pub items: Vec<usize>,
}

/// The targets of a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum PackedTargets {
    /// A tag a token, [`NOT_SCORED`] where there is none. (tokens)
    Tokens(Vec<i64>),
    /// A label a window, [`NOT_SCORED`] where it is not known. (sequences)
    Classes(Vec<i64>),
    /// 1 or 0 a label, window by window. (sequences × labels)
    Labels(Vec<f32>),
    /// What share of a label's spans begins or ends at a token; below 0 where a row is no candidate. (tokens × columns)
    Ends {
        /// Two a label.
        columns: usize,
        /// Row by row.
        shares: Vec<f32>,
    },
    /// Nothing is known of any window.
    #[default]
    None,
}

/// Packs the items with the numbers `chosen`, in that order.
///
/// # Panics
/// When a number is beyond the items, or the items are of different tasks.
pub fn pack(items: &[Item], chosen: &[usize]) -> Packed {
    let mut packed = Packed { bounds: vec![0], items: chosen.to_vec(), ..Packed::default() };
    for &number in chosen {
        let item = &items[number];
        packed.ids.extend(&item.ids);
        packed.positions.extend(0..item.ids.len() as u32);
        packed.bounds.push(packed.ids.len() as u32);
    }
    packed.targets = targets(items, chosen);
    packed
}

fn targets(items: &[Item], chosen: &[usize]) -> PackedTargets {
    let all = || chosen.iter().map(|&number| &items[number].targets);
    let mixed = "the items of a batch are of one task";
    match all().find(|targets| **targets != Targets::None) {
        None => PackedTargets::None,
        Some(Targets::Tokens(_)) => PackedTargets::Tokens(
            all()
                .flat_map(|targets| match targets {
                    Targets::Tokens(tags) => tags,
                    _ => panic!("{mixed}"),
                })
                .copied()
                .collect(),
        ),
        Some(Targets::Labels(_)) => PackedTargets::Labels(
            all()
                .flat_map(|targets| match targets {
                    Targets::Labels(labels) => labels,
                    _ => panic!("{mixed}"),
                })
                .copied()
                .collect(),
        ),
        Some(Targets::Ends { columns, .. }) => {
            let columns = *columns as usize;
            let tokens: usize = chosen.iter().map(|&number| items[number].ids.len()).sum();
            let (mut all, mut first) = (vec![0.0; tokens * columns], 0);
            for &number in chosen {
                let Item { ids, targets: Targets::Ends { shares, .. }, .. } = &items[number] else { panic!("{mixed}") };
                for &(row, column, share) in shares {
                    all[(first + row as usize) * columns + column as usize] = share;
                }
                first += ids.len();
            }
            PackedTargets::Ends { columns, shares: all }
        }
        Some(_) => PackedTargets::Classes(
            all()
                .map(|targets| match targets {
                    Targets::Class(class) => *class,
                    Targets::None => NOT_SCORED,
                    _ => panic!("{mixed}"),
                })
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(ids: &[u32], targets: Targets) -> Item {
        Item { example: 0, ids: ids.to_vec(), units: Vec::new(), targets }
    }

    #[test]
    fn windows_lie_side_by_side_in_the_order_chosen() {
        let tags = |tags: &[i64]| Targets::Tokens(tags.to_vec());
        let items = [item(&[1, 2, 3], tags(&[-100, 0, 5])), item(&[9], tags(&[1])), item(&[4, 5], tags(&[2, -100]))];
        let packed = pack(&items, &[2, 0]);
        assert_eq!(packed.ids, [4, 5, 1, 2, 3]);
        assert_eq!(packed.bounds, [0, 2, 5]);
        assert_eq!(packed.positions, [0, 1, 0, 1, 2]);
        assert_eq!(packed.targets, PackedTargets::Tokens(vec![2, -100, -100, 0, 5]));
        assert_eq!(packed.items, [2, 0]);
    }

    #[test]
    fn a_window_without_a_label_among_others_is_not_scored() {
        let items = [item(&[1], Targets::None), item(&[2], Targets::Class(3))];
        assert_eq!(pack(&items, &[0, 1]).targets, PackedTargets::Classes(vec![NOT_SCORED, 3]));
        assert_eq!(pack(&items, &[0]).targets, PackedTargets::None);
        assert_eq!(pack(&items, &[]), Packed { bounds: vec![0], ..Packed::default() });
    }

    #[test]
    fn shares_of_ends_stand_at_their_rows_and_columns() {
        let ends = |shares: &[(u32, u32, f32)]| Targets::Ends { columns: 2, shares: shares.to_vec() };
        let items =
            [item(&[1, 2], ends(&[(0, 0, 1.0), (0, 1, 1.0)])), item(&[3, 4], ends(&[(1, 0, 1.0), (1, 1, 0.5)]))];
        let shares = vec![0.0, 0.0, 1.0, 0.5, 1.0, 1.0, 0.0, 0.0];
        assert_eq!(pack(&items, &[1, 0]).targets, PackedTargets::Ends { columns: 2, shares });
    }

    #[test]
    fn the_labels_of_windows_follow_each_other() {
        let items = [item(&[1], Targets::Labels(vec![0.0, 1.0])), item(&[2], Targets::Labels(vec![1.0, 1.0]))];
        assert_eq!(pack(&items, &[1, 0]).targets, PackedTargets::Labels(vec![1.0, 1.0, 0.0, 1.0]));
    }
}
