//! What a run will take, in words.

use engraft_engine::estimate::{Estimate, Memory, Time};

/// A line for memory and a line for time, as far as they are known.
pub(crate) fn told(estimate: &Estimate) -> String {
    let memory = estimate.memory.map(|memory| told_memory(&memory));
    let time = estimate.time.map(|time| told_time(&time, estimate.steps));
    memory.into_iter().chain(time).collect()
}

fn told_memory(memory: &Memory) -> String {
    let Memory { held, gradients, batch, evaluation, packs, cache, peak } = *memory;
    let parts = [
        ("held before the first step", held),
        ("gradients", gradients),
        ("the largest batch", batch),
        ("evaluation", evaluation),
        ("packed matrices", packs),
        ("cache", cache),
    ];
    let parts = parts.iter().filter(|(_, bytes)| *bytes > 0).map(|(name, bytes)| format!("{name} {}", size(*bytes)));
    format!("memory  about {} at most ({})\n", size(peak), parts.collect::<Vec<_>>().join(", "))
}

fn told_time(time: &Time, steps: usize) -> String {
    let word = if steps == 1 { "step" } else { "steps" };
    let evaluation = if time.evaluation > 0.0 {
        format!(", an evaluation of dev {}", duration(time.evaluation))
    } else {
        String::new()
    };
    format!("time    about {} ({steps} {word} of {}{evaluation})\n", duration(time.all), duration(time.step))
}

fn size(bytes: u64) -> String {
    let mebibytes = bytes as f64 / f64::from(1 << 20);
    match mebibytes {
        m if m >= 10_240.0 => format!("{:.1} GiB", m / 1024.0),
        m if m >= 10.0 => format!("{m:.0} MiB"),
        m => format!("{m:.1} MiB"),
    }
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 0.95 => format!("{:.0} ms", s * 1e3),
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_told_and_nothing_else() {
        let mut estimate = Estimate { steps: 1020, ..Estimate::default() };
        assert_eq!(told(&estimate), "");
        let (held, peak) = (300 << 20, 700 << 20);
        estimate.memory = Some(Memory { held, gradients: 5 << 20, peak, ..Memory::default() });
        estimate.time = Some(Time { step: 0.25, evaluation: 4.0, all: 260.0 });
        let expected = "memory  about 700 MiB at most (held before the first step 300 MiB, gradients 5.0 MiB)\n\
                        time    about 4 min (1020 steps of 250 ms, an evaluation of dev 4 s)\n";
        assert_eq!(told(&estimate), expected);
    }
}
