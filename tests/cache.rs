//! The cache as its users see it: never stale, and a hit whenever nothing that matters has changed. By
//! counts and reasons, never by time. Each run is a new engine over the same folder, as a new process is.
//!
//! Every input of the keys has a test here that fails when the input is dropped from the key; the fields of
//! the recipes one by one are covered beside them, in `host/src/cache/key.rs`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use ovenbird::cache::Mode;
use ovenbird::engine_config::EngineOptions;
use ovenbird::{
    Cache, CacheOptions, CompileBudget, CompileLimit, Engine, Error, Output, Source, Tenant, Value,
};
use ovenbird_compiler::types::Type;
use ovenbird_compiler::{Options, optimise};
use ovenbird_tests::project::Project;
use ovenbird_tests::seal::replace;
use ovenbird_tests::warm::{DEEP, HELPERS, MAIN, edit, project, warm};

#[path = "cache/arrays.rs"]
mod arrays;
#[path = "cache/cutoff.rs"]
mod cutoff;
#[path = "cache/damage.rs"]
mod damage;
#[path = "cache/direct.rs"]
mod direct;
#[path = "cache/evidence.rs"]
mod evidence;
#[path = "cache/fingerprints.rs"]
mod fingerprints;
#[path = "cache/first_use.rs"]
mod first_use;
#[path = "cache/globals.rs"]
mod globals;
#[path = "cache/hostfn.rs"]
mod hostfn;
#[path = "cache/keys.rs"]
mod keys;
#[path = "cache/matrix.rs"]
mod matrix;
#[path = "cache/recipes.rs"]
mod recipes;
#[path = "cache/seed.rs"]
mod seed;
#[path = "cache/situations.rs"]
mod situations;
#[path = "cache/stale.rs"]
mod stale;
#[path = "cache/strict.rs"]
mod strict;
#[path = "cache/upgrade.rs"]
mod upgrade;

/// Every file of the cache.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(inside) = std::fs::read_dir(folder) else { continue };
        for entry in inside.flatten() {
            if entry.path().is_dir() { folders.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    found.sort();
    found
}

/// The entries of one kind: `native` or `artifact` by what the cache lists.
fn listed(project: &Project, kind: &str) -> Vec<PathBuf> {
    let cache = Cache::open(project.cache_options());
    let all = cache.list().into_iter().filter(|entry| entry.kind.to_string() == kind);
    all.map(|entry| if entry.path.is_absolute() { entry.path } else { project.cache_dir().join(entry.path) })
        .collect()
}

fn parquet(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    let batch = RecordBatch::try_from_iter(columns).expect("the columns are equally long");
    let file = std::fs::File::create(path).expect("the file can be made");
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
}

fn ints(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn floats(values: &[f64]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

const DATA: &str = "\
import ovenbird
import pandas as pd


@ovenbird.jit(cache=True)
def total(path):
    df = pd.read_parquet(path)
    return df[\"x\"].sum()


print(total(\"data/a.pq\"))
";

fn data_project() -> Project {
    let project = Project::new(&[("main.py", DATA)]);
    parquet(&project.path("data/a.pq"), vec![("x", ints(&[1, 2, 3])), ("y", floats(&[0.5, 0.5, 0.5]))]);
    project
}

#[test]
fn a_read_only_cache_is_read_and_not_written() {
    let project = warm();
    let before = entries(project.cache_dir());
    edit(&project, "main.py", "print(f(2))", "print(f(4))");
    let options = CacheOptions { mode: Mode::ReadOnly, ..project.cache_options() };
    let engine = Engine::builder().cache(Cache::open(options)).build().expect("the engine can be made");
    let outcome = project.program(&engine, "main.py").run(&project.tenant(), Output::Capture(Vec::new()));
    assert_eq!(outcome.output.captured(), b"150\n");
    let unit = outcome.units.iter().find(|u| u.label == "main.f").expect("the unit");
    assert_eq!(unit.provenance.name(), "hit.l2");
    assert_eq!(entries(project.cache_dir()), before);
}

#[test]
fn a_cache_that_cannot_be_used_costs_only_time() {
    let project = project();
    std::fs::write(project.cache_dir(), "a file where the folder should be").expect("written");
    let run = project.run("main.py");
    run.prints("90\n");
    assert_eq!(run.compiles, 2);
}

#[test]
fn verify_mode_compiles_again_and_finds_nothing_wrong() {
    let project = warm();
    let options = CacheOptions { mode: Mode::Verify, ..project.cache_options() };
    let engine = Engine::builder().cache(Cache::open(options)).build().expect("the engine can be made");
    let outcome = project.program(&engine, "main.py").run(&project.tenant(), Output::Capture(Vec::new()));
    assert_eq!(outcome.output.captured(), b"90\n");
    assert_eq!((engine.compiles(), engine.native_compiles()), (2, 2));
    assert_eq!(engine.cache().stats().inconsistent, 0, "equal inputs give equal bytes");
}

#[test]
fn clearing_removes_everything() {
    let project = warm();
    assert_eq!(Cache::open(project.cache_options()).clear(), 4);
    let run = project.run("main.py");
    run.prints("90\n");
    assert_eq!(run.compiles, 2);
}

#[test]
fn counts_add_up() {
    let project = warm();
    edit(&project, "main.py", "print(f(2))", "print(f(4))");
    let stats = project.run("main.py").stats;
    for level in [&stats.artifact, &stats.native] {
        assert_eq!(level.lookups, level.hits + level.misses + level.bypasses);
        assert_eq!(level.reasons.values().sum::<u64>(), level.misses);
    }
}

#[test]
fn processes_may_share_a_cache_at_the_same_time() {
    let project = project();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                project.run("main.py").prints("90\n");
            });
        }
    });
    project.run("main.py").prints("90\n").hits();
}
