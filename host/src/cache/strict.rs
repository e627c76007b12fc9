//! Strict mode: what costs only time otherwise is an error.
//!
//! The first thing that went wrong is kept until somebody asks ([`Cache::check_strict`]): before code is made
//! in the place of what is wrong, and before it is used. Ordinary misses (new code, new types, another
//! compiler, an entry that was removed) are not wrong.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::cache::Cache;
use crate::cache::report::MissReason;
use crate::error::Error;

/// What went wrong since it was last asked.
#[derive(Default)]
pub(super) struct Strict {
    first: Mutex<Option<String>>,
}

impl Strict {
    /// Notes a miss if it is one that should not be.
    pub(super) fn missed(&self, label: &str, reason: &MissReason) {
        if is_wrong(reason) {
            self.note(format!("{label}: {reason}"));
        }
    }

    /// Notes that an entry could not be stored.
    pub(super) fn not_stored(&self, label: &str, why: &dyn fmt::Display) {
        self.note(format!("{label} is not stored: {why}"));
    }

    fn note(&self, what: String) {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(what);
    }
}

impl Cache {
    /// In strict mode an error if something went wrong since the last call, or the cache is off although it was
    /// not turned off, or one of its folders is left out; in all other modes nothing.
    pub(crate) fn check_strict(&self) -> Result<(), Error> {
        let Some(strict) = &self.inner.strict else { return Ok(()) };
        if let Some(problem) = self.problem() {
            return Err(Error::Cache(format!("it cannot be used: {problem}")));
        }
        if let Some(problem) = self.left_out().next() {
            return Err(Error::Cache(format!("a part of it cannot be used: {problem}")));
        }
        self.flush();
        let first = strict.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        first.map_or(Ok(()), |what| Err(Error::Cache(what)))
    }
}

/// Whether a miss for this reason, or an entry that was skipped for it, is an error in strict mode: a value that was compiled in has changed, or the
/// entry is there and cannot be used.
pub(super) fn is_wrong(reason: &MissReason) -> bool {
    match reason {
        MissReason::GlobalChanged { .. }
        | MissReason::Refused(_)
        | MissReason::Corrupt(_)
        | MissReason::Untrusted(_)
        | MissReason::Unreadable(_)
        | MissReason::LockTimeout => true,
        MissReason::Cold
        | MissReason::SourceChanged
        | MissReason::CalleeChanged(_)
        | MissReason::SchemaChanged { .. }
        | MissReason::ArgTypesNew { .. }
        | MissReason::OptionsChanged { .. }
        | MissReason::CompilerChanged
        | MissReason::LibraryChanged
        | MissReason::WasmChanged
        | MissReason::EngineChanged { .. }
        | MissReason::CpuChanged(_)
        | MissReason::IsaUnsupported(_)
        | MissReason::Evicted
        | MissReason::Verifying
        | MissReason::HostFunctionChanged { .. }
        | MissReason::Off => false,
    }
}
