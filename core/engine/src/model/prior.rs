//! Where a fresh multi-label head begins: at how often each label is given.

use super::weights::Tensors;
use super::{Network, Origin};
use crate::Result;
use candle_core::Tensor;

/// Sets the last bias of a fresh multi-label head to `ln(p / (1 − p))`, with p the share of the `targets`
/// (a row of 0 and 1 each) that have the label. Of rare labels, a head that begins at one half spends its
/// first steps on learning "almost never", and may stay there: the prior of Lin et al. 2017 (section 4.1).
/// A head that `tensors`, the pretrained weights, brought along is left as it is.
///
/// # Errors
/// What the tensor library refuses, and whatever a row is.
pub fn begin_at_prior(
    network: &Network,
    tensors: &Tensors,
    weights: &mut [Tensor],
    targets: impl IntoIterator<Item = Result<Vec<f32>>>,
) -> Result<()> {
    let is_bias = |origin: &Origin, shape: &[usize]| *origin == Origin::Head && shape.len() == 1;
    let Some(at) = network.parameters.iter().rposition(|p| is_bias(&p.origin, &p.shape)) else { return Ok(()) };
    let bias = &network.parameters[at];
    if tensors.get(&bias.name).is_some_and(|known| known.dims() == bias.shape) {
        return Ok(());
    }
    // Half a text more on either side: no label is certain.
    let (mut given, mut texts) = (vec![0.5; bias.shape[0]], 1.0);
    for row in targets {
        texts += 1.0;
        given.iter_mut().zip(row?).for_each(|(given, label)| *given += f64::from(label));
    }
    let log_odds = given.iter().map(|given| (given / (texts - given)).ln());
    let fresh = &weights[at];
    weights[at] = Tensor::from_iter(log_odds, fresh.device())?.to_dtype(fresh.dtype())?;
    Ok(())
}
