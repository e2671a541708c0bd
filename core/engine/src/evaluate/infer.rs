//! Runs a model over windows: logits of each, and the mean loss.

use crate::backend::session::Session;
use crate::batch::{self, Limits, feed::Feeder};
use crate::tokenize::Item;
use crate::{Error, Result};
use candle_core::{DType, Device, Tensor};

/// What a model makes of windows, in their order.
#[derive(Clone, Debug, Default)]
pub struct Inferred {
    /// The logits of each: rows × outputs, flattened.
    pub logits: Vec<Vec<f32>>,
    /// The sum of their losses, times the scale.
    pub loss: f64,
    /// What grafts tell of each: a list for every one of the network's `observed`.
    pub told: Vec<Vec<Vec<f32>>>,
}

/// The logits of each window and the sum of losses, times `scale`. Windows of like length share a batch; the answers
/// are in the order of the windows.
///
/// # Errors
/// [`Error::NoNumbers`], and what the tensor library refuses.
pub fn infer(session: &mut Session, feeder: &Feeder, items: &[Item], limits: Limits, scale: f64) -> Result<Inferred> {
    session.begin()?;
    let mut places: Vec<usize> = (0..items.len()).collect();
    places.sort_by_key(|&at| items[at].ids.len());
    let mut rest = &places[..];
    let (mut logits, mut told, mut loss) = (vec![Vec::new(); items.len()], vec![Vec::new(); items.len()], 0.0);
    for windows in limits.cut(places.iter().map(|&at| items[at].ids.len())) {
        let (chosen, behind) = rest.split_at(windows);
        rest = behind;
        let packed = batch::pack(items, chosen);
        let feed = feeder.feed(&packed, scale, 0, 0, 0)?;
        let outputs = session.batch(&feed)?;
        loss += outputs[1].to_dtype(DType::F64)?.to_scalar::<f64>()?;
        split(&outputs[0], &feed.bounds, (chosen, feeder.added_rows()), &mut logits)?;
        // No label would be found in them, and nobody would know why.
        if chosen.iter().flat_map(|&window| &logits[window]).any(|logit| !logit.is_finite()) {
            return Err(Error::NoNumbers);
        }
        for observed in &outputs[2..] {
            let rows = observed.to_dtype(DType::F32)?.to_device(&Device::Cpu)?.to_vec2::<f32>()?;
            chosen.iter().zip(rows).for_each(|(&window, row)| told[window].push(row));
        }
    }
    Ok(Inferred { logits, loss, told })
}

/// Cuts a batch's logits into its windows' (`chosen`, in order), without the rows of each that are no tokens.
fn split(logits: &Tensor, bounds: &[usize], (chosen, added): (&[usize], usize), into: &mut [Vec<f32>]) -> Result<()> {
    let (rows, width) = logits.dims2()?;
    let flat: Vec<f32> = logits.to_dtype(DType::F32)?.to_device(&Device::Cpu)?.flatten_all()?.to_vec1()?;
    let sequences = bounds.len() - 1;
    for (at, &window) in chosen.iter().enumerate() {
        // A row a sequence, or a row a token.
        let (from, to) = if rows == sequences { (at, at + 1) } else { (bounds[at] + added, bounds[at + 1]) };
        into[window] = flat[from * width..to * width].to_vec();
    }
    Ok(())
}
