//! What the cache does for its users: hits across processes, signatures, files and notebooks.

use super::*;

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
fn wasm_is_kept_if_there_may_be_no_native_code_of_it() {
    let project = project();
    let within = |engine: &Engine, memory| {
        let budget = CompileBudget::default().with(CompileLimit::Memory, memory);
        let text = "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return x + 1\n";
        let program = engine.compile_within(&Source::new("f.py", text), &budget).expect("it parses");
        program.entry("f", &[Type::Int]).map(drop)
    };
    // The least that is enough: native code is the last that it is spent on.
    let (mut little, mut enough) = (0, 1 << 30);
    while enough - little > 1 {
        let half = (little + enough) / 2;
        let engine = Engine::builder().build().expect("an engine");
        match within(&engine, half) {
            Ok(()) => enough = half,
            Err(_) => little = half,
        }
    }
    let engine = project.engine();
    assert!(within(&engine, little).is_err());
    assert_eq!((engine.compiles(), engine.native_compiles()), (1, 0));
    engine.cache().flush();
    assert_eq!((listed(&project, "wasm").len(), listed(&project, "native").len()), (1, 0));
    let engine = project.engine();
    within(&engine, enough).expect("it compiles");
    assert_eq!((engine.compiles(), engine.native_compiles()), (0, 1), "from the wasm");
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

#[test]
fn caching_is_asked_for_function_by_function() {
    let project = Project::new(&[(
        "main.py",
        "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef kept(x):\n    return x + 1\n\n\n@ovenbird.jit\ndef plain(x):\n    return x + 2\n\n\nprint(kept(1), plain(1))\n",
    )]);
    let origins = || {
        let run = project.run("main.py");
        run.prints("2 3\n");
        (run.unit("main.kept").0, run.unit("main.plain").0)
    };
    assert_eq!(origins(), ("miss", "bypass"));
    assert_eq!(origins(), ("hit.l2", "bypass"));
    let labels: Vec<String> =
        Cache::open(project.cache_options()).list().into_iter().map(|entry| entry.label).collect();
    assert!(!labels.iter().any(|label| label == "main.plain"), "{labels:?}");
}

#[test]
fn each_list_of_types_and_of_functions_as_arguments_is_one_file() {
    let text = "\
import ovenbird


def double(x):
    return x * 2


def square(x):
    return x * x


@ovenbird.jit(cache=True)
def apply(g, x):
    return g(x)


print(apply(double, 3), apply(square, 3), apply(square, 1.5))
";
    let project = Project::new(&[("main.py", text)]);
    project.run("main.py").prints("6 9 2.25\n");
    for kind in ["wasm", "native"] {
        let list = Cache::open(project.cache_options()).list().into_iter();
        let own = list.filter(|entry| entry.kind.to_string() == kind && entry.label == "main.apply");
        let files: std::collections::BTreeSet<PathBuf> = own.map(|entry| entry.path).collect();
        assert_eq!(files.len(), 3, "{kind}: {files:?}");
    }
    project.run("main.py").prints("6 9 2.25\n").hits();
    // One of them is lost: the others are as they were.
    let lost = listed(&project, "native").remove(0);
    std::fs::remove_file(lost).expect("removed");
    assert_eq!(project.run("main.py").prints("6 9 2.25\n").natives, 1);
}

/// Without the trailer in `host/src/cache/entry.rs`: what an entry is can be read in no other file.
#[test]
fn entries_alone_are_the_cache_and_say_themselves_what_they_are() {
    let project = warm();
    let list = || {
        let list = Cache::open(project.cache_options()).list().into_iter();
        list.map(|entry| (entry.path, entry.label, entry.inputs, entry.verified)).collect::<Vec<_>>()
    };
    let before = list();
    assert_eq!(before.len(), 4);
    let says = |entry: &(PathBuf, String, Vec<(String, String)>, _)| {
        entry.1 == "main.f" && entry.2.contains(&("main.K".to_owned(), "3".to_owned()))
    };
    assert!(before.iter().any(says), "{before:?}");
    for path in entries(project.cache_dir()) {
        if !before.iter().any(|entry| project.cache_dir().join(&entry.0) == path) {
            std::fs::remove_file(path).expect("removed");
        }
    }
    assert_eq!(entries(project.cache_dir()).len(), 4);
    assert_eq!(list(), before);
    project.run_with(&project.engine(), "main.py").prints("90\n").hits();
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
fn more_rows_are_no_change() {
    let project = data_project();
    project.run("main.py").prints("6\n");
    parquet(&project.path("data/a.pq"), vec![("x", ints(&[1, 2, 3, 4])), ("y", floats(&[0.5; 4]))]);
    project.run("main.py").prints("10\n").hits();
}

#[test]
fn events_say_where_what_and_why() {
    let project = project();
    project.run("main.py").prints("90\n");
    let said = |events: Vec<String>| -> Vec<String> {
        let place = |event: &str| match (event.find("'CACHE/"), event.rfind('\'')) {
            (Some(start), Some(end)) => {
                let dot = event[..end].rfind('.').unwrap_or(end);
                format!("{}'CACHE/…{}", &event[..start], &event[dot..])
            }
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
            "miss: not seen before (main.f, native)",
            // In this order: who waits for the wasm finds both.
            "data saved to 'CACHE/….cwasm' (main.f)",
            "data saved to 'CACHE/….artifact' (main.f)",
        ]
    );
    project.run("main.py").prints("90\n");
    assert_eq!(
        said(project.events()),
        [
            "directory 'CACHE'",
            "data loaded from 'CACHE/….artifact' (main.f)",
            "data loaded from 'CACHE/….cwasm' (main.f)"
        ]
    );
    edit(&project, "main.py", "K = 3", "K = 30");
    project.run("main.py").prints("900\n");
    let events = said(project.events());
    assert_eq!(events[1], "miss: global main.K changed: 3 -> 30 (main.f, wasm)");
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
fn a_rewritten_file_with_the_same_bytes_is_no_change() {
    let project = warm();
    project.write("main.py", MAIN);
    project.run("main.py").prints("90\n").hits();
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
fn a_notebook_cell_under_another_number_is_the_same_code() {
    let project = Project::new(&[]);
    let run = |name: &str, text: &str| {
        let engine = project.engine();
        let program = engine.compile(&Source::new(name, text)).expect("the cell can be parsed");
        let outcome = program.run(&project.tenant(), Output::Capture(Vec::new()));
        outcome.result.expect("it runs");
        let printed = String::from_utf8_lossy(outcome.output.captured()).into_owned();
        (printed, engine.compiles())
    };
    let cell =
        "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return x + 1\n\n\nprint(f(1))\n";
    assert_eq!(run("<cell 1>", cell), ("2\n".to_owned(), 2));
    assert_eq!(run("<cell 7>", cell), ("2\n".to_owned(), 0));
    assert_eq!(run("<cell 7>", &cell.replace("x + 1", "x + 2")), ("3\n".to_owned(), 1));
}
