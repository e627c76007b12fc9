//! Computes the fingerprints that enter every cache key, so that what another build of Ovenbird or of wasmtime
//! has stored is never reused; and says whether this build has worker processes.
//!
//! Input: the sources of compiler and host, and `Cargo.lock`. Output: environment variables for the crate:
//! - `OVENBIRD_COMPILER_FINGERPRINT`: all of `compiler/src`, its manifest, the lock file, rustc. Part of
//!   level-1 keys. An edited compiler can give other wasm.
//! - `OVENBIRD_BUILD_FINGERPRINT`: the same and all of `host/src` but its tests. Part of level-0 keys: what is kept of a
//!   text is written, read and compared with the world by the host.
//! - `OVENBIRD_ENGINE_FINGERPRINT`: the locked wasmtime and Cranelift packages, and the files of the host
//!   that set them up, and how code is kept. Part of level-2 keys. The compiler's sources are *not* in it: an edit of the
//!   compiler that leaves a function's wasm as it was keeps its native code.
//! - `OVENBIRD_WASMTIME_VERSION`: the full version. wasmtime itself checks only the major number.
//! - `OVENBIRD_TARGET`: the target triple.
//!
//! And `cfg(workers)`: whether there can be worker processes (`src/worker/linux`; elsewhere an engine that is asked for
//! them is not made).
//!
//! Nothing here reads a clock. If no lock file is found (a packaged crate), the fingerprint falls back
//! to random bytes: a cache that misses after each build, never a stale one.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Packages whose code decides what native code looks like.
const ENGINE_PACKAGES: &[&str] =
    &["cranelift", "wasmtime", "regalloc2", "pulley", "wasmparser", "target-lexicon", "gimli", "object"];

/// Host files that decide how wasmtime is set up.
const ENGINE_FILES: &[&str] = &[
    // How code is kept: builds that do it differently would take each other's entries for damaged.
    "src/cache/thin.rs",
    "src/engine_config.rs",
    "src/engine_config/codegen.rs",
    "src/levels.rs",
    "src/native.rs",
    "src/native/make.rs",
];

fn main() -> io::Result<()> {
    let manifest_dir = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let lock = lock_file(&manifest_dir)?;
    let rustc = rustc_version();

    let Fingerprints { compiler, build, engine } = fingerprints(&manifest_dir, &lock, &rustc)?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(workers)");
    if has_workers() {
        println!("cargo::rustc-cfg=workers");
    }
    println!("cargo::rustc-env=OVENBIRD_COMPILER_FINGERPRINT={compiler}");
    println!("cargo::rustc-env=OVENBIRD_BUILD_FINGERPRINT={build}");
    println!("cargo::rustc-env=OVENBIRD_ENGINE_FINGERPRINT={engine}");
    println!("cargo::rustc-env=OVENBIRD_WASMTIME_VERSION={}", wasmtime_version(&lock));
    println!("cargo::rustc-env=OVENBIRD_TARGET={}", variable("TARGET")?);
    Ok(())
}

/// What identifies a build, in hexadecimal digits.
pub(crate) struct Fingerprints {
    pub(crate) compiler: String,
    pub(crate) build: String,
    pub(crate) engine: String,
}

/// The fingerprints of the host in this folder, with the compiler in the folder beside it.
pub(crate) fn fingerprints(host: &Path, lock: &str, rustc: &str) -> io::Result<Fingerprints> {
    let compiler_dir = host.join("../compiler");
    let mut compiler = Digest::new("ovenbird build: compiler");
    compiler.part("lock", lock.as_bytes());
    compiler.part("rustc", rustc.as_bytes());
    compiler.tree(&compiler_dir.join("src"), "src")?;
    compiler.file(&compiler_dir.join("Cargo.toml"), "Cargo.toml")?;
    let compiler = compiler.hex();

    let mut build = Digest::new("ovenbird build: compiler and host");
    build.part("compiler", compiler.as_bytes());
    build.tree(&host.join("src"), "src")?;

    let mut engine = Digest::new("ovenbird build: engine");
    engine.part("rustc", rustc.as_bytes());
    for (name, version, text) in packages(lock) {
        if ENGINE_PACKAGES.iter().any(|prefix| name.starts_with(prefix)) {
            engine.part(&format!("{name} {version}"), text.as_bytes());
        }
    }
    for file in ENGINE_FILES {
        engine.file(&host.join(file), file)?;
    }
    Ok(Fingerprints { compiler, build: build.hex(), engine: engine.hex() })
}

/// Worker processes are for builds with the compiler, and need Linux's filter of system calls.
fn has_workers() -> bool {
    let is =
        |name: &str, values: &[&str]| std::env::var(name).is_ok_and(|found| values.contains(&found.as_str()));
    std::env::var_os("CARGO_FEATURE_COMPILER").is_some()
        && is("CARGO_CFG_TARGET_OS", &["linux"])
        && is("CARGO_CFG_TARGET_ARCH", &["x86_64", "aarch64"])
}

fn variable(name: &str) -> io::Result<String> {
    std::env::var(name).map_err(|error| io::Error::other(format!("{name}: {error}")))
}

/// Text of the lock file of the build that is under way: the nearest one above the target directory
/// (Ovenbird may be a dependency of another workspace), else the one of this workspace.
fn lock_file(manifest_dir: &Path) -> io::Result<String> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let candidates = out.ancestors().chain(manifest_dir.ancestors()).map(|folder| folder.join("Cargo.lock"));
    for candidate in candidates {
        if let Ok(text) = fs::read_to_string(&candidate) {
            println!("cargo::rerun-if-changed={}", candidate.display());
            return Ok(text);
        }
    }
    // `RandomState` is seeded by the system: enough to tell builds apart.
    use std::hash::{BuildHasher, Hasher};
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    println!("cargo::warning=no Cargo.lock found: the code cache will not outlive this build");
    Ok(format!("no lock file: {random:016x}"))
}

/// The `[[package]]` entries of a lock file as (name, version, whole text).
fn packages(lock: &str) -> Vec<(String, String, String)> {
    let value = |entry: &str, key: &str| {
        let line = entry.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""));
        line.map(|rest| rest.trim_end_matches('"').to_owned()).unwrap_or_default()
    };
    let entries = lock.split("[[package]]").skip(1);
    entries.map(|entry| (value(entry, "name"), value(entry, "version"), entry.trim().to_owned())).collect()
}

/// Version of the locked `wasmtime` that the manifest asks for, or `unknown`.
fn wasmtime_version(lock: &str) -> String {
    let versions: Vec<String> = packages(lock)
        .into_iter()
        .filter(|(name, ..)| name == "wasmtime")
        .map(|(_, version, _)| version)
        .collect();
    if versions.is_empty() { "unknown".to_owned() } else { versions.join("+") }
}

/// The compiler, but not the machine that it runs on: code made on one kind of machine for another is
/// found there under the same keys.
pub(crate) fn rustc_version() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").arg("--verbose").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().filter(|line| !line.starts_with("host:")).collect::<Vec<_>>().join("\n")
}

/// A hash over named parts, lengths included.
struct Digest(blake3::Hasher);

impl Digest {
    fn new(purpose: &str) -> Self {
        Digest(blake3::Hasher::new_derive_key(purpose))
    }

    fn part(&mut self, name: &str, bytes: &[u8]) {
        for part in [name.as_bytes(), bytes] {
            self.0.update(&(part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
    }

    fn file(&mut self, path: &Path, name: &str) -> io::Result<()> {
        println!("cargo::rerun-if-changed={}", path.display());
        self.part(name, &fs::read(path)?);
        Ok(())
    }

    /// All files below `folder` but tests, in the order of their names.
    fn tree(&mut self, folder: &Path, name: &str) -> io::Result<()> {
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        let is_test =
            |entry: &fs::DirEntry| ["tests", "tests.rs"].map(OsStr::new).contains(&&*entry.file_name());
        for entry in entries.into_iter().filter(|entry| !is_test(entry)) {
            let name = format!("{name}/{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                self.tree(&entry.path(), &name)?;
            } else {
                self.file(&entry.path(), &name)?;
            }
        }
        Ok(())
    }

    fn hex(&self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}
