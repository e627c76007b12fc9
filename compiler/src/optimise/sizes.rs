//! Module in, refusal out if it is larger than the budget allows; nothing is changed.

use super::crossings::{Load, load};
use crate::budget::{CompileLimit, charges};
use crate::guard::{Guard, Refused};
use crate::ir::measure::{self, size};
use crate::ir::{Function, Module};

/// Refuses code that is too large; `last` says that no pass comes behind, so that signatures and locals are those
/// of the wasm, and that what it is for the code generator is charged.
pub(crate) fn check_sizes(module: &Module, guard: &Guard<'_>, last: bool) -> Result<(), Refused> {
    guard.look()?;
    if guard.is_unbounded() {
        return Ok(());
    }
    let mut all = 0u64;
    for function in &module.functions {
        let operations = size(&function.body) as u64;
        all = all.saturating_add(operations);
        check_function(function, operations, guard, last)
            .and_then(|()| guard.check(CompileLimit::Operations, all))
            .map_err(|refused| Refused { function: Some(function.name.clone()), ..refused })?;
    }
    Ok(())
}

/// Charges the memory of a module, as far as it is more than what was charged of it before.
pub(crate) fn charge(module: &Module, guard: &Guard<'_>, charged: &mut u64) -> Result<(), Refused> {
    if guard.is_unbounded() {
        return Ok(());
    }
    let bytes = module.functions.iter().map(measure::charge).fold(0, u64::saturating_add);
    let more = bytes.saturating_sub(*charged);
    *charged = bytes.max(*charged);
    guard.charge(CompileLimit::Memory, more)
}

fn check_function(
    function: &Function,
    operations: u64,
    guard: &Guard<'_>,
    last: bool,
) -> Result<(), Refused> {
    guard.check(CompileLimit::FunctionOperations, operations)?;
    // Most functions are too small for too many crossings, so nothing is counted.
    if last || !guard.allows(CompileLimit::Crossings, most_crossings(operations)) {
        let Load { crossings, behind_branches } = load(function);
        guard.check(CompileLimit::Crossings, crossings)?;
        if last {
            let work = operations.saturating_add(crossings).saturating_add(behind_branches);
            guard.charge(CompileLimit::NativeWork, work)?;
            guard.charge(CompileLimit::Memory, crossings.saturating_mul(charges::CROSSING))?;
        }
    }
    if !last {
        return Ok(());
    }
    guard.check(CompileLimit::Scalars, u64::from(function.params).max(function.results.len() as u64))?;
    guard.check(CompileLimit::Locals, function.locals.len() as u64)
}

/// More crossings than so many operations can have: each of their variables crosses each of their places, and every
/// other operation is a loop.
fn most_crossings(operations: u64) -> u64 {
    operations.saturating_mul(operations.saturating_add(150)).saturating_mul(4)
}
