//! What look-ups and stores cost, in file operations: numbers that may only go down.

use super::*;
use crate::cache::faults::counted;
use crate::cache::marks::{DATED, MOST_MARKS};
use crate::cache::store::BELIEVED;
use crate::program::Source;
use ovenbird_compiler::types::Type;

/// Looking at an entry that is there: open, stat, read.
const HIT: usize = 3;
/// Looking for one that is not.
const ABSENT: usize = 1;
/// The right to make a unit: taken and checked.
const TURN: usize = 2;
/// The file of these rights, once for all.
const TURNS: usize = 1;
/// Storing an entry: temporary file, two operations; renamed; marked.
const STORE: usize = 4;
/// Counting what was written, and whether it is time to trim.
const ROOM: usize = 7;

/// A program with a function of this name and constant.
fn program(engine: &crate::Engine, name: &str, number: usize) -> crate::Program {
    let decorated = "@ovenbird.jit(cache=True)\ndef";
    let text = format!("import ovenbird\n\n{decorated} {name}(x):\n    return x + {number}.5\n");
    engine.compile(&Source::new("main.py", text)).expect("it parses")
}

fn engine(fixture: &Fixture) -> crate::Engine {
    let options = CacheOptions { on_event: None, ..fixture.options() };
    crate::Engine::builder().cache(Cache::open(options)).build().expect("an engine")
}

#[test]
fn who_compiles_waits_for_few_file_operations_and_for_none_of_what_only_explains() {
    let fixture = Fixture::new();
    program(&engine(&fixture), "f", 0).entry("f", &[Type::Float]).expect("compiles");
    // A function that was never there, and one that was, with other code.
    for (name, number, why) in [("g", 1, "not seen before"), ("f", 2, "source changed")] {
        let engine = engine(&fixture);
        let program = program(&engine, name, number);
        let (f, operations) = counted(|| program.entry(name, &[Type::Float]).expect("compiles"));
        assert_eq!(f.info().provenance.name(), "miss");
        let levels = engine.cpu().levels().len();
        // The text, its diagnostics, its wasm, and its native code for this machine or one of its levels.
        assert_eq!(operations, ABSENT * (4 + levels) + TURNS + TURN, "{name}");
        let reason = f.info().provenance.reason().unwrap_or_default();
        assert!(reason.contains(why), "{name}: {reason}");
        let reasons = engine.cache().stats().artifact.reasons;
        assert_eq!(reasons.values().sum::<u64>(), 1, "{reasons:?}");
        // What there is nothing of, diagnostics and native code of levels, is not looked for each time.
        let program = self::program(&engine, name, number + 10);
        let (_, operations) = counted(|| program.entry(name, &[Type::Float]).expect("compiles"));
        assert_eq!(operations, ABSENT * 3 + TURNS + TURN, "{name}");
    }
}

/// Two caches over one folder, as two processes have them.
#[test]
fn what_another_process_stored_is_seen_after_a_moment() {
    let fixture = Fixture::new();
    let (one, two, recipe) = (fixture.open(), fixture.open(), key::tests::sample_probe());
    assert_eq!(one.get_diagnostics(&recipe), Err(MissReason::Cold));
    assert!(two.put_diagnostics(&recipe, b"wrong", Duration::ZERO));
    assert_eq!(one.get_diagnostics(&recipe), Err(MissReason::Cold), "there was no folder for them just now");
    let Ok(open) = &one.inner.state else { panic!("on") };
    assert!(!open.store.lacks_at("d", Instant::now() + BELIEVED));
    assert_eq!(one.get_diagnostics(&recipe), Ok(b"wrong".to_vec()));
}

#[test]
fn a_warm_start_reads_two_files_a_function() {
    let fixture = Fixture::new();
    program(&engine(&fixture), "f1", 1).entry("f1", &[Type::Float]).expect("compiles");
    let engine = engine(&fixture);
    let program = program(&engine, "f1", 1);
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

/// Without `most` in `Open::explain`: who edits a function all day pays for each version that it had, at each miss.
#[test]
fn a_miss_of_a_function_with_many_versions_costs_no_more_than_of_one_with_few() {
    let fixture = Fixture::new();
    let unheard = || Cache::open(CacheOptions { on_event: None, ..fixture.options() });
    let version = |n: usize| {
        let mut recipe = sample();
        recipe.globals[0].value = n.to_string();
        recipe.globals[0].digest = key::digest(&n.to_le_bytes());
        recipe
    };
    let cost = |missing: usize| {
        let (cache, recipe) = (unheard(), version(missing));
        let (found, operations) = counted(|| cache.get_artifact(&recipe));
        assert!(found.is_err());
        operations
    };
    let (few, many) = (4 * DATED, 2 * MOST_MARKS);
    let cache = unheard();
    (0..few).for_each(|n| assert!(cache.put_artifact(&version(n), b"made", Duration::ZERO)));
    let known = cost(1_000);
    (few..many).for_each(|n| assert!(cache.put_artifact(&version(n), b"made", Duration::ZERO)));
    let costly = cost(1_001);
    assert!(costly <= known, "{costly} and {known}");
    // Who asks for everything is told of the nearest, however many there are.
    let finding = cache.find_artifact(&version(1_002));
    assert!(finding.nearest.is_some() && finding.changes.len() == 1, "{finding:?}");
}

#[test]
fn who_exports_reads_each_entry_when_it_is_its_turn() {
    let fixture = Fixture::new();
    let cache = fixture.open();
    let mut recipe = sample();
    for n in 0..10_u8 {
        recipe.globals[0].digest = key::digest(&[n]);
        assert!(cache.put_artifact(&recipe, b"artifact", Duration::ZERO));
    }
    let mut entries = cache.exportable();
    for _ in 0..10 {
        let (entry, operations) = counted(|| entries.next());
        assert!(entry.is_some() && operations == HIT);
    }
    assert!(entries.next().is_none());
}
