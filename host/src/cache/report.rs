//! What the cache says: what it did. How often is in `counters`.
//!
//! Everything here is data with a `Display`; nothing is printed unless the owner of the cache asked for
//! events ([`EventHandler`]).

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use crate::cache::entry::Kind;
pub use crate::miss::MissReason;

/// What an event was about and what it took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The entry's key in hexadecimal digits.
    pub key: String,
    /// Bytes of the payload that was loaded or stored.
    pub bytes: u64,
    /// How long it took.
    pub time: std::time::Duration,
}

/// Something that the cache did.
#[derive(Clone, Debug)]
pub enum Event {
    /// The folder in use.
    Directory(PathBuf),
    /// The cache is off, and why.
    Disabled(String),
    /// A further folder that is looked into.
    AlsoRead(PathBuf),
    /// A folder that was named is not used, and why.
    LeftOut(String),
    /// An entry was stored.
    Saved {
        /// What it is.
        kind: Kind,
        /// `module.function`.
        label: String,
        /// The file.
        path: PathBuf,
        /// What it cost.
        cost: Cost,
    },
    /// An entry was used.
    Loaded {
        /// What it is.
        kind: Kind,
        /// `module.function`.
        label: String,
        /// The file.
        path: PathBuf,
        /// What it cost.
        cost: Cost,
    },
    /// There was no entry to use.
    Missed {
        /// What was looked for.
        kind: Kind,
        /// `module.function`.
        label: String,
        /// Why.
        reason: MissReason,
        /// What looking cost.
        cost: Cost,
    },
    /// An entry in one of the folders cannot be used, and another folder's was used in its place.
    Skipped {
        /// What it is.
        kind: Kind,
        /// `module.function`.
        label: String,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: MissReason,
    },
    /// Another process is making the entry; what it stores will be used.
    Waiting {
        /// What it is.
        kind: Kind,
        /// `module.function`.
        label: String,
    },
    /// An entry could not be stored; the program goes on.
    NotSaved {
        /// What it is.
        kind: Kind,
        /// `module.function`.
        label: String,
        /// What the system said, or why it was not asked.
        error: String,
        /// The system's name for it: `ENOSPC`.
        errno: Option<String>,
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
            Event::AlsoRead(path) => write!(f, "also reads '{}'", path.display()),
            Event::LeftOut(why) => write!(f, "left out: {why}"),
            Event::Saved { label, path, .. } => write!(f, "data saved to '{}' ({label})", path.display()),
            Event::Loaded { label, path, .. } => write!(f, "data loaded from '{}' ({label})", path.display()),
            Event::Missed { kind, label, reason, .. } => write!(f, "miss: {reason} ({label}, {kind})"),
            Event::Skipped { kind, label, path, reason } => {
                write!(f, "skipped '{}': {reason} ({label}, {kind})", path.display())
            }
            Event::NotSaved { label, error, .. } => write!(f, "data not saved: {error} ({label})"),
            Event::Waiting { kind, label } => {
                write!(f, "waiting for another process that makes it ({label}, {kind})")
            }
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
            Kind::Diagnostics => "diagnostics",
        })
    }
}

/// Receives events. Must not call the cache.
pub type EventHandler = Arc<dyn Fn(&Event) + Send + Sync>;

/// A handler that writes each event as a line `[cache] …` to standard error.
pub fn to_stderr() -> EventHandler {
    Arc::new(|event| eprintln!("[cache] {event}"))
}

/// A further folder that is only read: see [`CacheOptions::read_also`](crate::CacheOptions::read_also).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FurtherFolder {
    /// Its name.
    pub dir: PathBuf,
    /// Why it is left out; `None` if it is looked into.
    pub problem: Option<String>,
}

/// A scope's part of the folder. What is in its entries can be seen only by whoever names the scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedScope {
    /// Name of its folder.
    pub id: String,
    /// Number of entries.
    pub entries: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Seconds since one was last used; `None` if there is none.
    pub idle: Option<u64>,
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
