//! The engine: settings, caches and the watchdog, shared by everything in the process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ovenbird_compiler::Options;

use crate::cache::Cache;
use crate::engine_config::{ConfiguredEngine, EngineIdentity, EngineOptions, new_engine};
use crate::error::Error;
use crate::program::{Program, Source};
use crate::unit::Code;
use crate::watchdog::Watchdog;
use crate::workers::{Scheduling, Workers};

/// Most units whose code stays in memory.
const REMEMBERED: usize = 4096;

/// One per process. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    configured: ConfiguredEngine,
    cache: Cache,
    options: Options,
    codes: Mutex<HashMap<[u8; 32], Code>>,
    watchdog: Watchdog,
    workers: Workers,
    probes: bool,
    compiles: AtomicU64,
    natives: AtomicU64,
}

/// Chooses an engine's settings.
#[derive(Default)]
pub struct EngineBuilder {
    cache: Option<Cache>,
    options: Options,
    native: EngineOptions,
    scheduling: Scheduling,
    probes: bool,
}

impl EngineBuilder {
    /// Keeps the code of whole scripts under their text, so that a script that was run before is not
    /// even parsed. Off by default: it pays where processes are short, as on the command line.
    #[must_use]
    pub fn probes(mut self, probes: bool) -> Self {
        self.probes = probes;
        self
    }

    /// Where compiled code is kept between processes. Without it nothing is.
    #[must_use]
    pub fn cache(mut self, cache: Cache) -> Self {
        self.cache = Some(cache);
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
        Ok(Engine {
            inner: Arc::new(Inner {
                configured,
                cache: self.cache.unwrap_or_else(Cache::disabled),
                options: self.options,
                codes: Mutex::new(HashMap::new()),
                watchdog: Watchdog::new(),
                workers: Workers::new(self.scheduling, stack),
                probes: self.probes,
                compiles: AtomicU64::new(0),
                natives: AtomicU64::new(0),
            }),
        })
    }
}

impl Engine {
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
        self.inner.probes && self.inner.cache.is_on()
    }

    pub(crate) fn count_compile(&self) {
        self.inner.compiles.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_native(&self) {
        self.inner.natives.fetch_add(1, Ordering::Relaxed);
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

    pub(crate) fn remembered(&self, key: &[u8; 32]) -> Option<Code> {
        self.inner.codes.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(crate) fn remember(&self, key: [u8; 32], code: Code) {
        let mut codes = self.inner.codes.lock().unwrap_or_else(PoisonError::into_inner);
        if codes.len() < REMEMBERED {
            codes.insert(key, code);
        }
    }
}
