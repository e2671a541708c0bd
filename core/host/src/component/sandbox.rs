//! The sandbox: everything that a component can reach.
//!
//! All of WASI 0.2 is linked, because language runtimes import all of it, and nothing of it is granted but what the
//! run grants ([`Grants`], folders to read): no environment, no argument, no socket, standard input closed. Clocks stand at 0, random numbers
//! are the same in every instance, and whoever waits for time to pass is ready at once.

use super::clock::{Clock, ticks};
use super::grants::Grants;
use super::limits::{self, Limits};
use super::printed::Printed;
use engraft_plugin::Random;
use std::sync::OnceLock;
use std::time::Duration;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime::{Config, Engine, Result, Store, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::clocks::{WasiClocksCtxView, WasiClocksView};
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::{Deterministic, FsPerms, HostWallClock, WasiCtx, WasiCtxView, WasiView};

/// The engine of this process, what it links, and its clock.
pub(super) struct Sandbox {
    pub(super) engine: Engine,
    pub(super) linker: Linker<State>,
    pub(super) clock: Clock,
}

/// The sandbox of this process, made when the first component is opened.
///
/// # Errors
/// Why this machine cannot run components, in words.
pub(super) fn sandbox() -> std::result::Result<&'static Sandbox, &'static str> {
    static SANDBOX: OnceLock<std::result::Result<Sandbox, String>> = OnceLock::new();
    SANDBOX.get_or_init(|| Sandbox::new().map_err(|error| format!("{error:#}"))).as_ref().map_err(String::as_str)
}

impl Sandbox {
    fn new() -> Result<Self> {
        let engine = Engine::new(&config())?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
        let clock = Clock::of(engine.weak())?;
        linker.allow_shadowing(true);
        monotonic_clock::add_to_linker::<State, Clocks>(&mut linker, |state| Standing(state.clocks()))?;
        linker.allow_shadowing(false);
        Ok(Self { engine, linker, clock })
    }

    /// A store under these limits; nothing in it has run.
    ///
    /// # Errors
    /// A granted folder that cannot be opened.
    pub(super) fn store(&self, limits: &Limits, grants: &Grants) -> Result<Store<State>> {
        let mut store = Store::new(&self.engine, State::new(limits, grants)?);
        store.limiter(|state| &mut state.limits);
        store.set_hostcall_fuel(limits.output);
        store.set_max_component_handles(limits::HANDLES);
        store.set_epoch_deadline(ticks(limits.time));
        Ok(store)
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config.wasm_component_model_async(true); // components of JavaScript do not load without it
    config.epoch_interruption(true);
    config.max_wasm_stack(limits::STACK);
    config.wasm_backtrace_max_frames(None); // mangled names help nobody; what the plugin printed does
    // The same bytes on every machine.
    config.cranelift_nan_canonicalization(true);
    config.relaxed_simd_deterministic(true);
    config
}

/// What belongs to one instance.
pub(super) struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    limits: StoreLimits,
    pub(super) printed: Printed,
}

impl State {
    fn new(limits: &Limits, grants: &Grants) -> Result<Self> {
        let printed = Printed::default();
        let mut wasi = WasiCtx::builder();
        for (name, folder) in &grants.folders {
            wasi.preopened_dir(folder, format!("/{name}"), FsPerms::ReadOnly)?;
        }
        let wasi = wasi
            .stdout(printed.clone())
            .stderr(printed.clone())
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .secure_random(fixed())
            .insecure_random(fixed())
            .insecure_random_seed(0)
            .max_random_size(limits::RANDOM)
            .wall_clock(Frozen)
            .build();
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits::HANDLES);
        let limits = StoreLimitsBuilder::new()
            .memory_size(limits.memory)
            .table_elements(limits::TABLE_ELEMENTS)
            .instances(limits::PARTS)
            .tables(limits::PARTS)
            .memories(limits::PARTS)
            .trap_on_grow_failure(true)
            .build();
        Ok(Self { wasi, table, limits, printed })
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// The same random bytes in every instance, over and over.
fn fixed() -> Deterministic {
    let mut random = Random::new(0);
    Deterministic::new((0..512).flat_map(|_| random.bits().to_le_bytes()).collect())
}

/// A wall clock that stands at 0.
struct Frozen;

impl HostWallClock for Frozen {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }
    fn now(&self) -> Duration {
        Duration::ZERO
    }
}

/// Says that [`Standing`] is the monotonic clock.
struct Clocks;

impl HasData for Clocks {
    type Data<'a> = Standing<'a>;
}

/// A monotonic clock that stands at 0. Frozen time never passes, so whoever waits for it is ready at once: a
/// component would otherwise sleep inside a host call, which no epoch deadline interrupts.
struct Standing<'a>(WasiClocksCtxView<'a>);

impl monotonic_clock::Host for Standing<'_> {
    fn now(&mut self) -> Result<u64> {
        Ok(0)
    }
    fn resolution(&mut self) -> Result<u64> {
        Ok(1)
    }
    fn subscribe_instant(&mut self, _when: u64) -> Result<Resource<DynPollable>> {
        self.0.subscribe_duration(0)
    }
    fn subscribe_duration(&mut self, _when: u64) -> Result<Resource<DynPollable>> {
        self.0.subscribe_duration(0)
    }
}
