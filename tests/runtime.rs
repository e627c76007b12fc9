//! The build without the compiler, end to end: bundles that the full build makes, run by programs that have no
//! compiler in them: the command line, and a host of its own (`tests/embedded`). Those are built first, into a folder of
//! their own, so these tests are ignored elsewhere:
//!
//! ```text
//! cargo build --release -p ovenbird -p ovenbird-embedded --no-default-features --features ovenbird/loader \
//!     --target-dir target/runtime
//! cargo test --release --workspace --test runtime -- --ignored
//! ```

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ovenbird::bundle::{self, BuildRequest, SecretKey, Target};
use ovenbird::levels::Level;
use ovenbird::{Engine, Source};
use ovenbird_compiler::types::Type;
use ovenbird_tests::files::root;
use ovenbird_tests::project::Project;
use serde_json::Value;

const PROGRAM: &str = "\
import pandas as pd


def score(x: float, y: float):
    return 0.3 * x + 0.7 * y


def pick(n: int):
    return [10, 20][n]


def shout(text: str):
    return text.upper() + '!'


def spin(n: int):
    while True:
        n += 1
    return n


def total(path: str):
    return pd.read_parquet(path)['power'].sum()


print('ready', score(1.0, 2.0))
";

/// A signed bundle on disk, with whatever native code it was made with.
struct Bundled {
    project: Project,
    file: PathBuf,
}

fn key() -> SecretKey {
    SecretKey::from_bytes([1; 32])
}

/// Everything of [`PROGRAM`] that needs no dataset.
fn request(targets: &[Target]) -> BuildRequest {
    let function = |name: &str, params: &[Type]| (name.to_owned(), params.to_vec());
    BuildRequest {
        body: true,
        functions: vec![
            function("score", &[Type::Float, Type::Float]),
            function("pick", &[Type::Int]),
            function("shout", &[Type::Str]),
            function("spin", &[Type::Int]),
        ],
        targets: targets.to_vec(),
        ..BuildRequest::default()
    }
}

fn bundle(request: &BuildRequest, keys: &[&SecretKey]) -> Bundled {
    let project = Project::new(&[("app.py", PROGRAM)]);
    let source = Source::new("app.py", PROGRAM).grants(project.grants());
    let program = Engine::builder().build().and_then(|engine| engine.compile(&source)).expect("it compiles");
    let bytes = bundle::build(&program, request, keys).expect("built");
    let file = project.path("app.oven");
    std::fs::write(&file, bytes).expect("written");
    Bundled { project, file }
}

/// The program without a compiler.
fn runtime() -> PathBuf {
    let built = root().join("target/runtime/release/ovenbird");
    assert!(built.exists(), "{} is not built; see the head of this file", built.display());
    built
}

impl Bundled {
    /// Runs the bundle, or a function of it, trusting our key.
    fn run(&self, function: &str, args: &[&str]) -> Output {
        let trust = key().public().to_string();
        self.run_as(function, &[&["--trust", &trust], args].concat())
    }

    fn run_as(&self, function: &str, args: &[&str]) -> Output {
        let target = format!("{}{function}", self.file.display());
        // No environment: nothing is found that was not named.
        Command::new(runtime()).arg("run").arg(target).args(args).env_clear().output().expect("it starts")
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it ends by itself")
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("text")
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("text")
}

/// The error that `--json` reports, and its exit code.
fn refusal(output: &Output) -> (i32, String, String) {
    let json: Value = serde_json::from_str(stderr(output)).expect("one line of JSON");
    let text = |name: &str| json["error"][name].as_str().unwrap_or_default().to_owned();
    (code(output), text("code"), text("message"))
}

#[test]
#[ignore = "needs target/runtime; .ci/run builds it"]
fn a_bundle_of_the_full_build_runs() {
    for target in [Target::Native, Target::Level(Level::X86_64V2)] {
        let app = bundle(&request(&[target]), &[&key()]);
        let body = app.run("", &[]);
        assert_eq!((code(&body), stdout(&body)), (0, "ready 1.7\n"), "{}", stderr(&body));
        for (function, args, result) in [
            ("::score", &["1", "2.5"][..], "2.05\n"),
            ("::score", &["-1", "-2"], "-1.7\n"),
            ("::pick", &["1"], "20\n"),
            ("::shout", &["oven"], "'OVEN!'\n"),
        ] {
            let output = app.run(function, args);
            assert_eq!((code(&output), stdout(&output)), (0, result), "{function}: {}", stderr(&output));
        }
    }
}

#[test]
#[ignore = "needs target/runtime; .ci/run builds it"]
fn usage_is_told_and_the_code_is_native() {
    let app = bundle(&request(&[Target::Native]), &[&key()]);
    let output = app.run("::score", &["--json", "1", "2"]);
    let json: Value = serde_json::from_str(stderr(&output)).expect("one line of JSON");
    assert_eq!(json["units"][0]["from"], "hit.l2");
    assert!(json["wall_s"].as_f64().is_some_and(|wall| wall > 0.0), "{json}");
}

#[test]
#[ignore = "needs target/runtime; .ci/run builds it"]
fn limits_and_exceptions_end_as_everywhere() {
    let app = bundle(&request(&[Target::Native]), &[&key()]);
    let output = app.run("::spin", &["1", "--time-limit", "0.05"]);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    let output = app.run("::pick", &["5"]);
    assert_eq!(code(&output), 1);
    let shown = stderr(&output);
    assert!(shown.contains("line 9, in pick\n    return [10, 20][n]"), "{shown}");
    assert!(shown.contains("IndexError"), "{shown}");
    let output = app.run("::pick", &["nine"]);
    assert_eq!(code(&output), 2, "another type: {}", stderr(&output));
}

#[test]
#[ignore = "needs target/runtime; .ci/run builds it"]
fn a_dataset_is_read_within_the_grant() {
    let data = root().join("examples/data");
    let project = Project::new(&[("app.py", PROGRAM)]);
    std::fs::copy(data.join("cycling_dataset.pq"), project.path("rides.pq")).expect("copied");
    let source = Source::new("app.py", PROGRAM).grants(project.grants());
    let program = Engine::builder().build().and_then(|engine| engine.compile(&source)).expect("it compiles");
    let total =
        program.entry_for("total", &[ovenbird::Value::Str("rides.pq".to_owned())]).expect("it compiles");
    let functions = vec![("total".to_owned(), total.params().to_vec())];
    let wanted =
        BuildRequest { body: false, functions, targets: vec![Target::Native], ..BuildRequest::default() };
    let file = project.path("app.oven");
    std::fs::write(&file, bundle::build(&program, &wanted, &[&key()]).expect("built")).expect("written");
    let app = Bundled { project, file };
    let output = app.run("::total", &["rides.pq"]);
    let sum: f64 = stdout(&output).trim().parse().unwrap_or_else(|_| panic!("{}", stderr(&output)));
    let expected = match total.call(&app.project.tenant(), &[ovenbird::Value::Str("rides.pq".to_owned())]) {
        Ok(ovenbird::Value::Float(sum)) => sum,
        Ok(ovenbird::Value::Int(sum)) => sum as f64,
        other => panic!("{other:?}"),
    };
    assert_eq!(sum, expected);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let dir = elsewhere.path().display().to_string();
    let output = app.run("::total", &["rides.pq", "--dir", &dir]);
    assert_ne!(code(&output), 0, "it is not in the directory that is granted");
}

#[test]
#[ignore = "needs target/runtime; .ci/run builds it"]
fn a_bundle_without_code_for_this_machine_is_refused_when_it_is_opened() {
    // Also if what is asked for is not in it: it is refused as a whole, before anything is looked for.
    let elsewhere = if cfg!(target_arch = "aarch64") { Level::X86_64V2 } else { Level::Aarch64 };
    let name = elsewhere.triple().split('-').next().unwrap_or_default();
    let app = bundle(&request(&[Target::Level(elsewhere)]), &[&key()]);
    let (code, kind, message) = refusal(&app.run("::absent", &["--json"]));
    assert_eq!((code, kind.as_str()), (2, "no_native_code"), "{message}");
    assert!(message.ends_with(&format!("for this machine: this CPU lacks {name}")), "{message}");
    let app = bundle(&request(&[]), &[&key()]);
    let (code, kind, message) = refusal(&app.run("::absent", &["--json"]));
    assert_eq!((code, kind.as_str()), (2, "no_native_code"), "{message}");
    assert!(message.ends_with("it has wasm only"), "{message}");
}

#[test]
#[ignore = "needs target/runtime; .ci/run builds it"]
fn code_of_a_revoked_engine_is_refused() {
    let app = bundle(&request(&[Target::Native]), &[&key()]);
    let trust = app.project.path("trust");
    let lines = format!("trust {} ours\nrevoke-engine wasmtime-48.0.8 miscompiles\n", key().public());
    std::fs::write(&trust, lines).expect("written");
    let trust = trust.display().to_string();
    let (code, kind, message) = refusal(&app.run_as("", &["--json", "--trust-file", &trust]));
    assert_eq!((code, kind.as_str()), (2, "no_native_code"), "{message}");
    assert!(message.contains("revoked engine"), "{message}");
}

#[test]
#[ignore = "needs target/runtime; .ci/run builds it"]
fn only_what_a_trusted_key_signed_runs() {
    let targets = [Target::Native];
    let app = bundle(&request(&targets), &[]);
    let (code, kind, _) = refusal(&app.run("", &["--json"]));
    assert_eq!((code, kind.as_str()), (4, "denied"), "not signed");
    let app = bundle(&request(&targets), &[&SecretKey::from_bytes([2; 32])]);
    let (code, kind, _) = refusal(&app.run("", &["--json"]));
    assert_eq!((code, kind.as_str()), (4, "denied"), "a stranger's");
    let app = bundle(&request(&targets), &[&key()]);
    let good = std::fs::read(&app.file).expect("read");
    for at in (0..good.len()).step_by(good.len() / 40 + 1) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(&app.file, bad).expect("written");
        let (code, ..) = refusal(&app.run("", &["--json"]));
        assert!([2, 4].contains(&code), "byte {at}: exit code {code}");
    }
}

#[test]
#[ignore = "needs target/runtime; .ci/run builds it"]
fn what_compiles_is_not_even_there() {
    let commands = Command::new(runtime()).arg("--help").output().expect("it starts");
    let shown = stdout(&commands);
    for absent in ["build", "eval", "check", "dump", "cache", "explain"] {
        assert!(!shown.contains(&format!("\n  {absent} ")), "{shown}");
    }
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--package", "ovenbird", "--no-default-features", "--features", "loader"])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let tree = stdout(&tree);
    assert!(tree.contains("wasmtime v"), "{tree}");
    for absent in
        ["cranelift-codegen", "wasmtime-cranelift", "regalloc2", "ruff_", "wasm-encoder", "ovenbird-stdlib"]
    {
        let found: Vec<&str> = tree.lines().filter(|line| line.starts_with(absent)).collect();
        assert!(found.is_empty(), "{found:?}");
    }
    // Their names would be in it: of the panics' places, if of nothing else.
    let program = std::fs::read(runtime()).expect("read");
    for absent in ["cranelift-codegen-", "ruff_python_parser-"] {
        assert!(!contains(&program, absent.as_bytes()), "{absent} is linked");
    }
    assert!(contains(&program, b"wasmtime-48"), "the names of other crates are");
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[test]
#[ignore = "needs target/runtime; .ci/run builds it"]
fn it_is_described_without_being_used() {
    let app = bundle(&request(&[Target::Level(Level::Aarch64)]), &[]);
    let inspect = |file: &Path| {
        Command::new(runtime()).args(["bundle", "inspect"]).arg(file).env_clear().output().expect("it starts")
    };
    let output = inspect(&app.file);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("callable score(float, float) -> float"), "{}", stdout(&output));
    std::fs::write(&app.file, b"OVENBNDL").expect("written");
    assert_eq!(code(&inspect(&app.file)), 2);
}

/// For a host of its own (`tests/embedded`): functions of the host, rows of batches, whole batches.
const EMBEDDED: &str = "\
from rates import note, rate


def price(net, day):
    return net * rate(day)


def label(net, day):
    return str(net) + ' on ' + str(day)


def dear(df):
    kept = df[df['net'] > 10.0]
    return kept


note('loaded')
print(price(1.0, 3))
";

const LINES: &str = "\
price without rates: error: the host function `rates.rate(int) -> float` is not registered
price: 25
the call of rate is paid for: true
price of one who is denied it: error: denied: access to the host module `rates` is not granted
price of one who cannot pay: error: CPU limit exceeded
calls of rate: 1
note: loaded
body: 1.5
price of rows: price [1, NULL, 9]
calls of rate for them: 2
label of rows: label [1.0 on 2, NULL, 3.0 on 6]
price for other rows: error: the bundle has `price` for rows
absent for rows: error: the bundle has no function `absent` for rows
dear: net [20, 30] day [4, 6]
";

/// Fails without: linking functions of the embedder in a build without the compiler; rows in bundles.
#[test]
#[ignore = "needs target/runtime; .ci/run builds it"]
fn a_host_without_a_compiler_has_functions_of_its_own_and_batches() {
    use ovenbird::{Cost, HostModule};
    use ovenbird_compiler::border::{Border, Column, ColumnKind};
    use ovenbird_compiler::types::Storage;

    let rates = HostModule::new("rates").expect("a name");
    let rates = rates
        .function("rate", Cost::units(1000), |day: i64| day as f64)
        .and_then(|m| m.function("note", Cost::units(1).per_byte(1), |_: &str| ()));
    let source = Source::new("app.py", EMBEDDED).host(rates.expect("functions"));
    let column = |storage, nullable| Column { kind: ColumnKind::Plain(storage), nullable };
    let columns = [("net", column(Storage::Float64, true)), ("day", column(Storage::Int64, false))];
    let frame = Border::Frame(columns.map(|(name, column)| (name.into(), column)).to_vec()).ty();
    let request = BuildRequest {
        body: true,
        functions: vec![
            ("price".to_owned(), vec![Type::Float, Type::Int]),
            ("dear".to_owned(), vec![frame.clone()]),
        ],
        rows: vec![("price".to_owned(), frame.clone()), ("label".to_owned(), frame)],
        targets: vec![Target::Native],
        strip: false,
    };
    let program = Engine::builder().build().and_then(|engine| engine.compile(&source)).expect("parsed");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("app.oven");
    std::fs::write(&file, bundle::build(&program, &request, &[&key()]).expect("built")).expect("written");
    let host = runtime().with_file_name("ovenbird-embedded");
    assert!(host.exists(), "{} is not built; see the head of this file", host.display());
    let output = Command::new(&host)
        .arg(&file)
        .arg(key().public().to_string())
        .env_clear()
        .output()
        .expect("it starts");
    assert_eq!((code(&output), stderr(&output)), (0, ""), "{}", stdout(&output));
    let lines: Vec<&str> = stdout(&output).lines().collect();
    let wanted: Vec<&str> = LINES.lines().collect();
    assert_eq!(lines.len(), wanted.len(), "{lines:#?}");
    for (line, wanted) in lines.iter().zip(wanted) {
        assert!(line.starts_with(wanted), "{line}");
    }
    let program = std::fs::read(&host).expect("read");
    for absent in ["cranelift-codegen-", "ruff_python_parser-"] {
        assert!(!contains(&program, absent.as_bytes()), "{absent} is linked");
    }
}
