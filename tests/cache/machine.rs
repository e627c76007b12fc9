//! Machines that bundles come to, and what comes to them.

use std::path::PathBuf;

use ovenbird::bundle::{self, BuildRequest, Description, SecretKey, Target};
use ovenbird::cache::{Mode, Secret};
use ovenbird::engine_config::EngineOptions;
use ovenbird::levels::Level;
use ovenbird::{
    Cache, CacheOptions, Engine, LoadedBundle, Output, Source, Tenant, Trust, UnitInfo, WorkerOptions,
};
use ovenbird_compiler::types::Type;
use ovenbird_tests::project::Project;

/// A script with a function that is kept.
pub(crate) const SCRIPT: &str = "\
import ovenbird

K = 3


@ovenbird.jit(cache=True)
def f(x):
    return x * K


def pick(xs: int) -> int:
    return [10, 20][xs]


print(f(2), f(0.5))
";

/// The key of whoever is trusted.
pub(crate) fn key() -> SecretKey {
    SecretKey::from_bytes([1; 32])
}

/// Somebody else's key.
pub(crate) fn stranger() -> SecretKey {
    SecretKey::from_bytes([2; 32])
}

/// Trusts [`key`] and nobody else.
pub(crate) fn trust() -> Trust {
    Trust::nobody().key(key().public(), "ours")
}

/// The script in a folder of its own.
pub(crate) fn project() -> Project {
    Project::new(&[("main.py", SCRIPT)])
}

/// All of the script, for these CPU levels.
pub(crate) fn request(targets: &[Level]) -> BuildRequest {
    BuildRequest {
        body: true,
        functions: vec![
            ("f".to_owned(), vec![Type::Int]),
            ("f".to_owned(), vec![Type::Float]),
            ("pick".to_owned(), vec![Type::Int]),
        ],
        targets: targets.iter().map(|level| Target::Level(*level)).collect(),
        ..BuildRequest::default()
    }
}

/// The project's script as a bundle.
pub(crate) fn build(project: &Project, request: &BuildRequest, keys: &[&SecretKey]) -> Vec<u8> {
    let engine = Engine::builder().build().expect("the engine can be made");
    bundle::build(&project.program(&engine, "main.py"), request, keys).expect("the bundle can be built")
}

/// A bundle of one small function, without native code.
pub(crate) fn small(keys: &[&SecretKey]) -> Vec<u8> {
    let project = Project::new(&[("main.py", "def add(x, y):\n    return x + y\n")]);
    let functions = vec![("add".to_owned(), vec![Type::Float, Type::Float])];
    build(&project, &BuildRequest { functions, ..BuildRequest::default() }, keys)
}

/// Another machine: a cache folder and a secret of its own, and a CPU of at most this level.
pub(crate) struct Machine {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) secret: u8,
    pub(crate) level: Option<Level>,
    /// What its user says of what came from elsewhere.
    pub(crate) trust: Trust,
    /// Folders of others that it reads.
    pub(crate) read_also: Vec<PathBuf>,
}

impl Machine {
    /// With all that this CPU has.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Machine { folder, secret: 9, level: None, trust: trust(), read_also: Vec::new() }
    }

    /// With a CPU of this level.
    pub(crate) fn of_level(level: Level) -> Self {
        Machine { level: Some(level), ..Self::new() }
    }

    /// Its cache.
    pub(crate) fn cache(&self) -> Cache {
        self.cache_in(Mode::ReadWrite)
    }

    /// The same in another mode.
    pub(crate) fn cache_in(&self, mode: Mode) -> Cache {
        Cache::open(CacheOptions {
            mode,
            dir: Some(self.folder.path().join("cache")),
            read_also: self.read_also.clone(),
            secret: Some(Secret::from_bytes([self.secret; 32])),
            trust: Some(self.trust.clone()),
            ..CacheOptions::default()
        })
    }

    /// An engine as a new process would make it.
    pub(crate) fn engine(&self) -> Engine {
        self.engine_with(self.cache())
    }

    /// The same with this cache.
    pub(crate) fn engine_with(&self, cache: Cache) -> Engine {
        let native = EngineOptions { level: self.level, ..EngineOptions::default() };
        let builder = Engine::builder().cache(cache).native(native);
        // `worker.rs` takes this file in as well: there, code is loaded and run in worker processes.
        let builder = match module_path!().starts_with("worker") {
            true => builder.workers(WorkerOptions::default().program(env!("CARGO_BIN_EXE_command_line"))),
            false => builder,
        };
        builder.build().expect("the engine can be made")
    }

    /// Every file of the cache with its contents.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else {
                    found.push((entry.path(), std::fs::read(entry.path()).expect("a file")));
                }
            }
        }
        found.sort();
        found
    }
}

/// Runs a script from its source; gives what it printed and where its units came from.
pub(crate) fn run_source(engine: &Engine, text: &str) -> (String, Vec<UnitInfo>) {
    let program = engine.compile(&Source::new("main.py", text)).expect("the program can be parsed");
    let outcome = program.run(&Tenant::default(), Output::Capture(Vec::new()));
    outcome.result.expect("it runs");
    (String::from_utf8_lossy(outcome.output.captured()).into_owned(), outcome.units)
}

/// Runs a bundle's module body; gives what it printed and where its units came from.
pub(crate) fn run(bundle: &LoadedBundle) -> (String, Vec<UnitInfo>) {
    let outcome = bundle.run(&Tenant::default(), Output::Capture(Vec::new()));
    outcome.result.expect("it runs");
    (String::from_utf8_lossy(outcome.output.captured()).into_owned(), outcome.units)
}

/// Why units were not loaded.
pub(crate) fn reasons(units: &[UnitInfo]) -> Vec<String> {
    units.iter().filter_map(|unit| unit.provenance.reason()).collect()
}

/// What is in a bundle.
pub(crate) fn describe(bytes: &[u8]) -> Description {
    bundle::describe(bytes, &trust()).expect("a whole bundle")
}
