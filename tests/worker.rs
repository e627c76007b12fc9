//! Worker processes: everything as in this process, and walls that hold. The tests of `api.rs` and those of bundles run
//! here once more, with all programs compiled and run by workers.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::time::{Duration, Instant};

use ovenbird::{
    Cache, CacheOptions, Engine, Error, Grants, Limits, Output, Scope, Source, Tenant, Value, WorkerFailure,
    WorkerOptions,
};
use ovenbird_compiler::types::Type;
use ovenbird_tests::executor::{Executor, check_file_on};
use ovenbird_tests::files::{find, root, shown};
use ovenbird_tests::project;

#[path = "api.rs"]
mod api;

#[path = "worker/bundles.rs"]
mod bundles;
#[path = "worker/functions.rs"]
mod functions;
#[path = "worker/hosts.rs"]
mod hosts;
#[path = "worker/same.rs"]
mod same;
#[path = "worker/signatures.rs"]
mod signatures;

/// The program that is started as worker: cargo builds it beside this one.
const PROGRAM: &str = env!("CARGO_BIN_EXE_command_line");

fn options() -> WorkerOptions {
    WorkerOptions::default().program(PROGRAM)
}

fn engine() -> Engine {
    Engine::builder().workers(options()).build().expect("workers can be started here")
}

/// Children of this process that are workers: their numbers.
fn children() -> Vec<u32> {
    children_of(std::process::id())
}

/// Children of a process: their numbers.
fn children_of(own: u32) -> Vec<u32> {
    let is_child = |id: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // After the name in parentheses: state, parent.
        let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        rest.split(' ').nth(1).is_some_and(|parent| parent == own.to_string())
    };
    let entries = std::fs::read_dir("/proc").expect("there is /proc").flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.filter(is_child).collect()
}

/// Whether this is a process in which only the test of this name runs, so that all its children are workers of that
/// test. If it is not: runs the test in one, where that is to be passed, and the test is over.
fn is_alone(name: &str) -> bool {
    if std::env::var_os("OVENBIRD_ALONE").is_some() {
        return true;
    }
    let own = std::env::current_exe().expect("this program");
    let arguments = ["--exact", name, "--test-threads=1"];
    let status = std::process::Command::new(own).args(arguments).env("OVENBIRD_ALONE", "1").status();
    assert!(status.expect("it runs").success());
    false
}
