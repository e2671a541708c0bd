//! Tests of [`super::Events`]: a small run that is killed everywhere and resumed.

use super::*;
use std::collections::BTreeMap;

const STEPS: usize = 12;

/// Hears until it is killed, in the middle of writing a line.
struct Mortal {
    events: Events,
    left: usize,
    torn: usize,
}

impl Observer for Mortal {
    fn hear(&mut self, event: &Event) -> Result<()> {
        if self.left == 0 {
            let line = serde_json::to_string(event).unwrap();
            self.events.file.write_all(&line.as_bytes()[..self.torn.min(line.len())]).unwrap();
            return Err(Error::Program("killed".to_owned()));
        }
        self.left -= 1;
        self.events.hear(event)
    }
}

fn note(stage: &str, message: &str) -> Event {
    Event::Note { stage: stage.to_owned(), message: message.to_owned() }
}

fn evaluated(split: &str, step: usize) -> Event {
    let scores = BTreeMap::from([("entity-f1.f1".to_owned(), 1.0 / step as f64)]);
    Event::Evaluated { split: split.to_owned(), step, loss: 0.1 * step as f64, scores }
}

/// The events of a run from `saved` on. Every 4 steps the state is saved, then said to be.
fn run(observer: &mut dyn Observer, saved: &mut usize) -> Result<()> {
    let from = *saved;
    observer.hear(&note("data", "2 rows refused"))?;
    if from > 0 {
        observer.hear(&note("checkpoint", &format!("resumed from step {from}")))?;
    }
    observer.hear(&Event::Start { steps: STEPS, from, epochs: 3, trained: 10, parameters: 100 })?;
    if from > 0 {
        observer.hear(&Event::Checkpoint { step: from, best: from == 8 })?;
    }
    for step in from + 1..=STEPS {
        if step % 4 == 1 {
            observer.hear(&note("augment", "3 texts not varied"))?;
            observer.hear(&note("augment", &format!("epoch of step {step}")))?;
        }
        let loss = 1.0 / (step as f64 + 0.1);
        observer.hear(&Event::Step { step, loss, learning_rate: 1e-4, gradient_norm: loss / 3.0, tokens: 512 })?;
        if step % 4 == 0 {
            observer.hear(&evaluated("dev", step))?;
            *saved = step;
            observer.hear(&Event::Checkpoint { step, best: step == 8 })?;
        }
    }
    observer.hear(&Event::Stopped { step: STEPS, reason: "enough".to_owned() })?;
    observer.hear(&evaluated("test", 8))?; // of the best checkpoint
    observer.hear(&Event::Done { step: STEPS })
}

fn unbroken(path: &Path) -> Vec<u8> {
    run(&mut Events::open(path, 0).unwrap(), &mut 0).unwrap();
    fs::read(path).unwrap()
}

#[test]
fn a_run_killed_anywhere_and_resumed_leaves_the_same_bytes_as_an_unbroken_one() {
    let folder = tempfile::tempdir().unwrap();
    let expected = unbroken(&folder.path().join("unbroken.jsonl"));
    let path = folder.path().join("events.jsonl");
    for killed_after in 0..60 {
        for torn in [0, 1, 40, usize::MAX] {
            let (mut saved, mut resumes) = (0, 0);
            fs::write(&path, "left by another run\n").unwrap();
            loop {
                let events = Events::open(&path, saved).unwrap();
                // Each life is longer than the one before, so that the run ends.
                if run(&mut Mortal { events, left: killed_after + 3 * resumes, torn }, &mut saved).is_ok() {
                    break;
                }
                resumes += 1;
            }
            let found = fs::read(&path).unwrap();
            assert_eq!(String::from_utf8_lossy(&found), String::from_utf8_lossy(&expected), "{killed_after}, {torn}");
        }
    }
}

#[test]
fn a_finished_run_that_is_resumed_says_its_end_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let expected = unbroken(&path);
    run(&mut Events::open(&path, STEPS).unwrap(), &mut { STEPS }).unwrap();
    assert_eq!(fs::read(&path).unwrap(), expected);
}

#[test]
fn a_file_that_lost_its_beginning_begins_again_where_the_run_resumes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/events.jsonl");
    run(&mut Events::open(&path, 8).unwrap(), &mut { 8 }).unwrap();
    let bytes = fs::read(&path).unwrap();
    let events: Vec<Event> = lines(&bytes).map(|(_, event)| event).collect();
    assert!(events.iter().any(|event| matches!(event, Event::Start { from: 8, .. })));
    assert_eq!(lines(&bytes).map(|(line, _)| line.len() + 1).sum::<usize>(), bytes.len());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_the_run_with_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let mut events = Events::open(folder.path().join("events.jsonl"), 0).unwrap();
    events.file = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(events.hear(&Event::Done { step: 1 }).unwrap_err().code(), "file.unwritable");
}
