//! The command line as a program that tests can start: cargo builds it beside them.

fn main() -> std::process::ExitCode {
    ovenbird::cli::main()
}
