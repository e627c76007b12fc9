//! The `ovenbird` command.

/// Compiling makes and drops many small trees; with glibc's allocator that was a third of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    ovenbird::cli::main()
}
