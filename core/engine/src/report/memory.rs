//! How much memory the process has held at most.

/// The most memory the process held so far, in bytes, where the system says it (Linux does).
pub fn peak_memory() -> Option<u64> {
    peak_of(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// The memory the process holds now, in bytes, where the system says it.
pub fn held_memory() -> Option<u64> {
    line_of(&std::fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

fn peak_of(status: &str) -> Option<u64> {
    line_of(status, "VmHWM:")
}

/// Of Linux's process status, whose lines are like `VmHWM:   1234 kB`.
fn line_of(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_the_process_status() {
        assert_eq!(peak_of("VmPeak:\t  10 kB\nVmHWM:\t    2048 kB\n"), Some(2 << 20));
        assert_eq!(peak_of("VmHWM:\t many kB\n"), None);
        assert_eq!(peak_of(""), None);
    }
}
