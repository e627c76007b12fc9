//! The `ovenbird` command; without the feature `cli`, the one that only runs bundles.

#[cfg(feature = "cli")]
use ovenbird::cli as command;
#[cfg(not(feature = "cli"))]
use ovenbird::loader as command;

/// Compiling makes and drops many small trees; with glibc's allocator that was a third of its time.
#[cfg(feature = "cli")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    command::main()
}
