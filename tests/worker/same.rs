//! What comes of a program does not depend on the process in which it is compiled and run.

use ovenbird::cache::{Mode, Secret};

use super::*;

/// One of so many files of `tests/lang`; all with `OVENBIRD_ALL=1`.
const EVERY: usize = 7;

#[test]
fn language_tests_give_the_same() {
    let every = if std::env::var_os("OVENBIRD_ALL").is_some() { 1 } else { EVERY };
    let engine = engine();
    let mut failures = Vec::new();
    for path in find(&root().join("tests/lang"), "py").into_iter().step_by(every) {
        let text = std::fs::read_to_string(&path).expect("the file can be read");
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let grants = project::grants(path.parent().unwrap_or(&path));
        if let Err(why) = check_file_on(&engine, Executor::Sandbox, &file, &text, &grants) {
            failures.push(format!("{}: {why}", shown(&path, &root())));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Programs that end in every way, and what is seen of it.
const PROGRAMS: [&str; 14] = [
    "print('a', 1, 2.5)\n",
    "def f(x):\n    return [1, 2][x]\n\n\nprint(f(5))\n",
    "def f(n):\n    return f(n + 1) + 1\n\n\nprint(f(0))\n",
    "n = 0\nwhile True:\n    n += 1\n",
    "x = 'a'\nwhile True:\n    x = x + x\n",
    "while True:\n    print('all work and no play')\n",
    "print(undefined)\n",
    "print(1 + 'a')\n",
    "x = (\n",
    "import pandas as pd\nprint(pd.read_parquet('../secret.pq').power.mean())\n",
    "import pandas as pd\nprint(pd.read_parquet('missing.pq').power.mean())\n",
    "import pandas as pd\nprint(pd.read_parquet('bad.pq').power.mean())\n",
    "import helper\nprint(helper.twice(21))\n",
    "import wrong\nprint(wrong.f())\n",
];

/// Without `fn of(error: Error)` in `host/src/worker/linux/errors.rs` carrying every limit: a tenant in a worker has others
/// than one outside.
#[test]
fn every_end_is_told_in_the_same_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("bad.pq", "PAR1 this is no Parquet file PAR1");
    write("helper.py", "def twice(x):\n    return x + x\n");
    write("wrong.py", "def f():\n    return y\n");
    let grants = project::grants(folder.path());
    let limits = Limits::default().cpu_units(5_000_000).memory_bytes(32 << 20).output_bytes(64 << 10);
    let tenant = Tenant::default().limits(limits).grants(grants.clone());
    let (here, there) = (Engine::builder().build().expect("an engine"), engine());
    for text in PROGRAMS {
        let source = Source::new("test.py", text).grants(grants.clone());
        let ends = [&here, &there].map(|engine| match engine.compile(&source) {
            Ok(program) => {
                let outcome = program.run(&tenant, Output::Capture(Vec::new()));
                let printed = String::from_utf8_lossy(outcome.output.captured()).into_owned();
                let usage = (outcome.usage.cpu_units, outcome.usage.io);
                (printed, outcome.result.map_err(|e| e.to_string()), Some(usage))
            }
            Err(error) => (String::new(), Err(error.to_string()), None),
        });
        assert_eq!(ends[0], ends[1], "{text}");
    }
}

#[test]
fn datasets_are_read_by_open_files() {
    let data = root().join("examples");
    let grants = project::grants(&data);
    let text = std::fs::read_to_string(data.join("cycling.py")).expect("the example");
    let source = Source::new("cycling.py", text).grants(grants.clone());
    let tenant = Tenant::default().grants(grants.clock(true));
    let outcome = engine().compile(&source).expect("it compiles").run(&tenant, Output::Capture(Vec::new()));
    let printed = String::from_utf8_lossy(outcome.output.captured()).into_owned();
    outcome.result.expect("it runs");
    assert!(printed.starts_with("power    102.078421\nspeed      5.656851\ndtype: float64\n"), "{printed}");
    assert!(outcome.usage.io.bytes_read > 0, "what was read is told");
    // Without the grant there is nothing to read, though the code is there.
    let outcome = engine().compile(&source).expect("it compiles").run(&Tenant::default(), Output::Discard);
    assert!(matches!(outcome.result, Err(Error::Denied(_))), "{:?}", outcome.result);
}

#[test]
fn a_dataset_as_an_argument_brings_its_schema() {
    let grants = project::grants(&root().join("examples/data"));
    let text = "import pandas as pd\n\n\ndef mean(path):\n    return pd.read_parquet(path)['power'].mean()\n";
    let args = [Value::Str("cycling_dataset.pq".to_owned())];
    let tenant = Tenant::default().grants(grants.clone());
    let source = Source::new("mean.py", text).grants(grants);
    let results = [Engine::builder().build().expect("an engine"), engine()].map(|engine| {
        let program = engine.compile(&source).expect("it compiles");
        program.entry_for("mean", &args).and_then(|mean| mean.call(&tenant, &args)).expect("a mean")
    });
    assert_eq!(results[0], results[1]);
}

/// Fails without: types with a schema in what is asked of workers.
#[test]
fn a_schema_may_be_in_a_type_that_is_asked_for() {
    let grants = project::grants(&root().join("examples/data"));
    let text = "import pandas as pd\n\n\ndef mean(path):\n    return pd.read_parquet(path)['power'].mean()\n\n\nmean('cycling_dataset.pq')\n";
    let args = [Value::Str("cycling_dataset.pq".to_owned())];
    let tenant = Tenant::default().grants(grants.clone());
    let source = Source::new("mean.py", text).grants(grants);
    let here = Engine::builder().build().expect("an engine");
    let program = here.compile(&source).expect("it compiles");
    let known = program.entry_for("mean", &args).expect("a function").params().to_vec();
    assert!(matches!(known[..], [Type::Dataset(_)]), "{known:?}");
    let results = [here, engine()].map(|engine| {
        let mean =
            engine.compile(&source).and_then(|program| program.entry("mean", &known)).expect("a function");
        assert_eq!(mean.params(), known);
        mean.call(&tenant, &args).expect("a mean")
    });
    assert_eq!(results[0], results[1]);
}

#[test]
fn globals_are_given_and_changed() {
    let text = "RATE = 0.0\n\n\ndef taxed(price):\n    return price * (1.0 + RATE)\n";
    let source = Source::new("shop.py", text).global("RATE", Value::Float(0.5));
    let program = engine().compile(&source).expect("it compiles");
    let taxed = program.get::<fn(f64) -> f64>("taxed").expect("a function");
    assert_eq!(taxed.call(&Tenant::default(), (10.0,)).expect("a price"), 15.0);
    for (rate, price) in [(0.25, 12.5), (1.0, 20.0), (2.0, 30.0), (3.0, 40.0), (4.0, 50.0)] {
        program.set_global("RATE", Value::Float(rate));
        assert_eq!(taxed.call(&Tenant::default(), (10.0,)).expect("a price"), price);
    }
}

/// What workers compiled is kept like other code, under keys of its own.
#[test]
fn the_cache_serves_workers_and_never_mixes_their_code_with_ours() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = || {
        let secret = Some(Secret::from_bytes([7; 32]));
        Cache::open(
            CacheOptions { mode: Mode::ReadWrite, secret, ..CacheOptions::default() }.dir(folder.path()),
        )
    };
    let text = "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return x * 3\n";
    let from = |builder: ovenbird::EngineBuilder| {
        let engine = builder.cache(cache()).build().expect("an engine");
        let program = engine.compile(&Source::new("f.py", text)).expect("it compiles");
        let f = program.entry("f", &[Type::Int]).expect("a function");
        assert_eq!(f.call(&Tenant::default(), &[Value::Int(7)]).expect("a product"), Value::Int(21));
        f.info().provenance.name()
    };
    assert_eq!(from(Engine::builder().workers(options())), "miss");
    assert_eq!(from(Engine::builder().workers(options())), "hit.l0");
    // The process itself finds nothing of theirs, and they nothing of its.
    assert_eq!(from(Engine::builder()), "miss");
    assert_eq!(from(Engine::builder().workers(options())), "hit.l0");
}

/// A module that changed is seen although the code is in memory. Without `Answer::Holds` being asked for in
/// `host/src/worker/linux/client.rs`: it is not.
#[test]
fn facts_are_looked_at_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |text: &str| std::fs::write(folder.path().join("helper.py"), text).expect("a file");
    let source = Source::new("m.py", "import helper\n\n\ndef f(x):\n    return helper.g(x)\n");
    let program = engine().compile(&source.grants(project::grants(folder.path()))).expect("it compiles");
    for factor in [2, 3] {
        write(&format!("def g(x):\n    return x * {factor}\n"));
        let f = program.get::<fn(i64) -> i64>("f").expect("a function");
        assert_eq!(f.call(&Tenant::default(), (10,)).expect("a product"), 10 * factor);
    }
}

#[test]
fn the_command_line_has_it_too() {
    let script = root().join("examples/cycling.py");
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(PROGRAM).args(arguments).output().expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let script = script.to_str().expect("UTF-8");
    let (code, printed) = run(&["run", "--isolate", "--no-cache", script]);
    assert!(code == Some(0) && printed.starts_with("power    102.078421\n"), "{code:?} {printed}");
    let (code, printed) = run(&["eval", "--isolate", "--no-cache", script, "6 * 7"]);
    assert!(code == Some(0) && printed.ends_with("42\n"), "{code:?} {printed}");
    let lang = root().join("tests/lang/arithmetic");
    let (code, printed) = run(&["test", "--isolate", "--no-cache", lang.to_str().expect("UTF-8")]);
    assert!(code == Some(0) && printed.contains(" 0 failed"), "{code:?} {printed}");
}

/// Programs that are right, and programs that are wrong in ways of which a check tells.
#[test]
fn a_check_finds_the_same() {
    use ovenbird_compiler::infer::Request;

    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("helper.py", "def twice(x):\n    return x + x\n");
    write("wrong.py", "def f():\n    return y\n");
    let grants = project::grants(folder.path());
    let (here, there) = (Engine::builder().build().expect("an engine"), engine());
    let right = [
        "import ovenbird\nimport helper\n\n\n@ovenbird.jit\ndef f(x):\n    return helper.twice(x)\n\n\nprint(f(1), f('a'))\n",
        "def f(x: int) -> float:\n    return x / 2\n",
        "import numpy as np\nprint(np.ones(3).sum())\n",
    ];
    for text in right.iter().chain(&PROGRAMS) {
        let source = Source::new("test.py", *text).grants(grants.clone());
        for request in [
            Request::Check,
            Request::Run,
            Request::Then("<then>", "print(1)\nf(2)\n"),
            Request::Entry("f", &[Type::Int]),
        ] {
            let found = [&here, &there].map(|engine| {
                let checked = engine.compile(&source).and_then(|program| program.check(request));
                match checked {
                    Ok(checked) => {
                        let files = checked.sources.iter();
                        let files: Vec<_> =
                            files.map(|file| (file.name.clone(), file.text.clone())).collect();
                        (checked.outline(), files, String::new(), String::new())
                    }
                    Err(error) => {
                        let json = match &error {
                            Error::Compile(error) => serde_json::to_string(&error.to_json()).expect("JSON"),
                            _ => String::new(),
                        };
                        (Vec::new(), Vec::new(), error.to_string(), json)
                    }
                }
            });
            assert_eq!(found[0], found[1], "{text}");
            let (outline, files, error, _) = &found[0];
            assert!(
                outline.is_empty() == files.is_empty() && outline.is_empty() != error.is_empty(),
                "{text}"
            );
        }
    }
    let program = there.compile(&Source::new("f.py", right[1])).expect("parsed");
    let checked = program.check(Request::Entry("f", &[Type::Int])).expect("it is right");
    assert!(checked.units.is_empty(), "the typed program stays there");
    let [f] = &checked.outline()[..] else { panic!("{:?}", checked.outline()) };
    assert_eq!((f.label.as_str(), f.params.join(", ").as_str(), f.result.as_str()), ("f.f", "int", "float"));
}

/// Fails without: comparing what the stored code rests on; naming what changed.
#[test]
fn why_tells_what_is_stored_and_what_changed() {
    use ovenbird::cache::{Bypass, MissReason, Outcome, Tier};
    use ovenbird::{Cost, HostModule};
    use ovenbird_compiler::infer::Request;

    let folder = tempfile::tempdir().expect("a folder");
    let write = |text: &str| std::fs::write(folder.path().join("helper.py"), text).expect("a file");
    write("def g(x):\n    return x * 2\n");
    let secret = Some(Secret::from_bytes([7; 32]));
    let options = CacheOptions { mode: Mode::ReadWrite, secret, ..CacheOptions::default() };
    let cache = Cache::open(options.dir(folder.path().join("cache")));
    let engine = Engine::builder().workers(self::options()).cache(cache).build().expect("workers");
    let text = "import helper\nimport ovenbird\nfrom host import half\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return helper.g(x) + half(1.0)\n";
    let half = || HostModule::new("host").expect("a name").function("half", Cost::units(1), |x: f64| x / 2.0);
    let third = HostModule::new("host").expect("a name").function("half", Cost::units(1), |x: f64| x as i64);
    let source = Source::new("m.py", text).grants(project::grants(folder.path()));
    let asked = Request::Entry("f", &[Type::Int]);
    let why = |host: &HostModule| {
        let program = engine.compile(&source.clone().host(host.clone())).expect("parsed");
        let [unit] = <[_; 1]>::try_from(program.why(asked).expect("it is right")).expect("one unit");
        assert_eq!((unit.label.as_str(), unit.params.join(", ").as_str()), ("m.f", "int"));
        unit
    };
    let (half, third) = (half().expect("a function"), third.expect("a function"));
    let before = engine.cache().stats();
    assert_eq!(why(&half).outcome, Outcome::Miss(MissReason::Cold));
    assert_eq!((engine.compiles(), engine.cache().stats()), (0, before), "nothing is made or counted");
    let program = engine.compile(&source.clone().host(half.clone())).expect("parsed");
    program.get::<fn(i64) -> f64>("f").expect("a function");
    let found = why(&half);
    assert_eq!(
        (found.outcome, found.native.and_then(|found| found.reason)),
        (Outcome::Hit(Tier::Probe), None)
    );
    let changes = |unit: ovenbird::UnitWhy| {
        let Outcome::Miss(reason) = unit.outcome else { panic!("{:?}", unit.outcome) };
        let changes = unit.native.expect("it was looked for").changes;
        (reason, changes.into_iter().map(|change| (change.kind, change.name)).collect::<Vec<_>>())
    };
    let (reason, changed) = changes(why(&third));
    assert!(matches!(reason, MissReason::HostFunctionChanged { .. }), "{reason:?}");
    assert_eq!(changed, [("host function", "host.half".to_owned())]);
    write("def g(x):\n    return x * 3\n");
    assert_eq!(changes(why(&half)), (MissReason::SourceChanged, vec![("module", "helper".to_owned())]));
    // What does not ask for caching, and an engine without a cache.
    let plain = engine.compile(&Source::new("p.py", "def f(x):\n    return x\n")).expect("parsed");
    let outcome = plain.why(asked).expect("it is right").remove(0).outcome;
    assert_eq!(outcome, Outcome::Bypass(Bypass::NotAsked));
    let plain = super::engine().compile(&source.host(half)).expect("parsed");
    assert_eq!(plain.why(asked).expect("it is right")[0].outcome, Outcome::Bypass(Bypass::Off));
}
