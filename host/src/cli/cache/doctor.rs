//! `cache doctor`: what may be wrong with the cache, and what to do about it.

use std::fmt::Write as _;
use std::process::ExitCode;

use serde_json::json;

use crate::cache::CacheOptions;
use crate::cache::doctor::{Grade, examine};
use crate::cache::key::{L2Recipe, wasm_digest};
use crate::cli::common::print;
use crate::engine::Engine;
use crate::error::Error;
use crate::unit::METERING;

pub(super) fn execute(options: &CacheOptions, as_json: bool) -> Result<ExitCode, Error> {
    let engine = Engine::builder().build()?;
    // Any module will do: the folder depends on the engine alone.
    let recipe = L2Recipe {
        label: String::new(),
        wasm: wasm_digest(&[]),
        engine: engine.identity(),
        metering: METERING.to_owned(),
    };
    let checks = examine(options, Some(&recipe.key_and_engine().1));
    let worst = checks.iter().map(|check| check.grade).max().unwrap_or(Grade::Ok);
    let text = if as_json {
        format!("{}\n", json!({"worst": worst, "checks": checks}))
    } else {
        let mut text = String::new();
        for check in &checks {
            let grade = match check.grade {
                Grade::Ok => "ok",
                Grade::Warn => "warn",
                Grade::Bad => "BAD",
            };
            let _ = writeln!(text, "{grade:<5} {:<10} {}", check.name, check.found);
            if !check.advice.is_empty() {
                let _ = writeln!(text, "{:<16} -> {}", "", check.advice);
            }
        }
        text
    };
    print(&text)?;
    Ok(if worst == Grade::Bad { ExitCode::from(1) } else { ExitCode::SUCCESS })
}
