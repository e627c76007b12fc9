//! What stands around every call of a host function: may the guest call it, can it pay, is there time; and
//! afterwards, did it panic, is there still time.
//!
//! The price is taken from the guest's own counters, so that wasm that somebody else made pays like ours.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ovenbird_compiler::abi::{self, external::External};
use wasmtime::{Caller, Extern, Memory};

use super::failure::HostFailure;
use crate::imports::purse::pay;
use crate::imports::{GuestFault, HostError, StoreData};
use crate::limits::{LimitExceeded, LimitKind};

/// Stack that a host function finds at least.
const STACK: usize = 512 << 10;
/// The stack that it is lent if it would find less.
const LENT_STACK: usize = 2 << 20;

/// How a call of a host function failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// It says so: an exception of the guest.
    Raised(HostFailure),
    /// It panicked.
    Panicked,
    /// The guest broke the contract.
    Fault(GuestFault),
    /// The tenant may not use the module.
    Forbidden,
}

/// A problem with a function, as the host's functions fail.
pub(super) fn failed(external: &Arc<External>, problem: Problem) -> HostError {
    HostError::External { function: Arc::clone(external), problem }
}

/// The wall around one function, for one store.
pub struct Wall {
    pub(crate) external: Arc<External>,
    /// Whether the tenant may call it.
    pub(crate) allowed: bool,
}

impl Wall {
    pub(super) fn fails(&self, problem: Problem) -> wasmtime::Error {
        wasmtime::Error::new(failed(&self.external, problem))
    }

    /// A fault of the guest as an error of this call.
    pub(super) fn checked<T>(&self, found: Result<T, GuestFault>) -> wasmtime::Result<T> {
        found.map_err(|fault| self.fails(Problem::Fault(fault)))
    }

    /// Whether the call may happen at all; gives the guest's memory.
    pub(super) fn enter(&self, caller: &Caller<'_, StoreData>) -> wasmtime::Result<Memory> {
        let data = caller.data();
        if !self.allowed {
            return Err(self.fails(Problem::Forbidden));
        }
        if data.placing {
            return Err(self.fails(Problem::Fault(GuestFault::Reentry)));
        }
        in_time(data)?;
        self.checked(data.memory.ok_or(GuestFault::NoMemory))
    }

    /// Takes the price of a call with so many bytes of text, and sets host memory aside for them.
    pub(super) fn pay(&self, caller: &mut Caller<'_, StoreData>, bytes: u64) -> wasmtime::Result<()> {
        pay(caller, self.external.signature.cost.of_call(bytes))?;
        if bytes > 0 {
            caller.data_mut().host.ledger.reserve_host(bytes).map_err(limit)?;
        }
        Ok(())
    }

    /// Runs the embedder's code; a panic ends here.
    pub(super) fn run<R>(&self, code: impl FnOnce() -> R) -> wasmtime::Result<R> {
        run(code).map_err(|Panicked| self.fails(Problem::Panicked))
    }

    /// After the embedder's code: gives back the memory that was set aside for its arguments.
    pub(super) fn leave<R>(
        &self,
        caller: &mut Caller<'_, StoreData>,
        bytes: u64,
        ended: Result<R, HostFailure>,
    ) -> wasmtime::Result<R> {
        if bytes > 0 {
            caller.data_mut().host.ledger.release_host(bytes);
        }
        in_time(caller.data())?;
        ended.map_err(|failure| self.fails(Problem::Raised(failure)))
    }

    /// After a call that was not made any more, since its time is over where the code is.
    #[cfg(workers)]
    pub(super) fn late(&self, caller: &Caller<'_, StoreData>) -> wasmtime::Error {
        too_late(caller.data())
    }

    /// After a call that gave a text which cannot fit into any memory of the tenant's, so that it was not sent: paid
    /// for and refused as by [`Wall::place`].
    #[cfg(workers)]
    pub(super) fn too_long(&self, caller: &mut Caller<'_, StoreData>, bytes: u64) -> wasmtime::Error {
        let allowed = caller.data().limiter.allowed();
        let refused = || limit(LimitExceeded { which: LimitKind::Memory, used: bytes, allowed });
        pay(caller, self.external.signature.cost.of_bytes(bytes)).err().unwrap_or_else(refused)
    }

    /// Puts a text into a fresh block of the guest, by the guest's own allocator.
    pub(super) fn place(&self, caller: &mut Caller<'_, StoreData>, text: &str) -> wasmtime::Result<i32> {
        pay(caller, self.external.signature.cost.of_bytes(text.len() as u64))?;
        let alloc = caller.get_export(abi::ALLOC).and_then(Extern::into_func);
        let alloc = alloc.and_then(|alloc| alloc.typed::<i64, i32>(&*caller).ok());
        let alloc = self.checked(alloc.ok_or(GuestFault::Arguments))?;
        caller.data_mut().placing = true;
        let address = alloc.call(&mut *caller, abi::text_payload(text));
        caller.data_mut().placing = false;
        let (address, memory) = (address?, self.checked(caller.data().memory.ok_or(GuestFault::NoMemory))?);
        let written = abi::write_text(memory.data_mut(&mut *caller), address as u32, text);
        self.checked(written.map(|()| address).ok_or(GuestFault::Range))
    }
}

/// The embedder's code panicked; what it said is in the process's own log.
pub struct Panicked;

/// Runs the embedder's code on enough stack.
pub(super) fn run<R>(code: impl FnOnce() -> R) -> Result<R, Panicked> {
    // What the closure leaves half done is the embedder's, as with any panic in a thread.
    let caught = || catch_unwind(AssertUnwindSafe(code));
    stacker::maybe_grow(STACK, LENT_STACK, caught).map_err(|_| Panicked)
}

/// Fails once the watchdog has seen the deadline pass, or the call was cancelled. Unlike the flag in the
/// guest's memory, this one is out of the guest's reach.
fn in_time(data: &StoreData) -> wasmtime::Result<()> {
    if !data.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed)) {
        return Ok(());
    }
    Err(too_late(data))
}

fn too_late(data: &StoreData) -> wasmtime::Error {
    let (used, allowed) = (data.host.ledger.elapsed(), data.host.ledger.limits().deadline);
    let nanos = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    limit(LimitExceeded { which: LimitKind::Deadline, used: nanos(used), allowed: nanos(allowed) })
}

fn limit(limit: LimitExceeded) -> wasmtime::Error {
    wasmtime::Error::new(HostError::Limit(limit))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU32};

    use wasmtime::{Engine, MemoryType, Store};

    use super::*;
    use crate::external::{Cost, HostModule};
    use crate::grants::Grants;
    use crate::imports::{HostState, Output};
    use crate::limits::Limits;

    /// Without `in_time(data)?` in `host/src/external/wall.rs`: a guest whose time passed in straight code, which looks at no flag,
    /// still has the embedder work for it.
    #[test]
    fn no_call_begins_after_the_end() {
        let calls = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&calls);
        let host = HostModule::new("host").expect("a name");
        let host = host.function("f", Cost::units(1), move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let function = host.expect("a function").functions["f"].clone();
        let state = HostState::new(Limits::default(), Grants::none(), Output::Discard);
        let mut store = Store::new(&Engine::default(), StoreData::new(state));
        let memory = Memory::new(&mut store, MemoryType::new(1, None)).expect("a memory");
        let stop = Arc::new(AtomicBool::new(false));
        store.data_mut().memory = Some(memory);
        store.data_mut().stop = Some(Arc::clone(&stop));
        let f = function.link(&mut store);
        f.call(&mut store, &[], &mut []).expect("there is time");
        stop.store(true, Ordering::Relaxed);
        let error = f.call(&mut store, &[], &mut []).expect_err("there is none");
        let error = error.downcast_ref::<HostError>();
        assert!(
            matches!(error, Some(HostError::Limit(limit)) if limit.which == LimitKind::Deadline),
            "{error:?}"
        );
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }
}
