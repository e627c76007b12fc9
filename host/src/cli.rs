//! The command line: arguments in, exit codes out. 0 ok, 1 the program raised, 2 usage or compile
//! error, 3 a limit was hit, 4 denied.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod common;
mod run;

/// Compiles Python data functions to native code and runs them in a sandbox.
#[derive(Parser)]
#[command(name = "ovenbird", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a script's module body.
    Run(run::Run),
    /// Evaluate an expression in a module's scope and print its repr.
    Eval(run::Eval),
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Run(command) => command.execute(),
        Command::Eval(command) => command.execute(),
    };
    match result {
        Ok(code) => code,
        Err(error) => common::report(&error, std::io::stderr().is_terminal()),
    }
}
