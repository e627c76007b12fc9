//! The direct path: what was asked of a text before is not even parsed, and is never stale either.

use super::*;

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

const FUNCTIONS: &str = "\
import ovenbird
from helpers import scale

K = 3


@ovenbird.jit(cache=True)
def f(x):
    return scale(x) * K


@ovenbird.jit(cache=True)
def divide(x):
    y = 10 // x
    return y
";

fn functions() -> Project {
    Project::new(&[("main.py", FUNCTIONS), ("helpers.py", HELPERS), ("deep.py", DEEP)])
}

/// Asks a new engine for a function, calls it, and gives where its code came from and how often something
/// was compiled.
fn ask(project: &Project, name: &str, arg: Value) -> (Value, &'static str, u64) {
    let engine = project.direct_engine();
    let function = project.program(&engine, "main.py").entry(name, &[arg.ty()]).expect("the function");
    let value = function.call(&project.tenant(), &[arg]).expect("it returns");
    (value, function.info().provenance.name(), engine.compiles() + engine.native_compiles())
}

#[test]
fn a_function_is_loaded_by_the_text_alone() {
    let project = functions();
    assert_eq!(ask(&project, "f", Value::Int(2)), (Value::Int(90), "miss", 2));
    assert_eq!(ask(&project, "f", Value::Int(4)), (Value::Int(150), "hit.l0", 0));
    assert_eq!(ask(&project, "f", Value::Float(2.0)), (Value::Float(90.0), "miss", 2), "other types");
    assert_eq!(ask(&project, "f", Value::Float(2.0)), (Value::Float(90.0), "hit.l0", 0));
    assert_eq!(ask(&project, "divide", Value::Int(5)), (Value::Int(2), "miss", 2), "another function");
}

#[test]
fn a_function_that_was_asked_for_before_is_in_memory() {
    let project = functions();
    let engine = project.direct_engine();
    for from in ["miss", "hit.mem", "hit.mem"] {
        let function = project.program(&engine, "main.py").entry("f", &[Value::Int(0).ty()]).expect("f");
        assert_eq!(function.info().provenance.name(), from);
    }
    let stats = engine.cache().stats();
    assert_eq!((stats.probe.lookups, stats.native.lookups), (1, 1));
    edit(&project, "deep.py", "x + 1", "x + 2");
    let function = project.program(&engine, "main.py").entry("f", &[Value::Int(0).ty()]).expect("f");
    assert_eq!(function.info().provenance.name(), "miss", "facts are looked at in memory too");
    assert_eq!(function.call(&project.tenant(), &[Value::Int(2)]).expect("it returns"), Value::Int(120));
}

#[test]
fn whatever_a_function_rests_on_is_seen_by_the_direct_path() {
    let project = functions();
    ask(&project, "f", Value::Int(2));
    for (file, from, to, value) in [
        ("main.py", "* K", "+ K", 33),
        ("main.py", "K = 3", "K = 5", 35),
        ("helpers.py", "* 10", "* 100", 305),
        ("deep.py", "x + 1", "x + 2", 405),
    ] {
        edit(&project, file, from, to);
        assert_eq!(ask(&project, "f", Value::Int(2)), (Value::Int(value), "miss", 2), "{from} -> {to}");
        assert_eq!(ask(&project, "f", Value::Int(2)), (Value::Int(value), "hit.l0", 0), "{from} -> {to}");
    }
    edit(&project, "deep.py", "def base", "# A comment moves the text.\ndef base");
    assert_eq!(ask(&project, "f", Value::Int(2)), (Value::Int(405), "hit.l2", 0), "the other levels hit");
}

#[test]
fn the_schema_behind_an_argument_or_a_path_is_seen_by_the_direct_path() {
    let text = DATA.replace("print(total(\"data/a.pq\"))\n", "")
        + "\n@ovenbird.jit(cache=True)\ndef fixed():\n    return pd.read_parquet(\"data/a.pq\")[\"x\"].sum()\n";
    let project = Project::new(&[("main.py", &text)]);
    let write = |column: ArrayRef| parquet(&project.path("data/a.pq"), vec![("x", column)]);
    let ask = |name: &str, args: &[Value]| {
        let engine = project.direct_engine();
        let function = project.program(&engine, "main.py").entry_for(name, args).expect("the function");
        (function.call(&project.tenant(), args).expect("it returns"), function.info().provenance.name())
    };
    let path = [Value::Str("data/a.pq".to_owned())];
    for column in [ints(&[1, 2, 3]), floats(&[0.5, 1.0])] {
        write(column);
        for from in ["miss", "hit.l0"] {
            assert_eq!(ask("total", &path).1, from);
            assert_eq!(ask("fixed", &[]).1, from);
        }
    }
    assert_eq!(ask("total", &path).0, Value::Float(1.5));
    assert_eq!(ask("fixed", &[]).0, Value::Float(1.5));
}

/// The text of [`FUNCTIONS`] made so long that it is worth remembering that it was parsed.
fn long(project: &Project) {
    let comment = "# A long line of a comment, of which there are many in this file.\n".repeat(40);
    project.write("main.py", &format!("{FUNCTIONS}{comment}"));
}

#[test]
fn a_long_text_that_was_parsed_is_not_parsed_again() {
    let project = functions();
    long(&project);
    ask(&project, "f", Value::Int(2));
    let engine = project.direct_engine();
    project.program(&engine, "main.py");
    let probe = engine.cache().stats().probe;
    assert_eq!((probe.lookups, probe.hits), (1, 1), "an entry says so");
    project.program(&engine, "main.py");
    assert_eq!(engine.cache().stats().probe.lookups, 1, "and is remembered");
}

#[test]
fn a_new_text_is_looked_for_once_and_not_for_each_of_its_functions() {
    let project = functions();
    long(&project);
    for (from, lookups) in [("miss", 1), ("hit.l0", 3)] {
        let engine = project.direct_engine();
        let program = project.program(&engine, "main.py");
        for name in ["f", "divide"] {
            let function = program.entry(name, &[Value::Int(0).ty()]).expect("the function");
            assert_eq!(function.info().provenance.name(), from);
        }
        assert_eq!(engine.cache().stats().probe.lookups, lookups);
    }
}

#[test]
fn a_syntax_error_is_found_early_all_the_same() {
    let project = functions();
    for text in [FUNCTIONS.to_owned(), "# Long.\n".repeat(400) + FUNCTIONS] {
        project.write("main.py", &text);
        ask(&project, "f", Value::Int(2));
        edit(&project, "main.py", "def divide(x):", "def divide(x:");
        let engine = project.direct_engine();
        for _ in 0..2 {
            let error = project.try_program(&engine, "main.py").err();
            assert!(matches!(error, Some(Error::Compile(_))), "{error:?}");
        }
    }
}

#[test]
fn a_damaged_probe_costs_only_time() {
    let project = functions();
    long(&project);
    ask(&project, "f", Value::Int(2));
    let cache = project.direct_engine().cache().dir().expect("a folder").to_owned();
    let probes: Vec<PathBuf> =
        entries(&cache).into_iter().filter(|p| p.extension().is_some_and(|e| e == "probe")).collect();
    assert_eq!(probes.len(), 2);
    for probe in &probes {
        let good = std::fs::read(probe).expect("the entry can be read");
        for index in (0..good.len()).step_by(7) {
            let mut bad = good.clone();
            bad[index] ^= 1;
            replace(probe, &bad);
            let (value, from, compiles) = ask(&project, "f", Value::Int(2));
            assert_eq!((value, compiles), (Value::Int(90), 0));
            assert!(["hit.l0", "hit.l2"].contains(&from));
        }
        replace(probe, &good[..good.len() / 2]);
        assert_eq!(ask(&project, "f", Value::Int(2)).0, Value::Int(90));
    }
    assert_eq!(ask(&project, "f", Value::Int(2)).1, "hit.l0", "healed");
}

#[test]
fn a_probe_whose_native_code_is_gone_falls_back_to_the_wasm() {
    let project = functions();
    ask(&project, "f", Value::Int(2));
    let cache = project.direct_engine().cache().dir().expect("a folder").to_owned();
    for path in entries(&cache).iter().filter(|p| p.extension().is_some_and(|e| e == "cwasm")) {
        std::fs::remove_file(path).expect("removed");
    }
    assert_eq!(ask(&project, "f", Value::Int(2)), (Value::Int(90), "hit.l1", 1));
    assert_eq!(ask(&project, "f", Value::Int(2)), (Value::Int(90), "hit.l0", 0));
}

#[test]
fn tracebacks_of_a_function_that_was_not_parsed_are_whole() {
    let project = functions();
    let raised = || {
        let engine = project.direct_engine();
        let divide = project.program(&engine, "main.py").entry("divide", &[Value::Int(0).ty()]).expect("it");
        match divide.call(&project.tenant(), &[Value::Int(0)]) {
            Err(error @ Error::Raised(_)) => (divide.info().provenance.name(), error.to_string()),
            other => panic!("{other:?}"),
        }
    };
    let (from, cold) = raised();
    assert_eq!(from, "miss");
    assert!(cold.contains("line 14") && cold.contains("y = 10 // x"), "{cold}");
    assert_eq!(raised(), ("hit.l0", cold));
}

#[test]
fn without_cache_true_a_function_leaves_nothing() {
    let project = functions();
    edit(&project, "main.py", "(cache=True)", "");
    assert_eq!(ask(&project, "f", Value::Int(2)), (Value::Int(90), "bypass", 2));
    assert_eq!(ask(&project, "f", Value::Int(2)), (Value::Int(90), "bypass", 2));
    let cache = project.direct_engine().cache().dir().expect("a folder").to_owned();
    assert!(entries(&cache).iter().all(|path| path.extension().is_none()), "{:?}", entries(&cache));
}

#[test]
fn what_is_not_there_is_no_error_of_the_direct_path() {
    let project = functions();
    ask(&project, "f", Value::Int(2));
    let engine = project.direct_engine();
    let error = project.program(&engine, "main.py").entry("g", &[]).err();
    assert!(matches!(error, Some(Error::Compile(_))), "{error:?}");
}

#[test]
fn clearing_and_listing_know_probes() {
    let project = functions();
    ask(&project, "f", Value::Int(2));
    let cache = project.direct_engine().cache().clone();
    let probes = |cache: &Cache| cache.list().iter().filter(|e| e.kind.to_string() == "probe").count();
    assert_eq!(probes(&cache), 1);
    assert_eq!(cache.clear(), 3);
    assert_eq!(probes(&cache), 0);
    assert_eq!(ask(&project, "f", Value::Int(2)).1, "miss");
}
