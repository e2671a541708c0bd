//! Sides of products, as products read them, kept where they are read again.

use crate::backend::Products;
use crate::kernel::Real;
use crate::kernel::product::{Matrix, Packed};
use crate::program::Id;
use crate::program::sides::Side;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Fixed = HashMap<Side, Arc<Packed>>;

/// What is kept.
#[derive(Default)]
pub(super) struct Packs {
    /// Of values that no optimizer step changes; those who run the same program share it.
    fixed: Arc<Mutex<Fixed>>,
    /// Of this batch, what is read again: the same rows meet several matrices one after the other, as in attention.
    again: HashMap<Side, Arc<Packed>>,
}

impl Packs {
    /// Forgets the values of a batch.
    pub(super) fn next_batch(&mut self) {
        self.again.clear();
    }

    /// Forgets a value.
    pub(super) fn forget(&mut self, id: Id) {
        self.fixed().retain(|side, _| side.id != id);
    }

    /// Keeps values together with another.
    pub(super) fn share(&mut self, other: &Self) {
        self.fixed = other.fixed.clone();
    }

    /// Whether a side of this batch was packed before, and is kept.
    pub(super) fn has(&self, side: Side) -> bool {
        self.again.contains_key(&side)
    }

    fn fixed(&self) -> MutexGuard<'_, Fixed> {
        // A pack is put in when it is whole: a panic elsewhere leaves no half of one.
        self.fixed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A side, packed now or before, and kept unless it is the last time; `None` where products read matrices as they are.
    pub(super) fn get<T: Real>(
        &mut self,
        side: Side,
        (is_fixed, is_last): (bool, bool),
        matrix: Matrix<'_, T>,
        how: Products,
    ) -> Option<Arc<Packed>> {
        let matrix = if side.transposed { matrix.transposed() } else { matrix };
        if is_fixed {
            // The lock is held while it packs: whoever waits needs the same.
            let mut fixed = self.fixed();
            if let Some(known) = fixed.get(&side) {
                return Some(known.clone());
            }
            let packed = Arc::new(T::pack(matrix, side.is_left, how)?);
            fixed.insert(side, packed.clone());
            return Some(packed);
        }
        let packed = match self.again.remove(&side) {
            Some(known) => known,
            None => Arc::new(T::pack(matrix, side.is_left, how)?),
        };
        if !is_last {
            self.again.insert(side, packed.clone());
        }
        Some(packed)
    }
}
