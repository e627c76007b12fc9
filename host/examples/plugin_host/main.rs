//! A host of plug-ins with hot reload: a folder of `.py` files, each a text filter, that may be edited while it runs.
//!
//! ```text
//! mkdir plugins
//! echo 'from app import log, lookup
//!
//! def transform(text):
//!     log("asked for " + text)
//!     return lookup(text).upper()' > plugins/capital.py
//! echo 'France=Paris' > table.txt
//! cargo run --release --example plugin_host -- plugins --table table.txt
//! capital France                # type: the name of a plug-in and a text
//! :set Italy=Rome               # changes the table, at once and for all plug-ins
//! capital Italy
//! ```
//!
//! What it shows:
//! - **Functions of the host.** `from app import log, has, lookup`: Rust closures, each with a declared cost that the
//!   plug-in's CPU budget pays (`offers.rs`). Their types are checked when a plug-in is compiled; a failure of one is an
//!   exception of the plug-in; each plug-in logs under its own name.
//! - **Compile, then swap.** A file that changed is compiled beside the old code, and put in its place in one step when
//!   that worked. A plug-in that is broken, or asks for what the host does not have, keeps its old version, and its
//!   diagnostics are shown.
//! - **Calls under way finish on the code that they began with**: a handle keeps its code alive, whatever replaced it.
//! - **The cache** makes going back to an earlier text, or saving a file without a change, a hit; the log says so.
//! - **A contract by type**: every plug-in has `transform`, from text to text, as `Function<fn(String) -> String>`.
//! - **Limits** on each call: a plug-in that hangs, hoards, or floods the log is one failed call. `--usage` shows what
//!   each call used.
//!
//! Input: the folder, and lines on standard input; output: results on standard output, what became of files, and what
//! plug-ins log, on standard error.

use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use ovenbird::{Cache, CacheOptions, Engine, Limits, Outcome};

mod offers;
mod plugins;
#[cfg(test)]
mod tests;
mod watch;

use offers::{Sink, Table};
use plugins::Plugins;

/// Runs a folder of text filters, and reloads those whose file changes.
///
/// Each `NAME.py` in the folder is a plug-in: it has a function `transform(text)` that returns text, and may import
/// `log(text)`, `has(key)` and `lookup(key)` from `app`.
#[derive(Parser)]
#[command(after_help = "\
On standard input:
  NAME TEXT         calls a plug-in
  :set KEY=VALUE    changes the table that plug-ins look up
  :list             names the plug-ins")]
struct Arguments {
    /// The folder of the plug-ins.
    folder: PathBuf,
    /// A file of lines `KEY=VALUE` that plug-ins can look up.
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// Milliseconds that a call may take.
    #[arg(long, value_name = "MS", default_value_t = 200)]
    time_limit: u64,
    /// CPU units that a call may use, the costs of `app` included.
    #[arg(long, value_name = "UNITS", default_value_t = 1_000_000_000)]
    cpu_limit: u64,
    /// MiB of memory that a call may use.
    #[arg(long, value_name = "MIB", default_value_t = 32)]
    memory_limit: u64,
    /// Shows what each call used.
    #[arg(long)]
    usage: bool,
}

impl Arguments {
    fn limits(&self) -> Limits {
        Limits::default()
            .deadline(Duration::from_millis(self.time_limit))
            .cpu_units(self.cpu_limit)
            .memory_bytes(self.memory_limit.saturating_mul(1 << 20))
            .host_bytes(1 << 20)
            .output_bytes(64 << 10)
    }
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("error: {error}"));
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let folder = &arguments.folder;
    if !folder.is_dir() {
        return Err(format!("`{}` is not a folder", folder.display()).into());
    }
    let table = arguments.table.as_deref().map_or_else(|| Ok(Table::default()), read_table)?;
    let engine = Engine::builder().cache(Cache::open(CacheOptions::from_environment())).build()?;
    let sink: Sink = Arc::new(|plugin, line| tell(&format!("{plugin}: log: {line}")));
    let plugins = Plugins::new(engine, arguments.limits(), folder.clone(), table.clone(), sink);
    let plugins = Arc::new(plugins);
    // Watched before it is read, so that no change falls between.
    let watched = watch::watch(folder, plugins.clone(), |change| tell(&change.to_string()))?;
    for change in plugins.reload_all()? {
        tell(&change.to_string());
    }
    for line in std::io::stdin().lock().lines() {
        match line?.trim_start() {
            "" => {}
            ":list" => tell(&plugins.names().join("\n")),
            line => {
                match (line.strip_prefix(":set ").map(|rest| rest.split_once('=')), line.starts_with(':')) {
                    (Some(Some((key, value))), _) => table.set(key.trim(), value.trim()),
                    (_, true) => tell("commands are `:set KEY=VALUE` and `:list`"),
                    (_, false) => call(&plugins, line, arguments.usage)?,
                }
            }
        }
    }
    drop(watched);
    Ok(())
}

fn read_table(file: &Path) -> Result<Table, String> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| format!("cannot read `{shown}`: {error}"))?;
    Table::parse(&text).map_err(|line| format!("`{shown}`, line {line}: not `KEY=VALUE`"))
}

/// Calls the plug-in that a line names, and shows what came of it.
fn call(plugins: &Plugins, line: &str, with_usage: bool) -> std::io::Result<()> {
    let (name, text) = line.split_once(' ').unwrap_or((line, ""));
    let Some(Outcome { result, usage, .. }) = plugins.call(name, text) else {
        let names = plugins.names();
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        tell(&format!("there is no plug-in `{name}`; there are: {known}"));
        return Ok(());
    };
    match result {
        Ok(text) => writeln!(std::io::stdout().lock(), "{text}")?,
        Err(error) => tell(&format!("{name}: {error}")),
    }
    if with_usage {
        let micros = usage.wall.as_micros();
        let memory = usage.memory_peak >> 10;
        tell(&format!("{name}: used {} units, {micros} us, {memory} KiB", usage.cpu_units));
    }
    Ok(())
}

/// Writes a line to standard error; there is no one to tell where that fails.
fn tell(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
