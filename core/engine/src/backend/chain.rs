//! Steps that walk a text token by token: the recurrent layer and the random field of a task head.
//!
//! They are kernels of the CPU. Elsewhere their operands come to the CPU and the result goes back: a head's numbers are
//! few beside the encoder's.

use super::Feed;
use crate::kernel::{self, Crf, CrfGrad, CrfTableGrad, Lstm, LstmBefore, LstmGrad};
use crate::program::Op;
use crate::{Error, Result};
use candle_core::{Device, Tensor};

/// What such a step gives. The classes of a random field stand second among its operands.
pub(super) fn compute(op: &Op, inputs: &[Tensor], feed: &Feed) -> Result<Tensor> {
    let here = |tensor: &Tensor| tensor.to_device(&Device::Cpu)?.contiguous();
    let bounds = || feed.bounds.clone();
    let lstm = |reverse: bool| Lstm { bounds: bounds(), reverse };
    let crf = |classes: &Tensor| -> Result<Crf> { Ok(Crf { bounds: bounds(), classes: here(classes)?.to_vec1()? }) };
    let result = match (op, inputs) {
        (&Op::Lstm { reverse }, [gates, w]) => kernel::run(&lstm(reverse), [&here(gates)?, &here(w)?])?,
        (&Op::LstmGrad { reverse }, [gates, w, d]) => {
            kernel::run(&LstmGrad(lstm(reverse)), [&here(gates)?, &here(w)?, &here(d)?])?
        }
        (&Op::LstmBefore { reverse }, [x]) => kernel::run(&LstmBefore(lstm(reverse)), [&here(x)?])?,
        (Op::Crf, [emissions, classes, table, scale]) => {
            let operands = [&here(emissions)?, &here(table)?, &here(scale)?];
            kernel::run(&crf(classes)?, operands)?
        }
        (Op::CrfGrad | Op::CrfTableGrad, [emissions, classes, table, scale, d]) => {
            let crf = crf(classes)?;
            let operands = [&here(emissions)?, &here(table)?, &here(scale)?, &here(d)?];
            match op {
                Op::CrfGrad => kernel::run(&CrfGrad(crf), operands)?,
                _ => kernel::run(&CrfTableGrad(crf), operands)?,
            }
        }
        _ => return Err(Error::Program(format!("{op:?} does not take {} operands", inputs.len()))),
    };
    Ok(result.to_device(inputs[0].device())?)
}
