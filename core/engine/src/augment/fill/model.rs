//! The run's pretrained model with its masked-word head: logits where masks stand.

use crate::Result;
use crate::backend::Machine;
use crate::backend::session::Session;
use crate::batch::feed::Feeder;
use crate::batch::{Limits, pack};
use crate::model::masked::{Encoder, MaskedHead};
use crate::model::{Config, weights};
use crate::program::differentiate::Gradients;
use crate::run::Device;
use crate::tokenize::{Item, Targets, Tokenizer, Words};
use candle_core::{DType, Device as Place, Tensor};
use engraft_plugin::{Task, TaskKind};
use std::path::Path;
use std::sync::Arc;

/// Masks whose logits are held at once: each is a row as long as the vocabulary.
const ROWS: usize = 128;

/// A model that predicts masked words.
pub(super) struct MaskedModel {
    machine: Machine,
    session: Session,
    head: MaskedHead,
    feeder: Feeder,
    limits: Limits,
    /// Its tokenizer.
    pub(super) tokenizer: Tokenizer,
    /// The words of its vocabulary.
    pub(super) words: Arc<Words>,
    /// Most tokens of a window.
    pub(super) max_tokens: usize,
    numbers: usize,
    vocab: usize,
    /// The largest batch so far: tokens, windows.
    largest: (usize, usize),
}

/// A window of tokens, framed, and where its masks stand.
pub(super) struct Window {
    pub(super) ids: Vec<u32>,
    pub(super) masks: Vec<usize>,
}

impl MaskedModel {
    /// Opens the model of a folder.
    ///
    /// # Errors
    /// [`crate::Error::NoMaskedHead`]; what is wrong with the folder.
    pub(super) fn open(folder: &Path, device: Device, limits: Limits) -> Result<Self> {
        let machine = Machine::open(device)?;
        let config = Config::read(folder)?;
        let tensors = weights::read_folder(folder)?;
        let head = MaskedHead::read(&config, &tensors, folder, &machine)?;
        let tokenizer = Tokenizer::open(folder, config.vocab)?;
        let words = Arc::new(tokenizer.words()?);
        let encoder = Encoder::new(&config)?;
        let all = encoder.weights(&tensors, &config, folder, &machine)?;
        let numbers = all.iter().map(Tensor::elem_count).sum::<usize>() + head.size();
        let mut session = Session::new(machine.clone(), encoder.program, vec![encoder.hidden], Gradients::default());
        for (parameter, weight) in encoder.parameters.iter().zip(all) {
            session.set(parameter.id, weight);
        }
        // Of the task the program knows nothing: it ends at the last layer.
        let feeder = Feeder::new(&machine, &config, &Task::new(TaskKind::Sequence, ["none"]));
        let (max_tokens, vocab, largest) = (config.max_tokens(), config.vocab, (0, 0));
        Ok(Self { machine, session, head, feeder, limits, tokenizer, words, max_tokens, numbers, vocab, largest })
    }

    /// Hands `sink` the logits of every mask: the window's number, the mask's number in it, a logit a token.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub(super) fn logits(&mut self, windows: &[Window], sink: &mut dyn FnMut(usize, usize, &[f32])) -> Result<()> {
        self.session.begin()?;
        let item =
            |window: &Window| Item { example: 0, ids: window.ids.clone(), units: Vec::new(), targets: Targets::None };
        let items: Vec<Item> = windows.iter().map(item).collect();
        let mut places: Vec<usize> = (0..items.len()).collect();
        places.sort_by_key(|&at| items[at].ids.len()); // windows of like length share a batch
        let mut rest = &places[..];
        for count in self.limits.cut(places.iter().map(|&at| items[at].ids.len())) {
            let (chosen, behind) = rest.split_at(count);
            rest = behind;
            let feed = self.feeder.feed(&pack(&items, chosen), 1.0, 0, 0, 0)?;
            self.largest = (self.largest.0.max(feed.tokens()), self.largest.1.max(feed.sequences()));
            let hidden = self.session.batch(&feed)?.swap_remove(0); // (tokens, hidden)
            let mut masks = Vec::new();
            for (&window, &start) in chosen.iter().zip(&feed.bounds) {
                let own = windows[window].masks.iter().enumerate();
                masks.extend(own.map(|(number, &at)| (window, number, (start + at) as u32)));
            }
            for some in masks.chunks(ROWS) {
                let rows = Tensor::from_iter(some.iter().map(|&(.., row)| row), &self.machine.device)?;
                let rows = hidden.index_select(&rows, 0)?; // (masks, hidden)
                let logits = self.head.logits(&self.machine, &rows)?; // (masks, vocab)
                let logits = logits.to_dtype(DType::F32)?.to_device(&Place::Cpu)?.to_vec2::<f32>()?;
                for (&(window, number, _), row) in some.iter().zip(&logits) {
                    sink(window, number, row);
                }
            }
        }
        Ok(())
    }

    /// The bytes that it holds at most, by what it has computed so far.
    pub(super) fn held(&self) -> u64 {
        let width = self.machine.dtype.size_in_bytes();
        let rows = if self.largest.1 == 0 { 0 } else { 2 * ROWS * self.vocab * width };
        (self.numbers * width + self.session.peak(self.largest.0, self.largest.1) + rows) as u64
    }
}
