//! The head with which masked language models are pretrained: a logit a word for rows of the last layer.
//!
//! ```text
//! logits = norm(gelu(h·Dᵀ + d))·Eᵀ + b      [rows, vocab]
//! ```
//!
//! h is `[rows, hidden]`; E is the table of the word embeddings, unless the file has one of its own. Source:
//! `transformers` `modeling_{bert,roberta,distilbert}.py`, `…ForMaskedLM`.

use super::build::Builder;
use super::weights::{Tensors, find, pretrained};
use super::{Config, Dropouts, Family, Parameter, bert};
use crate::backend::{Frame, Machine};
use crate::program::layout::Layout;
use crate::program::simplify::{simplify, without_dropout};
use crate::program::{Binary, Id, PlanOp, Program, Unary};
use crate::{Error, Result};
use candle_core::Tensor;
use std::path::Path;

/// The encoder alone: from ids to the last layer's output.
pub(crate) struct Encoder {
    /// Its steps.
    pub(crate) program: Program,
    /// Its parameters.
    pub(crate) parameters: Vec<Parameter>,
    /// `token×[hidden]`.
    pub(crate) hidden: Id,
}

impl Encoder {
    /// Writes the program.
    ///
    /// # Errors
    /// [`Error::Program`] when the model file is wrong.
    pub(crate) fn new(config: &Config) -> Result<Self> {
        let mut builder = Builder::new(config, None);
        let hidden = bert::encoder(&mut builder, config, &Dropouts::default())?; // token×[hidden]
        Ok(Self { program: without_dropout(&builder.program), parameters: builder.parameters, hidden })
    }

    /// The pretrained weights, in the order of the parameters.
    ///
    /// # Errors
    /// [`Error::Weight`].
    pub(crate) fn weights(
        &self,
        tensors: &Tensors,
        config: &Config,
        folder: &Path,
        machine: &Machine,
    ) -> Result<Vec<Tensor>> {
        let placed = |tensor: &Tensor| machine.placed(tensor);
        let read = |parameter| pretrained(parameter, tensors, folder, config.family.prefix());
        self.parameters.iter().map(|parameter| placed(read(parameter)?)).collect()
    }
}

/// Names of the head's tensors; `decoder` is a table of its own, `biases` are names of one and the same.
struct Names {
    dense: &'static str,
    norm: &'static str,
    decoder: &'static str,
    biases: [&'static str; 2],
}

const fn names(family: Family) -> Names {
    match family {
        Family::Bert => Names {
            dense: "cls.predictions.transform.dense",
            norm: "cls.predictions.transform.LayerNorm",
            decoder: "cls.predictions.decoder.weight",
            biases: ["cls.predictions.bias", "cls.predictions.decoder.bias"],
        },
        Family::Roberta => Names {
            dense: "lm_head.dense",
            norm: "lm_head.layer_norm",
            decoder: "lm_head.decoder.weight",
            biases: ["lm_head.bias", "lm_head.decoder.bias"],
        },
        Family::DistilBert => Names {
            dense: "vocab_transform",
            norm: "vocab_layer_norm",
            decoder: "vocab_projector.weight",
            biases: ["vocab_projector.bias", "vocab_projector.bias"],
        },
    }
}

/// The head, with its weights.
pub(crate) struct MaskedHead {
    eps: f64,
    /// D, d, the norm's weight and bias, E, b.
    tensors: [Tensor; 6],
}

impl MaskedHead {
    /// The head that a folder's tensors have.
    ///
    /// # Errors
    /// [`Error::NoMaskedHead`] with the tensors that were expected.
    pub(crate) fn read(config: &Config, tensors: &Tensors, folder: &Path, machine: &Machine) -> Result<Self> {
        let (hidden, vocab, prefix) = (config.hidden, config.vocab, config.family.prefix());
        let names = names(config.family);
        let [dense, dense_bias] = ["weight", "bias"].map(|of| format!("{}.{of}", names.dense));
        let [norm, norm_bias] = ["weight", "bias"].map(|of| format!("{}.{of}", names.norm));
        let embeddings = format!("{prefix}.embeddings.word_embeddings.weight");
        let decoder = if tensors.contains_key(names.decoder) { names.decoder } else { embeddings.as_str() };
        let bias = names.biases.into_iter().find(|name| tensors.contains_key(*name)).unwrap_or(names.biases[0]);
        let expected: [(&str, &[usize]); 6] = [
            (&dense, &[hidden, hidden]),
            (&dense_bias, &[hidden]),
            (&norm, &[hidden]),
            (&norm_bias, &[hidden]),
            (decoder, &[vocab, hidden]),
            (bias, &[vocab]),
        ];
        let found = expected.map(|(name, shape)| find(tensors, name, prefix).filter(|tensor| tensor.dims() == shape));
        let [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f)] = found else {
            let told = |(name, shape): &(&str, &[usize])| format!("`{name}` {shape:?}");
            let missing = expected.iter().zip(found).filter(|(_, tensor)| tensor.is_none()).map(|(one, _)| told(one));
            return Err(Error::NoMaskedHead { path: folder.to_owned(), missing: missing.collect() });
        };
        let placed = |tensor: &Tensor| machine.placed(tensor);
        let tensors = [placed(a)?, placed(b)?, placed(c)?, placed(d)?, placed(e)?, placed(f)?];
        Ok(Self { eps: config.eps, tensors })
    }

    /// The numbers that it holds.
    pub(crate) fn size(&self) -> usize {
        self.tensors.iter().map(Tensor::elem_count).sum()
    }

    /// The logits of rows of the last layer: (rows, hidden) → (rows, vocab).
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub(crate) fn logits(&self, machine: &Machine, rows: &Tensor) -> Result<Tensor> {
        let mut program = Program::default();
        let h = program.parameter("rows", rows.dims()); // [rows, hidden]
        let name = |at: usize| format!("head.{at}");
        let own: Vec<Id> =
            self.tensors.iter().enumerate().map(|(at, t)| program.parameter(&name(at), t.dims())).collect();
        let x = program.push_plan(PlanOp::Matmul { transposed: true }, &[h, own[0]])?; // [rows, hidden]
        let x = program.push_plan(PlanOp::Binary(Binary::Add), &[x, own[1]])?;
        let x = program.push_plan(PlanOp::Unary(Unary::Gelu), &[x])?;
        let x = program.push_plan(PlanOp::LayerNorm { eps: self.eps }, &[x, own[2], own[3]])?;
        let x = program.push_plan(PlanOp::Matmul { transposed: true }, &[x, own[4]])?; // [rows, vocab]
        let logits = program.push_plan(PlanOp::Binary(Binary::Add), &[x, own[5]])?;
        let steps = simplify(&program, &[logits]).before;
        let layout = Layout::new(&program, &steps, &[logits], &[]);
        let mut frame = Frame::new(&program);
        frame.set(h, rows.clone());
        own.iter().zip(&self.tensors).for_each(|(&id, tensor)| frame.set(id, tensor.clone()));
        machine.run(&program, &steps, &layout, &mut frame, None)?;
        frame.take(logits).ok_or_else(|| Error::Program("the logits of masked words were not computed".to_owned()))
    }
}
