//! What a run looks like while it runs: a moving bar on a terminal, plain lines elsewhere.

use crate::output::Screen;
use engraft_engine::event::{Event, Observer, Silent};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;

/// Plain lines tell of so many steps in a run.
const LINES: usize = 40;

/// The observer that shows a run's progress on this screen.
pub(crate) fn observer(screen: &Screen) -> Box<dyn Observer> {
    if screen.is_quiet {
        Box::new(Silent)
    } else if screen.has_bars() {
        Box::new(Bar(ProgressBar::new(0)))
    } else {
        Box::new(Lines { steps: 0 })
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

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is ours").progress_chars("━━─")
}

/// A moving bar with the last step beside it; everything else scrolls above.
struct Bar(ProgressBar);

impl Observer for Bar {
    fn hear(&mut self, event: &Event) -> engraft_engine::Result<()> {
        match event {
            Event::Start { steps, from, .. } => {
                self.0.set_length(*steps as u64);
                self.0.set_position(*from as u64);
                self.0.reset_eta();
                self.0.set_style(style("{bar:32.cyan/dim} {pos}/{len}  {msg}  {eta} left"));
            }
            Event::Step { step, loss, learning_rate, .. } => {
                self.0.set_position(*step as u64);
                self.0.set_message(format!("loss {loss:.4}  lr {learning_rate:.2e}"));
            }
            Event::Done { .. } => self.0.finish_and_clear(),
            _ => (),
        }
        if let Some(line) = line(event) {
            self.0.println(line);
        }
        Ok(())
    }
}

/// A line for what matters, and for some of the steps.
struct Lines {
    steps: usize,
}

impl Observer for Lines {
    fn hear(&mut self, event: &Event) -> engraft_engine::Result<()> {
        match event {
            Event::Start { steps, .. } => self.steps = *steps,
            Event::Step { step, loss, learning_rate, gradient_norm, .. } => {
                if step.is_multiple_of(self.steps.div_ceil(LINES).max(1)) {
                    let of = self.steps;
                    eprintln!("step {step}/{of}  loss {loss:.4}  lr {learning_rate:.2e}  gradient {gradient_norm:.3}");
                }
            }
            _ => (),
        }
        if let Some(line) = line(event) {
            eprintln!("{line}");
        }
        Ok(())
    }
}

/// The line of an event that is told in both ways.
fn line(event: &Event) -> Option<String> {
    match event {
        Event::Start { steps, from, epochs, trained, parameters } => {
            let resumed = if *from > 0 { format!(", from step {from}") } else { String::new() };
            let share = 100.0 * *trained as f64 / (*parameters).max(1) as f64;
            Some(format!(
                "{steps} steps in {epochs} epochs{resumed}; {trained} of {parameters} parameters train ({share:.2} %)"
            ))
        }
        Event::Note { stage, message } => Some(format!("{stage}: {message}")),
        Event::Evaluated { split, step, loss, scores } => {
            Some(format!("{split} after {step} steps: loss {loss:.4}  {}", headline(scores)))
        }
        Event::Stopped { step, reason } => Some(format!("stopped after {step} steps: {reason}")),
        _ => None,
    }
}

/// The scores that are no parts of others: without labels and cells of a confusion matrix.
pub(crate) fn headline(scores: &BTreeMap<String, f64>) -> String {
    let whole: Vec<String> = scores
        .iter()
        .filter(|(name, _)| !name.contains('/'))
        .map(|(name, value)| format!("{name} {value:.4}"))
        .collect();
    whole.join("  ")
}
