//! A pool of memories: engine, store and pages → a memory that was used by others before and is clean.
//!
//! wasmtime's pool serves instances only, not memories that a host makes, so a memory comes from an instance of
//! a module that has nothing else. All memories come from the same module: every slot that was used before is as
//! good as any other. wasmtime cleans a slot when its store is dropped, however the call ended; the tests look.

use std::sync::OnceLock;

use wasmtime::{Engine, Instance, Memory, Module, PoolConcurrencyLimitError, Store};

use crate::engine_config::PoolLimits;
use crate::error::Error;
use crate::imports::StoreData;
use crate::limits::{LimitExceeded, LimitKind};
use crate::scarce;

/// `(module (memory (export "memory") 1 65536))`: as large as a memory can be; the slot is smaller.
const MODULE: &[u8] = b"\0asm\x01\0\0\0\x05\x06\x01\x01\x01\x80\x80\x04\x07\x0a\x01\x06memory\x02\0";

/// The pool of an engine.
pub(crate) struct Pool {
    limits: PoolLimits,
    module: OnceLock<Module>,
}

impl Pool {
    pub(crate) fn new(limits: PoolLimits) -> Self {
        Pool { limits, module: OnceLock::new() }
    }

    /// Most bytes of one memory.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.limits.memory_bytes as u64
    }

    /// A memory of so many pages, all zero. `pages` is within what the store's limiter allows.
    pub(crate) fn memory(
        &self,
        engine: &Engine,
        store: &mut Store<StoreData>,
        pages: u64,
    ) -> Result<Memory, Error> {
        let refused = |error| scarce::refused("the pool of memories", None, &error);
        let module = match self.module.get() {
            Some(module) => module,
            None => {
                let made = make(engine).map_err(refused)?;
                self.module.get_or_init(|| made)
            }
        };
        let instance = Instance::new(&mut *store, module, &[]).map_err(|error| {
            if !error.is::<PoolConcurrencyLimitError>() {
                return refused(error);
            }
            let allowed = u64::from(self.limits.slots);
            let limit = LimitExceeded { which: LimitKind::Instances, used: allowed + 1, allowed };
            Error::Limit { limit, traceback: Vec::new() }
        })?;
        let memory = instance
            .get_memory(&mut *store, "memory")
            .ok_or_else(|| Error::Internal("the pool's module has no memory".to_owned()))?;
        memory.grow(&mut *store, pages.saturating_sub(1)).map_err(refused)?;
        Ok(memory)
    }
}

#[cfg(feature = "compiler")]
fn make(engine: &Engine) -> wasmtime::Result<Module> {
    let compiled = crate::native::Native::compile(engine, MODULE)?;
    let module = compiled.native().module().map_err(|error| wasmtime::Error::msg(error.to_string()))?;
    Ok(module.clone())
}

/// What cannot compile cannot make the module.
#[cfg(not(feature = "compiler"))]
fn make(_: &Engine) -> wasmtime::Result<Module> {
    let _ = MODULE;
    Err(wasmtime::Error::msg("a pool of memories needs a build with the compiler"))
}

#[cfg(all(test, feature = "compiler"))]
mod tests;
