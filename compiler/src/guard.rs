//! The compile budget after inference: amounts in, refusals out. Asked by the passes and the encoder, which are
//! total otherwise.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::budget::{CompileBudget, CompileLimit, Exceeded};

/// Asks the host whether to stop: what has been used of the time, if that is too much.
pub type Stopped<'a> = &'a (dyn Fn() -> Option<Exceeded> + Sync);

/// What the units of one program have used so far, all of them together.
#[derive(Debug, Default)]
pub struct Ledger {
    memory: AtomicU64,
    native_work: AtomicU64,
}

impl Ledger {
    /// Adds to what was used of a limit that is for the whole program; gives the sum. Others have none.
    pub fn add(&self, which: CompileLimit, amount: u64) -> u64 {
        let sum = match which {
            CompileLimit::Memory => &self.memory,
            CompileLimit::NativeWork => &self.native_work,
            _ => return amount,
        };
        sum.fetch_add(amount, Ordering::Relaxed).saturating_add(amount)
    }
}

/// What is asked after inference: sizes of code, and whether to stop.
#[derive(Clone, Copy)]
pub struct Guard<'a> {
    budget: Option<&'a CompileBudget>,
    stopped: Option<Stopped<'a>>,
    ledger: Option<&'a Ledger>,
}

/// Code that was refused, and the function where that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// Which limit.
    pub exceeded: Exceeded,
    /// Name of the function, if it was one.
    pub function: Option<String>,
}

impl From<Exceeded> for Refused {
    fn from(exceeded: Exceeded) -> Self {
        Refused { exceeded, function: None }
    }
}

impl<'a> Guard<'a> {
    /// Allows everything; for tests and benches.
    pub const UNBOUNDED: Guard<'static> = Guard { budget: None, stopped: None, ledger: None };

    /// A guard of a budget, for a unit of a program that has used what the ledger says.
    pub fn new(budget: &'a CompileBudget, ledger: &'a Ledger, stopped: Stopped<'a>) -> Self {
        Guard { budget: Some(budget), stopped: Some(stopped), ledger: Some(ledger) }
    }

    /// Takes from a limit that is for the whole program.
    pub fn charge(&self, which: CompileLimit, amount: u64) -> Result<(), Refused> {
        self.check(which, self.ledger.map_or(amount, |ledger| ledger.add(which, amount)))
    }

    /// Whether there is nothing to measure for.
    pub fn is_unbounded(&self) -> bool {
        self.budget.is_none()
    }

    /// Refuses an amount that is too much.
    pub fn check(&self, which: CompileLimit, used: u64) -> Result<(), Refused> {
        self.budget.map_or(Ok(()), |budget| Ok(budget.check(which, used)?))
    }

    /// Whether an amount is not too much.
    pub fn allows(&self, which: CompileLimit, used: u64) -> bool {
        self.check(which, used).is_ok()
    }

    /// Refuses to go on if the host says so.
    pub fn look(&self) -> Result<(), Refused> {
        match self.stopped.and_then(|stopped| stopped()) {
            Some(exceeded) => Err(exceeded.into()),
            None => Ok(()),
        }
    }
}
