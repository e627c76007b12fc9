//! Programs that do not compile: the same diagnostics again without compiling, as long as nothing has
//! changed that they depend on.

use ovenbird::{Cache, Engine, Error, Limits, Output, Tenant};
use ovenbird_compiler::infer::Request;
use ovenbird_tests::project::Project;

const MAIN: &str = "\
import ovenbird
from helpers import name


@ovenbird.jit(cache=True)
def f(x):
    return name() + x


print(f(1))
";
const HELPERS: &str = "def name():\n    return \"n\"\n";
const GOOD_HELPERS: &str = "def name():\n    return 41\n";

fn project() -> Project {
    Project::new(&[("main.py", MAIN), ("helpers.py", HELPERS)])
}

/// What a new process shows, and whether that came from the cache.
fn shown(project: &Project) -> (String, bool) {
    shown_by(project, &project.engine())
}

fn shown_by(project: &Project, engine: &Engine) -> (String, bool) {
    let outcome = project.program(engine, "main.py").run(&project.tenant(), Output::Capture(Vec::new()));
    match outcome.result {
        Ok(_) => (String::from_utf8_lossy(outcome.output.captured()).into_owned(), false),
        Err(Error::Compile(error)) => (error.render(false), error.cached),
        Err(error) => (error.to_string(), false),
    }
}

fn kept(project: &Project) -> usize {
    let list = Cache::open(project.cache_options()).list();
    list.iter().filter(|entry| entry.kind.to_string() == "diagnostics").count()
}

#[test]
fn a_type_error_is_shown_again_word_for_word_without_compiling() {
    let project = project();
    let (first, cached) = shown(&project);
    assert!(first.contains("error[type-mismatch]") && first.contains("main.py:7"), "{first}");
    assert!(!cached);
    project.events();
    assert_eq!(shown(&project), (first.clone(), true));
    let events = project.events();
    assert!(events.iter().any(|event| event.starts_with("data loaded from")), "{events:?}");
    let engine = project.engine();
    assert_eq!(shown_by(&project, &engine), (first, true));
    assert_eq!(engine.cache().stats().diagnostics.hits, 1);

    project.write("main.py", &MAIN.replace("+ x", "+ str(x)"));
    assert_eq!(shown(&project), ("n1\n".to_owned(), false), "the source is right now");
}

#[test]
fn diagnostics_move_with_their_lines() {
    let project = project();
    shown(&project);
    project.write("main.py", &format!("# A comment.\n{MAIN}"));
    let (text, cached) = shown(&project);
    assert!(!cached && text.contains("main.py:8"), "{text}");
}

#[test]
fn a_module_that_is_put_right_is_seen() {
    let project = project();
    shown(&project);
    project.write("helpers.py", GOOD_HELPERS);
    assert_eq!(shown(&project), ("42\n".to_owned(), false));
    project.write("helpers.py", HELPERS);
    assert!(shown(&project).1, "as it was");
}

#[test]
fn a_module_that_appears_is_seen() {
    let project = project();
    std::fs::remove_file(project.path("helpers.py")).expect("removed");
    let (text, cached) = shown(&project);
    assert!(!cached && text.contains("helpers"), "{text}");
    assert_eq!(shown(&project), (text, true));
    project.write("helpers.py", GOOD_HELPERS);
    assert_eq!(shown(&project), ("42\n".to_owned(), false));
}

#[test]
fn errors_inside_imported_modules_are_shown_with_their_text() {
    let project = project();
    project.write("helpers.py", "def name():\n    return 1 + \"a\"\n");
    let (text, cached) = shown(&project);
    assert!(!cached && text.contains("helpers.py:2") && text.contains("1 + \"a\""), "{text}");
    assert_eq!(shown(&project), (text, true));
}

#[test]
fn each_request_has_diagnostics_of_its_own() {
    let project = project();
    project.write("helpers.py", GOOD_HELPERS);
    let get = |types: &[ovenbird_compiler::types::Type]| {
        let engine = project.engine();
        let found = project.program(&engine, "main.py").entry("f", types);
        match found {
            Ok(_) => None,
            Err(Error::Compile(error)) => Some((error.render(false), error.cached)),
            Err(error) => panic!("{error}"),
        }
    };
    use ovenbird_compiler::types::Type;
    assert_eq!(get(&[Type::Int]), None);
    let (first, cached) = get(&[Type::Str]).expect("does not go together");
    assert!(!cached);
    assert_eq!(get(&[Type::Str]), Some((first, true)));
    assert_eq!(get(&[Type::Int]), None, "another request");
    let check = |text: &str| {
        let engine = project.engine();
        let program = project.program(&engine, "main.py");
        match program.check(Request::Then("<expression>", text)) {
            Err(Error::Compile(error)) => (error.render(false), error.cached),
            other => panic!("{:?}", other.map(|checked| checked.units.len())),
        }
    };
    let (first, cached) = check("f(1) + \"a\"");
    assert!(!cached && first.contains("<expression>"), "{first}");
    assert_eq!(check("f(1) + \"a\""), (first, true));
    assert!(!check("f(\"b\", 1)").1);
}

#[test]
fn nothing_is_kept_of_programs_that_do_not_ask_for_it() {
    let project = project();
    project.write("main.py", &MAIN.replace("(cache=True)", ""));
    assert!(!shown(&project).1);
    assert!(!shown(&project).1);
    assert_eq!(kept(&project), 0);
}

#[test]
fn what_was_denied_or_could_not_be_read_is_not_kept() {
    let project = project();
    let reads = "import ovenbird\nimport pandas as pd\n\n\n@ovenbird.jit(cache=True)\ndef f(path):\n    return pd.read_parquet(path)[\"x\"].sum()\n\n\n";
    for path in ["missing.pq", "../outside.pq", "/etc/passwd.pq"] {
        project.write("main.py", &format!("{reads}print(f({path:?}))\n"));
        let (text, _) = shown(&project);
        assert!(text.contains("error"), "{text}");
        assert_eq!((shown(&project), kept(&project)), ((text, false), 0), "{path}");
    }
}

#[test]
fn what_a_limit_stopped_is_not_kept() {
    let project = project();
    // Time: the program is right, and stopped.
    project.write(
        "main.py",
        "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f():\n    n = 0\n    while True:\n        n += 1\n    return n\n\n\nprint(f())\n",
    );
    let limits = Limits::default().cpu_units(100_000);
    let tenant = Tenant::default().grants(project.grants()).limits(limits);
    let engine = project.engine();
    let outcome = project.program(&engine, "main.py").run(&tenant, Output::Discard);
    assert!(matches!(outcome.result, Err(Error::Limit { .. })), "{:?}", outcome.result);
    assert_eq!(kept(&project), 0);
    // Size: more than the compiler does for one program.
    let unrolled =
        std::fs::read_to_string(ovenbird_tests::files::root().join("tests/ui/too-large_unrolled.py"));
    let unrolled = unrolled.expect("a program that is too large");
    project.write(
        "main.py",
        &format!(
            "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef cached(x):\n    return x\n\n\n{unrolled}"
        ),
    );
    let (text, _) = shown(&project);
    assert!(text.contains("error[too-large]"), "{text}");
    assert_eq!((shown(&project), kept(&project)), ((text, false), 0));
}

#[test]
fn damaged_diagnostics_are_made_again() {
    let project = project();
    let (text, _) = shown(&project);
    let cache = Cache::open(project.cache_options());
    let entry = cache.list().into_iter().find(|entry| entry.kind.to_string() == "diagnostics").expect("kept");
    let mut bytes = std::fs::read(&entry.path).expect("there");
    bytes[10] ^= 1;
    std::fs::remove_file(&entry.path).expect("removed");
    std::fs::write(&entry.path, bytes).expect("written");
    assert_eq!(shown(&project), (text.clone(), false));
    assert_eq!(shown(&project), (text, true), "healed");
}
