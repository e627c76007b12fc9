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
use ovenbird::{Cache, CacheOptions, Engine, Error, Output, Tenant};
use ovenbird_compiler::{Options, optimise};
use ovenbird_tests::project::Project;

#[path = "cache/damage.rs"]
mod damage;
#[path = "cache/recipes.rs"]
mod recipes;

const MAIN: &str = "\
import ovenbird
from helpers import scale

K = 3


@ovenbird.jit(cache=True)
def f(x):
    y = scale(x)
    return y * K


print(f(2))
";
const HELPERS: &str = "\
from deep import base


def scale(x):
    return base(x) * 10
";
const DEEP: &str = "\
def base(x):
    return x + 1
";

fn project() -> Project {
    Project::new(&[("main.py", MAIN), ("helpers.py", HELPERS), ("deep.py", DEEP)])
}

/// A project that has run once.
fn warm() -> Project {
    let project = project();
    project.run("main.py").prints("90\n");
    project.events();
    project
}

fn edit(project: &Project, file: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(project.path(file)).expect("the file can be read");
    assert!(text.contains(from), "{file} has no `{from}`");
    project.write(file, &text.replace(from, to));
}

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

/// Replaces a file, also one that may only be read.
fn replace(path: &Path, bytes: &[u8]) {
    std::fs::remove_file(path).expect("the entry can be removed");
    std::fs::write(path, bytes).expect("the entry can be written");
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("permissions");
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

// A hit.

#[test]
fn a_second_process_compiles_nothing() {
    let project = project();
    let first = project.run("main.py");
    first.prints("90\n");
    assert_eq!(first.unit("main.f"), ("miss", "not seen before"));
    assert_eq!((first.compiles, first.natives), (2, 2), "the function and the module body");
    let second = project.run("main.py");
    second.prints("90\n").hits();
    assert_eq!(second.unit("main.f").0, "hit.l2");
    assert_eq!((second.stats.artifact.hits, second.stats.native.hits), (2, 2));
}

#[test]
fn the_same_engine_reads_the_cache_once() {
    let project = warm();
    let engine = project.engine();
    for _ in 0..3 {
        let outcome = project.program(&engine, "main.py").run(&project.tenant(), Output::Discard);
        assert!(outcome.result.is_ok());
    }
    assert_eq!(engine.cache().stats().native.lookups, 2);
    assert_eq!(engine.compiles(), 0);
}

#[test]
fn comments_and_blank_lines_are_no_change() {
    let project = warm();
    edit(&project, "main.py", "    y = scale(x)\n", "    # A comment.\n\n    y = scale(x)  # and another\n");
    edit(&project, "helpers.py", "def scale", "\n\n# Above the function.\ndef scale");
    project.run("main.py").prints("90\n").hits();
}

#[test]
fn a_docstring_is_no_change() {
    let project = warm();
    edit(&project, "main.py", "def f(x):\n", "def f(x):\n    \"\"\"What it does.\"\"\"\n");
    project.run("main.py").prints("90\n").hits();
}

#[test]
fn names_of_local_variables_are_no_change() {
    let project = warm();
    edit(&project, "main.py", "    y = scale(x)\n    return y * K", "    z = scale(x)\n    return z * K");
    project.run("main.py").prints("90\n").hits();
}

#[test]
fn an_edited_call_site_in_the_same_file_keeps_the_function() {
    let project = warm();
    edit(&project, "main.py", "print(f(2))", "print(f(4))");
    let run = project.run("main.py");
    run.prints("150\n");
    assert_eq!(run.unit("main.f").0, "hit.l2");
    assert_eq!(run.compiles, 1, "the module body only");
}

#[test]
fn code_that_is_not_used_is_no_input() {
    let project = warm();
    edit(
        &project,
        "helpers.py",
        "def scale",
        "UNUSED = 5\n\n\ndef other(x):\n    return x + UNUSED\n\n\ndef scale",
    );
    project.run("main.py").prints("90\n").hits();
}

#[test]
fn functions_in_another_order_are_no_change() {
    let project = Project::new(&[(
        "main.py",
        "import ovenbird\n\n\ndef a(x):\n    return x + 1\n\n\ndef b(x):\n    return x * 2\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return a(x) + b(x)\n\n\nprint(f(3))\n",
    )]);
    project.run("main.py").prints("10\n");
    edit(
        &project,
        "main.py",
        "def a(x):\n    return x + 1\n\n\ndef b(x):\n    return x * 2\n",
        "def b(x):\n    return x * 2\n\n\ndef a(x):\n    return x + 1\n",
    );
    project.run("main.py").prints("10\n").hits();
}

#[test]
fn a_rewritten_file_with_the_same_bytes_is_no_change() {
    let project = warm();
    project.write("main.py", MAIN);
    project.run("main.py").prints("90\n").hits();
}

#[test]
fn a_moved_cache_keeps_its_entries() {
    let mut project = warm();
    project.move_cache();
    project.run("main.py").prints("90\n").hits();
}

#[test]
fn a_moved_program_is_still_cached() {
    let old = warm();
    let engine = old.engine();
    let other = project();
    let outcome = other.program(&engine, "main.py").run(&other.tenant(), Output::Discard);
    assert!(outcome.result.is_ok());
    assert_eq!((engine.compiles(), engine.native_compiles()), (0, 0), "no path enters a key");
}

#[test]
fn another_file_with_the_same_schema_is_a_hit() {
    let project = data_project();
    project.run("main.py").prints("6\n");
    parquet(&project.path("data/b.pq"), vec![("x", ints(&[10, 20])), ("y", floats(&[1.5, 2.5]))]);
    edit(&project, "main.py", "data/a.pq", "data/b.pq");
    let run = project.run("main.py");
    run.prints("30\n");
    assert_eq!(run.unit("main.total").0, "hit.l2");
}

#[test]
fn more_rows_are_no_change() {
    let project = data_project();
    project.run("main.py").prints("6\n");
    parquet(&project.path("data/a.pq"), vec![("x", ints(&[1, 2, 3, 4])), ("y", floats(&[0.5; 4]))]);
    project.run("main.py").prints("10\n").hits();
}

#[test]
fn signatures_have_entries_of_their_own() {
    let project = warm();
    edit(&project, "main.py", "print(f(2))", "print(f(2.5))");
    let run = project.run("main.py");
    run.prints("105.0\n");
    assert_eq!(run.unit("main.f"), ("miss", "new argument types: (float)"));
    edit(&project, "main.py", "print(f(2.5))", "print(f(2), f(2.5))");
    let run = project.run("main.py");
    run.prints("90 105.0\n");
    assert!(
        run.units.iter().filter(|unit| unit.0 == "main.f").all(|unit| unit.1 == "hit.l2"),
        "{:?}",
        run.units
    );
}

// Scripts that are kept whole. Every other test runs its scripts in this way too: see `Project::run`.

#[test]
fn a_script_that_is_kept_whole_is_not_even_parsed() {
    let project = project();
    project.run_with(&project.direct_engine(), "main.py").prints("90\n");
    let run = project.run_with(&project.direct_engine(), "main.py");
    run.prints("90\n").hits();
    assert_eq!(run.unit("main.f").0, "hit.l0");
}

#[test]
fn a_module_that_appears_is_seen_by_a_script_that_is_kept_whole() {
    let project = project();
    std::fs::remove_file(project.path("deep.py")).expect("removed");
    project.write("deep/__init__.py", DEEP);
    project.run_with(&project.direct_engine(), "main.py").prints("90\n");
    project.write("deep.py", "def base(x):\n    return x + 2\n");
    project.run_with(&project.direct_engine(), "main.py").prints("120\n");
}

#[test]
fn a_module_that_disappears_is_missed_by_a_script_that_is_kept_whole() {
    let project = project();
    project.run_with(&project.direct_engine(), "main.py").prints("90\n");
    std::fs::remove_file(project.path("deep.py")).expect("removed");
    let run = project.run_with(&project.direct_engine(), "main.py");
    assert!(matches!(run.result, Err(Error::Compile(_))), "{:?}", run.result);
}

#[test]
fn a_script_that_is_kept_whole_grants_nothing() {
    let project = data_project();
    project.run_with(&project.direct_engine(), "main.py").prints("6\n");
    let engine = project.direct_engine();
    let program = project.program(&engine, "main.py");
    let outcome = program.run(&Tenant::default(), Output::Capture(Vec::new()));
    assert!(matches!(outcome.result, Err(Error::Denied(_))), "{:?}", outcome.result);
}

// Never stale.

#[test]
fn an_edited_function_is_compiled_again() {
    let project = warm();
    edit(&project, "main.py", "return y * K", "return y * K + 1");
    let run = project.run("main.py");
    run.prints("91\n");
    assert_eq!(run.unit("main.f"), ("miss", "its source changed"));
}

#[test]
fn an_edited_callee_in_the_same_file_is_seen() {
    let project = Project::new(&[(
        "main.py",
        "import ovenbird\n\n\ndef g(x):\n    return x + 1\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return g(x) * 2\n\n\nprint(f(3))\n",
    )]);
    project.run("main.py").prints("8\n");
    edit(&project, "main.py", "x + 1", "x + 2");
    let run = project.run("main.py");
    run.prints("10\n");
    assert_eq!(run.unit("main.f"), ("miss", "callee main.g changed"));
}

#[test]
fn an_edited_callee_in_another_file_is_seen() {
    let project = warm();
    edit(&project, "helpers.py", "* 10", "* 100");
    let run = project.run("main.py");
    run.prints("900\n");
    assert_eq!(run.unit("main.f"), ("miss", "callee helpers.scale changed"));
}

#[test]
fn an_edited_callee_further_down_is_seen() {
    let project = warm();
    edit(&project, "deep.py", "x + 1", "x + 2");
    let run = project.run("main.py");
    run.prints("120\n");
    assert_eq!(run.unit("main.f"), ("miss", "callee deep.base changed"));
}

#[test]
fn an_edit_that_keeps_size_and_time_is_seen() {
    let project = warm();
    let path = project.path("deep.py");
    let modified = std::fs::metadata(&path).and_then(|m| m.modified()).expect("a time");
    edit(&project, "deep.py", "x + 1", "x + 3");
    let file = std::fs::File::options().write(true).open(&path).expect("the file");
    file.set_modified(modified).expect("the time can be set");
    project.run("main.py").prints("150\n");
}

#[test]
fn a_jit_callee_in_another_file_is_seen() {
    let project = warm();
    edit(
        &project,
        "helpers.py",
        "from deep import base\n\n",
        "import ovenbird\nfrom deep import base\n\n\n@ovenbird.jit(cache=True)",
    );
    project.run("main.py").prints("90\n");
    edit(&project, "helpers.py", "* 10", "* 20");
    project.run("main.py").prints("180\n");
}

#[test]
fn a_changed_global_is_seen() {
    let project = warm();
    edit(&project, "main.py", "K = 3", "K = 4");
    let run = project.run("main.py");
    run.prints("120\n");
    assert_eq!(run.unit("main.f"), ("miss", "global main.K changed: 3 -> 4"));
    edit(&project, "main.py", "K = 4", "K = 3");
    project.run("main.py").prints("90\n").hits();
}

#[test]
fn a_changed_global_that_is_derived_is_seen() {
    let project = Project::new(&[(
        "main.py",
        "import ovenbird\n\nA = 2\nB = A * 10\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return x + B\n\n\nprint(f(1))\n",
    )]);
    project.run("main.py").prints("21\n");
    edit(&project, "main.py", "A = 2", "A = 3");
    project.run("main.py").prints("31\n");
}

#[test]
fn captured_constants_do_not_collide() {
    let text = |k: i64| {
        format!(
            "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    k = {k}\n    g = lambda y: y * k\n    return g(x)\n\n\nprint(f(2))\n"
        )
    };
    let project = Project::new(&[("main.py", &text(5))]);
    project.run("main.py").prints("10\n");
    project.write("main.py", &text(6));
    project.run("main.py").prints("12\n");
}

#[test]
fn a_changed_default_argument_is_seen() {
    let text = |k: i64| {
        format!(
            "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f(x, k={k}):\n    return x * k\n\n\nprint(f(2))\n"
        )
    };
    let project = Project::new(&[("main.py", &text(5))]);
    project.run("main.py").prints("10\n");
    project.write("main.py", &text(7));
    project.run("main.py").prints("14\n");
}

#[test]
fn a_changed_column_type_is_seen() {
    let project = data_project();
    project.run("main.py").prints("6\n");
    parquet(&project.path("data/a.pq"), vec![("x", floats(&[1.5, 2.5, 3.0])), ("y", floats(&[0.5; 3]))]);
    let run = project.run("main.py");
    run.prints("7.0\n");
    let (from, why) = run.unit("main.total");
    assert_eq!(from, "miss");
    assert!(
        why.starts_with("column ") && why.contains("x changed: int64") && why.contains("-> float64"),
        "{why}"
    );
}

#[test]
fn columns_in_another_order_are_seen() {
    let project = data_project();
    project.run("main.py").prints("6\n");
    parquet(&project.path("data/a.pq"), vec![("y", floats(&[0.5; 3])), ("x", ints(&[1, 2, 3]))]);
    project.run("main.py").prints("6\n");
}

#[test]
fn nulls_that_appear_are_seen() {
    let project = data_project();
    project.run("main.py").prints("6\n");
    let nullable: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]));
    parquet(&project.path("data/a.pq"), vec![("x", nullable), ("y", floats(&[0.5; 3]))]);
    project.run("main.py").prints("4.0\n");
}

#[test]
fn functions_of_the_same_name_in_different_places_do_not_collide() {
    let one = project();
    one.run("main.py").prints("90\n");
    let engine = one.engine();
    let other = Project::new(&[
        ("main.py", MAIN),
        ("helpers.py", HELPERS),
        ("deep.py", "def base(x):\n    return x + 2\n"),
    ]);
    let outcome = other.program(&engine, "main.py").run(&other.tenant(), Output::Capture(Vec::new()));
    assert_eq!(outcome.output.captured(), b"120\n");
}

// Engines and options.

#[test]
fn other_compiler_options_are_an_input() {
    let project = warm();
    let with = |options: Options| {
        let engine = Engine::builder().cache(Cache::open(project.cache_options())).options(options);
        let engine = engine.probes(false);
        let engine = engine.build().expect("the engine can be made");
        let outcome = project.program(&engine, "main.py").run(&project.tenant(), Output::Capture(Vec::new()));
        assert_eq!(outcome.output.captured(), b"90\n");
        let unit = outcome.units.iter().find(|u| u.label == "main.f").expect("the unit");
        (unit.provenance.name(), unit.provenance.reason().unwrap_or_default())
    };
    let plain = Options { optimise: optimise::Options { level: 0, ..optimise::Options::default() } };
    let (from, why) = with(plain.clone());
    assert_eq!(from, "miss");
    assert!(why.starts_with("option optimise changed"), "{why}");
    assert_eq!(with(Options::default()).0, "hit.l2", "toggled back");
    assert_eq!(with(plain).0, "hit.l2");
}

#[test]
fn other_native_settings_are_an_input_of_native_code_only() {
    let project = warm();
    let native = EngineOptions { canonical_nans: true, ..EngineOptions::default() };
    let engine = Engine::builder().cache(Cache::open(project.cache_options())).native(native);
    let engine = engine.build().expect("the engine can be made");
    let outcome = project.program(&engine, "main.py").run(&project.tenant(), Output::Discard);
    let unit = outcome.units.iter().find(|u| u.label == "main.f").expect("the unit");
    assert_eq!(unit.provenance.name(), "hit.l1");
    assert_eq!((engine.compiles(), engine.native_compiles()), (0, 2));
}

#[test]
fn edits_that_give_the_same_wasm_share_native_code() {
    let project = Project::new(&[(
        "main.py",
        "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    unused = x + 1\n    return x * 2\n\n\nprint(f(2))\n",
    )]);
    project.run("main.py").prints("4\n");
    edit(&project, "main.py", "unused = x + 1\n    return", "return");
    let run = project.run("main.py");
    run.prints("4\n");
    assert_eq!((run.compiles, run.natives), (1, 0), "{:?}", run.units);
}

// Asked for, and only then.

#[test]
fn without_cache_true_nothing_is_written() {
    let project = project();
    edit(&project, "main.py", "(cache=True)", "");
    let run = project.run("main.py");
    run.prints("90\n");
    assert_eq!(run.unit("main.f"), ("bypass", ""));
    assert_eq!(run.stats.artifact.lookups + run.stats.native.lookups, 0);
    assert!(listed(&project, "wasm").is_empty() && listed(&project, "native").is_empty());
    let files = entries(project.cache_dir());
    let small = files.iter().all(|path| std::fs::metadata(path).is_ok_and(|m| m.len() < 1024));
    assert!(small, "no code: {files:?}");
    assert_eq!(project.run("main.py").compiles, 2);
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

// What it says.

#[test]
fn events_say_where_what_and_why() {
    let project = project();
    project.run("main.py").prints("90\n");
    let said = |events: Vec<String>| -> Vec<String> {
        let place = |event: &str| match (event.find("'CACHE/"), event.rfind('\'')) {
            (Some(start), Some(end)) => format!("{}'CACHE/…{}", &event[..start], &event[end..]),
            _ => event.to_owned(),
        };
        let mut events: Vec<String> =
            events.iter().map(|e| place(e)).filter(|e| !e.contains("__main__")).collect();
        events.dedup();
        events
    };
    assert_eq!(
        said(project.events()),
        [
            "directory 'CACHE'",
            "miss: not seen before (main.f, wasm)",
            "data saved to 'CACHE/…' (main.f)",
            "miss: not seen before (main.f, native)",
            "data saved to 'CACHE/…' (main.f)",
        ]
    );
    project.run("main.py").prints("90\n");
    assert_eq!(said(project.events()), ["directory 'CACHE'", "data loaded from 'CACHE/…' (main.f)"]);
    edit(&project, "main.py", "K = 3", "K = 30");
    project.run("main.py").prints("900\n");
    let events = said(project.events());
    assert_eq!(events[1], "miss: global main.K changed: 3 -> 30 (main.f, wasm)");
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
fn tracebacks_of_cached_code_show_the_lines_of_now() {
    let project = Project::new(&[(
        "main.py",
        "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return 10 // x\n\n\nprint(f(0))\n",
    )]);
    let at = |run: ovenbird_tests::project::Run| match run.result {
        Err(Error::Raised(raised)) => {
            assert_eq!(raised.summary(), "ZeroDivisionError: integer division or modulo by zero");
            let frames = raised.traceback.iter().map(|f| (f.line, f.function.clone(), f.text.clone()));
            (frames.collect::<Vec<_>>(), run.compiles)
        }
        other => panic!("{other:?}"),
    };
    let frame = |line, function: &str, text: &str| (line, function.to_owned(), text.to_owned());
    let (frames, _) = at(project.run("main.py"));
    assert_eq!(frames, [frame(9, "<module>", "print(f(0))"), frame(6, "f", "return 10 // x")]);
    edit(&project, "main.py", "@ovenbird", "# One line.\n# Another line.\n@ovenbird");
    edit(&project, "main.py", "(x):\n    return 10 // x", "(y):\n    return 10 // y");
    let (frames, compiles) = at(project.run("main.py"));
    assert_eq!(compiles, 0);
    assert_eq!(frames, [frame(11, "<module>", "print(f(0))"), frame(8, "f", "return 10 // y")]);
}

#[test]
fn equal_programs_give_equal_bytes() {
    let (one, two) = (warm(), warm());
    let bytes = |project: &Project| {
        let keys =
            Cache::open(project.cache_options()).list().into_iter().map(|e| (e.kind.to_string(), e.key));
        keys.collect::<Vec<_>>()
    };
    assert_eq!(bytes(&one), bytes(&two));
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
