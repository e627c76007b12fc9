//! Keys of real programs: equal programs have equal keys and bytes, in any process and from one build of
//! this compiler to the next; golden keys make every change of them visible.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;

use ovenbird::cache::key::{
    self, ArgumentInput, Build, Digest, GlobalInput, HostFunctionInput, L0Recipe, L1Recipe, L2Recipe,
    SchemaInput, Surroundings,
};
use ovenbird::engine_config::EngineIdentity;
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::typed::Unit;

use super::*;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cache/golden_keys.txt");
/// Folder in which the process of [`a_process_of_its_own`] works.
const CHILD: &str = "OVENBIRD_TEST_DETERMINISM";

/// Programs without library code, whose typed form depends on nothing but the compiler's front end.
const PROGRAMS: &[(&str, &str, &str, &[Type])] = &[
    ("add", "def f(a, b):\n    return a + b\n", "f", &[Type::Float, Type::Float]),
    ("add of ints", "def f(a, b):\n    return a + b\n", "f", &[Type::Int, Type::Int]),
    ("constant", "K = 3\n\n\ndef f(x):\n    return x * K\n", "f", &[Type::Int]),
    ("another constant", "K = 4\n\n\ndef f(x):\n    return x * K\n", "f", &[Type::Int]),
    ("callee", "def g(x):\n    return x - 1.0\n\n\ndef f(x):\n    return g(x) * 2.0\n", "f", &[Type::Float]),
    (
        "loop",
        "def f(n):\n    s = 0\n    for i in range(n):\n        if i > 3:\n            s += i\n    return s\n",
        "f",
        &[Type::Int],
    ),
    (
        "recursion",
        "def even(n):\n    return True if n == 0 else odd(n - 1)\n\n\ndef odd(n):\n    return False if n == 0 else even(n - 1)\n",
        "even",
        &[Type::Int],
    ),
];

fn fixed(name: &str) -> Digest {
    key::digest(name.as_bytes())
}

fn l1(unit: &Unit) -> L1Recipe {
    let global = |(name, value): &(String, String)| GlobalInput {
        name: name.clone(),
        value: value.clone(),
        digest: fixed(value),
    };
    L1Recipe {
        label: unit.label.clone(),
        typed_program: key::digest(&ovenbird_compiler::canonical(unit)),
        functions: Vec::new().into(),
        globals: unit.globals.iter().map(global).collect(),
        host_functions: unit.externals.iter().map(HostFunctionInput::of).collect(),
        schemas: vec![SchemaInput {
            label: "dataset 0".to_owned(),
            columns: vec![("power".to_owned(), "int64".to_owned())],
        }],
        arguments: unit.params.iter().map(ToString::to_string).collect(),
        surroundings: Arc::new(Surroundings {
            options: vec![("optimise".to_owned(), "as fixed for this file".to_owned())],
            library_fingerprint: fixed("library"),
            host_abi_version: 1,
            import_table: fixed("imports"),
            build: Build::Compiler(fixed("compiler")),
        }),
    }
}

fn l0() -> L0Recipe {
    L0Recipe {
        label: String::new(),
        name: "main.py".to_owned(),
        text: fixed("text"),
        request: "entry f".to_owned(),
        arguments: vec![ArgumentInput { shown: "int".to_owned(), digest: fixed("int") }],
        globals: vec![GlobalInput { name: "K".to_owned(), value: "3".to_owned(), digest: fixed("3") }],
        surroundings: Arc::new(Surroundings {
            options: vec![("optimise".to_owned(), "as fixed for this file".to_owned())],
            library_fingerprint: fixed("library"),
            host_abi_version: 1,
            import_table: fixed("imports"),
            build: Build::Whole(fixed("compiler")),
        }),
    }
}

fn l2() -> L2Recipe {
    L2Recipe {
        label: String::new(),
        wasm: key::wasm_digest(b"wasm"),
        engine: Arc::new(EngineIdentity {
            wasmtime: "48.0.8".to_owned(),
            codegen: "1-abc".to_owned(),
            target: "x86_64-unknown-linux-gnu".to_owned(),
            cpu: vec![("avx2", true), ("avx512f", false)],
            settings: vec![("canonical NaNs", "false".to_owned())],
            compatibility: fixed("compatibility"),
        }),
        metering: "slices".to_owned(),
    }
}

fn unit(text: &str, function: &str, types: &[Type]) -> Arc<Unit> {
    let engine = Engine::builder().build().expect("the engine can be made");
    let program = engine.compile(&Source::new("main.py", text)).expect("the program can be parsed");
    let mut checked = program.check(Request::Entry(function, types)).expect("the program is right");
    checked.units.remove(0)
}

#[test]
fn keys_are_those_that_are_checked_in() {
    let mut lines = vec![
        "# Keys of fixed inputs. A change here is a change of what a key covers or of how it is encoded:"
            .to_owned(),
        "# with a changed encoding, raise the version in the contexts of `host/src/cache/key.rs`.".to_owned(),
        format!("level 0: {}", l0().key()),
        format!("level 2: {}", l2().key()),
    ];
    for (name, text, function, types) in PROGRAMS {
        lines.push(format!("level 1, {name}: {}", l1(&unit(text, function, types)).key()));
    }
    let got = lines.join("\n") + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(GOLDEN, &got).expect("the file can be written");
    }
    let wanted = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    assert_eq!(got, wanted, "run with BLESS=1 if the change is meant");
    let distinct: std::collections::BTreeSet<&str> =
        lines[2..].iter().filter_map(|l| l.split(": ").nth(1)).collect();
    assert_eq!(distinct.len(), lines.len() - 2);
}

/// (What is edited, the program before, the program after): the canonical form must stay.
const IRRELEVANT: &[(&str, &str, &str)] = &[
    ("a comment", "def f(x):\n    return x + 1\n", "def f(x):  # here\n    # and here\n    return x + 1\n"),
    ("blank lines", "def f(x):\n    return x + 1\n", "\n\ndef f(x):\n\n    return x + 1\n"),
    ("a docstring", "def f(x):\n    return x + 1\n", "def f(x):\n    \"\"\"Adds.\"\"\"\n    return x + 1\n"),
    ("annotations", "def f(x):\n    return x + 1\n", "def f(x: int) -> int:\n    return x + 1\n"),
    (
        "an annotated local",
        "def f(x):\n    y = x + 1\n    return y\n",
        "def f(x):\n    y: int = x + 1\n    return y\n",
    ),
    (
        "a local's name",
        "def f(x):\n    y = x + 1\n    return y\n",
        "def f(x):\n    z = x + 1\n    return z\n",
    ),
    ("a parameter's name", "def f(x):\n    return x + 1\n", "def f(value):\n    return value + 1\n"),
    ("formatting", "def f(x):\n    return x + 1\n", "def f( x ) :\n  return (x\n      +1)\n"),
    (
        "the order of definitions",
        "def g(x):\n    return x * 2\n\n\ndef f(x):\n    return g(x)\n",
        "def f(x):\n    return g(x)\n\n\ndef g(x):\n    return x * 2\n",
    ),
    (
        "a callee's name",
        "def g(x):\n    return x * 2\n\n\ndef f(x):\n    return g(x)\n",
        "def twice(x):\n    return x * 2\n\n\ndef f(x):\n    return twice(x)\n",
    ),
    (
        "unused code",
        "def f(x):\n    return x + 1\n",
        "K = 5\n\n\ndef h(x):\n    return K\n\n\ndef f(x):\n    return x + 1\n",
    ),
    (
        "a constant's name",
        "K = 3\n\n\ndef f(x):\n    return x * K\n",
        "M = 3\n\n\ndef f(x):\n    return x * M\n",
    ),
];

#[test]
fn edits_that_mean_nothing_keep_the_key() {
    for (what, before, after) in IRRELEVANT {
        let keys = [before, after].map(|text| l1(&unit(text, "f", &[Type::Int])).key());
        assert_eq!(keys[0], keys[1], "{what}");
    }
}

#[test]
fn edits_that_mean_something_change_the_key() {
    let base = "def g(x):\n    return x * 2\n\n\ndef f(x):\n    return g(x) + 1\n";
    let mut seen = vec![l1(&unit(base, "f", &[Type::Int])).key()];
    for (from, to) in
        [("* 2", "* 3"), ("+ 1", "+ 2"), ("+ 1", "- 1"), ("g(x) +", "g(x + 1) +"), ("x * 2", "2 * x")]
    {
        let key = l1(&unit(&base.replace(from, to), "f", &[Type::Int])).key();
        assert!(!seen.contains(&key), "{from} -> {to}");
        seen.push(key);
    }
    let key = l1(&unit(base, "f", &[Type::Float])).key();
    assert!(!seen.contains(&key), "other types of arguments");
}

/// What the cache in a folder holds: payloads by kind and key. Times and producers are not part of it.
fn payloads(project: &Project) -> BTreeMap<(String, String), Vec<u8>> {
    payloads_of(&Cache::open(project.cache_options()))
}

fn payloads_of(cache: &Cache) -> BTreeMap<(String, String), Vec<u8>> {
    let payload = |path: &Path| {
        let mut bytes = std::fs::read(path).expect("the entry can be read");
        let footer = bytes.len() - 64;
        let length = u64::from_le_bytes(bytes[footer + 16..footer + 24].try_into().expect("eight bytes"));
        bytes.truncate(length as usize);
        bytes
    };
    let dir = cache.dir().expect("a folder").to_owned();
    cache.list().into_iter().map(|e| ((e.kind.to_string(), e.key), payload(&dir.join(&e.path)))).collect()
}

#[test]
fn equal_programs_give_equal_bytes() {
    let (one, two) = (warm(), warm());
    assert_eq!(payloads(&one), payloads(&two));
    assert!(payloads(&one).len() >= 4);
}

/// Not a test of its own: what [`another_process_makes_the_same_bytes`] starts.
#[test]
fn a_process_of_its_own() {
    let Some(folder) = std::env::var_os(CHILD) else { return };
    let options = CacheOptions {
        mode: Mode::ReadWrite,
        dir: Some(Path::new(&folder).join("cache")),
        secret: Some(ovenbird::cache::Secret::from_bytes([9; 32])),
        ..CacheOptions::default()
    };
    let single = std::env::var_os("SINGLE").is_some();
    let native = EngineOptions { parallel_compilation: !single, ..EngineOptions::default() };
    let engine = Engine::builder().cache(Cache::open(options)).native(native).build().expect("an engine");
    let grants = ovenbird_tests::project::grants(&Path::new(&folder).join("files"));
    let source = Source::new("main.py", MAIN).grants(grants.clone());
    let program = engine.compile(&source).expect("the program can be parsed");
    let outcome = program.run(&Tenant::default().grants(grants), Output::Capture(Vec::new()));
    assert_eq!(outcome.output.captured(), b"90\n");
}

#[test]
fn another_process_makes_the_same_bytes() {
    let run = |environment: &[(&str, &str)], nested: &str| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = folder.path().join("files");
        std::fs::create_dir_all(&files).expect("a folder");
        std::fs::create_dir_all(files.join(nested)).expect("a folder");
        std::fs::write(files.join("helpers.py"), HELPERS).expect("written");
        std::fs::write(files.join("deep.py"), DEEP).expect("written");
        let mut child = Command::new(std::env::current_exe().expect("this program"));
        child.args(["--exact", "keys::a_process_of_its_own", "--test-threads=1"]).env_clear();
        for (name, value) in environment {
            child.env(name, value);
        }
        child.env(CHILD, folder.path()).current_dir(files.join(nested));
        let output = child.output().expect("the process can be started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        let options = CacheOptions {
            mode: Mode::ReadOnly,
            dir: Some(folder.path().join("cache")),
            secret: Some(ovenbird::cache::Secret::from_bytes([9; 32])),
            ..CacheOptions::default()
        };
        payloads_of(&Cache::open(options))
    };
    let one = run(&[("A", "1"), ("B", "2"), ("LANG", "C")], ".");
    let two = run(&[("SINGLE", "1"), ("B", "3"), ("A", "2"), ("TZ", "Asia/Tokyo")], "some/where/else");
    assert!(one.keys().filter(|(kind, _)| kind == "native").count() >= 2, "{:?}", one.keys());
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    assert_eq!(one, two);
}
