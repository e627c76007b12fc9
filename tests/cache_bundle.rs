//! Compiled code that leaves the machine: CPU levels, bundles, export and import.

use std::path::PathBuf;

use ovenbird::bundle::{self, BuildRequest, Description, SecretKey, Target};
use ovenbird::cache::Secret;
use ovenbird::cache::key::{L1Recipe, digest};
use ovenbird::engine_config::EngineOptions;
use ovenbird::levels::Level;
use ovenbird::{Cache, CacheOptions, Engine, LoadedBundle, Output, Source, Tenant, Trust, UnitInfo};
use ovenbird_compiler::types::Type;
use ovenbird_tests::project::Project;

#[path = "cache/bundle_host.rs"]
mod bundle_host;
#[path = "cache/bundle.rs"]
mod bundles;
#[path = "cache/levels.rs"]
mod levels;
#[path = "cache/remote.rs"]
mod remote;
#[path = "cache/revoked.rs"]
mod revoked;
#[path = "cache/transfer.rs"]
mod transfer;

const SCRIPT: &str = "\
import ovenbird

K = 3


@ovenbird.jit(cache=True)
def f(x):
    return x * K


def pick(xs: int) -> int:
    return [10, 20][xs]


print(f(2), f(0.5))
";

fn key() -> SecretKey {
    SecretKey::from_bytes([1; 32])
}

fn stranger() -> SecretKey {
    SecretKey::from_bytes([2; 32])
}

/// Trusts [`key`] and nobody else.
fn trust() -> Trust {
    Trust::nobody().key(key().public(), "ours")
}

fn project() -> Project {
    Project::new(&[("main.py", SCRIPT)])
}

fn request(targets: &[Level]) -> BuildRequest {
    BuildRequest {
        body: true,
        functions: vec![
            ("f".to_owned(), vec![Type::Int]),
            ("f".to_owned(), vec![Type::Float]),
            ("pick".to_owned(), vec![Type::Int]),
        ],
        targets: targets.iter().map(|level| Target::Level(*level)).collect(),
        strip: false,
    }
}

/// The project's script as a bundle.
fn build(project: &Project, request: &BuildRequest, keys: &[&SecretKey]) -> Vec<u8> {
    let engine = Engine::builder().build().expect("the engine can be made");
    bundle::build(&project.program(&engine, "main.py"), request, keys).expect("the bundle can be built")
}

/// A bundle of one small function, without native code.
fn small(keys: &[&SecretKey]) -> Vec<u8> {
    let project = Project::new(&[("main.py", "def add(x, y):\n    return x + y\n")]);
    let functions = vec![("add".to_owned(), vec![Type::Float, Type::Float])];
    build(&project, &BuildRequest { functions, ..BuildRequest::default() }, keys)
}

/// Another machine: a cache folder and a secret of its own, and a CPU of at most this level.
struct Machine {
    folder: tempfile::TempDir,
    secret: u8,
    level: Option<Level>,
    /// What its user says of what came from elsewhere.
    trust: Trust,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Machine { folder, secret: 9, level: None, trust: trust() }
    }

    fn of_level(level: Level) -> Self {
        Machine { level: Some(level), ..Self::new() }
    }

    fn cache(&self) -> Cache {
        Cache::open(CacheOptions {
            dir: Some(self.folder.path().join("cache")),
            secret: Some(Secret::from_bytes([self.secret; 32])),
            trust: Some(self.trust.clone()),
            ..CacheOptions::default()
        })
    }

    /// An engine as a new process would make it.
    fn engine(&self) -> Engine {
        let native = EngineOptions { level: self.level, ..EngineOptions::default() };
        Engine::builder().cache(self.cache()).native(native).build().expect("the engine can be made")
    }

    /// Every file of the cache with its contents.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
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
fn run_source(engine: &Engine, text: &str) -> (String, Vec<UnitInfo>) {
    let program = engine.compile(&Source::new("main.py", text)).expect("the program can be parsed");
    let outcome = program.run(&Tenant::default(), Output::Capture(Vec::new()));
    outcome.result.expect("it runs");
    (String::from_utf8_lossy(outcome.output.captured()).into_owned(), outcome.units)
}

/// Runs a bundle's module body; gives what it printed and where its units came from.
fn run(bundle: &LoadedBundle) -> (String, Vec<UnitInfo>) {
    let outcome = bundle.run(&Tenant::default(), Output::Capture(Vec::new()));
    outcome.result.expect("it runs");
    (String::from_utf8_lossy(outcome.output.captured()).into_owned(), outcome.units)
}

/// A recipe of no function that there is, for this label.
fn l1_recipe(label: &str) -> L1Recipe {
    L1Recipe {
        label: label.to_owned(),
        typed_program: digest(b"program"),
        functions: Vec::new(),
        globals: Vec::new(),
        host_functions: Vec::new(),
        schemas: Vec::new(),
        arguments: Vec::new(),
        options: Vec::new(),
        library_fingerprint: digest(b"library"),
        host_abi_version: 1,
        import_table: digest(b"imports"),
        compiler_fingerprint: digest(b"compiler"),
    }
}

fn reasons(units: &[UnitInfo]) -> Vec<String> {
    units.iter().filter_map(|unit| unit.provenance.reason()).collect()
}

fn describe(bytes: &[u8]) -> Description {
    bundle::describe(bytes, &trust()).expect("a whole bundle")
}
