//! Why there was no code to use, from the cache or from a bundle: data with a `Display`.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::Serialize;

/// Why code was made: known, or found out when there is time or somebody asks. Cheap to clone.
#[derive(Clone)]
pub struct Missed(Arc<Reason>);

struct Reason {
    known: OnceLock<MissReason>,
    /// Waits for those who would find it out by themselves.
    wait: Option<Box<dyn Fn() + Send + Sync>>,
    find: Mutex<Option<Box<dyn FnOnce() -> MissReason + Send>>>,
}

impl Missed {
    /// A reason that `find` finds. Who asks for it calls `wait` first.
    #[cfg(feature = "compiler")]
    pub(crate) fn later(
        wait: impl Fn() + Send + Sync + 'static,
        find: impl FnOnce() -> MissReason + Send + 'static,
    ) -> Self {
        let find = Mutex::new(Some(Box::new(find) as Box<_>));
        Missed(Arc::new(Reason { known: OnceLock::new(), wait: Some(Box::new(wait)), find }))
    }

    /// The reason, found out now if need be.
    pub fn reason(&self) -> &MissReason {
        if let (None, Some(wait)) = (self.known(), &self.0.wait) {
            wait();
        }
        self.settle_now()
    }

    /// The reason if it was found out.
    pub fn known(&self) -> Option<&MissReason> {
        self.0.known.get()
    }

    /// Finds it out without waiting for others.
    pub(crate) fn settle_now(&self) -> &MissReason {
        self.0.known.get_or_init(|| {
            let find = self.0.find.lock().unwrap_or_else(PoisonError::into_inner).take();
            find.map_or(MissReason::Cold, |find| find())
        })
    }
}

impl From<MissReason> for Missed {
    fn from(reason: MissReason) -> Self {
        Missed(Arc::new(Reason { known: OnceLock::from(reason), wait: None, find: Mutex::new(None) }))
    }
}

impl PartialEq for Missed {
    fn eq(&self, other: &Self) -> bool {
        self.reason() == other.reason()
    }
}

impl Eq for Missed {}

impl fmt::Debug for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.known() {
            Some(reason) => reason.fmt(f),
            None => f.write_str("not found out yet"),
        }
    }
}

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
    /// A function of the embedder has other types or another cost.
    HostFunctionChanged {
        /// Its name.
        name: String,
        /// Types and cost in the entry.
        old: String,
        /// Types and cost now.
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
    /// Another process was making it for too long.
    LockTimeout,
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
            MissReason::HostFunctionChanged { .. } => "host_function_changed",
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
            MissReason::LockTimeout => "lock_timeout",
            MissReason::Verifying => "verifying",
            MissReason::Off => "off",
        }
    }

    /// The name of what changed, and its old and its new value, where the reason has them.
    pub fn change(&self) -> Option<(&str, &str, &str)> {
        match self {
            MissReason::GlobalChanged { name, old, new }
            | MissReason::HostFunctionChanged { name, old, new }
            | MissReason::SchemaChanged { column: name, old, new }
            | MissReason::OptionsChanged { name, old, new }
            | MissReason::EngineChanged { what: name, old, new } => Some((name, old, new)),
            _ => None,
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
            MissReason::HostFunctionChanged { name, old, new } => {
                write!(f, "host function {name} changed: {old} -> {new}")
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
            MissReason::LockTimeout => f.write_str("another process was making it for too long"),
            MissReason::Verifying => f.write_str("present, compiled again to verify it"),
            MissReason::Off => f.write_str("the cache is off"),
        }
    }
}
