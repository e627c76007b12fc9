//! Processes that are killed at any moment, again and again, while others use the same cache: nothing is
//! lost that was stored, nothing wrong is loaded, and nothing is left behind.
//!
//! A short run by default; `tests/stress/kill.sh` makes it long.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ovenbird::cache::{MAX_AGE, MAX_BYTES, Secret};
use ovenbird::{Cache, CacheOptions, Engine, Output, Source, Tenant};

const WORKER: &str = "OVENBIRD_STRESS_WORKER";
const CYCLES: &str = "OVENBIRD_STRESS_CYCLES";
/// Programs that the workers choose from.
const PROGRAMS: u64 = 6;

fn program(number: u64) -> String {
    let text =
        "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return x * N + N\n\n\nprint(f(3))\n";
    text.replace('N', &(number + 2).to_string())
}

fn printed(number: u64) -> String {
    format!("{}\n", 4 * (number + 2))
}

fn options(folder: &Path) -> CacheOptions {
    let (dir, secret) = (Some(folder.join("cache")), Some(Secret::from_bytes([7; 32])));
    CacheOptions { dir, secret, ..CacheOptions::default() }
}

/// Runs one program; gives what it printed and how many units were compiled.
fn run(folder: &Path, number: u64) -> (String, u64) {
    let engine = Engine::builder().cache(Cache::open(options(folder))).build().expect("an engine");
    let program = engine.compile(&Source::new("main.py", program(number))).expect("it parses");
    let outcome = program.run(&Tenant::default(), Output::Capture(Vec::new()));
    outcome.result.expect("it runs");
    (String::from_utf8_lossy(outcome.output.captured()).into_owned(), engine.compiles())
}

/// Not a test by itself: stores, loads and removes until it is killed.
#[test]
fn worker() {
    let Some(folder) = std::env::var_os(WORKER).map(PathBuf::from) else { return };
    let seed = u64::from(std::process::id());
    for step in 0.. {
        let number = (seed + step) % PROGRAMS;
        let (text, _) = run(&folder, number);
        if text != printed(number) {
            std::fs::write(folder.join("wrong"), text).expect("told");
        }
        let cache = Cache::open(options(&folder));
        match step % 5 {
            3 => drop(cache.trim(60 << 10, MAX_AGE)),
            4 if seed % 7 == 0 => drop(cache.clear()),
            _ => {}
        }
    }
}

#[test]
fn whoever_is_killed_and_whenever_nothing_is_lost_or_wrong() {
    let cycles: u64 = std::env::var(CYCLES).ok().and_then(|text| text.parse().ok()).unwrap_or(50);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let started = Instant::now();
    for cycle in 0..cycles {
        let start = || {
            let mut command = Command::new(std::env::current_exe().expect("this test"));
            command.args(["worker", "--exact", "--test-threads=1"]).env(WORKER, folder.path());
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a worker")
        };
        let mut workers = [start(), start()];
        // Enough to get anywhere between its start and its tenth program.
        std::thread::sleep(Duration::from_micros(5000 + cycle * 7919 % 60_000));
        for worker in &mut workers {
            worker.kill().and_then(|()| worker.wait()).expect("killed");
        }
        let number = cycle % PROGRAMS;
        assert_eq!(run(folder.path(), number).0, printed(number), "cycle {cycle}");
        assert_eq!(run(folder.path(), number), (printed(number), 0), "cycle {cycle}: lost what was stored");
        assert!(!folder.path().join("wrong").exists(), "cycle {cycle}: a worker got a wrong result");
        if cycle % 100 == 99 {
            eprintln!("{} cycles, {:.0} s", cycle + 1, started.elapsed().as_secs_f64());
        }
    }
    let cache = Cache::open(options(folder.path()));
    let bad: Vec<_> = cache.list().into_iter().filter(|entry| entry.verified.is_err()).collect();
    assert!(bad.is_empty(), "{bad:?}");
    leaves_nothing(folder.path(), &cache);
}

/// After hours, a trim removes what the dead have left.
fn leaves_nothing(folder: &Path, cache: &Cache) {
    let version = folder.join("cache/v1");
    let old = std::time::SystemTime::now() - Duration::from_secs(3 * 3600);
    let files = |name: &str| {
        let inside = std::fs::read_dir(version.join(name)).into_iter().flatten().flatten();
        inside.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    for path in files("tmp").iter().chain(&files("locks")) {
        std::fs::File::open(path).and_then(|file| file.set_modified(old)).expect("aged");
    }
    cache.trim(MAX_BYTES, MAX_AGE);
    let left: Vec<PathBuf> = files("tmp").into_iter().chain(files("locks")).collect();
    assert!(left.iter().all(|path| path.ends_with("trim")), "{left:?}");
    assert!(files("quarantine").is_empty(), "nothing was ever damaged");
}
