//! The code cache: recipe → artifact or native code, or the reason why not.
//!
//! Two independent levels (source → wasm, wasm → native), each a memo around one step of the pipeline.
//! `key` says what a key covers, `entry` what a file looks like, `store` and `sweep` where files are and
//! when they go, `secret` how they are authenticated, `explain` why something is missing, `report` how it
//! is told, `location` what the environment asks for.
//!
//! What holds:
//! - A problem with the cache costs time. It never raises, and never changes a result.
//! - Bytes are used only after their authentication code was checked over those very bytes.
//! - No path, time or process enters a key, so a folder that is moved keeps its entries.
//!
//! `transfer` moves entries between machines, for `bundle`, which says whom to trust.
//!
//! What it does not do: share between users, remember failed compilations, or keep two
//! processes from compiling the same thing at the same time (both store; either entry is right).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wasmtime::Engine;

use crate::native::{Compiled, Native};

pub mod entry;
mod explain;
pub mod key;
pub mod location;
pub mod report;
pub mod secret;
mod store;
mod sweep;
mod transfer;

use entry::{Invalid, Kind, Trailer, Verified};
use key::{Digest, Field, L0Recipe, L1Recipe, L2Recipe};
pub use location::Mode;
pub use report::{Event, EventHandler, Listed, MissReason, Stats};
pub use secret::Secret;
use store::{ReadError, Slot, Store};
pub(crate) use transfer::Adopted;

/// At most this many entries of the same function, the newest, are read to explain a miss.
const EXPLAIN_ENTRIES: usize = 64;

/// Entries may take this much together.
pub const MAX_BYTES: u64 = 2 << 30;
/// Entries that were not used for this long are removed.
pub const MAX_AGE: Duration = Duration::from_secs(30 * 24 * 3600);
/// Seconds between two trims that happen by themselves, after a store.
const TRIM_INTERVAL: i64 = 24 * 3600;

/// How to open a cache. `default()` looks at nothing outside and names no folder;
/// [`CacheOptions::from_environment`] does what the command line wants.
#[derive(Clone, Default)]
pub struct CacheOptions {
    /// Off, read-only, read-write or verify.
    pub mode: Mode,
    /// The folder. Without one the cache is off.
    pub dir: Option<PathBuf>,
    /// The secret itself; goes before `secret_file`.
    pub secret: Option<Secret>,
    /// The file with the user's secret, made if it is missing. Must not be in `dir`.
    pub secret_file: Option<PathBuf>,
    /// Told of everything that happens.
    pub on_event: Option<EventHandler>,
    /// Reason to stay off that was found while the options were made.
    pub problem: Option<String>,
}

impl CacheOptions {
    /// Folder, secret, mode and debugging as the environment variables and the user's home say.
    pub fn from_environment() -> Self {
        Self::from_lookup(&|name| std::env::var_os(name))
    }

    fn from_lookup(env: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let (mode, problem) = match location::mode(env) {
            Ok(mode) => (mode, None),
            Err(problem) => (Mode::Off, Some(problem)),
        };
        CacheOptions {
            mode,
            dir: location::cache_dir(env),
            secret: None,
            secret_file: location::secret_file(env),
            on_event: location::debug(env).then(report::to_stderr),
            problem,
        }
    }

    /// The same with another folder.
    pub fn dir(self, dir: impl Into<PathBuf>) -> Self {
        CacheOptions { dir: Some(dir.into()), ..self }
    }
}

impl fmt::Debug for CacheOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CacheOptions { mode, dir, secret: _, secret_file, on_event: _, problem } = self;
        let mut shown = f.debug_struct("CacheOptions");
        shown
            .field("mode", mode)
            .field("dir", dir)
            .field("secret_file", secret_file)
            .field("problem", problem);
        shown.finish_non_exhaustive()
    }
}

/// A cache. Cheap to clone; clones share counters.
#[derive(Clone)]
pub struct Cache {
    inner: Arc<Inner>,
}

struct Inner {
    state: Result<Open, String>,
    counters: report::Counters,
    on_event: Option<EventHandler>,
}

/// A cache that is on.
struct Open {
    store: Store,
    mac: secret::MacKey,
    mode: Mode,
    /// In verify mode, digests of the stored payloads that wait for their comparison.
    verifying: Mutex<BTreeMap<Digest, blake3::Hash>>,
}

impl Cache {
    /// Opens a cache. Never fails: a cache that cannot be used is off, and [`Cache::problem`] says why.
    pub fn open(options: CacheOptions) -> Self {
        let on_event = options.on_event.clone();
        let state = Open::new(options);
        let cache =
            Cache { inner: Arc::new(Inner { state, counters: report::Counters::default(), on_event }) };
        cache.tell(|| match &cache.inner.state {
            Ok(open) => Event::Directory(open.store.root().to_owned()),
            Err(why) => Event::Disabled(why.clone()),
        });
        cache
    }

    /// A cache that is off.
    pub fn disabled() -> Self {
        Self::open(CacheOptions { mode: Mode::Off, ..CacheOptions::default() })
    }

    /// Why the cache is off although it was not turned off; worth one warning.
    pub fn problem(&self) -> Option<&str> {
        self.inner.state.as_ref().err().map(String::as_str).filter(|why| *why != TURNED_OFF)
    }

    /// Whether look-ups can succeed.
    pub fn is_on(&self) -> bool {
        self.inner.state.is_ok()
    }

    /// The folder.
    pub fn dir(&self) -> Option<&Path> {
        self.inner.state.as_ref().ok().map(|open| open.store.root())
    }

    /// The bytes of the artifact that `recipe` gives.
    pub fn get_artifact(&self, recipe: &L1Recipe) -> Result<Vec<u8>, MissReason> {
        let slot = Slot::Artifact(recipe.key());
        let found = self.look_up(&slot, &recipe.label, || recipe.fields());
        let found = found.map(Verified::into_payload);
        self.count(&slot, &recipe.label, found, Vec::len)
    }

    /// Stores an artifact that took `made_in` to make. Gives whether it was stored; nothing depends on it.
    pub fn put_artifact(&self, recipe: &L1Recipe, artifact: &[u8], made_in: Duration) -> bool {
        let slot = Slot::Artifact(recipe.key());
        self.put(&slot, &recipe.label, recipe.fields(), artifact, made_in)
    }

    /// The native code that `recipe` gives, loaded into `engine`, which must be the recipe's.
    pub fn get_native(&self, recipe: &L2Recipe, engine: &Engine) -> Result<Native, MissReason> {
        let slot = native_slot(recipe);
        let mut size = 0;
        let found = self.look_up(&slot, &recipe.label, || recipe.fields()).and_then(|entry| {
            size = entry.payload().len();
            self.inner.counters.native_load();
            Native::load(engine, &entry).map_err(|error| MissReason::Refused(error.to_string()))
        });
        self.count(&slot, &recipe.label, found, |_| size)
    }

    /// Stores native code that took `made_in` to make. Gives whether it was stored.
    pub fn put_native(&self, recipe: &L2Recipe, code: &Compiled, made_in: Duration) -> bool {
        let slot = native_slot(recipe);
        self.put(&slot, &recipe.label, recipe.fields(), code.elf(), made_in)
    }

    /// What a text gave for a request. A miss is not explained: the levels that are asked then do that.
    pub fn get_probe(&self, recipe: &L0Recipe) -> Result<Vec<u8>, MissReason> {
        let Ok(open) = &self.inner.state else { return Err(MissReason::Off) };
        let slot = Slot::Probe(recipe.key());
        let found = match open.read(&slot) {
            // What is verified is made again, by the levels that can compare it.
            Ok(_) if open.mode == Mode::Verify => Err(MissReason::Verifying),
            Ok(entry) => Ok(entry.into_payload()),
            Err(ReadFailure::Missing) => Err(MissReason::Cold),
            Err(ReadFailure::Bad(reason)) => Err(reason),
        };
        self.count(&slot, &recipe.label, found, Vec::len)
    }

    /// Stores what a text gave for a request. Gives whether it was stored; nothing depends on it.
    pub fn put_probe(&self, recipe: &L0Recipe, manifest: &[u8], made_in: Duration) -> bool {
        let slot = Slot::Probe(recipe.key());
        self.put(&slot, &recipe.label, recipe.fields(), manifest, made_in)
    }

    /// Why [`Cache::get_artifact`] would miss; `None` if it would hit. Counts nothing.
    pub fn why_artifact(&self, recipe: &L1Recipe) -> Option<MissReason> {
        let slot = Slot::Artifact(recipe.key());
        self.read(&slot, &recipe.label, || recipe.fields()).err()
    }

    /// Why [`Cache::get_native`] would miss; `None` if there is a valid entry. Counts nothing.
    pub fn why_native(&self, recipe: &L2Recipe) -> Option<MissReason> {
        let slot = native_slot(recipe);
        self.read(&slot, &recipe.label, || recipe.fields()).err()
    }

    /// Counts since the cache was opened.
    pub fn stats(&self) -> Stats {
        self.inner.counters.snapshot()
    }

    /// Every entry in the folder, each verified, sorted by function, kind and key.
    pub fn list(&self) -> Vec<Listed> {
        let Ok(open) = &self.inner.state else { return Vec::new() };
        let mut listed: Vec<Listed> = open.store.slots().iter().map(|slot| open.describe(slot)).collect();
        listed.sort_by(|a, b| (&a.label, a.kind, &a.key).cmp(&(&b.label, b.kind, &b.key)));
        listed
    }

    /// Removes all entries and nothing else; gives how many.
    pub fn clear(&self) -> usize {
        self.inner.state.as_ref().map_or(0, |open| open.store.clear())
    }

    /// Removes entries not used for `max_age`, then the least recently used beyond `max_bytes`. Gives the
    /// number removed and the bytes left. Happens by itself once a day with [`MAX_BYTES`] and [`MAX_AGE`].
    pub fn trim(&self, max_bytes: u64, max_age: Duration) -> (usize, u64) {
        let seconds = i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX);
        self.inner.state.as_ref().map_or((0, 0), |open| open.store.trim(max_bytes, seconds))
    }

    /// As [`Cache::read`], except that in verify mode a valid entry is kept for comparison and not used.
    fn look_up(
        &self,
        slot: &Slot,
        label: &str,
        fields: impl FnOnce() -> Vec<Field>,
    ) -> Result<Verified, MissReason> {
        let entry = self.read(slot, label, fields)?;
        match &self.inner.state {
            Ok(open) if open.mode == Mode::Verify => {
                lock(&open.verifying).insert(*slot.key(), blake3::hash(entry.payload()));
                Err(MissReason::Verifying)
            }
            _ => Ok(entry),
        }
    }

    fn read(
        &self,
        slot: &Slot,
        label: &str,
        fields: impl FnOnce() -> Vec<Field>,
    ) -> Result<Verified, MissReason> {
        let Ok(open) = &self.inner.state else { return Err(MissReason::Off) };
        match open.read(slot) {
            Ok(entry) => Ok(entry),
            Err(ReadFailure::Missing) => Err(open.explain(slot, label, &fields())),
            Err(ReadFailure::Bad(reason)) => Err(reason),
        }
    }

    /// Counts and reports the outcome of a look-up.
    fn count<T>(
        &self,
        slot: &Slot,
        label: &str,
        found: Result<T, MissReason>,
        size: impl FnOnce(&T) -> usize,
    ) -> Result<T, MissReason> {
        let kind = slot.kind();
        match &found {
            Ok(value) => {
                self.inner.counters.hit(kind, size(value) as u64);
                self.tell(|| Event::Loaded { kind, label: label.to_owned(), path: self.shown_path(slot) });
            }
            Err(reason) => {
                self.inner.counters.miss(kind, reason);
                if (kind, reason) == (Kind::Probe, &MissReason::Cold) {
                    return found;
                }
                self.tell(|| Event::Missed { kind, label: label.to_owned(), reason: reason.clone() });
            }
        }
        found
    }

    fn put(&self, slot: &Slot, label: &str, fields: Vec<Field>, payload: &[u8], made_in: Duration) -> bool {
        let Ok(open) = &self.inner.state else { return false };
        if open.mode == Mode::ReadOnly {
            return false;
        }
        let kind = slot.kind();
        if open.contradicts(slot, payload) {
            self.inner.counters.inconsistent();
            self.tell(|| Event::Inconsistent { kind, label: label.to_owned() });
        }
        let trailer = Trailer {
            label: label.to_owned(),
            fields,
            created: now(),
            made_in_us: u64::try_from(made_in.as_micros()).unwrap_or(u64::MAX),
            producer: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let sealed = entry::seal(&open.mac, slot.key(), kind, payload, &trailer);
        let sealed = sealed.ok_or_else(|| "it is too large".to_owned());
        match sealed.and_then(|bytes| open.store.write(slot, label, &bytes)) {
            Ok(()) => {
                self.inner.counters.stored(kind, payload.len() as u64);
                self.tell(|| Event::Saved { kind, label: label.to_owned(), path: self.shown_path(slot) });
                if open.store.is_trim_due(TRIM_INTERVAL) {
                    self.trim(MAX_BYTES, MAX_AGE);
                }
                true
            }
            Err(error) => {
                self.inner.counters.store_failed(kind);
                self.tell(|| Event::NotSaved { kind, label: label.to_owned(), error });
                false
            }
        }
    }

    fn shown_path(&self, slot: &Slot) -> PathBuf {
        self.inner.state.as_ref().map(|open| open.store.shown_path(slot)).unwrap_or_default()
    }

    fn tell(&self, event: impl FnOnce() -> Event) {
        if let Some(handler) = &self.inner.on_event {
            handler(&event());
        }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("dir", &self.dir())
            .field("problem", &self.problem())
            .finish_non_exhaustive()
    }
}

const TURNED_OFF: &str = "turned off";

enum ReadFailure {
    Missing,
    Bad(MissReason),
}

impl Open {
    fn new(options: CacheOptions) -> Result<Self, String> {
        let CacheOptions { mode, dir, secret, secret_file, on_event: _, problem } = options;
        if let Some(problem) = problem {
            return Err(problem);
        }
        if mode == Mode::Off {
            return Err(TURNED_OFF.to_owned());
        }
        let dir = dir.ok_or("no folder for it: neither OVENBIRD_CACHE_DIR nor HOME is set")?;
        // The folder first: where nothing can be stored, no secret is made.
        let store = Store::open(&dir, mode != Mode::ReadOnly)?;
        let secret = match (secret, secret_file) {
            (Some(secret), _) => secret,
            (None, Some(file)) => Secret::load_or_create(&file)
                .map_err(|error| format!("no secret to protect it: '{}': {error}", file.display()))?,
            (None, None) => return Err("no secret to protect it: HOME is not set".to_owned()),
        };
        Ok(Open { store, mac: secret.mac_key(), mode, verifying: Mutex::default() })
    }

    fn read(&self, slot: &Slot) -> Result<Verified, ReadFailure> {
        let bytes = self.store.read(slot, self.mode == Mode::ReadWrite).map_err(|error| match error {
            ReadError::Missing => ReadFailure::Missing,
            ReadError::Untrusted(why) => ReadFailure::Bad(MissReason::Untrusted(why)),
            ReadError::TooLong => ReadFailure::Bad(MissReason::Corrupt("length")),
            ReadError::System(error) => ReadFailure::Bad(MissReason::Unreadable(error.to_string())),
        })?;
        entry::open(&self.mac, slot.key(), slot.kind(), bytes).map_err(|invalid| {
            ReadFailure::Bad(match invalid {
                Invalid::Length => MissReason::Corrupt("length"),
                Invalid::Code => MissReason::Corrupt("authentication code"),
                Invalid::Format => MissReason::Corrupt("format"),
                Invalid::OtherSecret => MissReason::Untrusted("sealed under another secret"),
            })
        })
    }

    /// Compares with the entries that this function has, or had.
    fn explain(&self, slot: &Slot, label: &str, fields: &[Field]) -> MissReason {
        let mut known = self.store.marked(label, slot.kind());
        if known.contains(slot) {
            return MissReason::Evicted;
        }
        known.truncate(EXPLAIN_ENTRIES);
        let stored: Vec<Trailer> = known
            .iter()
            .filter_map(|slot| self.read(slot).ok())
            .filter_map(|entry| entry.trailer())
            .collect();
        match slot.kind() {
            Kind::Artifact => explain::artifact(label, fields, &stored),
            Kind::Native => explain::native(fields, &stored),
            Kind::Probe => MissReason::Cold,
        }
    }

    /// Whether an entry that is being verified differs from what was made again.
    fn contradicts(&self, slot: &Slot, payload: &[u8]) -> bool {
        lock(&self.verifying).remove(slot.key()).is_some_and(|stored| stored != blake3::hash(payload))
    }

    fn describe(&self, slot: &Slot) -> Listed {
        let entry = self.read(slot);
        let trailer = entry.as_ref().ok().and_then(Verified::trailer);
        let path = self.store.shown_path(slot);
        let size = std::fs::symlink_metadata(&path).map_or(0, |metadata| metadata.len());
        let inputs = trailer.iter().flat_map(|trailer| &trailer.fields);
        Listed {
            kind: slot.kind(),
            key: key::hex(slot.key()),
            size,
            age: trailer.as_ref().map(|trailer| now().saturating_sub(trailer.created)),
            made_in_us: trailer.as_ref().map(|trailer| trailer.made_in_us),
            verified: entry.map(drop).map_err(|failure| match failure {
                ReadFailure::Missing => MissReason::Evicted,
                ReadFailure::Bad(reason) => reason,
            }),
            path,
            inputs: inputs.map(|field| (field.name.clone(), field.value.clone())).collect(),
            label: trailer.as_ref().map(|trailer| trailer.label.clone()).unwrap_or_default(),
        }
    }
}

fn native_slot(recipe: &L2Recipe) -> Slot {
    let (key, engine) = recipe.key_and_engine();
    Slot::Native(engine, key)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests;
