//! Calls that end before anybody has to watch the clock for them.
//!
//! A guest looks at the interrupt flag at the end of a slice of CPU units, so who never gets there needs no deadline. The
//! thread that watches deadlines takes 0.1 ms to start, a tenth of a process's warm start, and most first calls are
//! shorter than a slice. So as long as that thread does not run, a call first gets what is left of its first slice and
//! nothing beyond. If that is not enough, the thread is started and the call is made again from its beginning, with all that
//! it may use: it costs a slice once, and nobody can tell, since only code whose work leaves nothing behind is called so.

use std::time::{Duration, Instant};

use ovenbird_compiler::abi::Import;
use wasmtime::Store;

use super::{Group, Tenant};
use crate::cancel::Cancel;
use crate::engine::Engine;
use crate::error::Error;
use crate::imports::StoreData;
use crate::limits::{LimitExceeded, LimitKind};
use crate::value::{Arg, Value};

/// Bytes of arguments up to which they are passed a second time without a thought.
pub(super) const MOST_ARGUMENTS: u64 = 64 << 10;

/// What a call is, however often it is made.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) engine: &'a Engine,
    pub(super) tenant: &'a Tenant,
    pub(super) args: &'a [Arg<'a>],
    pub(super) cancel: Option<&'a Cancel>,
}

impl Call<'_> {
    /// Whether it may begin with nobody watching.
    pub(super) fn may_be_repeated(&self, group: &Group) -> bool {
        // In a pool it would give its place back in between, and perhaps find none.
        let is_alone = self.cancel.is_none() && self.engine.pool().is_none();
        is_alone && group.leaves_nothing() && !self.engine.watchdog().has_started()
    }
}

/// How it is made this time.
#[derive(Clone, Copy)]
pub(super) struct Attempt {
    /// Whether there will be another one if this one is not done with its first slice.
    pub(super) may_be_repeated: bool,
    /// Time in the guest that the attempt before took.
    pub(super) lost: Duration,
    pub(super) started: Instant,
}

impl Attempt {
    pub(super) fn now(may_be_repeated: bool, lost: Duration) -> Self {
        Attempt { may_be_repeated, lost, started: Instant::now() }
    }
}

impl Group {
    /// Whether a call that is thrown away half done was never there for anybody: its only traces are in its own memory.
    fn leaves_nothing(&self) -> bool {
        let has_no_world = self.datasets.is_empty() && self.externals.iter().all(Vec::is_empty);
        has_no_world
            && self.units.iter().flat_map(|unit| &unit.artifact.imports).all(|import| only_answers(*import))
    }
}

/// Whether a host function only computes something.
fn only_answers(import: Import) -> bool {
    match import {
        Import::Time | Import::FormatF64 | Import::ParseF64 | Import::Math => true,
        // What is printed is out; what is read is counted, and takes time that no slice knows.
        Import::Print
        | Import::DatasetOpen
        | Import::DatasetRows
        | Import::ScanOpen
        | Import::ScanNext
        | Import::ScanTextLen
        | Import::ScanText
        | Import::ScanClose => false,
    }
}

/// Whether a call was only stopped since it was given no more than a slice.
pub(super) fn is_unfinished(store: &Store<StoreData>, result: &Result<Value, Error>) -> bool {
    let short = store.data().purse.is_some_and(|purse| purse.withholds());
    short && matches!(result, Err(Error::Limit { limit: LimitExceeded { which: LimitKind::Cpu, .. }, .. }))
}

#[cfg(all(test, feature = "compiler"))]
mod tests;
