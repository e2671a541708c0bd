//! What a run looks like while it runs: a moving bar on a terminal, plain lines elsewhere.

use crate::estimate::told;
use crate::output::{Screen, harmless};
use engraft_engine::event::{Event, Observer, Silent};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;

/// Plain lines tell of so many steps in a run.
const LINES: usize = 40;

/// The observer that shows a run's progress on this screen. Of the scores it shows the one that decides.
pub(crate) fn observer(screen: &Screen, decides: Option<String>) -> Box<dyn Observer> {
    if screen.is_quiet {
        Box::new(Silent)
    } else if screen.has_bars() {
        Box::new(Bar { bar: None, decides })
    } else {
        Box::new(Lines { steps: 0, decides })
    }
}

/// A bar for bytes that are fetched; hidden where there is no terminal.
pub(crate) fn transfer(screen: &Screen, bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    if !screen.has_bars() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar.with_style(style("{bar:32.cyan/dim} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left"))
}

/// A bar for what is done one by one; hidden where there is no terminal.
pub(crate) fn count(screen: &Screen, all: u64) -> ProgressBar {
    let bar = transfer(screen, all);
    bar.with_style(style("{bar:32.cyan/dim} {pos}/{len}  {eta} left"))
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is ours").progress_chars("━━─")
}

/// A moving bar, from the start of the run on, with the last step beside it; everything else scrolls above.
struct Bar {
    bar: Option<ProgressBar>,
    decides: Option<String>,
}

impl Observer for Bar {
    fn hear(&mut self, event: &Event) -> engraft_engine::Result<()> {
        match (event, &self.bar) {
            (Event::Start { steps, from, .. }, _) => {
                let bar = ProgressBar::new(*steps as u64).with_position(*from as u64);
                bar.set_style(style("{bar:32.cyan/dim} {pos}/{len}  {msg}  {eta} left"));
                bar.reset_eta();
                self.bar = Some(bar);
            }
            (Event::Step { step, loss, learning_rate, .. }, Some(bar)) => {
                bar.set_message(format!("loss {loss:.4}  lr {learning_rate:.2e}"));
                bar.set_position(*step as u64);
            }
            (Event::Done { .. }, Some(bar)) => bar.finish_and_clear(),
            _ => (),
        }
        if let Some(line) = line(event, self.decides.as_deref()) {
            match &self.bar {
                Some(bar) => bar.suspend(|| eprintln!("{line}")),
                None => eprintln!("{line}"),
            }
        }
        Ok(())
    }
}

/// A line for what matters, and for some of the steps.
struct Lines {
    steps: usize,
    decides: Option<String>,
}

impl Lines {
    /// Each how many steps there is a line.
    fn every(&self) -> usize {
        self.steps.div_ceil(LINES).max(1)
    }
}

impl Observer for Lines {
    fn hear(&mut self, event: &Event) -> engraft_engine::Result<()> {
        match event {
            Event::Start { steps, .. } => self.steps = *steps,
            Event::Step { step, loss, learning_rate, gradient_norm, .. } if step.is_multiple_of(self.every()) => {
                let of = self.steps;
                eprintln!("step {step}/{of}  loss {loss:.4}  lr {learning_rate:.2e}  gradient {gradient_norm:.3}");
            }
            _ => (),
        }
        if let Some(line) = line(event, self.decides.as_deref()) {
            eprintln!("{line}");
        }
        Ok(())
    }
}

/// The line of an event that is told in both ways.
fn line(event: &Event, decides: Option<&str>) -> Option<String> {
    let line = match event {
        Event::Start { steps, from, epochs, trained, parameters } => {
            let resumed = if *from > 0 { format!(", from step {from}") } else { String::new() };
            let share = 100.0 * *trained as f64 / (*parameters).max(1) as f64;
            let word = if *epochs == 1 { "epoch" } else { "epochs" };
            Some(format!(
                "{steps} steps in {epochs} {word}{resumed}; {trained} of {parameters} parameters train ({share:.2} %)"
            ))
        }
        Event::Estimate(estimate) => Some(told(estimate).trim_end().to_owned()).filter(|told| !told.is_empty()),
        Event::Note { stage, message } => Some(format!("{stage}: {message}")),
        Event::Evaluated { split, step, loss, scores } => {
            Some(format!("{split} after {step} steps: loss {loss:.4}  {}", headline(scores, decides)))
        }
        Event::Stopped { step, reason } => Some(format!("stopped after {step} steps: {reason}")),
        _ => None,
    };
    line.map(|line| harmless(&line, false))
}

/// The score that decides; where none is said to, those of the whole.
fn headline(scores: &BTreeMap<String, f64>, decides: Option<&str>) -> String {
    if let Some((name, value)) = decides.and_then(|name| scores.get_key_value(name)) {
        return format!("{name} {value:.4}");
    }
    let whole = scores.iter().filter(|(name, _)| !name.contains('/'));
    whole.map(|(name, value)| format!("{name} {value:.4}")).collect::<Vec<_>>().join("  ")
}
