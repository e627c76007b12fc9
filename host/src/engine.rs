//! The engine: settings and threads, shared by everything in the process. What a build with the compiler has
//! besides (caches, compiler options) is in `engine/workshop.rs`.

use std::sync::Arc;

use crate::engine_config::{ConfiguredEngine, EngineIdentity, EngineOptions, PoolLimits, new_engine};
use crate::error::Error;
use crate::levels::HostCpu;
use crate::pool::Pool;
use crate::scarce;
use crate::watchdog::Watchdog;
use crate::workers::{Scheduling, Workers};

#[cfg(feature = "compiler")]
mod workshop;

/// One per process. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    configured: ConfiguredEngine,
    cpu: Arc<HostCpu>,
    watchdog: Arc<Watchdog>,
    workers: Arc<Workers>,
    pool: Option<Arc<Pool>>,
    #[cfg(feature = "compiler")]
    workshop: workshop::Workshop,
}

/// Chooses an engine's settings.
#[derive(Default)]
pub struct EngineBuilder {
    native: EngineOptions,
    scheduling: Option<Scheduling>,
    #[cfg(feature = "compiler")]
    workshop: workshop::Settings,
}

impl EngineBuilder {
    /// Settings of the code generator and of instances.
    #[must_use]
    pub fn native(mut self, native: EngineOptions) -> Self {
        self.native = native;
        self
    }

    /// Calls get their memory from a pool: so many at a time, each with at most so much. Without it memory is made
    /// for each call. Not with worker processes.
    ///
    /// ```
    /// # #[cfg(feature = "compiler")] {
    /// use ovenbird::engine_config::PoolLimits;
    /// use ovenbird::{Engine, Source, Tenant};
    ///
    /// let engine = Engine::builder().pool(PoolLimits { slots: 16, memory_bytes: 64 << 20 }).build()?;
    /// let program = engine.compile(&Source::new("f.py", "def f(x):\n    return str(x) * 2\n"))?;
    /// assert_eq!(program.get::<fn(i64) -> String>("f")?.call(&Tenant::default(), (12,))?, "1212");
    /// # }
    /// # Ok::<(), ovenbird::Error>(())
    /// ```
    #[must_use]
    pub fn pool(mut self, pool: PoolLimits) -> Self {
        self.native.pool = Some(pool);
        self
    }

    /// How spawned calls share the engine's threads.
    #[must_use]
    pub fn scheduling(mut self, scheduling: Scheduling) -> Self {
        self.scheduling = Some(scheduling);
        self
    }

    /// Makes the engine; fails only where wasmtime does not support the machine, or if worker processes or the pool are asked
    /// for and cannot be had.
    pub fn build(self) -> Result<Engine, Error> {
        let pool = self.native.pool.filter(|_| !self.native.explicit_checks);
        let addresses = pool.map(PoolLimits::addresses);
        let configured = new_engine(&self.native)
            .map_err(|error| scarce::refused("the pool of memories", addresses, &error))?;
        let pool = pool.map(Pool::new).map(Arc::new);
        // A guest's, and as much again for host functions.
        let stack = 2 * configured.stack_bytes + (1 << 20);
        let cpu = HostCpu::detect();
        let cpu = match self.native.level {
            Some(level) => cpu.limited_to(level),
            None => cpu,
        };
        Ok(Engine::with(Inner {
            #[cfg(feature = "compiler")]
            workshop: workshop::Workshop::new(self.workshop, self.native, &configured, &cpu)?,
            cpu: Arc::new(cpu),
            configured,
            watchdog: Arc::new(Watchdog::new()),
            workers: Arc::new(Workers::new(self.scheduling, stack)),
            pool,
        }))
    }
}

impl Engine {
    fn with(inner: Inner) -> Self {
        Engine { inner: Arc::new(inner) }
    }

    /// Starts choosing settings.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// What this machine's CPU can do, within the level that was asked for.
    pub(crate) fn cpu(&self) -> &HostCpu {
        &self.inner.cpu
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

    /// Where calls get their memory, if not made anew.
    pub(crate) fn pool(&self) -> Option<&Pool> {
        self.inner.pool.as_deref()
    }

    pub(crate) fn watchdog(&self) -> &Watchdog {
        &self.inner.watchdog
    }

    pub(crate) fn workers(&self) -> &Workers {
        &self.inner.workers
    }
}
