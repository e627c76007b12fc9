//! Module in, refusal out if it is larger than the budget allows; nothing is changed.

use super::crossings::crossings;
use super::usage::size;
use crate::budget::CompileLimit;
use crate::guard::{Guard, Refused};
use crate::ir::{Function, Module};

/// Refuses code that is too large; `last` says that no pass comes behind, so that signatures and locals are those
/// of the wasm.
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

fn check_function(
    function: &Function,
    operations: u64,
    guard: &Guard<'_>,
    last: bool,
) -> Result<(), Refused> {
    guard.check(CompileLimit::FunctionOperations, operations)?;
    // Most functions are too small for too many crossings, so nothing is counted.
    if !guard.allows(CompileLimit::Crossings, most_crossings(operations)) {
        guard.check(CompileLimit::Crossings, crossings(function))?;
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
