//! Ovenbird's compiler: Python syntax in, WebAssembly out. It is pure: no IO, no clock, no
//! environment; equal inputs give equal bytes on every machine.
//!
//! ```text
//! text -parse-> Ast -resolve-> Resolved -infer-> Typed -lower-> Ir -optimise-> Ir -encode-> Artifact
//! ```

pub mod abi;
pub mod artifact;
pub mod ast;
pub mod diagnostic;
pub mod encode;
pub mod infer;
pub mod ir;
pub mod lower;
pub mod metering;
pub mod optimise;
pub mod parse;
pub mod render;
pub mod resolve;
pub mod resolved;
pub mod schema;
pub mod source;
pub mod typed;
pub mod types;

use serde::Serialize;

/// What changes the generated code. Every field enters the level-1 key.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize)]
pub struct Options {
    /// How hard to optimise.
    pub optimise: optimise::Options,
}

/// The canonical form of a unit: equal for programs that mean the same, whatever their spans, local
/// names, comments and file names. The level-1 key is computed over it.
pub fn canonical(unit: &typed::Unit) -> Vec<u8> {
    // Taken apart whole, so that a new field is given its place here.
    let typed::Unit {
        label: _,
        body,
        functions,
        entries,
        variables,
        params,
        globals: _,
        schemas: _,
        cache: _,
        alloc,
        free,
        drops,
    } = unit;
    let parts = (functions, entries, variables, params, alloc, free, drops, body);
    bincode::serde::encode_to_vec(parts, bincode::config::standard())
        .expect("a typed program serialises into memory")
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
