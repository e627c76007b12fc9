//! The command line: arguments in, exit codes out. 0 ok, 1 the program raised, 2 usage or compile
//! error, 3 a limit was hit, 4 denied.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use common::Common;

mod bench;
mod build;
mod bundle;
mod cache;
mod check;
mod common;
mod dump;
mod explain;
mod findings;
mod key;
mod remote;
mod run;
mod target;
mod test;
mod transfer;
mod trust;

/// Compiles Python data functions to native code and runs them in a sandbox.
#[derive(Parser)]
#[command(name = "ovenbird", version, about, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 ok, 1 the program raised, 2 usage or compile error, 3 a limit was hit, 4 denied."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a script's module body.
    Run(run::Run),
    /// Compile a program ahead of time, for several kinds of CPU.
    Build(build::Build),
    /// Evaluate an expression in a module's scope and print its repr.
    Eval(run::Eval),
    /// Run the doctests in docstrings, sandboxed.
    Test(test::Test),
    /// Parse, resolve and infer; diagnostics only.
    Check(check::Check),
    /// Types, what is cached, and what a run would hit or miss and why.
    Explain(explain::Explain),
    /// What a stage of the compiler makes of a function.
    Dump(dump::Dump),
    /// Where the time goes, cold and warm.
    Bench(bench::Bench),
    /// The code cache.
    Cache(cache::CacheArguments),
    /// Programs that were compiled ahead of time.
    Bundle(bundle::BundleArguments),
    /// Keys that sign bundles, and whom to trust.
    Key(key::KeyArguments),
}

impl Command {
    fn common(&self) -> Option<&Common> {
        Some(match self {
            Command::Run(command) => command.common(),
            Command::Eval(command) => command.common(),
            Command::Test(command) => command.common(),
            Command::Check(command) => command.common(),
            Command::Explain(command) => command.common(),
            Command::Dump(command) => command.common(),
            Command::Bench(command) => command.common(),
            Command::Build(command) => command.common(),
            Command::Cache(command) => return command.common(),
            Command::Bundle(_) | Command::Key(_) => return None,
        })
    }
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    crate::worker::serve_if_worker();
    let command = Arguments::parse().command;
    let (color, json) = match (&command, command.common()) {
        (_, Some(common)) => (common.colored(), common.json),
        (Command::Cache(cache), None) => (false, cache.json()),
        (Command::Bundle(bundle), None) => (false, bundle.json()),
        (Command::Key(key), None) => (false, key.json()),
        (_, None) => (false, false),
    };
    let result = match command {
        Command::Run(command) => command.execute(),
        Command::Eval(command) => command.execute(),
        Command::Test(command) => command.execute(),
        Command::Check(command) => command.execute(),
        Command::Explain(command) => command.execute(),
        Command::Dump(command) => command.execute(),
        Command::Bench(command) => command.execute(),
        Command::Build(command) => command.execute(),
        Command::Cache(command) => command.execute(),
        Command::Bundle(command) => command.execute(),
        Command::Key(command) => command.execute(),
    };
    result.unwrap_or_else(|error| {
        if json {
            common::tell(&serde_json::json!({"error": common::error_json(&error)}).to_string());
            return ExitCode::from(error.exit_code());
        }
        common::report(&error, color)
    })
}
