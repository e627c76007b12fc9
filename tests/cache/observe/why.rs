//! `why` names exactly the input that changed, with its old and its new value: after every kind of change.

use std::sync::Arc;

use ovenbird::cache::explain::Change;
use ovenbird::cache::key::{self, Build, L1Recipe, L2Recipe, Surroundings};
use ovenbird::cache::why::Finding;
use ovenbird::cache::{MissReason, Outcome, Tier};
use ovenbird::engine_config::{EngineIdentity, EngineOptions, new_engine};
use ovenbird::native::Native;
use ovenbird::{Cache, Engine, UnitWhy};
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::{Options, optimise};
use ovenbird_tests::project::Project;

use crate::{DEEP, HELPERS, command, edit, run, warm};

fn why_with(project: &Project, engine: &Engine) -> Vec<UnitWhy> {
    project.program(engine, "main.py").why(Request::Run).expect("the program checks")
}

/// What is said of `main.f`.
fn why(project: &Project) -> UnitWhy {
    unit(why_with(project, &project.engine()), "main.f")
}

fn unit(units: Vec<UnitWhy>, label: &str) -> UnitWhy {
    units.into_iter().find(|unit| unit.label == label).expect("the unit")
}

/// The changes that are marked as the cause, as `kind name: old -> new`.
fn causes(finding: &Finding) -> Vec<String> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "absent".to_owned());
    let causes = finding.changes.iter().filter(|change| change.cause);
    causes.map(|c| format!("{} {}: {} -> {}", c.kind, c.name, text(&c.old), text(&c.new))).collect()
}

#[track_caller]
fn wasm(why: &UnitWhy) -> &Finding {
    why.wasm.as_ref().expect("the cache is asked")
}

/// The one change that is marked, which must have two different values.
#[track_caller]
fn only_cause(finding: &Finding) -> &Change {
    let causes: Vec<&Change> = finding.changes.iter().filter(|change| change.cause).collect();
    let [cause] = causes.as_slice() else { panic!("{causes:?}") };
    assert!(cause.old.is_some() && cause.new.is_some() && cause.old != cause.new, "{cause:?}");
    cause
}

#[test]
fn what_would_hit_is_said_to_hit() {
    let project = warm();
    for unit in why_with(&project, &project.engine()) {
        assert_eq!(unit.outcome, Outcome::Hit(Tier::Native), "{unit:?}");
        for finding in [unit.wasm, unit.native].into_iter().flatten() {
            assert_eq!((finding.reason, finding.changes), (None, Vec::new()));
            assert_eq!(finding.key.len(), 64);
        }
    }
}

#[test]
fn asking_why_changes_and_counts_nothing() {
    let project = warm();
    edit(&project, "main.py", "K = 3", "K = 4");
    let engine = project.engine();
    let before = Cache::open(project.cache_options()).list().len();
    project.events();
    why_with(&project, &engine);
    assert_eq!(engine.cache().stats(), ovenbird::cache::Stats::default());
    assert_eq!((engine.compiles(), engine.native_compiles()), (0, 0));
    assert_eq!(project.events(), Vec::<String>::new());
    assert_eq!(Cache::open(project.cache_options()).list().len(), before);
}

/// The reason in the explanation is the reason of the run that follows.
#[track_caller]
fn as_in_a_run(project: &Project, why: &UnitWhy) {
    let run = project.run_with(&project.engine(), "main.py");
    let reason = match &why.outcome {
        Outcome::Miss(reason) => reason.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(run.unit("main.f"), ("miss", reason.as_str()));
}

// Situation 12.
#[test]
fn an_engine_of_another_patch_version_is_named_with_both_versions() {
    let (finding, old) = native_change(|engine| engine.wasmtime = "48.0.99".to_owned());
    assert_eq!(causes(&finding), [format!("engine wasmtime: {old} -> 48.0.99")]);
    assert_eq!(finding.changes.len(), 1, "{:?}", finding.changes);
    assert_eq!(finding.reason.as_ref().map(MissReason::id), Some("engine_changed"));
}

/// What is said of native code that was stored for this machine's engine when another one asks; and this one's
/// version.
fn native_change(change: impl FnOnce(&mut EngineIdentity)) -> (Finding, String) {
    let project = Project::new(&[]);
    let cache = Cache::open(project.cache_options());
    let configured = new_engine(&EngineOptions::default()).expect("an engine");
    let wasm = wasm_encoder::Module::new().finish();
    let mut recipe = L2Recipe {
        label: "main.f".to_owned(),
        wasm: key::wasm_digest(&wasm),
        engine: Arc::clone(&configured.identity),
        metering: "slices".to_owned(),
    };
    let compiled = Native::compile(&configured.engine, &wasm).expect("an empty module compiles");
    assert!(cache.put_native(&recipe, &compiled, std::time::Duration::ZERO));
    let engine = Arc::make_mut(&mut recipe.engine);
    let old = engine.wasmtime.clone();
    change(engine);
    (cache.find_native(&recipe), old)
}

// Situation 13.
#[test]
fn another_build_of_the_compiler_is_named_with_both_builds() {
    let project = Project::new(&[]);
    let cache = Cache::open(project.cache_options());
    let mut recipe = L1Recipe {
        label: "main.f".to_owned(),
        typed_program: key::digest(b"program"),
        functions: Vec::new().into(),
        globals: Vec::new(),
        host_functions: Vec::new(),
        schemas: Vec::new(),
        arguments: vec!["int".to_owned()],
        surroundings: Arc::new(Surroundings {
            options: Vec::new(),
            library_fingerprint: key::digest(b"library"),
            host_abi_version: 1,
            import_table: key::import_table_digest(),
            build: Build::Compiler(key::digest(b"one build")),
        }),
    };
    assert!(cache.put_artifact(&recipe, b"artifact", std::time::Duration::ZERO));
    Arc::make_mut(&mut recipe.surroundings).build = Build::Compiler(key::digest(b"another build"));
    let finding = cache.find_artifact(&recipe);
    let cause = only_cause(&finding);
    assert_eq!((cause.kind, cause.name.as_str()), ("compiler", "compiler"));
    assert_eq!(finding.changes.len(), 1);
    assert_eq!(finding.reason.as_ref().map(MissReason::id), Some("compiler_changed"));
}

// Situation 14.
#[test]
fn an_edited_callee_in_another_file_is_named() {
    let project = warm();
    edit(&project, "helpers.py", "* 10", "* 11");
    let why = why(&project);
    let cause = only_cause(wasm(&why));
    assert_eq!((cause.kind, cause.name.as_str()), ("function", "helpers.scale"));
    assert!(wasm(&why).changes.iter().all(|change| ["function", "program"].contains(&change.kind)));
    assert_eq!(why.outcome.id(), "miss.callee_changed");
    as_in_a_run(&project, &why);
}

// Situation 15.
#[test]
fn an_edited_callee_three_levels_down_is_named() {
    let project = warm();
    project.write("deep.py", "from deeper import add\n\n\ndef base(x):\n    return add(x)\n");
    project.write("deeper.py", "def add(x):\n    return x + 1\n");
    project.run_with(&project.engine(), "main.py").prints("90\n");
    edit(&project, "deeper.py", "x + 1", "x + 2");
    let why = why(&project);
    let cause = only_cause(wasm(&why));
    assert_eq!((cause.kind, cause.name.as_str()), ("function", "deeper.add"));
    as_in_a_run(&project, &why);
}

// Situation 16.
#[test]
fn a_comment_or_local_name_of_a_callee_is_a_hit() {
    let project = warm();
    project.write(
        "helpers.py",
        &HELPERS.replace("return base(x) * 10", "# Ten.\n    y = base(x)\n    return y * 10"),
    );
    project.run_with(&project.engine(), "main.py").prints("90\n");
    edit(
        &project,
        "helpers.py",
        "    y = base(x)\n    return y * 10",
        "    z = base(x)\n    return z * 10  # times ten",
    );
    project.write("deep.py", &DEEP.replace("    return", "    # One more.\n\n    return"));
    assert_eq!(why(&project).outcome, Outcome::Hit(Tier::Native));
    project.run_with(&project.engine(), "main.py").prints("90\n").hits();
}

// Situation 17.
#[test]
fn an_edit_of_one_of_a_recursive_pair_is_named_and_another_order_is_a_hit() {
    let even = "def even(n):\n    if n == 0:\n        return True\n    return odd(n - 1)\n";
    let odd = "def odd(n):\n    if n == 0:\n        return False\n    return even(n - 1)\n";
    let jitted = |function: &str| function.replace("def ", "@ovenbird.jit(cache=True)\ndef ");
    let text = |functions: &[&str]| {
        format!("import ovenbird\n\n\n{}\n\nprint(a(10), b(7))\n", functions.join("\n\n"))
    };
    let a = jitted("def a(n):\n    return even(n)\n");
    let b = jitted("def b(n):\n    return odd(n)\n");
    let project = Project::new(&[("main.py", &text(&[even, odd, &a, &b]))]);
    project.run_with(&project.engine(), "main.py").prints("True True\n");
    project.write("main.py", &text(&[&b, odd, &a, even]));
    for label in ["main.a", "main.b"] {
        let why = unit(why_with(&project, &project.engine()), label);
        assert_eq!(why.outcome, Outcome::Hit(Tier::Native), "{label}: {:?}", wasm(&why).changes);
    }
    edit(&project, "main.py", "if n == 0:\n        return False", "if n <= 0:\n        return False");
    for label in ["main.a", "main.b"] {
        let why = unit(why_with(&project, &project.engine()), label);
        let cause = only_cause(wasm(&why));
        assert_eq!((cause.kind, cause.name.as_str()), ("function", "main.odd"), "{label}");
    }
}

// Situation 18.
#[test]
fn a_changed_global_is_named_with_both_values() {
    let project = warm();
    edit(&project, "main.py", "K = 3", "K = 4");
    let why = why(&project);
    assert_eq!(causes(wasm(&why)), ["global main.K: 3 -> 4"]);
    as_in_a_run(&project, &why);
}

// Situation 27.
#[test]
fn a_changed_option_is_named_with_both_values_and_is_a_hit_when_it_is_toggled_back() {
    let project = warm();
    let with = |options: Options| {
        let engine = Engine::builder().cache(Cache::open(project.cache_options())).options(options);
        unit(why_with(&project, &engine.build().expect("an engine")), "main.f")
    };
    let why = with(Options { optimise: optimise::Options { level: 0, ..optimise::Options::default() } });
    let cause = only_cause(wasm(&why));
    assert_eq!((cause.kind, cause.name.as_str()), ("option", "optimise.level"));
    assert_eq!((cause.old.as_deref(), cause.new.as_deref()), (Some("2"), Some("0")));
    assert_eq!(why.outcome.id(), "miss.options_changed");
    assert_eq!(with(Options::default()).outcome, Outcome::Hit(Tier::Native));
}

#[test]
fn a_changed_native_setting_is_named_at_the_level_of_native_code() {
    let project = warm();
    let native = EngineOptions { canonical_nans: true, ..EngineOptions::default() };
    let engine = Engine::builder().cache(Cache::open(project.cache_options())).native(native);
    let why = unit(why_with(&project, &engine.build().expect("an engine")), "main.f");
    assert_eq!(why.outcome, Outcome::Hit(Tier::Wasm));
    let native = why.native.expect("the cache is asked");
    assert_eq!(causes(&native), ["option canonical NaNs: false -> true"]);
}

#[test]
fn an_edit_that_gives_the_same_wasm_says_that_native_code_is_a_hit() {
    let project = warm();
    edit(&project, "main.py", "    y = scale(x)\n", "    y = scale(x)\n    unused = x + 1\n");
    let why = why(&project);
    assert_eq!(why.outcome.id(), "miss.source_changed");
    assert_eq!(why.native.expect("the cache is asked").reason, None);
}

#[test]
fn the_command_line_says_the_same_for_people_and_as_data() {
    let project = warm();
    // The command line has a secret of its own.
    let fresh = project.path("../fresh");
    let cli = |arguments: &[&str]| {
        let mut command = command(&project, arguments);
        run(command.env("OVENBIRD_CACHE_DIR", &fresh))
    };
    assert_eq!(cli(&["run", "main.py"]), ("90\n".to_owned(), 0));
    let (text, _) = cli(&["cache", "why", "main.py"]);
    assert!(text.starts_with("text of the program: hit"), "{text}");
    assert!(text.contains("main.f(int): hit: native code is loaded"), "{text}");
    edit(&project, "deep.py", "x + 1", "x + 2");
    let (text, _) = cli(&["cache", "why", "main.py"]);
    assert!(text.starts_with("text of the program: miss: what it imports or reads changed"), "{text}");
    assert!(text.contains("-> module deep: ") && !text.contains("-> module helpers"), "{text}");
    edit(&project, "deep.py", "x + 2", "x + 1");
    edit(&project, "main.py", "K = 3", "K = 4");
    let (text, code) = cli(&["cache", "why", "main.py::f"]);
    assert_eq!(code, 0);
    assert!(text.starts_with("main.f(int): miss: global main.K changed: 3 -> 4\n"), "{text}");
    assert!(text.contains("-> global main.K: 3 -> 4\n"), "{text}");
    let (json, _) = cli(&["cache", "why", "main.py", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("an object");
    let unit = json["units"].as_array().and_then(|units| units.iter().find(|unit| unit["unit"] == "main.f"));
    let unit = unit.expect("the unit");
    assert_eq!((&unit["outcome"], &unit["wasm"]["state"]), (&"miss.global_changed".into(), &"miss".into()));
    let changes = unit["wasm"]["changes"].as_array().expect("a list");
    let cause = changes.iter().find(|change| change["cause"] == true).expect("a cause");
    assert_eq!((&cause["name"], &cause["old"], &cause["new"]), (&"main.K".into(), &"3".into(), &"4".into()));
    let (text, _) = cli(&["cache", "why", "main.py::f", "--args", "2.5"]);
    assert!(text.contains("-> argument 0: int -> float\n"), "{text}");
    let (text, _) = cli(&["explain", "main.py"]);
    assert!(text.contains("-> global main.K: 3 -> 4\n") && text.contains("2 units; in a run: "), "{text}");
}
