//! Whether a stopwatch tells a tenant what another has had compiled: the measurement behind a paragraph of
//! `docs/break-in.md`. It is ignored, because it is about how fast things are, which no test may depend on:
//!
//! ```text
//! cargo test --release --workspace --test break_in timing -- --ignored --nocapture
//! ```

use std::time::{Duration, Instant};

use ovenbird_tests::random::{Rng, rounds};

use super::*;

/// Texts of one kind: nobody else has the one with this number.
fn text(number: u64) -> String {
    format!(
        "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef price(x):\n    t = 0\n    for i in range(x):\n        t += i * {number}\n    return t\n"
    )
}

/// A first call, as a tenant's clock sees it.
fn first_call(engine: &Engine, text: &str, tenant: &Tenant) -> Duration {
    let started = Instant::now();
    let program = engine.compile(&Source::new("price.py", text)).expect("it compiles");
    let price = program.entry("price", &[Type::Int]).expect("a function");
    price.call(tenant, &[Value::Int(3)]).expect("a price");
    started.elapsed()
}

/// The attacker's first calls of texts that the victim has had compiled just before, and of others; in either case the
/// victim did as much.
fn measure(victim: &Engine, attacker: &Engine, runs: u64) -> [Vec<Duration>; 2] {
    let mut rng = Rng::new(rounds("OVENBIRD_TIMING_SEED", 1));
    let mut times = [Vec::new(), Vec::new()];
    for run in 0..runs {
        let (own, other) = (1_000_000 + 2 * run, 1_000_001 + 2 * run);
        let known = rng.one_in(2);
        first_call(victim, &text(if known { own } else { other }), &Tenant::named("victim"));
        times[usize::from(known)].push(first_call(attacker, &text(own), &mallory()));
    }
    times
}

/// How often the attacker is right who says of two calls that the quicker one is of a text that the victim has (a half is
/// chance), and by how many standard deviations that is away from chance: Mann and Whitney's test.
fn told_apart([others, known]: &[Vec<Duration>; 2]) -> (f64, f64) {
    let mut all: Vec<(Duration, bool)> = others.iter().map(|time| (*time, false)).collect();
    all.extend(known.iter().map(|time| (*time, true)));
    all.sort();
    let (n, m) = (others.len() as f64, known.len() as f64);
    let ranks: f64 =
        (all.iter().enumerate()).filter(|(_, one)| one.1).map(|(rank, _)| rank as f64 + 1.0).sum();
    let slower = ranks - m * (m + 1.0) / 2.0;
    let (mean, deviation) = (n * m / 2.0, (n * m * (n + m + 1.0) / 12.0).sqrt());
    (1.0 - slower / (n * m), (mean - slower) / deviation)
}

fn shown(times: &[Duration]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort();
    let at = |part: usize| sorted[(sorted.len() - 1) * part / 4].as_secs_f64() * 1e6;
    format!("{} calls, quartiles {:.0}, {:.0}, {:.0} µs", times.len(), at(1), at(2), at(3))
}

/// Without `for_scope` in `host/src/cache/secret.rs` the first part looks like the second.
#[test]
#[ignore = "a measurement for docs/break-in.md: it takes a minute, and says how fast a machine is"]
fn how_long_a_first_call_takes_beside_a_victim() {
    let runs = rounds("OVENBIRD_TIMING_RUNS", 1_000);
    let folder = tempfile::tempdir().expect("a folder");
    let cache = |name: &str| {
        let secret = Some(Secret::from_bytes([9; 32]));
        let options = CacheOptions { mode: Mode::ReadWrite, secret, ..CacheOptions::default() };
        Cache::open(options.dir(folder.path().join(name)))
    };
    let engine = |name: &str| Engine::builder().cache(cache(name)).build().expect("an engine");
    let scoped = engine("scopes");
    let (victim, attacker) = (scoped.scope(&Scope::new("victim")), scoped.scope(&Scope::new("mallory")));
    let shared = engine("shared");
    for (what, victim, attacker) in [("scopes", &victim, &attacker), ("one cache for all", &shared, &shared)]
    {
        let times = measure(victim, attacker, runs);
        let (right, deviations) = told_apart(&times);
        println!("{what}: the victim has it: {}", shown(&times[1]));
        println!("{what}: nobody has it:     {}", shown(&times[0]));
        println!("{what}: {:.1} % of guesses are right, {deviations:+.1} standard deviations", 100.0 * right);
    }
}
