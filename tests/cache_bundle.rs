//! Compiled code that leaves the machine: CPU levels, bundles, export and import.

use std::sync::Arc;

use ovenbird::cache::key::{Build, L1Recipe, Surroundings, digest};

#[path = "cache/bundle_host.rs"]
mod bundle_host;
#[path = "cache/bundle.rs"]
mod bundles;
#[path = "cache/levels.rs"]
mod levels;
#[path = "cache/machine.rs"]
mod machine;
#[path = "cache/remote.rs"]
mod remote;
#[path = "cache/revoked.rs"]
mod revoked;
#[path = "cache/transfer.rs"]
mod transfer;

use machine::{
    Machine, SCRIPT, build, describe, key, project, reasons, request, run, run_source, stranger, trust,
};

/// A recipe of no function that there is, for this label.
fn l1_recipe(label: &str) -> L1Recipe {
    L1Recipe {
        label: label.to_owned(),
        typed_program: digest(b"program"),
        functions: Vec::new().into(),
        globals: Vec::new(),
        host_functions: Vec::new(),
        schemas: Vec::new(),
        arguments: Vec::new(),
        surroundings: Arc::new(Surroundings {
            options: Vec::new(),
            library_fingerprint: digest(b"library"),
            host_abi_version: 1,
            import_table: digest(b"imports"),
            build: Build::Compiler(digest(b"compiler")),
        }),
    }
}
