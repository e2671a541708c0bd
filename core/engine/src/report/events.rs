//! `events.jsonl`: what happened, one JSON object a line. An interrupted and resumed run leaves the same
//! bytes as an unbroken one.

use crate::event::{Event, Observer};
use crate::files::open_kept;
use crate::{Error, Result};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Writes each event as it happens, and never twice.
///
/// A run that resumes from step `n` says again what it said before: messages of reading the data,
/// [`Event::Start`], and (where it was killed between a checkpoint and its event)
/// [`Event::Checkpoint`] of step `n`. So, on resume:
///
/// - the file is cut after the checkpoint of step `n`: all that follows will happen again, the same;
/// - [`Event::Start`], and messages before it, are not written again;
/// - an event of step `n` that already stands in the file is not written again.
///
/// A message ([`Event::Note`]) that was written once is not written again in any run.
#[derive(Debug)]
pub struct Events {
    file: File,
    path: PathBuf,
    /// The step that the run resumes from.
    from: usize,
    /// Whether the file has a beginning and the run has not said [`Event::Start`] again.
    is_resuming: bool,
    /// Lines not to be written again.
    written: HashSet<String>,
}

impl Events {
    /// Opens the file of a run that begins (`from_step` 0) or resumes after `from_step` steps. A torn
    /// last line, and all that the resumed run will say again, is cut off.
    ///
    /// # Errors
    /// [`Error::Unreadable`] or [`Error::Unwritable`], [`Error::Link`] where a link stands in its place.
    pub fn open(path: impl AsRef<Path>, from_step: usize) -> Result<Self> {
        let path = path.as_ref().to_owned();
        let unwritable = |error| Error::writing(&path, error);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(unwritable)?;
        }
        let mut file = open_kept(&path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| Error::reading(&path, "events", error))?;
        let kept = &bytes[..kept(&bytes, from_step)];
        let written = lines(kept)
            .filter(|(_, event)| matches!(event, Event::Note { .. }) || step(event) == Some(from_step))
            .map(|(line, _)| String::from_utf8_lossy(line).into_owned())
            .collect();
        file.set_len(kept.len() as u64).and_then(|()| file.seek(SeekFrom::End(0))).map_err(unwritable)?;
        Ok(Self { file, path, from: from_step, is_resuming: !kept.is_empty(), written })
    }

    /// Whether the file says this already.
    fn is_repeated(&mut self, event: &Event, line: &str) -> bool {
        match event {
            Event::Start { .. } => return std::mem::take(&mut self.is_resuming),
            Event::Note { .. } if self.is_resuming => return true,
            Event::Note { .. } => return !self.written.insert(line.to_owned()),
            _ => {}
        }
        self.is_resuming = false;
        step(event) == Some(self.from) && self.written.contains(line)
    }
}

impl Observer for Events {
    fn hear(&mut self, event: &Event) -> Result<()> {
        let mut line = serde_json::to_string(event).expect("an event is plain data");
        if self.is_repeated(event, &line) {
            return Ok(());
        }
        line.push('\n');
        // One write a line: a kill between two lines tears none.
        self.file.write_all(line.as_bytes()).map_err(|error| Error::writing(&self.path, error))
    }
}

/// Each whole line (without its end) and its event, up to the first that is torn.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = (&[u8], Event)> {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map_while(|line| line.strip_suffix(b"\n"))
        .map_while(|line| Some((line, serde_json::from_slice(line).ok()?)))
}

/// How many bytes the unbroken run would have written until its state of `from` steps was saved.
fn kept(bytes: &[u8], from: usize) -> usize {
    if from == 0 {
        return 0;
    }
    let (mut end, mut kept, mut is_saved) = (0, 0, false);
    for (line, event) in lines(bytes) {
        end += line.len() + 1;
        match (&event, step(&event)) {
            (_, None) => {} // kept if something after it is
            (_, Some(step)) if step > from => break,
            (Event::Checkpoint { .. }, Some(step)) if step == from => (kept, is_saved) = (end, true),
            _ if !is_saved => kept = end,
            _ => {}
        }
    }
    kept
}

/// After how many steps it happened, if it belongs to one.
const fn step(event: &Event) -> Option<usize> {
    match event {
        Event::Start { .. } | Event::Note { .. } | Event::Estimate(_) => None,
        Event::Step { step, .. }
        | Event::Evaluated { step, .. }
        | Event::Checkpoint { step, .. }
        | Event::Stopped { step, .. }
        | Event::Done { step } => Some(*step),
    }
}

#[cfg(test)]
#[path = "events_tests.rs"]
mod tests;
