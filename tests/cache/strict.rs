//! Strict mode: what costs only time otherwise is an error that says what is wrong.

use super::*;

const MODULE: &str = "\
import ovenbird

K = 3


@ovenbird.jit(cache=True)
def f(x):
    return x * K
";

fn module() -> Project {
    let project = Project::new(&[("main.py", MODULE)]);
    assert_eq!(ask(&project, Mode::Strict), Ok(30), "a cold cache is nothing wrong");
    assert_eq!(ask(&project, Mode::Strict), Ok(30));
    project
}

fn engine(project: &Project, mode: Mode) -> Engine {
    let options = CacheOptions { mode, on_event: None, ..project.cache_options() };
    Engine::builder().cache(Cache::open(options)).build().expect("the engine can be made")
}

/// What a new engine in this mode gives for `f(10)`: the value, or the cache's complaint.
fn ask(project: &Project, mode: Mode) -> Result<i64, String> {
    let engine = engine(project, mode);
    let asked = project.try_program(&engine, "main.py").and_then(|program| program.entry("f", &[Type::Int]));
    match asked.and_then(|f| f.call(&project.tenant(), &[Value::Int(10)])) {
        Ok(Value::Int(value)) => Ok(value),
        Err(error @ Error::Cache(_)) => {
            assert_eq!(error.exit_code(), 2);
            Err(error.to_string())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_changed_global_is_an_error_until_somebody_accepts_it() {
    let project = module();
    edit(&project, "main.py", "K = 3", "K = 4");
    let complaint = Err("the cache is strict: main.f: global main.K changed: 3 -> 4".to_owned());
    assert_eq!(ask(&project, Mode::Strict), complaint);
    assert_eq!(ask(&project, Mode::Strict), complaint, "nothing was made in its place");
    assert_eq!(ask(&project, Mode::ReadWrite), Ok(40), "else it only costs time");
    assert_eq!(ask(&project, Mode::Strict), Ok(40), "there is an entry for this value now");
    edit(&project, "main.py", "K = 4", "K = 3");
    assert_eq!(ask(&project, Mode::Strict), Ok(30), "and for that one, too");
}

#[test]
fn a_global_that_the_host_changes_is_an_error_at_the_next_call() {
    let project = Project::new(&[("main.py", MODULE)]);
    let engine = engine(&project, Mode::Strict);
    let program = project.program(&engine, "main.py");
    program.set_global("K", Value::Int(3));
    let f = program.entry("f", &[Type::Int]).expect("the function");
    assert_eq!(f.call(&project.tenant(), &[Value::Int(10)]).expect("it returns"), Value::Int(30));
    program.set_global("K", Value::Int(5));
    let error = f.call(&project.tenant(), &[Value::Int(10)]).expect_err("K was compiled in");
    assert!(
        matches!(&error, Error::Cache(what) if what.contains("global main.K changed: 3 -> 5")),
        "{error}"
    );
}

#[test]
fn edits_and_other_types_are_ordinary_misses() {
    let project = module();
    edit(&project, "main.py", "x * K", "x * K + 1");
    assert_eq!(ask(&project, Mode::Strict), Ok(31));
    let engine = engine(&project, Mode::Strict);
    project.program(&engine, "main.py").entry("f", &[Type::Float]).expect("other types are no error");
    engine.cache().clear();
    assert_eq!(ask(&project, Mode::Strict), Ok(31), "entries may be removed");
}

#[test]
fn a_damaged_entry_is_an_error_once() {
    for kind in ["probe", "native", "wasm"] {
        let project = module();
        if kind == "wasm" {
            // Else it is not looked at.
            for path in listed(&project, "probe").into_iter().chain(listed(&project, "native")) {
                std::fs::remove_file(path).expect("removed");
            }
        }
        for path in listed(&project, kind) {
            let mut bytes = std::fs::read(&path).expect("the entry can be read");
            bytes[0] ^= 1;
            replace(&path, &bytes);
        }
        let complaint = ask(&project, Mode::Strict).expect_err(kind);
        assert!(complaint.ends_with("the entry is damaged (authentication code)"), "{kind}: {complaint}");
        assert_eq!(ask(&project, Mode::ReadWrite), Ok(30));
        assert_eq!(ask(&project, Mode::Strict), Ok(30), "{kind}: healed");
    }
}

#[test]
fn a_cache_that_cannot_be_used_or_written_is_an_error() {
    let project = Project::new(&[("main.py", MODULE)]);
    std::fs::write(project.cache_dir(), "a file where the folder should be").expect("written");
    let complaint = ask(&project, Mode::Strict).expect_err("no cache");
    assert!(complaint.starts_with("the cache is strict: it cannot be used: "), "{complaint}");
    assert_eq!(ask(&project, Mode::ReadWrite), Ok(30));

    let project = Project::new(&[("main.py", MODULE)]);
    std::fs::create_dir_all(project.cache_dir().join("v1")).expect("made");
    std::fs::write(project.cache_dir().join("v1/w"), "a file where entries should be").expect("written");
    let complaint = ask(&project, Mode::Strict).expect_err("cannot be stored");
    assert!(complaint.contains("main.f is not stored: "), "{complaint}");
}
