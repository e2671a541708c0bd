//! How much a component may take.

use std::time::Duration;

/// What one instance of a component may take. Over it, the plugin has failed and the run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of linear memory.
    pub memory: usize,
    /// Time that one batch, the opening or the description may take.
    pub time: Duration,
    /// Bytes that one call may hand to the host, counted before the host allocates them.
    pub output: usize,
}

impl Default for Limits {
    /// 512 MiB, 10 s, 128 MiB: generous, for they guard against what never ends, not against what is slow.
    fn default() -> Self {
        Self { memory: 512 << 20, time: Duration::from_secs(10), output: 128 << 20 }
    }
}

/// Elements of a table: functions that a program points to.
pub(super) const TABLE_ELEMENTS: usize = 1 << 20;
/// Core modules, tables and memories of one component; a Python one has 37 modules.
pub(super) const PARTS: usize = 256;
/// Handles (streams, pollables, instances) that are open at one time.
pub(super) const HANDLES: usize = 4096;
/// Bytes of the stack of a component's functions.
pub(super) const STACK: usize = 512 << 10;
/// Bytes of random numbers that one call may ask for: a host call that no deadline bounds.
pub(super) const RANDOM: u64 = 1 << 20;
/// Bytes that are kept of what a plugin prints during one call.
pub(super) const PRINTED: usize = 64 << 10;
