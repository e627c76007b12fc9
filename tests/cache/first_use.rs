//! Functions that are asked for and perhaps never called: their code is verified when it is looked up, and
//! handed to wasmtime at the first call. What goes wrong only then is a miss, too, and never an error.

use ovenbird_tests::project::SECRET;
use ovenbird_tests::seal::Entry;

use super::*;

const MODULE: &str = "\
import ovenbird

K = 3


@ovenbird.jit(cache=True)
def f(x):
    return x * K


@ovenbird.jit(cache=True)
def g(x):
    return x + K
";

fn module() -> Project {
    let project = Project::new(&[("main.py", MODULE)]);
    assert_eq!(ask(&project, "f"), (Value::Int(30), "miss", 2));
    assert_eq!(ask(&project, "g"), (Value::Int(13), "miss", 2));
    project
}

/// Asks a new engine for a function and calls it with 10: its value, where it came from, what was compiled.
fn ask(project: &Project, name: &str) -> (Value, &'static str, u64) {
    let engine = project.direct_engine();
    let function = project.program(&engine, "main.py").entry(name, &[Type::Int]).expect("the function");
    let value = function.call(&project.tenant(), &[Value::Int(10)]).expect("it returns");
    (value, function.info().provenance.name(), engine.compiles() + engine.native_compiles())
}

/// The files of all native code.
fn natives(project: &Project) -> Vec<PathBuf> {
    let listed = project.direct_engine().cache().list().into_iter();
    listed.filter(|entry| entry.kind.to_string() == "native").map(|entry| entry.path).collect()
}

/// Puts authentic bytes that are no code in the place of all native code.
fn spoil(project: &Project) {
    for path in natives(project) {
        Entry { payload: b"authentic, and no code".to_vec(), ..Entry::read(&path) }.plant(&path, SECRET);
    }
}

#[test]
fn code_that_is_refused_at_the_first_call_is_made_again() {
    let project = module();
    spoil(&project);
    let engine = project.direct_engine();
    let function = project.program(&engine, "main.py").entry("f", &[Type::Int]).expect("the function");
    assert_eq!(
        (function.info().provenance.name(), engine.native_compiles()),
        ("hit.l0", 0),
        "nobody called it"
    );
    for _ in 0..3 {
        let value = function.call(&project.tenant(), &[Value::Int(10)]).expect("never an error");
        assert_eq!(value, Value::Int(30));
    }
    assert_eq!((engine.compiles(), engine.native_compiles()), (0, 1), "made once, from the stored wasm");
    assert_eq!(engine.cache().stats().native.reasons.get("refused"), Some(&1));
    // Another handle to the same function, and other processes, get the new code.
    let again = project.program(&engine, "main.py").entry("f", &[Type::Int]).expect("the function");
    assert_eq!(again.call(&project.tenant(), &[Value::Int(10)]).expect("it returns"), Value::Int(30));
    assert_eq!(engine.native_compiles(), 1);
    drop((function, again, engine));
    assert_eq!(ask(&project, "f"), (Value::Int(30), "hit.l0", 0));
}

#[test]
fn threads_that_call_a_function_first_together_load_it_once_and_all_get_an_answer() {
    for spoilt in [false, true] {
        let project = module();
        if spoilt {
            spoil(&project);
        }
        let engine = project.direct_engine();
        let function = project.program(&engine, "main.py").entry("g", &[Type::Int]).expect("the function");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let value = function.call(&project.tenant(), &[Value::Int(10)]).expect("it returns");
                    assert_eq!(value, Value::Int(13));
                });
            }
        });
        assert_eq!(engine.native_compiles(), u64::from(spoilt));
    }
}

#[test]
fn what_was_asked_for_is_there_however_the_cache_is_treated_before_the_first_call() {
    let project = module();
    let engine = project.direct_engine();
    let program = project.program(&engine, "main.py");
    let f = program.entry("f", &[Type::Int]).expect("the function");
    // Evicted, and written to in place: the bytes that were verified are in this process.
    let natives = natives(&project);
    std::fs::remove_file(&natives[0]).expect("removed");
    replace(&natives[1], b"not an entry");
    project.direct_engine().cache().clear();
    assert_eq!(f.call(&project.tenant(), &[Value::Int(10)]).expect("it returns"), Value::Int(30));
    assert_eq!(engine.compiles() + engine.native_compiles(), 0);
    // What was not asked for before is an ordinary miss.
    let g = program.entry("g", &[Type::Int]).expect("the function");
    assert_eq!(g.call(&project.tenant(), &[Value::Int(10)]).expect("it returns"), Value::Int(13));
    assert_eq!((engine.compiles(), engine.native_compiles()), (1, 1));
}
