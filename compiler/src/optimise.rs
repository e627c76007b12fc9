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

use crate::ir::{Function, Inline, Module, Ty};

mod alias;
mod bounds;
mod constants;
mod copy;
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
mod strength;
#[cfg(test)]
mod tests;
mod unroll;
mod usage;
mod vectorise;

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

/// Runs the passes.
pub fn optimise(module: &mut Module, options: &Options) {
    if options.level == 0 {
        return;
    }
    dce::unused_functions(module);
    check(module, "unused_functions");
    each(module, "before inlining", scalar);
    inline::inline(module);
    check(module, "inline");
    dce::unused_functions(module);
    each(module, "scalar", |function| {
        scalar(function);
        scalar(function);
    });
    constants::constants(module, scalar);
    check(module, "constants");
    each(module, "refcount", refcount::refcount);
    if options.level >= 2 {
        each_hot(module, "repeat", repeat::repeat);
        let globals: Vec<Ty> = module.globals.iter().map(|global| global.ty).collect();
        each_hot(module, "licm", |function| licm::licm(function, &globals));
        each_hot(module, "scalar after licm", scalar);
        each_hot(module, "bounds", |function| bounds::bounds(function, options.bounds_versioning));
        each_hot(module, "scalar after bounds", scalar);
        each_hot(module, "signs", signs::signs);
        each_hot(module, "jam", |function| then_scalar(function, jam::jam));
        each_hot(module, "rows", |function| then_scalar(function, rows::rows));
        each_hot(module, "vectorise", |function| vectorise::vectorise(function, options.simd));
        each_hot(module, "scalar after vectorise", scalar);
        each_hot(module, "offset", offset::offset);
        each_hot(module, "strength", |function| strength::strength(function, options.simd));
    }
    // What was a copy of a reference is now the reference itself.
    each(module, "refcount again", refcount::refcount);
    outline::outline(module);
    check(module, "outline");
    each(module, "compact", dce::unused_locals);
    dce::unused_functions(module);
    dce::unused_places(module);
    check(module, "unused_places");
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
fn each(module: &mut Module, name: &str, mut pass: impl FnMut(&mut Function)) {
    module.functions.iter_mut().for_each(&mut pass);
    check(module, name);
}

/// Runs a pass on each function whose loops are worth the work.
fn each_hot(module: &mut Module, name: &str, pass: impl Fn(&mut Function)) {
    module.functions.iter_mut().filter(|function| function.inline != Inline::Cold).for_each(pass);
    check(module, name);
}

/// In debug builds, verifies what a pass made.
fn check(module: &Module, pass: &str) {
    if cfg!(debug_assertions)
        && let Err(errors) = crate::ir::verify::verify(module)
    {
        panic!("the optimiser's pass `{pass}` made invalid IR: {}", errors.join("\n"));
    }
}
