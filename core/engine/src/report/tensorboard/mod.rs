//! TensorBoard event files: the run's scalars, for those who watch runs there.
//!
//! [`record`] frames, [`message`] encodes; here is which event gives which scalars.

mod message;
mod record;

use crate::event::{Event, Observer};
use crate::{Error, Result};
use message::{Body, Scalar};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Writes `train/loss`, `train/learning_rate` and `train/gradient_norm` at each step, `dev/loss` and
/// `dev/<metric>.<score>` at each evaluation (`test/…` likewise). Cells of a confusion matrix and supports
/// are no curves and are left out. Wall times come from the clock.
#[derive(Debug)]
pub struct Board<W = File> {
    to: W,
    path: PathBuf,
    clock: fn() -> f64,
}

impl Board {
    /// Begins a new event file in `folder`. TensorBoard reads all files of a folder as one run; where the
    /// run resumes after `from_step` steps, this one says that later points of older files are void.
    ///
    /// # Errors
    /// [`Error::Unwritable`].
    pub fn open(folder: impl AsRef<Path>, from_step: usize) -> Result<Self> {
        let folder = folder.as_ref();
        fs::create_dir_all(folder).map_err(|error| Error::writing(folder, error))?;
        let now = since_1970();
        // TensorBoard takes the files in the order of their names.
        let path = folder.join(format!("events.out.tfevents.{:010}.{:09}.engraft", now.as_secs(), now.subsec_nanos()));
        let to = File::create_new(&path).map_err(|error| Error::writing(&path, error))?;
        Self::begin(to, path, || since_1970().as_secs_f64(), from_step)
    }
}

impl<W: Write> Board<W> {
    fn begin(to: W, path: PathBuf, clock: fn() -> f64, from_step: usize) -> Result<Self> {
        let mut board = Self { to, path, clock };
        board.write(0, &Body::Version)?;
        if from_step > 0 {
            board.write(from_step + 1, &Body::Restart)?;
        }
        Ok(board)
    }

    fn write(&mut self, step: usize, body: &Body<'_>) -> Result<()> {
        let record = record::frame(&message::event((self.clock)(), step as u64, body));
        let written = self.to.write_all(&record).and_then(|()| self.to.flush());
        written.map_err(|error| Error::writing(&self.path, error))
    }
}

impl<W: Write> Observer for Board<W> {
    fn hear(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::Step { step, loss, learning_rate, gradient_norm, .. } => {
                let values = [("loss", loss), ("learning_rate", learning_rate), ("gradient_norm", gradient_norm)];
                let scalars = values.map(|(name, value)| Scalar::new(format!("train/{name}"), *value));
                self.write(*step, &Body::Scalars(&scalars))
            }
            Event::Evaluated { split, step, loss, scores } => {
                let curves = scores.iter().filter(|(name, _)| is_curve(name));
                let scores = curves.map(|(name, value)| Scalar::new(format!("{split}/{name}"), *value));
                let scalars: Vec<Scalar> =
                    [Scalar::new(format!("{split}/loss"), *loss)].into_iter().chain(scores).collect();
                self.write(*step, &Body::Scalars(&scalars))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a score, `<metric>.<name>`, is worth a curve.
fn is_curve(score: &str) -> bool {
    let name = score.split_once('.').map_or(score, |(_, name)| name);
    !name.starts_with("confusion/") && !name.starts_with("support/")
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Written by TensorBoard's own writer: `python tests/fixtures/tensorboard/make.py`.
    const GOLDEN: &[u8] = include_bytes!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/tensorboard/events.out.tfevents.golden"
    ));

    fn events() -> [Event; 3] {
        let step = |step, loss| Event::Step { step, loss, learning_rate: 5e-4, gradient_norm: 0.0, tokens: 9 };
        let names = ["entity-f1.confusion/A/B", "entity-f1.f1", "entity-f1.f1/Krankheit ä", "entity-f1.support/A"];
        let scores = BTreeMap::from(names.map(|name| (name.to_owned(), 0.8125)));
        [step(301, 1.25), step(302, -0.1), Event::Evaluated { split: "dev".into(), step: 302, loss: 0.5, scores }]
    }

    #[test]
    fn writes_the_bytes_that_tensorboards_own_writer_writes() {
        let mut board = Board::begin(Vec::new(), PathBuf::new(), || 1_700_000_000.25, 300).unwrap();
        events().iter().for_each(|event| board.hear(event).unwrap());
        assert_eq!(board.to, GOLDEN);
    }

    #[test]
    fn every_resume_begins_a_file_that_sorts_after_the_ones_before() {
        let folder = tempfile::tempdir().unwrap();
        for from in [0, 300] {
            let mut board = Board::open(folder.path(), from).unwrap();
            events().iter().for_each(|event| board.hear(event).unwrap());
        }
        let mut files: Vec<PathBuf> = fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        let sizes: Vec<u64> = files.iter().map(|file| fs::metadata(file).unwrap().len()).collect();
        assert_eq!(sizes.len(), 2);
        assert!(sizes[0] < sizes[1], "the second says from where it resumes: {sizes:?}");
    }
}
