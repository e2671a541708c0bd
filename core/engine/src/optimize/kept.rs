//! Activations of the frozen prefix, kept from epoch to epoch: see [`crate::program::prefix`].

use crate::Result;
use crate::backend::session::Session;
use crate::batch::feed::Feeder;
use crate::batch::{Batch, Packed, PackedTargets};
use crate::program::{Id, Rows};
use candle_core::Tensor;
use std::collections::HashMap;

/// The prefix of a program, and what is kept of it within a budget.
pub(super) struct Kept {
    session: Session,
    cut: Vec<(Id, Rows)>,
    /// For each window that comes again, its rows of each value of the cut.
    windows: HashMap<usize, Vec<Tensor>>,
    bytes: usize,
    budget: usize,
    begun: bool,
}

impl Kept {
    /// Keeps at most `budget` bytes of what `session` computes.
    pub(super) fn new(session: Session, cut: Vec<(Id, Rows)>, budget: usize) -> Self {
        Self { session, cut, windows: HashMap::new(), bytes: 0, budget, begun: false }
    }

    /// The session that computes the prefix: its parameters are put in place there.
    pub(super) const fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Bytes that are kept.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The values of the cut for a batch: of windows that are kept they are copied, of the others computed.
    pub(super) fn of(&mut self, batch: &Batch, feeder: &Feeder) -> Result<Vec<(Id, Tensor)>> {
        let is_kept = |number: &Option<usize>| number.is_some_and(|number| self.windows.contains_key(&number));
        let missing: Vec<usize> = (0..batch.numbers.len()).filter(|&at| !is_kept(&batch.numbers[at])).collect();
        let fresh = if missing.is_empty() { Vec::new() } else { self.compute(batch, &missing, feeder)? };
        // By place, for a window may stand twice in a batch: the second is computed, though the first is kept by then.
        let mut fresh = missing.into_iter().zip(fresh).peekable();
        let mut all = Vec::with_capacity(batch.numbers.len());
        for (at, number) in batch.numbers.iter().enumerate() {
            match fresh.next_if(|(place, _)| *place == at) {
                Some((_, rows)) => {
                    if let Some(number) = number.filter(|number| !self.windows.contains_key(number)) {
                        self.keep(number, &rows)?;
                    }
                    all.push(rows);
                }
                None => {
                    let rows = number.and_then(|number| self.windows.get(&number));
                    all.push(rows.expect("what is not computed is kept").clone());
                }
            }
        }
        let value = |(at, (id, _)): (usize, &(Id, Rows))| {
            let rows: Vec<&Tensor> = all.iter().map(|window| &window[at]).collect();
            Ok((*id, Tensor::cat(&rows, 0)?))
        };
        self.cut.iter().enumerate().map(value).collect()
    }

    /// The rows of some windows of a batch.
    fn compute(&mut self, batch: &Batch, windows: &[usize], feeder: &Feeder) -> Result<Vec<Vec<Tensor>>> {
        if !self.begun {
            self.session.begin()?;
            self.begun = true;
        }
        let packed = select(&batch.packed, windows);
        let feed = feeder.feed(&packed, 1.0, 0, 0, 0)?;
        let values = self.session.batch(&feed)?;
        let window = |at: usize| {
            let rows = |(value, (_, rows)): (&Tensor, &(Id, Rows))| {
                let (from, to) =
                    if *rows == Rows::Token { (feed.bounds[at], feed.bounds[at + 1]) } else { (at, at + 1) };
                Ok(value.narrow(0, from, to - from)?)
            };
            values.iter().zip(&self.cut).map(rows).collect()
        };
        (0..windows.len()).map(window).collect()
    }

    /// Keeps a window's rows, if there is room.
    fn keep(&mut self, number: usize, rows: &[Tensor]) -> Result<()> {
        let bytes: usize = rows.iter().map(|rows| rows.elem_count() * rows.dtype().size_in_bytes()).sum();
        if self.bytes + bytes <= self.budget {
            self.bytes += bytes;
            // A copy: a part of a batch's value would keep the whole of it.
            let rows = rows.iter().map(|rows| Ok(rows.copy()?)).collect::<Result<_>>()?;
            self.windows.insert(number, rows);
        }
        Ok(())
    }
}

/// A batch of some windows of a batch, without targets.
fn select(packed: &Packed, windows: &[usize]) -> Packed {
    let mut out = Packed { bounds: vec![0], targets: PackedTargets::None, ..Packed::default() };
    for &at in windows {
        let range = packed.bounds[at] as usize..packed.bounds[at + 1] as usize;
        out.ids.extend(&packed.ids[range.clone()]);
        out.positions.extend(&packed.positions[range]);
        out.bounds.push(out.ids.len() as u32);
        out.items.push(packed.items[at]);
    }
    out
}
