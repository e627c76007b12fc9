//! Naive IR in, fast IR out: the ordered list of passes.
//!
//! Lowering makes every operation of the library a call of a small function on scalars. The passes
//! dissolve the calls, then do what Cranelift cannot do later because it sees wasm: it does value
//! numbering, constant folding and register allocation well, so none of these is repeated with more
//! effort than the passes here need for themselves.
//!
//! A pass changes speed and size, never the result, the exception or its traceback. Passes are pure
//! and deterministic; each is bounded by budgets on size, so that no input makes them explode.

use serde::{Deserialize, Serialize};

use crate::guard::{Guard, Refused};
use crate::ir::{Function, Inline, Module, Ty};

mod alias;
mod bounds;
mod constants;
mod copy;
mod crossings;
mod dce;
mod exposed;
mod fold;
mod graph;
mod inline;
mod jam;
mod licm;
mod offset;
mod outline;
mod range;
mod refcount;
mod repeat;
mod rows;
mod signs;
mod sizes;
mod strength;
#[cfg(test)]
mod tests;
mod unroll;
mod usage;
mod vectorise;

pub(crate) use sizes::{charge, check_sizes};

/// What to optimise; part of the level-1 key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Options {
    /// 0: nothing; 1: calls, constants and dead code; 2: loops too.
    pub level: u8,
    /// Use 128-bit operations.
    pub simd: bool,
    /// Copy loops without bounds checks, to be run when a condition before the loop allows it.
    pub bounds_versioning: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { level: 2, simd: true, bounds_versioning: true }
    }
}

/// Runs the passes, whatever it takes.
pub fn optimise(module: &mut Module, options: &Options) {
    // Nothing is refused without a budget.
    let _ = optimise_within(module, options, &Guard::UNBOUNDED, &mut 0);
}

/// Runs the passes. If the code grows beyond the budget, or the host says stop, the module is left as it is
/// between two passes; it is asked before each function that a pass looks at. `charged` are the bytes that the module
/// was charged for.
pub fn optimise_within(
    module: &mut Module,
    options: &Options,
    guard: &Guard<'_>,
    charged: &mut u64,
) -> Result<(), Refused> {
    if options.level == 0 {
        return Ok(());
    }
    dce::unused_functions(module);
    check(module, "unused_functions");
    each(module, guard, "before inlining", scalar)?;
    inline::inline(module, guard)?;
    sizes::check_sizes(module, guard, false)?;
    sizes::charge(module, guard, charged)?;
    check(module, "inline");
    dce::unused_functions(module);
    each(module, guard, "scalar", |function| {
        scalar(function);
        scalar(function);
    })?;
    constants::constants(module, scalar);
    guard.look()?;
    check(module, "constants");
    each(module, guard, "refcount", refcount::refcount)?;
    if options.level >= 2 {
        each_hot(module, guard, "repeat", repeat::repeat)?;
        let globals: Vec<Ty> = module.globals.iter().map(|global| global.ty).collect();
        each_hot(module, guard, "licm", |function| licm::licm(function, &globals))?;
        each_hot(module, guard, "scalar after licm", scalar)?;
        each_hot(module, guard, "bounds", |function| bounds::bounds(function, options.bounds_versioning))?;
        each_hot(module, guard, "scalar after bounds", scalar)?;
        each_hot(module, guard, "signs", signs::signs)?;
        each_hot(module, guard, "jam", |function| then_scalar(function, jam::jam))?;
        each_hot(module, guard, "rows", |function| then_scalar(function, rows::rows))?;
        each_hot(module, guard, "vectorise", |function| vectorise::vectorise(function, options.simd))?;
        each_hot(module, guard, "scalar after vectorise", scalar)?;
        each_hot(module, guard, "offset", offset::offset)?;
        each_hot(module, guard, "strength", |function| strength::strength(function, options.simd))?;
    }
    // What was a copy of a reference is now the reference itself.
    each(module, guard, "refcount again", refcount::refcount)?;
    outline::outline(module);
    check(module, "outline");
    each(module, guard, "compact", dce::unused_locals)?;
    dce::unused_functions(module);
    dce::unused_places(module);
    check(module, "unused_places");
    Ok(())
}

/// Propagates copies and constants, folds, and removes what became dead.
fn scalar(function: &mut Function) {
    copy::copy(function);
    fold::fold(function);
    dce::dce(function);
}

/// Runs a pass that declares a local whenever it does something, and cleans up after it.
fn then_scalar(function: &mut Function, pass: impl Fn(&mut Function)) {
    let locals = function.locals.len();
    pass(function);
    if function.locals.len() > locals {
        scalar(function);
    }
}

/// Runs a pass on each function.
fn each(
    module: &mut Module,
    guard: &Guard<'_>,
    name: &str,
    pass: impl Fn(&mut Function),
) -> Result<(), Refused> {
    run(module.functions.iter_mut(), guard, pass)?;
    check(module, name);
    Ok(())
}

/// Runs a pass on each function whose loops are worth the work.
fn each_hot(
    module: &mut Module,
    guard: &Guard<'_>,
    name: &str,
    pass: impl Fn(&mut Function),
) -> Result<(), Refused> {
    run(module.functions.iter_mut().filter(|function| function.inline != Inline::Cold), guard, pass)?;
    check(module, name);
    Ok(())
}

fn run<'m>(
    functions: impl Iterator<Item = &'m mut Function>,
    guard: &Guard<'_>,
    pass: impl Fn(&mut Function),
) -> Result<(), Refused> {
    for function in functions {
        guard.look()?;
        pass(function);
    }
    Ok(())
}

/// In debug builds, verifies what a pass made.
fn check(module: &Module, pass: &str) {
    if cfg!(debug_assertions)
        && let Err(errors) = crate::ir::verify::verify(module)
    {
        panic!("the optimiser's pass `{pass}` made invalid IR: {}", errors.join("\n"));
    }
}
