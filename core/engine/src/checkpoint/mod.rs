//! Checkpoint: the whole state of a run on disk, and back.
//!
//! A checkpoint is a folder `checkpoints/step-000120` with `state.safetensors` (weights, moments) and
//! `state.json` (where the run is, and the hash of the other file). Both are written beside, synced and
//! renamed, `state.json` last: a folder without it is no checkpoint. So a full disk or a kill leaves the
//! checkpoint before untouched.

use crate::files::{open_kept, write_atomic};
use crate::method::graft;
use crate::model::tensors::{self, Reader};
use crate::{Error, Result};
use candle_core::Tensor;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Where a run is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Optimizer steps done.
    pub step: usize,
    /// The epoch it is in, from 0.
    pub epoch: usize,
    /// Windows of this epoch that are done.
    pub position: usize,
    /// The best deciding score so far and the step it was reached at.
    pub best: Option<(f64, usize)>,
    /// Evaluations since then.
    pub worse: usize,
    /// Whether training is over.
    pub is_over: bool,
}

#[derive(Serialize, Deserialize)]
struct State {
    schema: String,
    /// What the run was: a resume with other settings is refused.
    run: String,
    progress: Progress,
    steps: BTreeMap<String, usize>,
    sha256: String,
}

/// A state as it was saved.
#[derive(Debug)]
pub struct Loaded {
    /// Where the run was.
    pub progress: Progress,
    /// Weights and moments, read one after the other.
    pub tensors: Reader,
    /// Steps of each parameter.
    pub steps: BTreeMap<String, usize>,
}

const SCHEMA: &str = "engraft.state/1";

/// The checkpoints of a run.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    run: String,
    /// Held while the run lasts: a second run cannot write to the same folder.
    _lock: File,
}

impl Store {
    /// Opens (or makes) the checkpoints of a run folder and locks it. `run` is what a resume must agree
    /// with: the resolved settings, as text.
    ///
    /// # Errors
    /// [`Error::Locked`] while another run writes there, [`Error::Link`] where the lock is a link.
    pub fn open(out: &Path, run: &str) -> Result<Self> {
        let folder = out.join("checkpoints");
        fs::create_dir_all(&folder).map_err(|e| Error::writing(&folder, e))?;
        let lock = open_kept(&out.join(".lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder, run: hash(run.as_bytes()), _lock: lock }),
            Err(_) => Err(Error::Locked { path: out.to_owned() }),
        }
    }

    fn path(&self, step: usize) -> PathBuf {
        self.folder.join(format!("step-{step:08}"))
    }

    /// Steps of the complete checkpoints, ascending.
    pub fn steps(&self) -> Vec<usize> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut steps: Vec<usize> = entries
            .filter(|entry| entry.path().join("state.json").exists())
            .filter_map(|entry| entry.file_name().to_str()?.strip_prefix("step-")?.parse().ok())
            .collect();
        steps.sort_unstable();
        steps
    }

    /// Saves a state.
    ///
    /// # Errors
    /// [`Error::Unwritable`]; the checkpoints before are untouched.
    pub fn save(
        &self,
        progress: &Progress,
        tensors: BTreeMap<String, Tensor>,
        steps: BTreeMap<String, usize>,
    ) -> Result<()> {
        let folder = self.path(progress.step);
        fs::create_dir_all(&folder).map_err(|e| Error::writing(&folder, e))?;
        let sha256 = graft::save(&folder.join("state.safetensors"), tensors)?;
        let state =
            State { schema: SCHEMA.to_owned(), run: self.run.clone(), progress: progress.clone(), steps, sha256 };
        let json = serde_json::to_vec_pretty(&state).map_err(|e| Error::writing(&folder, e.into()))?;
        write_atomic(folder.join("state.json"), json)
    }

    /// The newest state, if there is any.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when it is truncated or changed, [`Error::OtherSettings`] when it is of another run.
    pub fn newest(&self) -> Result<Option<Loaded>> {
        self.steps().last().map(|&step| self.load(step)).transpose()
    }

    /// The state after a step.
    ///
    /// # Errors
    /// As [`newest`](Self::newest).
    pub fn load(&self, step: usize) -> Result<Loaded> {
        let folder = self.path(step);
        let refuse = |file: &str, reason: String| Error::Checkpoint { path: folder.join(file), reason };
        let json = fs::read(folder.join("state.json")).map_err(|e| refuse("state.json", e.to_string()))?;
        let state: State = serde_json::from_slice(&json).map_err(|e| refuse("state.json", e.to_string()))?;
        if state.schema != SCHEMA {
            return Err(refuse("state.json", format!("expected schema `{SCHEMA}`, found `{}`", state.schema)));
        }
        if state.run != self.run {
            let path = self.folder.parent().unwrap_or(&self.folder).to_owned();
            return Err(Error::OtherSettings { path });
        }
        let path = folder.join("state.safetensors");
        let sum = tensors::hash(&path).map_err(|e| refuse("state.safetensors", e.to_string()))?;
        if sum != state.sha256 {
            let length = fs::metadata(&path).map_or(0, |file| file.len());
            let reason = format!("its {length} bytes are not those that were written: truncated or changed");
            return Err(refuse("state.safetensors", reason));
        }
        Ok(Loaded { progress: state.progress, tensors: Reader::open(&path)?, steps: state.steps })
    }

    /// Removes old checkpoints: all but the newest `keep` and those of `needed` steps.
    pub fn prune(&self, keep: usize, needed: &[usize]) {
        let steps = self.steps();
        let old = steps.len().saturating_sub(keep.max(1));
        for step in steps[..old].iter().filter(|step| !needed.contains(step)) {
            // Without its state.json it is no checkpoint any more, whatever else remains.
            let _ = fs::remove_file(self.path(*step).join("state.json"));
            let _ = fs::remove_dir_all(self.path(*step));
        }
    }

    /// Removes every checkpoint: the run starts anew.
    pub fn clear(&self) {
        self.prune(0, &[]);
        for step in self.steps() {
            let _ = fs::remove_dir_all(self.path(step));
        }
    }
}

/// SHA-256 in hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
