//! Every file operation of the cache fails in turn, in every way that matters: the result is always right,
//! and the next process finds a cache that works.

use rustix::io::Errno;

use super::*;
use crate::cache::faults::{self, Plan};
use crate::cache::fs::Op;

pub(super) const OPERATIONS: [Op; 13] = [
    Op::Open,
    Op::Create,
    Op::Stat,
    Op::Read,
    Op::Write,
    Op::Rename,
    Op::Link,
    Op::Unlink,
    Op::Mkdir,
    Op::List,
    Op::Touch,
    Op::Lock,
    Op::Memory,
];
pub(super) const ERRORS: [Errno; 11] = [
    Errno::NOSPC,
    Errno::DQUOT,
    Errno::IO,
    Errno::ROFS,
    Errno::ACCESS,
    Errno::STALE,
    Errno::NOLCK,
    Errno::OPNOTSUPP,
    Errno::INTR,
    Errno::NOENT,
    Errno::MFILE,
];
const ARTIFACT: &[u8] = b"the artifact";

fn options(fixture: &Fixture) -> CacheOptions {
    CacheOptions { lock_wait: Some(Duration::from_millis(20)), ..fixture.options() }
}

/// What a process does with a cache. Panics if anything that it gets is wrong; gives what was found.
pub(super) fn session(fixture: &Fixture, compiled: &Compiled) -> (bool, bool) {
    session_with(options(fixture), fixture, compiled)
}

/// The same with other options.
pub(super) fn session_with(options: CacheOptions, fixture: &Fixture, compiled: &Compiled) -> (bool, bool) {
    let cache = Cache::open(options);
    let (recipe, engine) = (fixture.native_recipe(7), &fixture.engine.engine);
    let artifact = match cache.artifact_or_claim(&sample()) {
        Ok(found) => {
            assert_eq!(found, ARTIFACT);
            true
        }
        Err((_, _claim)) => {
            cache.put_artifact(&sample(), ARTIFACT, Duration::ZERO);
            false
        }
    };
    let native = match cache.native_or_claim(&recipe, engine) {
        Ok(found) => {
            assert_eq!(call(engine, &found), 7);
            true
        }
        Err((_, _claim)) => {
            cache.put_native(&recipe, compiled, Duration::ZERO);
            false
        }
    };
    if let Ok(found) = cache.get_artifact(&sample()) {
        assert_eq!(found, ARTIFACT);
    }
    cache.trim(MAX_BYTES, MAX_AGE);
    cache.list();
    (artifact, native)
}

#[test]
fn every_error_of_every_operation_costs_only_time() {
    let compiled = Fixture::new().compile(7);
    for op in OPERATIONS {
        for errno in ERRORS {
            for (skip, times) in [(0, 1), (1, 1), (3, 2), (0, usize::MAX)] {
                let fixture = Fixture::new();
                let what = format!("{errno:?} by {op:?}, {times} times after {skip}");
                // A cold cache, then one with entries.
                for _ in 0..2 {
                    let plan = Plan::Fail { op, errno, skip, times };
                    faults::with(plan, || session(&fixture, &compiled));
                }
                session(&fixture, &compiled);
                assert_eq!(session(&fixture, &compiled), (true, true), "{what}");
            }
        }
    }
}

#[test]
fn a_full_disk_leaves_nothing_behind_and_pauses_writes() {
    let fixture = Fixture::new();
    let cache = fixture.open();
    let full = Plan::Fail { op: Op::Write, errno: Errno::NOSPC, skip: 1, times: 1 };
    let stored = faults::with(full, || cache.put_artifact(&sample(), &[1; 5000], Duration::ZERO));
    assert!(!stored);
    let temporary = fixture.folder.path().join("cache/v1/tmp");
    assert_eq!(fs::read_dir(temporary).expect("there").count(), 0, "the half-written file is gone");
    assert!(!cache.put_artifact(&sample(), ARTIFACT, Duration::ZERO));
    assert!(fixture.last_event().contains("paused"), "{}", fixture.last_event());
    assert_eq!(cache.stats().artifact.store_errors, 2);
    assert!(fixture.open().put_artifact(&sample(), ARTIFACT, Duration::ZERO), "the disk has room again");
}

#[test]
fn what_the_system_said_about_a_store_is_counted_and_logged_by_its_name() {
    for (op, errno, name) in [
        (Op::Write, Errno::NOSPC, "ENOSPC"),
        (Op::Create, Errno::DQUOT, "EDQUOT"),
        (Op::Rename, Errno::IO, "EIO"),
        (Op::Create, Errno::ROFS, "EROFS"),
    ] {
        let fixture = Fixture::new();
        let log = fixture.folder.path().join("log");
        let cache = Cache::open(CacheOptions { log: Some(log.clone()), ..fixture.options() });
        let plan = Plan::Fail { op, errno, skip: 0, times: 1 };
        assert!(!faults::with(plan, || cache.put_artifact(&sample(), ARTIFACT, Duration::ZERO)));
        let stats = cache.stats();
        assert_eq!(stats.errors.get(&format!("error.{name}")), Some(&1), "{name}");
        assert_eq!(stats.artifact.store_errors, 1);
        let json = serde_json::to_value(&stats).expect("data");
        assert_eq!(json["errors"][format!("error.{name}")], 1);
        let logged = fs::read_to_string(&log).expect("a log");
        assert!(logged.contains(&format!("\"errno\":\"{name}\"")), "{logged}");
        // A pause is not the system's doing.
        assert!(!cache.put_artifact(&sample(), ARTIFACT, Duration::ZERO));
        let stats = cache.stats();
        assert_eq!(stats.errors.values().sum::<u64>(), 1);
        let summary = log::summarise(&log).expect("a log");
        assert_eq!((summary.not_stored, summary.errors), (2, stats.errors), "the log adds up to the same");
    }
}

#[test]
fn a_stale_handle_or_a_failing_disk_gets_one_more_try() {
    let fixture = Fixture::new();
    let cache = fixture.open();
    cache.put_artifact(&sample(), ARTIFACT, Duration::ZERO);
    for errno in [Errno::STALE, Errno::IO] {
        for op in [Op::Open, Op::Stat, Op::Read] {
            let get = |times| {
                let plan = Plan::Fail { op, errno, skip: 0, times };
                faults::with(plan, || cache.get_artifact(&sample()))
            };
            assert_eq!(get(1), Ok(ARTIFACT.to_vec()), "{op:?}");
            assert!(matches!(get(2), Err(MissReason::Unreadable(_))), "{op:?}");
        }
    }
}

#[test]
fn without_locks_the_work_is_done_twice() {
    let fixture = Fixture::new();
    let (one, two) = (fixture.open(), fixture.open());
    for errno in [Errno::NOLCK, Errno::OPNOTSUPP] {
        let plan = Plan::Fail { op: Op::Lock, errno, skip: 0, times: usize::MAX };
        faults::with(plan, || {
            let mut recipe = sample();
            recipe.label = format!("{errno:?}");
            recipe.typed_program[0] ^= errno.raw_os_error() as u8;
            let (first, second) = (one.artifact_or_claim(&recipe), two.artifact_or_claim(&recipe));
            assert!(first.is_err() && second.is_err(), "both may make it");
            assert!(one.put_artifact(&recipe, ARTIFACT, Duration::ZERO));
            assert!(two.put_artifact(&recipe, ARTIFACT, Duration::ZERO));
            assert_eq!(one.get_artifact(&recipe), Ok(ARTIFACT.to_vec()));
        });
    }
}

#[test]
fn a_writer_that_cannot_see_the_winners_entry_uses_its_own() {
    let fixture = Fixture::new();
    let (one, two) = (fixture.open(), fixture.open());
    one.put_artifact(&sample(), ARTIFACT, Duration::ZERO);
    let unseen = Plan::Fail { op: Op::Open, errno: Errno::NOENT, skip: 0, times: usize::MAX };
    let claim = faults::with(unseen, || two.artifact_or_claim(&sample()).expect_err("not seen").1);
    assert!(two.put_artifact(&sample(), ARTIFACT, Duration::ZERO));
    drop(claim);
    assert_eq!(one.get_artifact(&sample()), Ok(ARTIFACT.to_vec()));
    assert_eq!(one.list().len(), 1);
}

#[test]
fn a_program_that_cannot_see_what_others_stored_runs_its_own_code() {
    let fixture = Fixture::new();
    let text =
        "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return x + 1\n\n\nprint(f(2))\n";
    let engine = || {
        // One thread: the plan is this thread's.
        let native = EngineOptions { parallel_compilation: false, ..EngineOptions::default() };
        let engine = crate::Engine::builder().cache(fixture.open()).native(native).probes(false);
        engine.build().expect("an engine")
    };
    let run = |engine: &crate::Engine| {
        let program = engine.compile(&crate::Source::new("main.py", text)).expect("it parses");
        let outcome = program.run(&crate::Tenant::default(), crate::Output::Capture(Vec::new()));
        assert_eq!(outcome.output.captured(), b"3\n");
        (engine.compiles(), engine.native_compiles())
    };
    assert_eq!(run(&engine()), (2, 2), "the winner");
    let before: Vec<_> = fixture.open().list().into_iter().map(|entry| entry.key).collect();
    for errno in [Errno::NOENT, Errno::STALE] {
        let (unseen, engine) = (Plan::Fail { op: Op::Open, errno, skip: 0, times: usize::MAX }, engine());
        assert!(engine.cache().is_on());
        assert_eq!(faults::with(unseen, || run(&engine)), (2, 2), "the loser");
    }
    let after = fixture.open().list();
    assert!(after.iter().all(|entry| entry.verified.is_ok()));
    assert_eq!(after.into_iter().map(|entry| entry.key).collect::<Vec<_>>(), before);
    assert_eq!(run(&engine()), (0, 0));
}
