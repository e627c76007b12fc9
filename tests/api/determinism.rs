//! The same program ends in the same way after the same number of CPU units, wherever its code comes from and
//! wherever it runs: every way that there is to run a program, in one table.

use ovenbird::bundle::{self, BuildRequest, SecretKey, Target};
use ovenbird::cache::entry::Kind;
use ovenbird::engine_config::{EngineOptions, PoolLimits};
use ovenbird::levels::{HostCpu, Level};
use ovenbird::{Cache, Engine, EngineBuilder, LoadedBundle, Outcome, Output, Source, Tenant, Trust};
use ovenbird_tests::project::Project;

/// A program that computes with arrays, texts, loops and recursion, and ends well.
pub(crate) const WORK: &str = "\
import numpy as np
import ovenbird


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@ovenbird.jit(cache=True)
def work(n):
    a = np.arange(n) * 0.5
    text = \"\"
    for i in range(n):
        a[i] += i % 7
        text += str(i)
    while n > 0:
        n -= 3
    print(text[:50])
    return a.sum() + len(text) + fib(12) + float(text[:5])


print(work(200))
";

/// Programs with every kind of end; `big` is a dataset.
const PROGRAMS: [(&str, &str); 6] = [
    ("returns", WORK),
    (
        "raises",
        "\
import ovenbird


@ovenbird.jit(cache=True)
def find(n):
    xs = [n]
    for i in range(1000):
        xs.append(i * n)
    print(xs[3])
    return xs[n * 500]


print(find(1))
print(find(3))
",
    ),
    (
        "raises by itself",
        "\
import ovenbird


@ovenbird.jit(cache=True)
def check(x):
    total = 0.0
    for i in range(100):
        total += x / (i + 1)
        if total > 40.0:
            raise ValueError(f'too much: {total}')
    return total


print(check(1.0))
print(check(10.0))
",
    ),
    (
        "reads",
        "\
import ovenbird
import pandas as pd


@ovenbird.jit(cache=True)
def fastest():
    df = pd.read_parquet('big.pq')
    return df[df['power'] > 100]['speed'].mean()


print(fastest())
",
    ),
    (
        "vectors",
        "\
import numpy as np
import ovenbird


@ovenbird.jit(cache=True)
def smooth(n):
    a = np.arange(n) * 1.0
    b = np.ones(n)
    for i in range(1, n - 1):
        b[i] = (a[i - 1] + a[i] + a[i + 1]) / 3.0
    return (a * b + b).sum(), np.sqrt(b).max(), (a > b).sum()


print(smooth(10007))
",
    ),
    (
        "many units",
        "\
import ovenbird


@ovenbird.jit(cache=True)
def a(n):
    return sum([i * i for i in range(n)])


@ovenbird.jit(cache=True)
def b(n):
    t = 0
    while n > 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        t += 1
    return t


@ovenbird.jit(cache=True)
def c(n):
    return len(\", \".join([str(i) for i in range(n)]))


@ovenbird.jit(cache=True)
def d(n):
    return a(n) + b(n) + c(n)


@ovenbird.jit(cache=True)
def e(x):
    return d(int(x)) * x


print(a(10), b(27), c(30), d(40), e(9.5))
",
    ),
];

/// How a run ended: result or error with its traceback, what it printed, and the CPU units.
#[derive(PartialEq, Debug)]
struct End {
    result: Result<String, String>,
    printed: String,
    units: u64,
}

impl End {
    fn of(outcome: &Outcome) -> End {
        End {
            result: outcome.result.as_ref().map(ToString::to_string).map_err(ToString::to_string),
            printed: String::from_utf8_lossy(outcome.output.captured()).into_owned(),
            units: outcome.usage.cpu_units,
        }
    }
}

/// Where a program's code comes from, and where it runs.
enum Way {
    Engine(Engine),
    Bundle(LoadedBundle),
}

impl Way {
    fn run(&self, source: &Source, tenant: &Tenant) -> Outcome {
        let output = Output::Capture(Vec::new());
        match self {
            Way::Engine(engine) => engine.compile(source).expect("it parses").run(tenant, output),
            Way::Bundle(bundle) => bundle.run(tenant, output),
        }
    }
}

/// A way by name.
struct Row {
    name: String,
    way: Way,
}

impl Row {
    fn new(name: impl Into<String>, builder: EngineBuilder) -> Row {
        Row { name: name.into(), way: Way::Engine(builder.build().expect("an engine")) }
    }
}

fn native(change: impl FnOnce(&mut EngineOptions)) -> EngineBuilder {
    let mut options = EngineOptions::default();
    change(&mut options);
    Engine::builder().native(options)
}

/// Ways that need nothing but an engine.
fn engines() -> Vec<Row> {
    let pool = PoolLimits { slots: 4, memory_bytes: 64 << 20 };
    let mut rows = vec![
        Row::new("compiled by several threads", Engine::builder()),
        Row::new("compiled by one thread", native(|options| options.parallel_compilation = false)),
        Row::new("in a pool", Engine::builder().pool(pool)),
        Row::new("with explicit checks", native(|options| options.explicit_checks = true)),
        Row::new("with one kind of NaN", native(|options| options.canonical_nans = true)),
    ];
    for level in HostCpu::detect().levels() {
        let builder = native(|options| options.level = Some(level));
        rows.push(Row::new(format!("compiled for {level}"), builder));
    }
    #[cfg(target_os = "linux")]
    {
        let program = env!("CARGO_BIN_EXE_command_line");
        let workers = ovenbird::WorkerOptions::default().program(program);
        rows.push(Row::new("in a worker", Engine::builder().workers(workers.clone())));
        let builder = native(|options| options.parallel_compilation = false).workers(workers.clone());
        rows.push(Row::new("in a worker, by one thread", builder));
        // A pool is refused with workers; explicit checks are an option there too.
        let builder = native(|options| options.explicit_checks = true).workers(workers);
        rows.push(Row::new("in a worker with explicit checks", builder));
    }
    rows
}

/// Each level of the cache, after one run filled it.
fn caches(project: &Project, source: &Source, tenant: &Tenant) -> Vec<Row> {
    // The code comes from where it is said to come from.
    let row = |name: &str, probes: bool, tier: &str| {
        let cache = Cache::open(project.cache_options());
        let row = Row::new(name, Engine::builder().cache(cache).probes(probes));
        let outcome = row.way.run(source, tenant);
        assert!(
            outcome.units.iter().all(|unit| unit.provenance.name() == tier),
            "{name}: {:?}",
            outcome.units
        );
        row
    };
    let filling = row("filling the cache", true, "miss");
    let cache = Cache::open(project.cache_options());
    cache.flush();
    let from_text = row("from the cache by text", true, "hit.l0");
    let from_native = row("from the cache", false, "hit.l2");
    for entry in cache.list().iter().filter(|entry| entry.kind == Kind::Native) {
        std::fs::remove_file(&entry.path).expect("removed");
    }
    vec![filling, from_text, from_native, row("from wasm in the cache", false, "hit.l1")]
}

/// A bundle with and without native code, loaded where each level of this machine is the most.
fn bundles(source: &Source) -> Vec<Row> {
    let key = SecretKey::from_bytes([1; 32]);
    let here = Engine::builder().build().expect("an engine");
    let program = here.compile(source).expect("it parses");
    let levels = HostCpu::detect().levels();
    let build = |levels: &[Level]| {
        let targets = levels.iter().map(|level| Target::Level(*level)).collect();
        let request = BuildRequest { body: true, targets, ..BuildRequest::default() };
        bundle::build(&program, &request, &[&key]).expect("it can be built")
    };
    let (with, without) = (build(&levels), build(&[]));
    let trust = Trust::nobody().key(key.public(), "ours");
    let load = |name: String, bytes: &[u8], engine: Engine| {
        let bundle = engine.load_bundle(bytes.to_vec(), &trust).expect("it is trusted");
        Row { name, way: Way::Bundle(bundle) }
    };
    let mut rows = vec![load("wasm of a bundle".to_owned(), &without, here.clone())];
    for level in levels {
        let engine = native(|options| options.level = Some(level)).build().expect("an engine");
        rows.push(load(format!("native code of a bundle for {level}"), &with, engine));
    }
    rows
}

#[test]
fn every_program_ends_at_the_same_unit_in_every_way_to_run_it() {
    let engines = engines();
    for (name, text) in PROGRAMS {
        let project = Project::new(&[("main.py", text)]);
        let data = ovenbird_tests::files::root().join("examples/data/cycling_dataset.pq");
        std::fs::copy(data, project.path("big.pq")).expect("the dataset is there");
        let source = Source::new("main.py", text).grants(project.grants());
        let within = |units: u64| {
            let limits = ovenbird::Limits::default().cpu_units(units);
            Tenant::default().limits(limits).grants(project.grants())
        };
        let first = engines[0].way.run(&source, &within(u64::MAX));
        let units = first.usage.cpu_units;
        assert!(units > 1_000, "{name} does nothing: {units}");
        assert_eq!(first.result.is_err(), name.starts_with("raises"), "{name}: {:?}", first.result);
        let budgets = [u64::MAX, units, units - 1, units / 2, units / 10];
        let wanted = budgets.map(|units| End::of(&engines[0].way.run(&source, &within(units))));
        let stopped =
            |end: &End| end.result.as_ref().is_err_and(|error| error.contains("CPU limit exceeded"));
        assert_eq!(wanted.each_ref().map(stopped), [false, false, true, true, true], "{name}: {wanted:?}");
        let of_program = caches(&project, &source, &within(u64::MAX)).into_iter().chain(bundles(&source));
        for row in engines.iter().chain(&of_program.collect::<Vec<_>>()) {
            for (units, wanted) in budgets.iter().zip(&wanted) {
                let outcome = row.way.run(&source, &within(*units));
                assert_eq!(&End::of(&outcome), wanted, "{name}, {}, within {units}", row.name);
            }
        }
    }
}
