//! What look-ups and stores cost, in file operations: numbers that may only go down.

use super::*;
use crate::cache::faults::counted;
use crate::program::Source;
use ovenbird_compiler::types::Type;

/// Looking at an entry that is there: open, stat, read.
const HIT: usize = 3;
/// Looking for one that is not.
const ABSENT: usize = 1;
/// The lock of an entry: opened, taken, checked; then looked whether somebody else was first.
const LOCK: usize = 4;
/// Finding that nothing was ever stored for a function, or only what is being stored at this moment.
const NO_MARKS: std::ops::RangeInclusive<usize> = 1..=3;
/// Storing an entry: temporary file, two operations; renamed; marked.
const STORE: usize = 4;
/// Counting what was written, and whether it is time to trim.
const ROOM: usize = 7;

/// A program with functions of their own names and constants.
fn program(engine: &crate::Engine, number: usize) -> crate::Program {
    let decorated = "@ovenbird.jit(cache=True)\ndef";
    let text = format!("import ovenbird\n\n{decorated} f{number}(x):\n    return x + {number}.5\n");
    engine.compile(&Source::new("main.py", text)).expect("it parses")
}

fn engine(fixture: &Fixture) -> crate::Engine {
    let options = CacheOptions { on_event: None, ..fixture.options() };
    crate::Engine::builder().cache(Cache::open(options)).build().expect("an engine")
}

#[test]
fn who_compiles_waits_for_few_file_operations() {
    let fixture = Fixture::new();
    // So many that all locks have their files.
    let filled = fixture.open();
    for byte in 0..=255 {
        let recipe = Slot::Artifact(key::L1Key([byte; 32]));
        let Ok(open) = &filled.inner.state else { panic!("on") };
        drop(open.store.try_turn(&recipe));
    }
    program(&engine(&fixture), 0).entry("f0", &[Type::Float]).expect("compiles");
    let engine = engine(&fixture);
    let program = program(&engine, 1);
    let (f, operations) = counted(|| program.entry("f1", &[Type::Float]).expect("compiles"));
    assert_eq!(f.info().provenance.name(), "miss");
    let levels = engine.cpu().levels().len();
    // The text, its diagnostics, its wasm, and its native code for this machine or one of its levels.
    let looks = ABSENT * (4 + levels);
    let fixed = looks + 2 * LOCK;
    let (least, most) = (fixed + 2 * NO_MARKS.start(), fixed + NO_MARKS.start() + NO_MARKS.end());
    assert!((least..=most).contains(&operations), "{operations} operations, {least} to {most} are due");
}

#[test]
fn a_warm_start_reads_two_files_a_function() {
    let fixture = Fixture::new();
    program(&engine(&fixture), 1).entry("f1", &[Type::Float]).expect("compiles");
    let engine = engine(&fixture);
    let program = program(&engine, 1);
    let (f, operations) = counted(|| program.entry("f1", &[Type::Float]).expect("is loaded"));
    assert_eq!(f.info().provenance.name(), "hit.l0");
    assert_eq!(operations, 2 * HIT);
}

#[test]
fn opening_a_cache_that_is_there_takes_few_operations() {
    let fixture = Fixture::new();
    drop(fixture.open());
    // Two folders and the secret in its own: opened, looked at, read.
    let (_, operations) = counted(|| fixture.open());
    assert!(operations <= 8, "{operations}");
}

#[test]
fn storing_an_entry_takes_few_operations() {
    let fixture = Fixture::new();
    let cache = fixture.open();
    // Everything that is made once is there.
    assert!(cache.put_artifact(&sample(), b"artifact", Duration::ZERO));
    let (stored, operations) = counted(|| cache.put_artifact(&sample(), b"another", Duration::ZERO));
    assert!(stored);
    assert_eq!(operations, STORE + ROOM);
}
