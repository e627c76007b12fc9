//! The engine: settings, caches and the watchdog, shared by everything in the process.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ovenbird_compiler::Options;

use crate::cache::key::{L0Key, L2Recipe};
use crate::cache::{Cache, Claim, MissReason, Scope};
use crate::engine_config::{ConfiguredEngine, EngineIdentity, EngineOptions, new_engine};
use crate::error::Error;
use crate::flight::{Flight, Flights};
use crate::levels::HostCpu;
use crate::native::{Compiled, Native};
use crate::probe::Kept;
use crate::program::{Program, Source};
use crate::remote::{Remote, RemoteOptions};
use crate::unit::Code;
use crate::watchdog::Watchdog;
use crate::workers::{Scheduling, Workers};

/// Most units whose code stays in memory.
const REMEMBERED: usize = 4096;

/// Most requests whose code is found by their text.
const KEPT: usize = 1024;

/// One per process. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    configured: ConfiguredEngine,
    native: EngineOptions,
    cpu: HostCpu,
    remote: Option<Remote>,
    cache: Cache,
    options: Options,
    codes: Mutex<HashMap<[u8; 32], Code>>,
    kept: Mutex<HashMap<L0Key, Arc<Kept>>>,
    parsed: Mutex<HashSet<L0Key>>,
    flights: Flights,
    watchdog: Arc<Watchdog>,
    workers: Arc<Workers>,
    probes: bool,
    compiles: AtomicU64,
    natives: AtomicU64,
}

/// Chooses an engine's settings.
#[derive(Default)]
pub struct EngineBuilder {
    cache: Option<Cache>,
    remote: Option<RemoteOptions>,
    options: Options,
    native: EngineOptions,
    scheduling: Scheduling,
    no_probes: bool,
}

impl EngineBuilder {
    /// Whether code is also kept under the text that it was made from, so that what was asked of the same
    /// text before is not even parsed. On by default; without it every level of the cache is asked in turn.
    #[must_use]
    pub fn probes(mut self, probes: bool) -> Self {
        self.no_probes = !probes;
        self
    }

    /// Where compiled code is kept between processes. Without it nothing is.
    #[must_use]
    pub fn cache(mut self, cache: Cache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Another cache below this machine's: asked for what is not here.
    #[must_use]
    pub fn remote(mut self, remote: RemoteOptions) -> Self {
        self.remote = Some(remote);
        self
    }

    /// Compiler options.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Settings of the code generator.
    #[must_use]
    pub fn native(mut self, native: EngineOptions) -> Self {
        self.native = native;
        self
    }

    /// How spawned calls share the engine's threads.
    #[must_use]
    pub fn scheduling(mut self, scheduling: Scheduling) -> Self {
        self.scheduling = scheduling;
        self
    }

    /// Makes the engine; fails only where wasmtime does not support the machine.
    pub fn build(self) -> Result<Engine, Error> {
        let configured = new_engine(&self.native).map_err(|e| Error::Internal(format!("{e:#}")))?;
        // A guest's, and as much again for host functions.
        let stack = 2 * configured.stack_bytes + (1 << 20);
        let cache = self.cache.unwrap_or_else(Cache::disabled);
        let cpu = HostCpu::detect();
        let cpu = self.native.level.map_or(cpu.clone(), |level| cpu.limited_to(level));
        Ok(Engine::with(Inner {
            configured,
            native: self.native,
            remote: self.remote.map(|options| Remote::new(options, cache.clone(), cpu.clone())),
            cpu,
            cache,
            options: self.options,
            codes: Mutex::default(),
            kept: Mutex::default(),
            parsed: Mutex::default(),
            flights: Flights::default(),
            watchdog: Arc::new(Watchdog::new()),
            workers: Arc::new(Workers::new(self.scheduling, stack)),
            probes: !self.no_probes,
            compiles: AtomicU64::new(0),
            natives: AtomicU64::new(0),
        }))
    }
}

impl Engine {
    fn with(inner: Inner) -> Self {
        Engine { inner: Arc::new(inner) }
    }

    /// This engine as one tenant sees it: the same settings and the same threads, but a part of the cache
    /// and a memory of compiled code of its own, and without the remote tier. Cheap; keep it for as long as the tenant is served.
    ///
    /// ```
    /// use ovenbird::{Engine, Scope, Source};
    ///
    /// # fn main() -> Result<(), ovenbird::Error> {
    /// let engine = Engine::builder().build()?;
    /// let acme = engine.scope(&Scope::new("acme").quota(64 << 20));
    /// let program = acme.compile(&Source::new("f.py", "def f(x):\n    return x + 1\n"))?;
    /// # program.get::<fn(i64) -> i64>("f")?;
    /// # assert_eq!((acme.compiles(), engine.compiles()), (1, 0));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn scope(&self, scope: &Scope) -> Engine {
        let Inner { configured, native, cpu, cache, options, watchdog, workers, probes, .. } = &*self.inner;
        Engine::with(Inner {
            configured: configured.clone(),
            native: native.clone(),
            // What a tenant compiles is not to be seen in a place that others read.
            remote: None,
            cpu: cpu.clone(),
            cache: cache.scope(scope),
            options: options.clone(),
            codes: Mutex::default(),
            kept: Mutex::default(),
            parsed: Mutex::default(),
            flights: Flights::default(),
            watchdog: Arc::clone(watchdog),
            workers: Arc::clone(workers),
            probes: *probes,
            compiles: AtomicU64::new(0),
            natives: AtomicU64::new(0),
        })
    }

    /// Starts choosing settings.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// Takes a program in: parses it and finds its functions. Bodies are inferred per signature, when
    /// a function is asked for.
    pub fn compile(&self, source: &Source) -> Result<Program, Error> {
        Program::new(self.clone(), source.clone())
    }

    /// The cache.
    pub fn cache(&self) -> &Cache {
        &self.inner.cache
    }

    /// The remote tier, if there is one.
    pub fn remote(&self) -> Option<&Remote> {
        self.inner.remote.as_ref()
    }

    /// Compiler options.
    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    /// Times that a unit was compiled to wasm.
    pub fn compiles(&self) -> u64 {
        self.inner.compiles.load(Ordering::Relaxed)
    }

    /// Times that wasm was compiled to native code.
    pub fn native_compiles(&self) -> u64 {
        self.inner.natives.load(Ordering::Relaxed)
    }

    pub(crate) fn probes(&self) -> bool {
        self.inner.probes
    }

    pub(crate) fn count_compile(&self) {
        self.inner.compiles.fetch_add(1, Ordering::Relaxed);
    }

    /// wasm → native code for this engine's CPU; counted.
    pub(crate) fn compile_native(&self, wasm: &[u8]) -> wasmtime::Result<Compiled> {
        let ConfiguredEngine { engine, compiler, .. } = &self.inner.configured;
        let compiled = match compiler {
            Some(compiler) => Native::compile_by(compiler, engine, wasm)?,
            None => Native::compile(engine, wasm)?,
        };
        self.inner.natives.fetch_add(1, Ordering::Relaxed);
        Ok(compiled)
    }

    /// The native code of a recipe from the cache: for exactly this CPU, else for its best level.
    pub(crate) fn cached_native(&self, recipe: &L2Recipe) -> Result<Native, MissReason> {
        self.cache().get_native_or_level(
            recipe,
            || self.level_recipes(recipe),
            &self.inner.cpu,
            self.wasmtime(),
        )
    }

    /// The same, with a claim on a miss.
    pub(crate) fn cached_native_or_claim(&self, recipe: &L2Recipe) -> Result<Native, (MissReason, Claim)> {
        self.cache().native_or_level_or_claim(
            recipe,
            || self.level_recipes(recipe),
            &self.inner.cpu,
            self.wasmtime(),
        )
    }

    /// The recipes of the same wasm for the CPU levels that this machine has, the best first.
    pub(crate) fn level_recipes(&self, recipe: &L2Recipe) -> Vec<L2Recipe> {
        let levels = self.inner.cpu.levels().into_iter();
        let level = |level| {
            let engine = Arc::new(EngineIdentity::of_level(&self.inner.native, level));
            L2Recipe { engine, ..recipe.clone() }
        };
        levels.map(level).collect()
    }

    /// What this machine's CPU can do, within the level that was asked for.
    pub(crate) fn cpu(&self) -> &HostCpu {
        &self.inner.cpu
    }

    /// Settings of the code generator.
    pub(crate) fn native_options(&self) -> &EngineOptions {
        &self.inner.native
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.inner.configured.engine
    }

    /// Stack of a guest in bytes.
    pub(crate) fn stack_bytes(&self) -> usize {
        self.inner.configured.stack_bytes
    }

    pub(crate) fn identity(&self) -> Arc<EngineIdentity> {
        self.inner.configured.identity.clone()
    }

    pub(crate) fn watchdog(&self) -> &Watchdog {
        &self.inner.watchdog
    }

    pub(crate) fn workers(&self) -> &Workers {
        &self.inner.workers
    }

    pub(crate) fn remembers(&self, key: &[u8; 32]) -> bool {
        self.inner.codes.lock().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }

    pub(crate) fn compiles_in_parallel(&self) -> bool {
        self.inner.configured.parallel_compilation
    }

    pub(crate) fn remembered(&self, key: &[u8; 32]) -> Option<Code> {
        lock(&self.inner.codes).get(key).cloned()
    }

    /// Waits while another thread makes the code of `key`; then it is remembered, or this thread's turn.
    pub(crate) fn flight(&self, key: [u8; 32]) -> Flight<'_> {
        self.inner.flights.enter(key)
    }

    pub(crate) fn remember(&self, key: [u8; 32], code: Code) {
        let mut codes = lock(&self.inner.codes);
        if codes.len() < REMEMBERED {
            codes.insert(key, code);
        }
    }

    /// What a text gave for a request, in this process.
    pub(crate) fn kept(&self, key: &L0Key) -> Option<Arc<Kept>> {
        lock(&self.inner.kept).get(key).cloned()
    }

    pub(crate) fn keep(&self, key: L0Key, kept: Kept) {
        let mut all = lock(&self.inner.kept);
        // A process that sees ever new texts starts again; the newest are the likeliest to come back.
        if all.len() >= KEPT {
            all.clear();
        }
        all.insert(key, Arc::new(kept));
    }

    /// Whether a text was parsed in this process.
    pub(crate) fn is_parsed(&self, key: &L0Key) -> bool {
        lock(&self.inner.parsed).contains(key)
    }

    pub(crate) fn set_parsed(&self, key: L0Key) {
        let mut parsed = lock(&self.inner.parsed);
        if parsed.len() < REMEMBERED {
            parsed.insert(key);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Entries are inserted whole, so a panic elsewhere cannot have left one half made.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
