//! Bundles in worker processes: the tests of `cache_bundle.rs` that load some, and what is different.

use super::*;

#[path = "../cache/bundle.rs"]
mod bundle;
#[path = "../cache/bundle_host.rs"]
mod bundle_host;
#[path = "../cache/machine.rs"]
#[allow(dead_code, reason = "not everything that other tests do with machines is done here")]
mod machine;

use machine::{Machine, build, key, project, request, run, trust};
use ovenbird::bundle::{BuildRequest, Target};

fn native() -> BuildRequest {
    BuildRequest { targets: vec![Target::Native], ..request(&[]) }
}

/// Fails without: keeping what was made for workers.
#[test]
fn code_is_handed_to_a_worker_once() {
    let machine = Machine::new();
    let engine = machine.engine();
    let bundle = engine.load_bundle(build(&project(), &native(), &[&key()]), &trust()).expect("trusted");
    for _ in 0..3 {
        assert_eq!(run(&bundle).0, "6 1.5\n");
        bundle.get::<fn(i64) -> i64>("pick").expect("it is there");
    }
    let (_, units) = run(&bundle);
    // The function that is asked for alone has one unit more.
    assert_eq!(engine.cache().stats().native_loads, units.len() as u64 + 1);
}

/// What is signed is still only native code; it is as far away as everything else.
#[test]
fn it_runs_elsewhere() {
    if !is_alone("bundles::it_runs_elsewhere") {
        return;
    }
    let text = "def spin():\n    n = 0\n    while True:\n        n += 1\n";
    let project = ovenbird_tests::project::Project::new(&[("main.py", text)]);
    let functions = vec![("spin".to_owned(), Vec::new())];
    let wanted = BuildRequest { body: false, functions, ..native() };
    let bytes = build(&project, &wanted, &[&key()]);
    let bundle = Machine::new().engine().load_bundle(bytes, &trust()).expect("trusted");
    let spin = bundle.get::<fn() -> ()>("spin").expect("it is there");
    let limits = Limits::default().cpu_units(u64::MAX).deadline(Duration::from_secs(600));
    let task = spin.spawn(&Tenant::default().limits(limits), ());
    let patience = Instant::now() + Duration::from_secs(60);
    let busy = |id: &u32| super::hosts::is_spinning(*id);
    while !children().iter().any(busy) {
        assert!(Instant::now() < patience && !task.is_finished(), "no child spins");
        std::thread::sleep(Duration::from_millis(20));
    }
    task.cancel();
    assert!(matches!(task.join().result, Err(Error::Cancelled { .. })));
}

/// The policy lets unsigned wasm in. That it is metered is looked at there (`host/src/worker/linux/tests.rs`).
#[test]
fn unsigned_wasm_is_compiled_there() {
    let text = "def add(x, y):\n    return x + y\n";
    let project = ovenbird_tests::project::Project::new(&[("main.py", text)]);
    let functions = vec![("add".to_owned(), vec![Type::Float, Type::Float])];
    let bytes = build(&project, &BuildRequest { functions, ..BuildRequest::default() }, &[]);
    let engine = Machine::new().engine();
    let bundle = engine.load_bundle(bytes, &trust().unsigned_wasm(true)).expect("the policy allows it");
    let add = bundle.get::<fn(f64, f64) -> f64>("add").expect("it is there");
    assert_eq!(add.call(&Tenant::default(), (1.0, 0.5)).expect("a sum"), 1.5);
    assert_eq!((engine.compiles(), engine.native_compiles()), (0, 1));
    assert_eq!(add.dynamic().info().provenance.name(), "hit.l1");
}

#[test]
fn the_command_line_runs_bundles_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("main.oven");
    std::fs::write(&file, build(&project(), &native(), &[])).expect("written");
    let run = |arguments: &[&str]| {
        let output =
            std::process::Command::new(PROGRAM).args(arguments).arg(&file).output().expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, printed) = run(&["run", "--isolate", "--no-cache", "--unsigned"]);
    assert_eq!((code, printed.as_str()), (Some(0), "6 1.5\n"));
    assert_eq!(run(&["run", "--isolate", "--no-cache"]).0, Some(4), "nobody is trusted");
}

/// What is built in workers has the same bytes. Fails without: targets, stripping, rows or functions of the embedder in what is
/// asked of them.
#[test]
fn built_there_it_is_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::copy(root().join("examples/data/cycling_dataset.pq"), folder.path().join("rides.pq"))
        .expect("copied");
    let text = "import pandas as pd\nfrom rates import rate\n\n\ndef mean(path):\n    return pd.read_parquet(path)['power'].mean()\n\n\ndef price(net, day):\n    return net * rate(day)\n\n\ndef pair(x):\n    return (x, [x])[0], 'x'\n\n\nprint(mean('rides.pq'), price(1.0, 2))\n";
    let rates = ovenbird::HostModule::new("rates").expect("a name");
    let rates = rates.function("rate", ovenbird::Cost::units(50), |day: i64| day as f64 / 2.0);
    let source = Source::new("app.py", text).grants(ovenbird_tests::project::grants(folder.path()));
    let source = source.host(rates.expect("a function"));
    let number = |storage| ovenbird_compiler::border::Column {
        kind: ovenbird_compiler::border::ColumnKind::Plain(storage),
        nullable: true,
    };
    let (net, day) = (ovenbird_compiler::types::Storage::Float64, ovenbird_compiler::types::Storage::Int32);
    let frame = vec![("net".into(), number(net)), ("day".into(), number(day))];
    let frame = ovenbird_compiler::border::Border::Frame(frame).ty();
    for strip in [false, true] {
        let request = BuildRequest {
            body: true,
            functions: vec![
                ("price".to_owned(), vec![Type::Float, Type::Int]),
                ("pair".to_owned(), vec![Type::Int]),
            ],
            rows: vec![("price".to_owned(), frame.clone())],
            targets: vec![Target::Native, Target::parse("x86-64-v2").expect("a level")],
            strip,
        };
        let built = [Engine::builder().build().expect("an engine"), engine()].map(|engine| {
            let program = engine.compile(&source).expect("parsed");
            let bytes = ovenbird::bundle::build(&program, &request, &[&key()]).expect("built");
            (engine.compiles(), bytes)
        });
        assert!(built[0].0 >= 4 && built[0].0 == built[1].0, "{} and {} units", built[0].0, built[1].0);
        let built = built.map(|(_, bytes)| bytes);
        assert!(built[0] == built[1], "of {} and {} bytes", built[0].len(), built[1].len());
    }
}

/// Fails without: handing errors on; looking at globals.
#[test]
fn what_cannot_be_built_is_told_as_everywhere() {
    let text = "R = 1\n\n\ndef f(x):\n    return x + 'a' * R\n\n\ndef g(x):\n    return lambda: x\n";
    let wrong = [("f", vec![Type::Int]), ("g", vec![Type::Int]), ("h", Vec::new()), ("f", vec![Type::Block])];
    for (name, params) in wrong {
        let request = BuildRequest { functions: vec![(name.to_owned(), params)], ..BuildRequest::default() };
        let told = [Engine::builder().build().expect("an engine"), engine()].map(|engine| {
            let program = engine.compile(&Source::new("f.py", text)).expect("parsed");
            ovenbird::bundle::build(&program, &request, &[&key()]).expect_err("it cannot be").to_string()
        });
        if request.functions[0].1 != [Type::Block] {
            assert_eq!(told[0], told[1], "{name}");
        }
    }
}
