//! The cache's files as many processes and bad surroundings treat them: damage, crashes, races, full and
//! read-only disks, eviction, remembered diagnostics, and scopes. By counts and reasons, never by time,
//! except where time is what is promised.
//!
//! What happens at each single file operation is tested beside the code, in `host/src/cache/tests/`; there `owners.rs` does
//! for every user what can be done here with real files by root only.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output as Finished, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ovenbird::cache::{Event, Secret};
use ovenbird::engine_config::EngineOptions;
use ovenbird::{Cache, CacheOptions, Engine, Output, Source, Tenant};
use ovenbird_tests::project::grants;

#[path = "cache/concurrency.rs"]
mod concurrency;
#[path = "cache/environment.rs"]
mod environment;
#[path = "cache/eviction.rs"]
mod eviction;
#[path = "cache/integrity.rs"]
mod integrity;
#[path = "cache/negative.rs"]
mod negative;
#[path = "cache/roots.rs"]
mod roots;
#[path = "cache/scopes.rs"]
mod scopes;

/// A function and the module's body: two units.
const PROGRAM: &str = "\
import ovenbird


@ovenbird.jit(cache=True)
def f(x):
    total = 0
    for i in range(x):
        total += i * i
    return total


print(f(10))
";
const PRINTED: &str = "285\n";
const UNITS: u64 = 2;

/// Tells a process that it is a worker, and for which folder.
const WORKER: &str = "OVENBIRD_TEST_WORKER";
/// A file that a worker makes when it has the right to make its first entry, to wait from then on.
const HOLD: &str = "OVENBIRD_TEST_HOLD";
/// A file that a worker waits for before it begins.
const GO: &str = "OVENBIRD_TEST_GO";

/// A folder of a worker's own; it only reads that of the place then.
const ALSO: &str = "OVENBIRD_TEST_ALSO";

/// Says that a test, or a part of it, was left out: only root can give files away, and become somebody else.
fn not_tested_as(what: &str) {
    eprintln!("not tested, since this is not root: {what}");
}

/// A folder with a program and a cache.
struct Place {
    folder: tempfile::TempDir,
}

/// What a run of the program showed.
#[derive(Debug)]
struct Seen {
    printed: String,
    compiles: u64,
    natives: u64,
    reasons: Vec<String>,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("files")).expect("a folder");
        let place = Place { folder };
        place.write("main.py", PROGRAM);
        place
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn cache_dir(&self) -> PathBuf {
        self.path().join("cache")
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join("files").join(name), text).expect("written");
    }

    fn options(&self) -> CacheOptions {
        options(self.path())
    }

    /// Runs the program as a new process would.
    fn run(&self) -> Seen {
        run(self.path(), self.options())
    }

    /// Starts a process that runs the program.
    fn worker(&self) -> Command {
        let mut command = Command::new(std::env::current_exe().expect("this test"));
        command.args(["worker", "--exact", "--nocapture", "--test-threads=1"]).env(WORKER, self.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// A worker that is about to make the first entry, and does not go on.
    fn holder(&self) -> Child {
        let marker = self.path().join("holding");
        let child = self.worker().env(HOLD, &marker).spawn().expect("a worker");
        wait_for(|| marker.exists());
        child
    }

    /// All files of the cache.
    fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.cache_dir()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.path().is_dir() { folders.push(entry.path()) } else { found.push(entry.path()) }
            }
        }
        found
    }

    /// Those with entries in them.
    fn entries(&self) -> Vec<PathBuf> {
        let is_entry = |path: &PathBuf| {
            let end = path.extension().unwrap_or_default();
            ["cwasm", "artifact", "diag"].iter().any(|known| end == *known)
        };
        self.files().into_iter().filter(is_entry).collect()
    }
}

fn options(folder: &Path) -> CacheOptions {
    let dir = Some(folder.join("cache"));
    CacheOptions { dir, secret: Some(Secret::from_bytes([7; 32])), ..CacheOptions::default() }
}

/// Without the direct path, so that both levels are asked.
fn engine(options: CacheOptions) -> Engine {
    Engine::builder().cache(Cache::open(options)).probes(false).build().expect("an engine")
}

fn run(folder: &Path, options: CacheOptions) -> Seen {
    run_with(folder, &engine(options))
}

fn run_with(folder: &Path, engine: &Engine) -> Seen {
    let text = std::fs::read_to_string(folder.join("files/main.py")).expect("the program");
    let grants = grants(&folder.join("files"));
    let program = engine.compile(&Source::new("main.py", text).grants(grants.clone())).expect("it parses");
    let outcome = program.run(&Tenant::default().grants(grants), Output::Capture(Vec::new()));
    let printed = match &outcome.result {
        Ok(_) => String::from_utf8_lossy(outcome.output.captured()).into_owned(),
        Err(error) => error.to_string(),
    };
    // The tests look at the files, or let another process look, while the engine is still there.
    engine.cache().flush();
    let reasons = outcome.units.iter().filter_map(|unit| unit.provenance.reason()).collect();
    Seen { printed, compiles: engine.compiles(), natives: engine.native_compiles(), reasons }
}

impl Seen {
    #[track_caller]
    fn is_right(&self) -> &Self {
        assert_eq!(self.printed, PRINTED);
        self
    }

    /// Fails unless everything came from the cache.
    #[track_caller]
    fn hits(&self) {
        assert_eq!((self.compiles, self.natives), (0, 0), "{self:?}");
    }

    /// Fails unless nothing did.
    #[track_caller]
    fn compiled(&self) {
        assert_eq!((self.compiles, self.natives), (UNITS, UNITS), "{self:?}");
    }
}

/// Not a test by itself: a process that runs the program of a folder and tells what it saw.
#[test]
fn worker() {
    let Some(folder) = std::env::var_os(WORKER) else { return };
    if let Some(go) = std::env::var_os(GO) {
        wait_for(|| Path::new(&go).exists());
    }
    let folder = PathBuf::from(folder);
    let mut options = options(&folder);
    if let Some(own) = std::env::var_os(ALSO) {
        options.read_also.extend(options.dir.replace(own.into()));
    }
    if let Some(marker) = std::env::var_os(HOLD) {
        options.on_event = Some(Arc::new(move |event| {
            if matches!(event, Event::Missed { .. }) && !Path::new(&marker).exists() {
                std::fs::write(&marker, "").expect("the marker");
                std::thread::sleep(Duration::from_secs(60));
            }
        }));
    }
    // One unit after the other, so that it is known what a worker that stops has made.
    let native = EngineOptions { parallel_compilation: false, ..EngineOptions::default() };
    let engine = Engine::builder().cache(Cache::open(options)).native(native).probes(false).build();
    let seen = run_with(&folder, &engine.expect("an engine"));
    println!("\nSEEN {} {} {:?}", seen.compiles, seen.natives, seen.printed);
}

/// What a worker told.
#[track_caller]
fn told(finished: &Finished) -> Seen {
    let text = String::from_utf8_lossy(&finished.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("SEEN "));
    let line = line.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&finished.stderr)));
    let mut parts = line.splitn(3, ' ');
    let mut number = || parts.next().and_then(|part| part.parse().ok()).expect("a number");
    let (compiles, natives) = (number(), number());
    let printed = parts.next().unwrap_or_default().trim_matches('"').replace("\\n", "\n");
    Seen { printed, compiles, natives, reasons: Vec::new() }
}

/// Waits, but not for ever.
#[track_caller]
fn wait_for(is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "it never happened");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Collects what the cache says.
fn listening(options: CacheOptions) -> (CacheOptions, Arc<Mutex<Vec<String>>>) {
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let list = Arc::clone(&said);
    let on_event = Arc::new(move |event: &Event| list.lock().expect("no panic").push(event.to_string()));
    (CacheOptions { on_event: Some(on_event), ..options }, said)
}
