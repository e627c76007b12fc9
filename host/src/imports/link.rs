//! The host functions as wasmtime functions.
//!
//! Every import is wrapped with its static type, so that a call is a plain native call with no
//! boxed values. `host_math` touches neither the store nor the memory. The memory is created by the
//! host and imported by the guest; its handle is in [`StoreData`].

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ovenbird_compiler::abi::{self, Import};
use wasmtime::{AsContextMut, Caller, Func, Linker, Memory, ResourceLimiter};

use super::guest::GuestFault;
use super::purse::{self, Purse};
use super::{HostError, HostState, datasets, math, text};
use crate::limits::{LimitExceeded, LimitKind};

/// What a store holds for one run.
#[derive(Debug)]
pub struct StoreData {
    /// Powers, limits, output, open datasets.
    pub host: HostState,
    /// The guest's memory; set before the guest is called.
    pub memory: Option<Memory>,
    /// Bounds the memory; to be given to `Store::limiter`.
    pub limiter: MemoryLimiter,
    /// The CPU units, if the guest is metered; filled before the guest is called.
    pub purse: Option<Purse>,
    /// Set when the run must end; functions of the embedder look at it.
    pub stop: Option<Arc<AtomicBool>>,
    /// While the guest makes room for a text that one of them returns.
    pub(crate) placing: bool,
}

impl StoreData {
    /// Data for a fresh store.
    pub fn new(host: HostState) -> Self {
        let limiter = MemoryLimiter::new(host.ledger.limits().memory_bytes);
        Self { host, memory: None, limiter, purse: None, stop: None, placing: false }
    }
}

/// Bounds linear memory, and remembers that it refused.
#[derive(Clone, Debug)]
pub struct MemoryLimiter {
    allowed: u64,
    peak: u64,
    refused: Option<LimitExceeded>,
}

impl MemoryLimiter {
    /// Allows this many bytes.
    pub fn new(allowed: u64) -> Self {
        Self { allowed, peak: 0, refused: None }
    }

    /// Bytes that are allowed.
    pub fn allowed(&self) -> u64 {
        self.allowed
    }

    /// Bytes are also bounded by the place where the memory is.
    pub(crate) fn at_most(&mut self, bytes: u64) {
        self.allowed = self.allowed.min(bytes);
    }

    /// The refusal, if there was one: the guest sees a failed `memory.grow` and raises.
    pub fn refused(&self) -> Option<LimitExceeded> {
        self.refused
    }

    /// The most bytes the memory had.
    pub fn peak(&self) -> u64 {
        self.peak
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let desired = desired as u64;
        if desired > self.allowed || maximum.is_some_and(|maximum| desired > maximum as u64) {
            self.refused =
                Some(LimitExceeded { which: LimitKind::Memory, used: desired, allowed: self.allowed });
            return Ok(false);
        }
        self.peak = self.peak.max(desired);
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        // Guests have no use for tables that grow.
        Ok(desired <= 1 << 16)
    }
}

/// Runs a host function on the state and the memory.
fn with<R>(
    caller: &mut Caller<'_, StoreData>,
    import: Import,
    run: impl FnOnce(&mut HostState, &mut [u8]) -> Result<R, HostError>,
) -> wasmtime::Result<R> {
    let memory = caller.data().memory.ok_or(HostError::Fault { import, fault: GuestFault::NoMemory })?;
    let (bytes, data) = memory.data_and_store_mut(&mut *caller);
    let result = run(&mut data.host, bytes);
    let units = data.host.take_work();
    if units > 0 {
        purse::owe(caller, units)?;
    }
    result.map_err(wasmtime::Error::new)
}

/// A host function for one store.
pub fn define(store: impl AsContextMut<Data = StoreData>, import: Import) -> Func {
    type C<'a> = Caller<'a, StoreData>;
    match import {
        Import::Print => Func::wrap(store, |mut c: C<'_>, ptr: i32, len: i64| {
            with(&mut c, Import::Print, |state, memory| text::print(state, memory, ptr, len))
        }),
        Import::Time => Func::wrap(store, |mut c: C<'_>| -> wasmtime::Result<f64> {
            text::time(&mut c.data_mut().host).map_err(wasmtime::Error::new)
        }),
        Import::FormatF64 => {
            Func::wrap(store, |mut c: C<'_>, value: f64, kind: i64, precision: i64, buffer: i32| {
                with(&mut c, Import::FormatF64, |_, memory| {
                    text::format(memory, value, kind, precision, buffer)
                })
            })
        }
        Import::ParseF64 => Func::wrap(store, |mut c: C<'_>, ptr: i32, len: i64, out: i32| {
            with(&mut c, Import::ParseF64, |state, memory| text::parse(state, memory, ptr, len, out))
        }),
        Import::Math => Func::wrap(store, |which: i64, x: f64, y: f64| math::math(which, x, y)),
        Import::DatasetOpen => Func::wrap(store, |mut c: C<'_>, ptr: i32, len: i64, fingerprint: i64| {
            with(&mut c, Import::DatasetOpen, |state, memory| {
                datasets::dataset_open(state, memory, ptr, len, fingerprint)
            })
        }),
        Import::DatasetRows => Func::wrap(store, |c: C<'_>, handle: i64| -> wasmtime::Result<i64> {
            datasets::dataset_rows(&c.data().host, handle).map_err(wasmtime::Error::new)
        }),
        Import::ScanOpen => Func::wrap(store, |mut c: C<'_>, handle: i64, columns: i32, count: i64| {
            with(&mut c, Import::ScanOpen, |state, memory| {
                datasets::scan_open(state, memory, handle, columns, count)
            })
        }),
        Import::ScanNext => Func::wrap(store, |mut c: C<'_>, scan: i64, capacity: i64, table: i32| {
            with(&mut c, Import::ScanNext, |state, memory| {
                datasets::scan_next(state, memory, scan, capacity, table)
            })
        }),
        Import::ScanTextLen => {
            Func::wrap(store, |c: C<'_>, scan: i64, column: i64| -> wasmtime::Result<i64> {
                datasets::scan_text_len(&c.data().host, scan, column).map_err(wasmtime::Error::new)
            })
        }
        Import::ScanText => Func::wrap(store, |mut c: C<'_>, scan: i64, column: i64, to: i32| {
            with(&mut c, Import::ScanText, |state, memory| {
                datasets::scan_text(state, memory, scan, column, to)
            })
        }),
        Import::ScanClose => Func::wrap(store, |mut c: C<'_>, scan: i64| -> wasmtime::Result<()> {
            datasets::scan_close(&mut c.data_mut().host, scan).map_err(wasmtime::Error::new)
        }),
    }
}

/// Puts all host functions into a linker.
pub fn add_to_linker(
    mut store: impl AsContextMut<Data = StoreData>,
    linker: &mut Linker<StoreData>,
) -> wasmtime::Result<()> {
    for import in Import::ALL {
        let func = define(&mut store, *import);
        linker.define(&mut store, abi::MODULE, import.name(), func)?;
    }
    Ok(())
}
