//! Counts add up, whatever happens.

use ovenbird::cache::{Mode, Stats};
use ovenbird::{Cache, CacheOptions, Engine, Output};

use crate::{edit, warm};
use ovenbird_tests::project::Project;

/// Every equation that holds between counts.
#[track_caller]
fn adds_up(stats: &Stats) {
    for level in [&stats.artifact, &stats.native] {
        assert_eq!(level.lookups, level.hits + level.misses + level.bypasses, "{level:?}");
        assert_eq!(level.reasons.values().sum::<u64>(), level.misses, "{level:?}");
    }
    let units = &stats.units;
    assert_eq!(units.lookups, units.hits + units.misses + units.bypasses, "{units:?}");
    assert_eq!(units.outcomes.values().sum::<u64>(), units.lookups, "{units:?}");
    let of = |class: &str| -> u64 {
        units.outcomes.iter().filter(|(id, _)| id.split('.').next() == Some(class)).map(|(_, n)| n).sum()
    };
    assert_eq!((of("hit"), of("miss"), of("bypass")), (units.hits, units.misses, units.bypasses));
}

fn run(project: &Project, engine: &Engine) {
    let outcome = project.program(engine, "main.py").run(&project.tenant(), Output::Discard);
    assert!(outcome.result.is_ok(), "{:?}", outcome.result);
}

/// The same as data, as a user of JSON sees it.
fn json(stats: &Stats) -> serde_json::Value {
    serde_json::to_value(stats).expect("counts are data")
}

#[test]
fn counts_add_up_over_a_mixed_workload() {
    let project = warm();
    let mut outcomes = std::collections::BTreeSet::new();
    let mut note = |engine: &Engine| {
        let stats = engine.cache().stats();
        adds_up(&stats);
        outcomes.extend(stats.units.outcomes.keys().cloned());
        stats
    };
    // Warm, and again in the same process.
    let engine = project.engine();
    run(&project, &engine);
    run(&project, &engine);
    note(&engine);
    // By its text.
    run(&project, &project.direct_engine());
    let engine = project.direct_engine();
    run(&project, &engine);
    note(&engine);
    // Edits of several kinds.
    for (file, from, to) in [
        ("main.py", "K = 3", "K = 30"),
        ("helpers.py", "* 10", "* 11"),
        ("main.py", "print(f(2))", "print(f(2.5))"),
        ("main.py", "return y * K", "return y * K - 1"),
    ] {
        edit(&project, file, from, to);
        let engine = project.engine();
        run(&project, &engine);
        note(&engine);
    }
    // Native code lost.
    for entry in Cache::open(project.cache_options()).list() {
        if entry.kind.to_string() == "native" {
            std::fs::remove_file(entry.path).expect("removed");
        }
    }
    let engine = project.engine();
    run(&project, &engine);
    note(&engine);
    // Not asked for, off, and verifying.
    edit(&project, "main.py", "(cache=True)", "");
    let engine = project.engine();
    run(&project, &engine);
    note(&engine);
    edit(&project, "main.py", "@ovenbird.jit", "@ovenbird.jit(cache=True)");
    for mode in [Mode::Off, Mode::Verify] {
        let options = CacheOptions { mode, ..project.cache_options() };
        let engine = Engine::builder().cache(Cache::open(options)).build().expect("an engine");
        run(&project, &engine);
        note(&engine);
    }
    for id in [
        "hit.mem",
        "hit.l0",
        "hit.l1",
        "hit.l2",
        "miss.global_changed",
        "miss.callee_changed",
        "miss.arg_types_new",
        "miss.source_changed",
        "miss.verifying",
        "bypass.not_asked",
        "bypass.off",
    ] {
        assert!(outcomes.contains(id), "{id} did not happen: {outcomes:?}");
    }
}

#[test]
fn counts_as_json_have_outcomes_and_reasons_by_name() {
    let project = warm();
    edit(&project, "main.py", "K = 3", "K = 4");
    let engine = project.engine();
    run(&project, &engine);
    let stats = json(&engine.cache().stats());
    assert_eq!(stats["units"]["lookups"], 2);
    assert_eq!(stats["units"]["outcomes"]["miss.global_changed"], 1);
    assert_eq!(stats["artifact"]["reasons"]["global_changed"], 1);
    assert_eq!(stats["errors"], serde_json::json!({}));
}
