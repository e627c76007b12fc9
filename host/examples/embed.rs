//! A first program that embeds Ovenbird, to read from top to bottom: `cargo run --release --example embed`.
//!
//! Shows typed handles, slices, a function of the host, limits, an exception with its traceback, a function over a granted
//! Parquet file, and what the cache did: run it twice.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use ovenbird::{Cache, CacheOptions, Cost, Engine, Error, Grants, HostFailure, HostModule, Limits, Output};
use ovenbird::{Source, Tenant, Value};

const PROGRAM: &str = "\
import ovenbird
import pandas as pd
from rates import rate

LIMIT = 100.0

@ovenbird.jit(cache=True)
def score(speed, power):
    return min(LIMIT, 0.3 * speed + 0.7 * power)

@ovenbird.jit(cache=True)
def share(xs):
    return xs / xs.sum()

@ovenbird.jit(cache=True)
def worth(amount, currency):
    return amount * rate(currency)

@ovenbird.jit(cache=True)
def ratio(a, b):
    return a / b

@ovenbird.jit(cache=True)
def forever():
    n = 0
    while True:
        n += 1

@ovenbird.jit(cache=True)
def mean_power(path):
    return pd.read_parquet(path)[\"power\"].mean()
";

fn main() -> ExitCode {
    let cache = Cache::open(CacheOptions::from_environment());
    match tour(cache, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn tour(cache: Cache, out: &mut impl Write) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::Io(error.to_string());

    // One engine a process; the cache lives where the user's environment says.
    let engine = Engine::builder().cache(cache).build()?;

    // What programs can do that the language cannot: a function of ours, by its Rust types, with a price.
    let rates =
        HostModule::new("rates")?.function("rate", Cost::units(50), |currency: &str| match currency {
            "EUR" => Ok(1.25),
            other => Err(HostFailure::of("KeyError", other)),
        })?;

    // A tenant may read one directory and use half a second.
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data");
    let dir = cap_std::fs::Dir::open_ambient_dir(&data, cap_std::ambient_authority()).map_err(failed)?;
    let grants = Grants::none().dir(dir, "data");
    let limits = Limits::default().deadline(Duration::from_millis(500)).memory_bytes(64 << 20);
    let tenant = Tenant::named("acme").limits(limits).grants(grants.clone());

    // Only parsed here: functions are compiled when their types are known.
    let program = engine.compile(&Source::new("score.py", PROGRAM).grants(grants).host(rates))?;

    let score = program.get::<fn(f64, f64) -> f64>("score")?;
    writeln!(out, "score(8.5, 120.0) = {}", score.call(&tenant, (8.5, 120.0))?).map_err(failed)?;
    let info = score.dynamic().info();
    let (params, from) = (info.params.join(", "), info.provenance.name());
    writeln!(out, "  compiled for ({params}) -> {}, from: {from}", info.result).map_err(failed)?;

    // A slice is a NumPy array to the function, and an array comes back as a vector.
    let share = program.get::<fn(&[f64]) -> Vec<f64>>("share")?;
    writeln!(out, "share([1, 1, 2]) = {:?}", share.call(&tenant, (&[1.0, 1.0, 2.0],))?).map_err(failed)?;

    let worth = program.get::<fn(f64, String) -> f64>("worth")?;
    let outcome = worth.call_with(&tenant, (8.0, "EUR".to_owned()), Output::Discard);
    let (euros, units) = (outcome.result?, outcome.usage.cpu_units);
    writeln!(out, "worth(8.0, 'EUR') = {euros}, for {units} CPU units").map_err(failed)?;

    // What goes wrong is an error by blame. An exception has its traceback.
    let ratio = program.get::<fn(i64, i64) -> f64>("ratio")?;
    match ratio.call(&tenant, (1, 0)) {
        Err(error @ Error::Raised(_)) => writeln!(out, "ratio(1, 0): {error}").map_err(failed)?,
        other => return Err(Error::Internal(format!("unexpected: {other:?}"))),
    }

    // A limit says which it was, and what was allowed.
    let forever = program.get::<fn() -> ()>("forever")?;
    match forever.call(&tenant, ()) {
        Err(Error::Limit { limit, .. }) => writeln!(out, "forever(): {limit}").map_err(failed)?,
        other => return Err(Error::Internal(format!("unexpected: {other:?}"))),
    }

    // A path that names a dataset brings its schema along; the file is read when the function runs.
    let path = [Value::Str("data/cycling_dataset.pq".to_owned())];
    let mean = program.entry_for("mean_power", &path)?;
    let outcome = mean.call_with(&tenant, &path, Output::Discard);
    writeln!(out, "mean_power('data/cycling_dataset.pq') = {}", outcome.result?).map_err(failed)?;
    let (bytes, rows) = (outcome.usage.io.bytes_read, outcome.usage.io.rows_read);
    let micros = outcome.usage.wall.as_secs_f64() * 1e6;
    writeln!(out, "  {bytes} bytes read, {rows} rows, {micros:.0} us in the guest").map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tour_shows_what_it_says() {
        let mut out = Vec::new();
        tour(Cache::disabled(), &mut out).expect("nothing unexpected");
        let shown = String::from_utf8(out).expect("text");
        for wanted in [
            "score(8.5, 120.0) = 86.55\n  compiled for (float, float) -> float, from: ",
            "share([1, 1, 2]) = [0.25, 0.25, 0.5]\n",
            "worth(8.0, 'EUR') = 10, for ",
            "line 21, in ratio\n    return a / b\nZeroDivisionError: division by zero\n",
            "forever(): time limit exceeded: used ",
            "mean_power('data/cycling_dataset.pq') = 102.078",
            " bytes read, 3902 rows, ",
        ] {
            assert!(shown.contains(wanted), "no {wanted:?} in:\n{shown}");
        }
    }
}
