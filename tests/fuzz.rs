//! Everything that hostile bytes reach, with mutated real input: source text, typed programs, entries of the cache
//! (damaged ones, and ones that somebody who has the secret sealed again), bundles, Parquet files, paths, host
//! functions called by a hostile guest, and what a guest returns. Whatever the bytes, nothing panics, and what is not
//! authentic is not used.
//!
//! | what is fed | file |
//! |---|---|
//! | source text → compile | `source.rs` |
//! | typed program → valid wasm that agrees with the interpreter | `agree.rs` |
//! | cache entries | `entry.rs`, `trailer.rs`, `program.rs`, `artifact.rs` |
//! | bundles and remotes | `bundle.rs` |
//! | Parquet files | `parquet.rs` |
//! | paths | `path.rs` |
//! | calls of host functions, and of the embedder's | `host.rs`, `external.rs` |
//! | results of a guest | `result.rs`, `lies.rs` |
//! | trust files and logs | `text.rs` |
//!
//! Each target runs for about a second; `OVENBIRD_FUZZ` gives them other numbers of rounds, and
//! `tests/stress/fuzz.sh` hours (`tests/src/fuzz.rs`).

use std::path::PathBuf;
use std::time::Duration;

use ovenbird::{Cache, Engine, Limits, Output, Tenant};
use ovenbird_compiler::artifact::Artifact;
use ovenbird_tests::project::Project;
use ovenbird_tests::seal::Entry;

#[path = "fuzz/agree.rs"]
mod agree;
#[path = "fuzz/artifact.rs"]
mod artifact;
#[path = "fuzz/bundle.rs"]
mod bundle;
#[path = "fuzz/entry.rs"]
mod entry;
#[path = "fuzz/external.rs"]
mod external;
#[path = "fuzz/host.rs"]
mod host;
#[path = "fuzz/lies.rs"]
mod lies;
#[path = "fuzz/parquet.rs"]
mod parquet;
#[path = "fuzz/path.rs"]
mod path;
#[path = "fuzz/program.rs"]
mod program;
#[path = "fuzz/result.rs"]
mod result;
#[path = "fuzz/source.rs"]
mod source;
#[path = "fuzz/text.rs"]
mod text;
#[path = "fuzz/trailer.rs"]
mod trailer;

/// Loops, exceptions, a global, a list, text, a second file: something of everything that an entry has.
const MAIN: &str = "\
import ovenbird
from helpers import scale

K = 3


@ovenbird.jit(cache=True)
def f(x, name):
    xs = [1, 2, 3]
    total = 0
    for i in range(x):
        total += xs[i % len(xs)] * K // (i + 1)
    return name + str(scale(total))


print(f(20, \"total \"))
";
const HELPERS: &str = "\
def scale(x):
    if x < 0:
        raise ValueError(\"negative\")
    return x * 10
";
const PRINTED: &str = "total 120\n";

/// A project with a full cache, also of the whole script.
fn project() -> Project {
    let project = Project::new(&[("main.py", MAIN), ("helpers.py", HELPERS)]);
    project.run_with(&direct(&project), "main.py").prints(PRINTED);
    project.run_with(&direct(&project), "main.py").prints(PRINTED).hits();
    project
}

fn direct(project: &Project) -> Engine {
    let cache = Cache::open(project.cache_options());
    Engine::builder().cache(cache).probes(true).build().expect("an engine")
}

/// Files of entries: of units' wasm, of native code, of the whole script.
fn entries(project: &Project, wanted: &str) -> Vec<PathBuf> {
    let is_wanted = |path: &PathBuf| {
        let end = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        let is_unit = || Artifact::decode(&Entry::read(path).payload).is_ok();
        match wanted {
            "native" => end == "cwasm",
            "wasm" => end == "artifact" && is_unit(),
            _ => end == "probe" || end == "artifact" && !is_unit(),
        }
    };
    let list = Cache::open(project.cache_options()).list().into_iter();
    let found: Vec<PathBuf> = list.map(|entry| entry.path).filter(is_wanted).collect();
    assert!(!found.is_empty(), "no {wanted} entries");
    found
}

/// A tenant with small limits.
fn limited(project: &Project) -> Tenant {
    let limits = Limits::default().deadline(Duration::from_secs(2)).cpu_units(10_000_000);
    Tenant::default().grants(project.grants()).limits(limits)
}

/// A run with small limits that must not panic: what it printed, if it ended well.
fn run(project: &Project, engine: &Engine) -> Option<String> {
    let tenant = limited(project);
    let outcome = project.program(engine, "main.py").run(&tenant, Output::Capture(Vec::new()));
    outcome.result.ok().map(|_| String::from_utf8_lossy(outcome.output.captured()).into_owned())
}
