//! The stages in a row: a typed unit → its canonical form, its IR, its artifact.

use serde::Serialize;

use crate::guard::{Guard, Refused};
use crate::{artifact, encode, ir, lower, optimise, typed, types};

/// What changes the generated code. Every field enters the level-1 key.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize)]
pub struct Options {
    /// How hard to optimise.
    pub optimise: optimise::Options,
}

/// The canonical form of a unit: equal for programs that mean the same, whatever their spans, local
/// names, comments and file names. The level-1 key is computed over it.
pub fn canonical(unit: &typed::Unit) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_canonical(unit, &mut |piece| bytes.extend_from_slice(piece));
    bytes
}

/// Gives the canonical form of a unit to `sink`, in pieces.
pub fn write_canonical(unit: &typed::Unit, sink: &mut dyn FnMut(&[u8])) {
    // Taken apart whole, so that a new field is given its place here.
    let typed::Unit {
        label: _,
        body,
        functions,
        entries,
        externals,
        variables,
        params,
        globals: _,
        schemas: _,
        cache: _,
        alloc,
        free,
        drops,
    } = unit;
    let signatures: Vec<_> = externals.iter().map(|external| &external.signature).collect();
    let parts = (functions, entries, signatures, variables, params, alloc, free, drops, body);
    types::canonical::write(&parts, sink);
}

/// The same of one function.
pub fn write_canonical_function(function: &typed::Function, sink: &mut dyn FnMut(&[u8])) {
    types::canonical::write(function, sink);
}

/// Compiles one unit to its artifact. Total: what `infer` accepted compiles.
pub fn build(unit: &typed::Unit, options: &Options) -> artifact::Artifact {
    encode::encode(&intermediate(unit, options))
}

/// The optimised IR of a unit.
pub fn intermediate(unit: &typed::Unit, options: &Options) -> ir::Module {
    let mut module = lower::lower(unit);
    optimise::optimise(&mut module, &options.optimise);
    module
}

/// The same within a budget.
pub fn intermediate_within(
    unit: &typed::Unit,
    options: &Options,
    guard: &Guard<'_>,
) -> Result<ir::Module, Refused> {
    let mut charged = 0;
    let mut module = lower::lower_within(unit, guard, &mut charged)?;
    optimise::check_sizes(&module, guard, false)?;
    optimise::optimise_within(&mut module, &options.optimise, guard, &mut charged)?;
    optimise::check_sizes(&module, guard, true)?;
    optimise::charge(&module, guard, &mut charged)?;
    Ok(module)
}

/// The IR of a unit before any pass, within a budget, as if no pass came behind.
pub fn plain_within(unit: &typed::Unit, guard: &Guard<'_>) -> Result<ir::Module, Refused> {
    let module = lower::lower_within(unit, guard, &mut 0)?;
    optimise::check_sizes(&module, guard, true)?;
    Ok(module)
}
