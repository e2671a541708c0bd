//! The deadline of a call: a thread that ticks while components run, and only then.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wasmtime::EngineWeak;

/// How finely deadlines are kept.
const TICK: Duration = Duration::from_millis(10);

/// Advances the engine's epoch while at least one call runs.
pub(super) struct Clock {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    running: Mutex<usize>,
    started: Condvar,
}

impl Shared {
    fn running(&self) -> MutexGuard<'_, usize> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock {
    /// A clock of an engine; its thread ends with the engine.
    pub(super) fn of(engine: EngineWeak) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let its = Arc::clone(&shared);
        std::thread::Builder::new().name("engraft-epochs".to_owned()).spawn(move || {
            loop {
                let mut running = its.running();
                while *running == 0 {
                    running = its.started.wait(running).unwrap_or_else(PoisonError::into_inner);
                }
                drop(running);
                std::thread::sleep(TICK);
                let Some(engine) = engine.upgrade() else { return };
                engine.increment_epoch();
            }
        })?;
        Ok(Self { shared })
    }

    /// Ticks until the answer is dropped.
    pub(super) fn run(&self) -> Running<'_> {
        *self.shared.running() += 1;
        self.shared.started.notify_one();
        Running(&self.shared)
    }
}

/// While it lives, the clock ticks.
pub(super) struct Running<'a>(&'a Shared);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        *self.0.running() -= 1;
    }
}

/// The ticks of a duration, one more than whole ones: the first may come at once.
pub(super) fn ticks(time: Duration) -> u64 {
    u64::try_from(time.as_millis().div_ceil(TICK.as_millis())).unwrap_or(u64::MAX - 1) + 1
}
