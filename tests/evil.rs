//! Hostile guests, sources, files, paths and modules, and how each of them ends: a table of outcomes in
//! `evil/outcomes.txt`, one line a case, rewritten with `BLESS=1`. Whatever the outcome, it is an [`Error`]
//! of the right kind or a plain result: never a panic, an abort, or an internal error. Limits are small, so
//! that each case ends soon; nothing here measures time.
//!
//! The guests are the `.py` files in `evil/`; a first line `# limits: cpu=… memory=… deadline_ms=… clock=no`
//! changes their limits. Cases that have to be made are in `evil/*.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};
use ovenbird::{CompileBudget, CompileLimit, Engine, Error, Grants, Limits, Output, Source, Tenant, Value};
use ovenbird_tests::{files, golden};

#[path = "evil/modules.rs"]
mod modules;
#[path = "evil/parquet_files.rs"]
mod parquet_files;
#[path = "evil/paths.rs"]
mod paths;
#[path = "evil/proposals.rs"]
mod proposals;
#[path = "evil/sources.rs"]
mod sources;

/// A case: its name, and what gives its outcome.
type Case = (String, Box<dyn Fn() -> String + Send + Sync>);

/// Makes a case.
fn case(name: impl Into<String>, run: impl Fn() -> String + Send + Sync + 'static) -> Case {
    (name.into(), Box::new(run))
}

fn main() {
    let arguments = Arguments::from_args();
    let mut cases = guests();
    cases.extend(sources::cases());
    cases.extend(paths::cases());
    cases.extend(parquet_files::cases());
    cases.extend(modules::cases());
    cases.extend(proposals::cases());
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    let table = files::root().join("tests/evil/outcomes.txt");
    if golden::blessing() {
        let mut lines = Vec::new();
        for (name, run) in &cases {
            eprintln!("{name}");
            lines.push(format!("{name}: {}\n", run()));
        }
        std::fs::write(&table, lines.concat()).expect("the table can be written");
    }
    let text = std::fs::read_to_string(&table).unwrap_or_default();
    let wanted: BTreeMap<String, String> =
        text.lines().filter_map(|l| l.split_once(": ")).map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
    let names: Vec<&String> = cases.iter().map(|case| &case.0).collect();
    let gone: Vec<String> = wanted.keys().filter(|name| !names.contains(name)).cloned().collect();
    let mut trials = vec![Trial::test("every outcome belongs to a case", move || match gone.as_slice() {
        [] => Ok(()),
        gone => Err(format!("no such cases: {}", gone.join(", ")).into()),
    })];
    for (name, run) in cases {
        let expected = wanted.get(&name).cloned();
        trials.push(Trial::test(name, move || {
            let got = run();
            if got.contains("internal error") {
                return Err(got.into());
            }
            match &expected {
                None => Err(format!("not in the table (BLESS=1 adds it): {got}").into()),
                Some(wanted) if *wanted == got => Ok(()),
                Some(wanted) => Err(format!("wanted: {wanted}\n   got: {got}").into()),
            }
        }));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// Small limits.
fn limits() -> Limits {
    let limits = Limits::default().cpu_units(20_000_000).memory_bytes(32 << 20).output_bytes(64 << 10);
    limits.deadline(Duration::from_secs(120)).host_bytes(8 << 20).bytes_read(8 << 20).rows_read(1_000_000)
}

/// The `.py` files.
fn guests() -> Vec<Case> {
    let folder = files::root().join("tests/evil");
    let cases = files::find(&folder, "py").into_iter().map(|path| {
        let name = files::shown(&path, &folder);
        let text = std::fs::read_to_string(&path).expect("the guest can be read");
        case(name.clone(), move || guest(&name, &text))
    });
    cases.collect()
}

fn guest(name: &str, text: &str) -> String {
    let mut limits = limits();
    let mut clock = true;
    let asked = text.lines().next().and_then(|line| line.strip_prefix("# limits: ")).unwrap_or_default();
    for (key, value) in asked.split_whitespace().filter_map(|part| part.split_once('=')) {
        let number = value.parse().unwrap_or(0);
        limits = match key {
            "cpu" => limits.cpu_units(number),
            "memory" => limits.memory_bytes(number),
            "deadline_ms" => limits.deadline(Duration::from_millis(number)),
            _ => limits,
        };
        clock = clock && (key, value) != ("clock", "no");
    }
    let grants = Grants::none().clock(clock);
    run(name, text, &Tenant::default().limits(limits).grants(grants))
}

/// Runs a program and says how it ended.
fn run(name: &str, text: &str, tenant: &Tenant) -> String {
    let engine = Engine::builder().build().expect("the engine can be made");
    let source = Source::new(name, text).grants(tenant.grants.clone());
    // As patient as with running: on a busy machine the default would be an outcome of its own.
    let budget = CompileBudget::default().with(CompileLimit::Time, 120_000_000_000);
    let program = match engine.compile_within(&source, &budget) {
        Ok(program) => program,
        Err(error) => return outcome(&Err(error), &[]),
    };
    let ended = program.run(tenant, Output::Capture(Vec::new()));
    let printed = ended.output.captured();
    assert!(printed.len() as u64 <= tenant.limits.output_bytes, "{} bytes printed", printed.len());
    outcome(&ended.result, printed)
}

/// One line that says how a run ended.
fn outcome(result: &Result<Value, Error>, printed: &[u8]) -> String {
    match result {
        Ok(Value::None) => shown("ok", &String::from_utf8_lossy(printed)),
        Ok(value) => shown("ok", &format!("{value:?}")),
        Err(Error::Compile(error)) => {
            let first = error.diagnostics.first();
            assert!(!error.render(false).is_empty() && !error.to_json().is_empty());
            shown(first.code.as_str(), &first.message)
        }
        Err(Error::Raised(raised)) => shown("raised", &raised.summary()),
        Err(Error::Limit { limit, .. }) => shown("limit", limit.which.name()),
        Err(Error::Denied(what)) => shown("denied", what),
        Err(Error::Signature(what)) => shown("signature", what),
        Err(Error::Host { error, .. }) => shown("host", &error.to_string()),
        Err(Error::Io(what)) => shown("io", what),
        Err(error) => shown("internal error", &error.to_string()),
    }
}

/// `kind - text`, without control characters and not endless.
fn shown(kind: &str, text: &str) -> String {
    let mut short: String = text.trim_end().chars().take(160).flat_map(char::escape_debug).collect();
    if text.trim_end().chars().count() > 160 {
        short.push('…');
    }
    if short.is_empty() { kind.to_owned() } else { format!("{kind} - {short}") }
}
