//! A host that runs its customers' functions: `cargo run --release --example embed`.
//!
//! Shows typed handles, limits, an exception with its traceback, a function over a granted Parquet
//! file, and what the cache did.

use std::path::Path;
use std::time::Duration;

use ovenbird::{Cache, CacheOptions, Engine, Error, Grants, Limits, Output, Source, Tenant, Value};

const SCORE: &str = "\
import ovenbird
import pandas as pd

LIMIT = 100.0

@ovenbird.jit(cache=True)
def score(speed, power):
    return min(LIMIT, 0.3 * speed + 0.7 * power)

@ovenbird.jit(cache=True)
def ratio(a, b):
    return a / b

@ovenbird.jit
def forever():
    n = 0
    while True:
        n += 1

@ovenbird.jit(cache=True)
def mean_power(path):
    return pd.read_parquet(path)[\"power\"].mean()
";

fn main() -> Result<(), Error> {
    // One engine a process; the cache lives where the user's environment says.
    let engine = Engine::builder().cache(Cache::open(CacheOptions::from_environment())).build()?;

    // A tenant may read one directory and use half a second.
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data");
    let dir = cap_std::fs::Dir::open_ambient_dir(&data, cap_std::ambient_authority())
        .map_err(|e| Error::Io(e.to_string()))?;
    let grants = Grants::none().dir(dir, "data");
    let limits = Limits::default().deadline(Duration::from_millis(500)).memory_bytes(64 << 20);
    let tenant = Tenant::default().limits(limits).grants(grants.clone());

    let program = engine.compile(&Source::new("score.py", SCORE).grants(grants))?;

    let score = program.get::<fn(f64, f64) -> f64>("score")?;
    println!("score(8.5, 120.0) = {}", score.call(&tenant, (8.5, 120.0))?);
    println!(
        "  compiled as {:?}, from {}",
        score.dynamic().params(),
        score.dynamic().info().provenance.name()
    );

    let ratio = program.get::<fn(i64, i64) -> f64>("ratio")?;
    match ratio.call(&tenant, (1, 0)) {
        Err(error @ Error::Raised(_)) => println!("{error}"),
        other => println!("unexpected: {other:?}"),
    }

    let forever = program.get::<fn() -> ()>("forever");
    match forever.and_then(|f| f.call(&tenant, ())) {
        Err(Error::Limit { limit, .. }) => println!("forever(): {limit}"),
        other => println!("unexpected: {other:?}"),
    }

    let path = [Value::Str("data/cycling_dataset.pq".to_owned())];
    let mean = program.entry_for("mean_power", &path)?;
    let outcome = mean.call_with(&tenant, &path, Output::Discard);
    println!("mean_power(...) = {:?}", outcome.result?);
    println!(
        "  {} bytes read, {} rows, {:.0} us in the guest",
        outcome.usage.io.bytes_read,
        outcome.usage.io.rows_read,
        outcome.usage.wall.as_secs_f64() * 1e6
    );
    Ok(())
}
