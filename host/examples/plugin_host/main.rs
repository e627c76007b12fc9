//! A host of plug-ins with hot reload: a folder of `.py` files, each a text filter, that may be edited while it runs.
//!
//! ```text
//! mkdir plugins && echo 'def transform(text):
//!     return text.upper()' > plugins/shout.py
//! cargo run --release --example plugin_host -- plugins
//! shout hello                   # type: the name of a plug-in and a text
//! ```
//!
//! What it shows:
//! - **Compile, then swap.** A file that changed is compiled beside the old code, and put in its place in one step when
//!   that worked. A plug-in that is broken keeps its old version, and its diagnostics are shown.
//! - **Calls under way finish on the code that they began with**: a handle keeps its code alive, whatever replaced it.
//! - **The cache** makes going back to an earlier text, or saving a file without a change, a hit; the log says so.
//! - **A contract by type**: every plug-in has `transform`, from text to text, as `Function<fn(String) -> String>`.
//! - **Limits** on each call: a plug-in that hangs or hoards is one failed call.
//!
//! Input: the folder, and lines on standard input; output: results on standard output, what became of files on standard
//! error.

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use ovenbird::{Cache, CacheOptions, Engine, Limits};

mod plugins;
#[cfg(test)]
mod tests;
mod watch;

use plugins::Plugins;

fn limits() -> Limits {
    Limits::default()
        .deadline(Duration::from_millis(200))
        .memory_bytes(32 << 20)
        .host_bytes(1 << 20)
        .output_bytes(64 << 10)
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("error: {error}"));
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("give a folder of plug-ins")?);
    let engine = Engine::builder().cache(Cache::open(CacheOptions::from_environment())).build()?;
    let plugins = Arc::new(Plugins::new(engine, limits(), folder.clone()));
    // Watched before it is read, so that no change falls between.
    let watched = watch::watch(&folder, plugins.clone(), |change| tell(&change.to_string()))?;
    for change in plugins.reload_all()? {
        tell(&change.to_string());
    }
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (name, text) = line.split_once(' ').unwrap_or((&line, ""));
        let mut out = std::io::stdout().lock();
        match plugins.call(name, text) {
            Some(Ok(text)) => writeln!(out, "{text}")?,
            Some(Err(error)) => tell(&error.to_string()),
            None => tell(&format!("there is no plug-in `{name}`; there are: {}", plugins.names().join(", "))),
        }
    }
    drop(watched);
    Ok(())
}

/// Writes a line to standard error; there is no one to tell where that fails.
fn tell(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
