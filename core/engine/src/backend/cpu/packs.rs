//! Sides of products, as products read them, kept where they are read again.

use crate::backend::Products;
use crate::kernel::Real;
use crate::kernel::product::{Matrix, Packed};
use crate::program::Id;
use std::collections::HashMap;
use std::sync::Arc;

/// A side of a product: the value, whether it stands transposed, whether it stands left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Side {
    pub id: Id,
    pub transposed: bool,
    pub is_left: bool,
}

/// What is kept.
#[derive(Default)]
pub(super) struct Packs {
    /// Of values that no optimizer step changes.
    fixed: HashMap<Side, Arc<Packed>>,
    /// The last ones of this batch: the same rows meet several matrices one after the other, as in attention.
    recent: Vec<(Side, Arc<Packed>)>,
}

/// Sides of the batch that are kept.
const RECENT: usize = 3;

impl Packs {
    /// Forgets the values of a batch.
    pub(super) fn next_batch(&mut self) {
        self.recent.clear();
    }

    /// Forgets a value.
    pub(super) fn forget(&mut self, id: Id) {
        self.fixed.retain(|side, _| side.id != id);
    }

    /// A side, packed now or before; `None` where products read matrices as they are.
    pub(super) fn get<T: Real>(
        &mut self,
        side: Side,
        is_fixed: bool,
        matrix: Matrix<'_, T>,
        how: Products,
    ) -> Option<Arc<Packed>> {
        let recent = || self.recent.iter().find(|(known, _)| *known == side).map(|(_, packed)| packed);
        if let Some(known) = self.fixed.get(&side).or_else(recent) {
            return Some(known.clone());
        }
        let matrix = if side.transposed { matrix.transposed() } else { matrix };
        if !is_fixed && self.recent.len() == RECENT {
            self.recent.remove(0); // first, so that the new one is written into its memory
        }
        let packed = Arc::new(T::pack(matrix, side.is_left, how)?);
        if is_fixed {
            self.fixed.insert(side, packed.clone());
        } else {
            self.recent.push((side, packed.clone()));
        }
        Some(packed)
    }
}
