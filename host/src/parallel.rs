//! Units of one program → their code, several at the same time.
//!
//! The units of a program do not depend on each other's code, so each that is not in memory gets a thread:
//! while one is lowered and optimised, which takes one core, another is with the code generator, which
//! spreads a module's functions over the cores itself. What is made does not depend on the order. If several
//! fail, the first one's error is reported.

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::{Builder, scope};

use ovenbird_compiler::typed::Unit;

use crate::compilation::Compilation;
use crate::engine::Engine;
use crate::error::Error;
use crate::unit::{LoadedUnit, typed_digest};

/// Stack of a thread that compiles a unit: lowering and the passes recurse as deep as the program is nested.
const STACK: usize = 64 << 20;
/// Most threads at a time, besides the code generator's.
const MOST: usize = 8;

/// Finds or makes the code of all units, in their order.
pub(crate) fn load_all(
    engine: &Engine,
    units: &[Arc<Unit>],
    compilation: &Compilation,
) -> Result<Vec<LoadedUnit>, Error> {
    let named: Vec<(&Arc<Unit>, [u8; 32])> = units.iter().map(|unit| (unit, typed_digest(unit))).collect();
    if engine.compiles_in_parallel() {
        // Equal units share their code, so one of them is enough.
        let mut seen = BTreeSet::new();
        let new: Vec<_> =
            named.iter().filter(|(_, digest)| !engine.remembers(digest) && seen.insert(*digest)).collect();
        if new.len() > 1 {
            return at_once(engine, &named, &new, compilation);
        }
    }
    named.iter().map(|(unit, digest)| LoadedUnit::load(engine, unit, *digest, compilation)).collect()
}

fn at_once(
    engine: &Engine,
    named: &[(&Arc<Unit>, [u8; 32])],
    new: &[&(&Arc<Unit>, [u8; 32])],
    compilation: &Compilation,
) -> Result<Vec<LoadedUnit>, Error> {
    let mut made: Vec<([u8; 32], Result<LoadedUnit, Error>)> = Vec::new();
    for batch in new.chunks(MOST) {
        scope(|scope| {
            let threads: Vec<_> = batch
                .iter()
                .map(|(unit, digest)| {
                    let work = move || LoadedUnit::load(engine, unit, *digest, compilation);
                    (*digest, Builder::new().stack_size(STACK).spawn_scoped(scope, work))
                })
                .collect();
            for (digest, thread) in threads {
                made.push((
                    digest,
                    match thread {
                        Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
                        Err(error) => Err(Error::Io(format!("cannot start a thread: {error}"))),
                    },
                ));
            }
        });
    }
    named
        .iter()
        .map(|(unit, digest)| match made.iter().position(|(d, _)| d == digest) {
            Some(at) => made.swap_remove(at).1,
            None => LoadedUnit::load(engine, unit, *digest, compilation),
        })
        .collect()
}
