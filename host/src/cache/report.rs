//! What the cache says: why it missed, what it did, and how often.
//!
//! Everything here is data with a `Display`; nothing is printed unless the owner of the cache asked for
//! events ([`EventHandler`]).

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::cache::entry::Kind;

/// Why a look-up gave nothing. `Display` is one phrase with the old and the new value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum MissReason {
    /// Nothing is known of this function.
    Cold,
    /// The function's own code changed.
    SourceChanged,
    /// The code of a function that it calls changed, directly or further down.
    CalleeChanged(String),
    /// A global or captured variable has another value.
    GlobalChanged {
        /// Its name.
        name: String,
        /// Value in the entry.
        old: String,
        /// Value now.
        new: String,
    },
    /// A column of a dataset has another type, is new, or is gone.
    SchemaChanged {
        /// Dataset and column.
        column: String,
        /// Type in the entry.
        old: String,
        /// Type now.
        new: String,
    },
    /// Entries exist, none for these argument types.
    ArgTypesNew {
        /// The types asked for.
        types: String,
    },
    /// Another option of the compiler or of the native code.
    OptionsChanged {
        /// Which.
        name: String,
        /// Value in the entry.
        old: String,
        /// Value now.
        new: String,
    },
    /// Another build of the compiler or of the host interface.
    CompilerChanged,
    /// Another standard library.
    LibraryChanged,
    /// The same function gives other wasm now (native code only).
    WasmChanged,
    /// Another engine.
    EngineChanged {
        /// What of it.
        what: String,
        /// In the entry.
        old: String,
        /// Now.
        new: String,
    },
    /// The CPU has gained (`+name`) or lost (`-name`) features.
    CpuChanged(Vec<String>),
    /// There is code, but it needs a CPU feature (or an architecture) that this machine lacks.
    IsaUnsupported(String),
    /// wasmtime refused to load a valid entry.
    Refused(String),
    /// The entry is damaged.
    Corrupt(&'static str),
    /// The entry is not this user's.
    Untrusted(&'static str),
    /// It was here once.
    Evicted,
    /// The system would not let it be read.
    Unreadable(String),
    /// A hit, not used because the cache is asked to verify.
    Verifying,
    /// The cache is off. Counted as a bypass, not as a miss.
    Off,
}

impl MissReason {
    /// A stable identifier for statistics.
    pub fn id(&self) -> &'static str {
        match self {
            MissReason::Cold => "cold",
            MissReason::SourceChanged => "source_changed",
            MissReason::CalleeChanged(_) => "callee_changed",
            MissReason::GlobalChanged { .. } => "global_changed",
            MissReason::SchemaChanged { .. } => "schema_changed",
            MissReason::ArgTypesNew { .. } => "arg_types_new",
            MissReason::OptionsChanged { .. } => "options_changed",
            MissReason::CompilerChanged => "compiler_changed",
            MissReason::LibraryChanged => "library_changed",
            MissReason::WasmChanged => "wasm_changed",
            MissReason::EngineChanged { .. } => "engine_changed",
            MissReason::CpuChanged(_) => "cpu_changed",
            MissReason::IsaUnsupported(_) => "isa_unsupported",
            MissReason::Refused(_) => "refused",
            MissReason::Corrupt(_) => "corrupt",
            MissReason::Untrusted(_) => "untrusted",
            MissReason::Evicted => "evicted",
            MissReason::Unreadable(_) => "unreadable",
            MissReason::Verifying => "verifying",
            MissReason::Off => "off",
        }
    }
}

impl fmt::Display for MissReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MissReason::Cold => f.write_str("not seen before"),
            MissReason::SourceChanged => f.write_str("its source changed"),
            MissReason::CalleeChanged(name) => write!(f, "callee {name} changed"),
            MissReason::GlobalChanged { name, old, new } => {
                write!(f, "global {name} changed: {old} -> {new}")
            }
            MissReason::SchemaChanged { column, old, new } => {
                write!(f, "column {column} changed: {old} -> {new}")
            }
            MissReason::ArgTypesNew { types } => write!(f, "new argument types: {types}"),
            MissReason::OptionsChanged { name, old, new } => {
                write!(f, "option {name} changed: {old} -> {new}")
            }
            MissReason::CompilerChanged => f.write_str("made by another build of the compiler"),
            MissReason::LibraryChanged => f.write_str("made with another standard library"),
            MissReason::WasmChanged => f.write_str("the function gives other wasm now"),
            MissReason::EngineChanged { what, old, new } => {
                write!(f, "engine changed: {what}: {old} -> {new}")
            }
            MissReason::CpuChanged(features) => write!(f, "made for another CPU: {}", features.join(" ")),
            MissReason::IsaUnsupported(feature) => write!(f, "this CPU lacks {feature}"),
            MissReason::Refused(why) => write!(f, "the engine refused it: {why}"),
            MissReason::Corrupt(what) => write!(f, "the entry is damaged ({what})"),
            MissReason::Untrusted(why) => write!(f, "the entry is not trusted: {why}"),
            MissReason::Evicted => f.write_str("the entry was removed"),
            MissReason::Unreadable(error) => write!(f, "the entry cannot be read: {error}"),
            MissReason::Verifying => f.write_str("present, compiled again to verify it"),
            MissReason::Off => f.write_str("the cache is off"),
        }
    }
}

/// Something that the cache did.
#[derive(Clone, Debug)]
pub enum Event {
    /// The folder in use.
    Directory(PathBuf),
    /// The cache is off, and why.
    Disabled(String),
    /// An entry was stored.
    Saved {
        /// What it is.
        kind: Kind,
        /// `module.function`.
        label: String,
        /// The file.
        path: PathBuf,
    },
    /// An entry was used.
    Loaded {
        /// What it is.
        kind: Kind,
        /// `module.function`.
        label: String,
        /// The file.
        path: PathBuf,
    },
    /// There was no entry to use.
    Missed {
        /// What was looked for.
        kind: Kind,
        /// `module.function`.
        label: String,
        /// Why.
        reason: MissReason,
    },
    /// An entry could not be stored; the program goes on.
    NotSaved {
        /// What it is.
        kind: Kind,
        /// `module.function`.
        label: String,
        /// What the system said.
        error: String,
    },
    /// Verifying found an entry that differs from what was made again.
    Inconsistent {
        /// What it is.
        kind: Kind,
        /// `module.function`.
        label: String,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Directory(path) => write!(f, "directory '{}'", path.display()),
            Event::Disabled(why) => write!(f, "off: {why}"),
            Event::Saved { label, path, .. } => write!(f, "data saved to '{}' ({label})", path.display()),
            Event::Loaded { label, path, .. } => write!(f, "data loaded from '{}' ({label})", path.display()),
            Event::Missed { kind, label, reason } => write!(f, "miss: {reason} ({label}, {kind})"),
            Event::NotSaved { label, error, .. } => write!(f, "data not saved: {error} ({label})"),
            Event::Inconsistent { kind, label } => {
                write!(f, "INCONSISTENT: stored and new differ ({label}, {kind})")
            }
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Artifact => "wasm",
            Kind::Native => "native",
            Kind::Probe => "probe",
        })
    }
}

/// Receives events. Must not call the cache.
pub type EventHandler = Arc<dyn Fn(&Event) + Send + Sync>;

/// A handler that writes each event as a line `[cache] …` to standard error.
pub fn to_stderr() -> EventHandler {
    Arc::new(|event| eprintln!("[cache] {event}"))
}

/// Counts of one level. `lookups = hits + misses + bypasses`, and the reasons add up to the misses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LevelStats {
    /// Times that an entry was asked for.
    pub lookups: u64,
    /// Times that one was used.
    pub hits: u64,
    /// Times that none could be used.
    pub misses: u64,
    /// Look-ups while the cache was off.
    pub bypasses: u64,
    /// Misses by [`MissReason::id`].
    pub reasons: BTreeMap<&'static str, u64>,
    /// Entries stored.
    pub stores: u64,
    /// Entries that could not be stored.
    pub store_errors: u64,
    /// Bytes of entries used.
    pub bytes_loaded: u64,
    /// Bytes of entries stored.
    pub bytes_stored: u64,
}

/// Counts of one cache since it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Level 1, source to wasm.
    pub artifact: LevelStats,
    /// Level 2, wasm to native code.
    pub native: LevelStats,
    /// The direct path, text to wasm. A miss here is only that the other levels are asked.
    pub probe: LevelStats,
    /// Times that bytes were handed to wasmtime's deserialiser: only ever verified ones.
    pub native_loads: u64,
    /// Entries that verifying found wrong.
    pub inconsistent: u64,
}

/// The counters behind [`Stats`].
#[derive(Default)]
pub(crate) struct Counters(Mutex<Stats>);

impl Counters {
    pub(crate) fn snapshot(&self) -> Stats {
        self.with(|stats| stats.clone())
    }

    pub(crate) fn hit(&self, kind: Kind, bytes: u64) {
        self.level(kind, |level| {
            level.lookups += 1;
            level.hits += 1;
            level.bytes_loaded += bytes;
        });
    }

    pub(crate) fn miss(&self, kind: Kind, reason: &MissReason) {
        self.level(kind, |level| {
            level.lookups += 1;
            if *reason == MissReason::Off {
                level.bypasses += 1;
            } else {
                level.misses += 1;
                *level.reasons.entry(reason.id()).or_default() += 1;
            }
        });
    }

    pub(crate) fn stored(&self, kind: Kind, bytes: u64) {
        self.level(kind, |level| {
            level.stores += 1;
            level.bytes_stored += bytes;
        });
    }

    pub(crate) fn store_failed(&self, kind: Kind) {
        self.level(kind, |level| level.store_errors += 1);
    }

    pub(crate) fn native_load(&self) {
        self.with(|stats| stats.native_loads += 1);
    }

    pub(crate) fn inconsistent(&self) {
        self.with(|stats| stats.inconsistent += 1);
    }

    fn level(&self, kind: Kind, change: impl FnOnce(&mut LevelStats)) {
        self.with(|stats| match kind {
            Kind::Artifact => change(&mut stats.artifact),
            Kind::Native => change(&mut stats.native),
            Kind::Probe => change(&mut stats.probe),
        });
    }

    fn with<R>(&self, use_stats: impl FnOnce(&mut Stats) -> R) -> R {
        // Plain numbers: a panic elsewhere cannot have left them half changed.
        use_stats(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One entry as `cache ls` shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// What it holds.
    pub kind: Kind,
    /// Its key in hexadecimal digits.
    pub key: String,
    /// `module.function`; empty if the entry is not valid.
    pub label: String,
    /// Bytes of the file.
    pub size: u64,
    /// Seconds since it was stored; `None` if the entry is not valid.
    pub age: Option<u64>,
    /// Microseconds that making it took.
    pub made_in_us: Option<u64>,
    /// Whether its authentication code fits; if not, why.
    pub verified: Result<(), MissReason>,
    /// The file.
    pub path: PathBuf,
    /// What entered the key, as (name, value).
    pub inputs: Vec<(String, String)>,
}
