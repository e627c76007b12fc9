//! The `ovenbird` command.

fn main() -> std::process::ExitCode {
    ovenbird::cli::main()
}
