//! The break-in exercise, as a test: secrets where tenants must not reach, and an attacker with everything that a
//! tenant may do. `docs/break-in.md` tells what was tried by hand besides, and what was found. And the table of attacks
//! with the proofs that each is stopped.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ovenbird::cache::{Mode, Secret};
use ovenbird::engine_config::PoolLimits;
use ovenbird::{
    Array, Cache, CacheOptions, Engine, EngineBuilder, Error, Limits, Outcome, Output, Program, Scope,
    Source, Tenant, Value, WorkerOptions,
};
use ovenbird_compiler::types::Type;
use ovenbird_tests::project;

#[path = "break_in/attacker.rs"]
mod attacker;
#[path = "break_in/cache.rs"]
mod cache;
#[path = "break_in/forged.rs"]
mod forged;
#[path = "break_in/memory.rs"]
mod memory;
#[path = "break_in/parquet.rs"]
mod parquet_files;
#[path = "evil/rows.rs"]
mod rows;
#[path = "break_in/timing.rs"]
mod timing;

/// What nobody but its owner may see. Long enough that no attacker prints it by chance.
const SECRET: &str = "xyzzy-7f3a91c2-the-vault-opens-at-dawn";

/// Where a secret could show up: everything that a tenant, or who reads a tenant's logs, gets to see.
fn seen(outcome: &Outcome) -> String {
    let printed = String::from_utf8_lossy(outcome.output.captured()).into_owned();
    let result = match &outcome.result {
        Ok(value) => format!("{value} {value:?}"),
        Err(error) => format!("{error} {error:?}"),
    };
    format!("{printed}\n{result}\n{:?}\n{:?}", outcome.usage, outcome.units)
}

/// Fails if the secret, or a good part of it in some plain disguise, is in a text.
#[track_caller]
fn no_secret(what: &str, text: &str) {
    let reversed: String = SECRET.chars().rev().collect();
    let hexadecimal: String = SECRET.bytes().take(12).map(|byte| format!("{byte:02x}")).collect();
    let numbers: Vec<String> = SECRET.bytes().take(8).map(|byte| byte.to_string()).collect();
    let little = i64::from_le_bytes(SECRET.as_bytes()[..8].try_into().expect("eight bytes")).to_string();
    for shown in [&SECRET[..12], &reversed[..12], &hexadecimal, &numbers.join(", "), &little] {
        assert!(!text.contains(shown), "{what} shows the secret:\n{text}");
    }
}

/// The places in which attacks are tried: one process; a pool of two slots, so that memory is used again at once; worker
/// processes.
fn engines() -> Vec<(&'static str, EngineBuilder)> {
    let pool = PoolLimits { slots: 2, memory_bytes: 64 << 20 };
    let mut engines = vec![("one process", Engine::builder()), ("a pool", Engine::builder().pool(pool))];
    if cfg!(target_os = "linux") {
        let options = WorkerOptions::default().program(env!("CARGO_BIN_EXE_command_line"));
        engines.push(("workers", Engine::builder().workers(options)));
    }
    engines
}

/// Modest limits: attacks that want more are stopped by them, which is a success of ours.
fn mallory() -> Tenant {
    let limits = Limits::default().cpu_units(200_000_000).memory_bytes(48 << 20).output_bytes(4 << 20);
    Tenant::named("mallory").limits(limits)
}
