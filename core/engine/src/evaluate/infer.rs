//! Runs a model over windows: logits of each, and the mean loss.

use crate::Result;
use crate::backend::session::Session;
use crate::batch::{self, feed::Feeder};
use crate::tokenize::Item;
use candle_core::{DType, Device, Tensor};

/// The logits of each window (rows × outputs, flattened) and the mean loss over what has targets.
///
/// # Errors
/// What the tensor library refuses.
pub fn infer(session: &mut Session, feeder: &Feeder, items: &[Item], batch: usize) -> Result<(Vec<Vec<f32>>, f64)> {
    session.begin()?;
    let count: usize = items.iter().map(|item| feeder.count(item)).sum();
    let scale = 1.0 / count.max(1) as f64;
    let places: Vec<usize> = (0..items.len()).collect();
    let (mut logits, mut loss) = (Vec::with_capacity(items.len()), 0.0);
    for chosen in places.chunks(batch.max(1)) {
        let packed = batch::pack(items, chosen);
        let feed = feeder.feed(&packed, scale, 0, 0, 0)?;
        let outputs = session.batch(&feed)?;
        loss += outputs[1].to_dtype(DType::F64)?.to_scalar::<f64>()?;
        split(&outputs[0], &feed.bounds, feeder.added_rows(), &mut logits)?;
    }
    Ok((logits, loss))
}

/// Cuts a batch's logits into its windows', without rows that are no tokens.
fn split(logits: &Tensor, bounds: &[usize], added: usize, into: &mut Vec<Vec<f32>>) -> Result<()> {
    let (rows, width) = logits.dims2()?;
    let flat: Vec<f32> = logits.to_dtype(DType::F32)?.to_device(&Device::Cpu)?.flatten_all()?.to_vec1()?;
    let sequences = bounds.len() - 1;
    for at in 0..sequences {
        // A row a sequence, or a row a token.
        let (from, to) = if rows == sequences { (at, at + 1) } else { (bounds[at] + added, bounds[at + 1]) };
        into.push(flat[from * width..to * width].to_vec());
    }
    Ok(())
}
