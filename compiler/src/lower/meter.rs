//! What lowering has made so far -> whether it goes on. A function can become very much larger than its typed form, so
//! what is made is counted and charged while it is made, and not only when it is there.
//!
//! Nothing here changes what is made: once stopped, the rest is not made, and all of it is thrown away.

use crate::budget::CompileLimit;
use crate::guard::{Guard, Refused};
use crate::ir::measure::{charge_of, own_size, size};
use crate::ir::{Function, Stmt};

/// Bytes of charges after which the budget and the host are asked.
const INTERVAL: u64 = 64 << 10;

/// What one unit's lowering has used, and whether that was too much.
pub(super) struct Meter<'g> {
    guard: Guard<'g>,
    stopped: Option<Refused>,
    /// Operations of the functions that are done.
    finished: u64,
    /// Operations of the function that is being lowered, as far as they are counted.
    operations: u64,
    /// Bytes that are charged for this function.
    charged: u64,
    /// Bytes that were charged for those that are done.
    charged_before: u64,
}

impl<'g> Meter<'g> {
    pub(super) fn new(guard: Guard<'g>) -> Self {
        Meter { guard, stopped: None, finished: 0, operations: 0, charged: 0, charged_before: 0 }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    /// Counts statements that were made, each without those inside of it, in a function that has so many locals.
    pub(super) fn count(&mut self, stmts: &[Stmt], locals: usize) {
        if self.guard.is_unbounded() || self.is_stopped() {
            return;
        }
        self.operations += stmts.iter().map(|stmt| own_size(stmt) as u64).sum::<u64>();
        if charge_of(self.operations, locals) >= self.charged + INTERVAL {
            self.stopped = self.ask(locals).err();
        }
    }

    /// A function is whole: what was not counted of it is charged, and the next one begins.
    pub(super) fn finish(&mut self, function: &Function) -> Result<(), Refused> {
        if self.guard.is_unbounded() {
            return Ok(());
        }
        let asked = match self.stopped.take() {
            Some(refused) => Err(refused),
            None => {
                self.operations = size(&function.body) as u64;
                self.ask(function.locals.len())
            }
        };
        self.finished = self.finished.saturating_add(self.operations);
        self.charged_before = self.charged_before.saturating_add(self.charged);
        (self.operations, self.charged) = (0, 0);
        asked.map_err(|refused| Refused { function: Some(function.name.clone()), ..refused })
    }

    /// Bytes that were charged for the functions that are done.
    pub(super) fn charged_in_all(&self) -> u64 {
        self.charged_before
    }

    fn ask(&mut self, locals: usize) -> Result<(), Refused> {
        self.guard.look()?;
        let more = charge_of(self.operations, locals).saturating_sub(self.charged);
        self.charged += more;
        self.guard.charge(CompileLimit::Memory, more)?;
        self.guard.check(CompileLimit::FunctionOperations, self.operations)?;
        self.guard.check(CompileLimit::Operations, self.finished.saturating_add(self.operations))
    }
}
