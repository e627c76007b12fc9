//! What the test suites share: finding files, running doctests on every executor, golden texts.
//!
//! - `lang.rs`: doctests that CPython passes, on every executor.
//! - `ui.rs`, `ir.rs`: golden texts of diagnostics and of the IR.
//! - `evil.rs`: hostile guests and files, and how each of them ends.
//! - `cache.rs`, `api.rs`: the cache and the embedding API, by counts and values, never by time.
//! - `cache_bundle.rs`: compiled code that leaves the machine: levels, bundles, export, remote.
//! - `runtime.rs`: the build without the compiler, end to end; `.ci/run` builds it and runs this.
//! - `tidy.rs`: rules about the source tree itself.
//!
//! `BLESS=1` rewrites golden texts. It never touches `lang`: expectations of the language come from
//! CPython, by `tests/oracle/run.py --bless`.

pub mod doctest;
pub mod executor;
pub mod files;
pub mod forge;
pub mod fuzz;
pub mod generate;
pub mod golden;
pub mod guard;
pub mod project;
pub mod random;
pub mod seal;
pub mod server;
pub mod warm;
