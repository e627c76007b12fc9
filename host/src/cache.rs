//! The code cache: recipe → artifact or native code, or the reason why not.
//!
//! Two independent levels (source → wasm, wasm → native), each a memo around one step of the pipeline.
//! `key` says what a key covers, `entry` what a file looks like, `slot` and `store` where files are, `sweep`
//! when they go, `fs` what is done to files at all; `secret` how entries are authenticated, `scope` whose
//! they are, `lock` and `claim` who makes one, `sealed` how large code is loaded; `explain` why something is
//! missing, `signed` what is kept of who vouched for one, `report` how it is told, `options` and `location` what the environment asks for.
//!
//! What holds:
//! - A problem with the cache costs time. It never raises, and never changes a result.
//! - Bytes are used only after their authentication code was checked over those very bytes.
//! - No path, time or process enters a key, so a folder that is moved keeps its entries.
//!
//! `transfer` moves entries between machines, for `bundle`, which says whom to trust.
//!
//! What it does not do: share between users, or depend on locks (they save work; without them two
//! processes store the same entry, and either is right).

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasmtime::Engine;

use ovenbird_compiler::artifact::Artifact;

use crate::native::{Compiled, LoadError, Loading, Native};

mod claim;
pub mod counters;
pub mod doctor;
pub mod entry;
pub mod explain;
#[cfg(test)]
mod faults;
mod fs;
pub mod inspect;
pub mod key;
mod later;
pub mod location;
mod lock;
pub mod log;
mod open;
mod options;
pub mod report;
mod scope;
pub mod sealed;
pub mod secret;
mod signed;
mod slot;
mod store;
mod strict;
mod sweep;
mod transfer;
pub mod why;

pub use claim::Claim;
pub use counters::{Bypass, Outcome, Stats, Tier};
use entry::{Kind, Trailer, Verified};
use key::{Field, L0Key, L0Recipe, L1Recipe, L2Recipe};
use later::Later;
pub use location::Mode;
use open::{Loadable, Open, ReadFailure, TURNED_OFF};
pub use options::CacheOptions;
use report::Cost;
pub use report::{Event, EventHandler, Listed, ListedScope, MissReason};
pub use scope::Scope;
pub use secret::Secret;
use slot::Slot;
use store::WriteError;
use strict::Strict;
pub(crate) use transfer::{Adopted, Offer};
use why::{EXPLAIN_ENTRIES, EXPLAIN_FEW};

/// Entries may take this much together.
pub const MAX_BYTES: u64 = 2 << 30;
/// Entries that were not used for this long are removed.
pub const MAX_AGE: Duration = Duration::from_secs(30 * 24 * 3600);
/// At least this long is waited for another process that makes the same entry.
pub const LOCK_WAIT: Duration = Duration::from_secs(10);
/// Diagnostics are made again after this long.
pub const DIAGNOSTICS_AGE: Duration = Duration::from_secs(7 * 24 * 3600);

/// A cache. Cheap to clone; clones share counters.
#[derive(Clone)]
pub struct Cache {
    inner: Arc<Inner>,
    /// Shared by all clones but those that jobs hold.
    _users: Option<Arc<Users>>,
}

struct Inner {
    state: Result<Open, String>,
    later: Arc<Later>,
    strict: Option<Strict>,
    counters: counters::Counters,
    on_event: Option<EventHandler>,
    log: Option<Arc<log::Log>>,
}

/// Whoever drops the last of a cache waits until everything is stored.
struct Users(Arc<Later>);

impl Drop for Users {
    fn drop(&mut self) {
        self.0.settle_all();
    }
}

impl Cache {
    /// Opens a cache. Never fails: a cache that cannot be used is off, and [`Cache::problem`] says why.
    pub fn open(options: CacheOptions) -> Self {
        let on_event = options.on_event.clone();
        let log = options.log.as_deref().map(|path| Arc::new(log::Log::open(path)));
        later::settle_process();
        let strict = options.mode == Mode::Strict;
        let cache = Self::with(Open::new(options), strict, on_event, log);
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

    /// The part of the cache that belongs to a scope; see [`Scope`]. Has counters of its own.
    pub fn scope(&self, scope: &Scope) -> Self {
        let (on_event, log) = (self.inner.on_event.clone(), self.inner.log.clone());
        let state = self.open_state().map_err(Clone::clone).and_then(|open| open.scope(scope));
        Self::with(state, self.inner.strict.is_some(), on_event, log)
    }

    fn with(
        state: Result<Open, String>,
        strict: bool,
        on_event: Option<EventHandler>,
        log: Option<Arc<log::Log>>,
    ) -> Self {
        let strict = strict.then(Strict::default);
        let (later, counters) = (Arc::<Later>::default(), counters::Counters::default());
        let _users = Some(Arc::new(Users(Arc::clone(&later))));
        Cache { inner: Arc::new(Inner { state, later, strict, counters, on_event, log }), _users }
    }

    /// Waits until everything that was given to the cache is stored, or could not be. Happens by itself when
    /// the last clone of a cache is dropped.
    pub fn flush(&self) {
        self.inner.later.settle_all();
    }

    /// The bytes of the artifact that `recipe` gives.
    pub fn get_artifact(&self, recipe: &L1Recipe) -> Result<Vec<u8>, MissReason> {
        let started = Instant::now();
        let slot = self.place(Slot::Artifact(recipe.key()));
        self.count(&slot, &recipe.label, self.look_for_artifact(&slot, recipe), Vec::len, started)
    }

    /// Stores an artifact that took `made_in` to make. Gives whether it was stored; nothing depends on it.
    pub fn put_artifact(&self, recipe: &L1Recipe, artifact: &[u8], made_in: Duration) -> bool {
        let slot = self.place(Slot::Artifact(recipe.key()));
        self.put(&slot, &recipe.label, recipe.fields(), artifact, made_in)
    }

    /// The native code that `recipe` gives, loaded into `engine`, which must be the recipe's.
    pub fn get_native(&self, recipe: &L2Recipe, engine: &Engine) -> Result<Native, MissReason> {
        let started = Instant::now();
        let slot = self.native_place(recipe);
        let found = self.look_for_native(&slot, recipe, engine, Loading::Now);
        self.count(&slot, &recipe.label, found, |(_, size)| *size, started).map(|(native, _)| native)
    }

    /// Stores native code that took `made_in` to make. Gives whether it was stored.
    pub fn put_native(&self, recipe: &L2Recipe, code: &Compiled, made_in: Duration) -> bool {
        let slot = self.native_place(recipe);
        self.put(&slot, &recipe.label, recipe.fields(), code.elf(), made_in)
    }

    /// What a text gave for a request. A miss is not explained: the levels that are asked then do that.
    pub fn get_probe(&self, recipe: &L0Recipe) -> Result<Vec<u8>, MissReason> {
        self.get_probe_by(recipe.key(), &recipe.label)
    }

    /// The same for who has the key already.
    pub(crate) fn get_probe_by(&self, key: L0Key, label: &str) -> Result<Vec<u8>, MissReason> {
        let started = Instant::now();
        let slot = self.place(Slot::Probe(key));
        let found = self.look_for_text(&slot).map(Verified::into_payload);
        self.count(&slot, label, found, Vec::len, started)
    }

    /// Stores what a text gave for a request. Gives whether it was stored; nothing depends on it.
    pub fn put_probe(&self, recipe: &L0Recipe, manifest: &[u8], made_in: Duration) -> bool {
        let slot = self.place(Slot::Probe(recipe.key()));
        self.put(&slot, &recipe.label, recipe.fields(), manifest, made_in)
    }

    /// What was found wrong with a text for a request, unless that is [`DIAGNOSTICS_AGE`] ago.
    pub fn get_diagnostics(&self, recipe: &L0Recipe) -> Result<Vec<u8>, MissReason> {
        let started = Instant::now();
        let slot = self.place(Slot::Diagnostics(recipe.key()));
        let found = self.look_for_text(&slot).and_then(|entry| {
            let created = entry.trailer().ok_or(MissReason::Corrupt("format"))?.created;
            // One from the future is from a clock that was wrong: its age is not known.
            let age = now().checked_sub(created).ok_or(MissReason::Evicted)?;
            if age > DIAGNOSTICS_AGE.as_secs() { Err(MissReason::Evicted) } else { Ok(entry.into_payload()) }
        });
        self.count(&slot, &recipe.label, found, Vec::len, started)
    }

    /// Stores what is wrong with a text for a request. Gives whether it was stored.
    pub fn put_diagnostics(&self, recipe: &L0Recipe, diagnostics: &[u8], made_in: Duration) -> bool {
        let slot = self.place(Slot::Diagnostics(recipe.key()));
        self.put(&slot, &recipe.label, recipe.fields(), diagnostics, made_in)
    }

    /// As [`Cache::put_artifact`], when there is time; nobody else makes it until then.
    pub(crate) fn put_artifact_later(
        &self,
        recipe: L1Recipe,
        artifact: Arc<Artifact>,
        made_in: Duration,
        claim: Option<Claim>,
    ) {
        let slot = claim.as_ref().and_then(Claim::slot).cloned();
        let slot = slot.unwrap_or_else(|| self.place(Slot::Artifact(recipe.key())));
        let (label, size) = (recipe.label.clone(), artifact.wasm.len());
        let made = move || Some((recipe.fields(), artifact.encode()));
        self.put_later(slot, label, size, made, made_in, claim);
    }

    /// As [`Cache::put_native`], when there is time; nobody else makes it until then.
    pub(crate) fn put_native_later(
        &self,
        recipe: L2Recipe,
        code: Compiled,
        made_in: Duration,
        claim: Option<Claim>,
    ) {
        let slot = claim.as_ref().and_then(Claim::slot).cloned();
        let slot = slot.unwrap_or_else(|| self.native_place(&recipe));
        let (label, size) = (recipe.label.clone(), code.elf().len());
        self.put_later(slot, label, size, move || Some((recipe.fields(), code)), made_in, claim);
    }

    /// As [`Cache::put_probe`], when there is time, for who has the key already. A manifest of about this size, if one
    /// can be made.
    pub(crate) fn put_probe_later(
        &self,
        key: L0Key,
        recipe: L0Recipe,
        size: usize,
        manifest: impl FnOnce() -> Option<Vec<u8>> + Send + 'static,
        made_in: Duration,
    ) {
        let (slot, label) = (self.place(Slot::Probe(key)), recipe.label.clone());
        let made = move || Some((recipe.fields(), manifest()?));
        self.put_later(slot, label, size, made, made_in, None);
    }

    /// Counts since the cache was opened, after everything is stored.
    pub fn stats(&self) -> Stats {
        self.flush();
        self.inner.counters.snapshot()
    }

    /// Every entry in the folder, each verified, sorted by function, kind and key.
    pub fn list(&self) -> Vec<Listed> {
        self.flush();
        let Ok(open) = &self.inner.state else { return Vec::new() };
        let mut listed: Vec<Listed> = open.store.slots().iter().map(|slot| open.describe(slot)).collect();
        listed.sort_by(|a, b| (&a.label, a.kind, &a.key).cmp(&(&b.label, b.kind, &b.key)));
        listed
    }

    /// The scopes in the folder, by identifier. Their entries are listed by [`Cache::scope`]'s [`Cache::list`].
    pub fn scopes(&self) -> Vec<ListedScope> {
        let Ok(open) = &self.inner.state else { return Vec::new() };
        let mut ids = open.store.scope_ids();
        ids.sort();
        let listed = ids.into_iter().filter_map(|id| {
            let (entries, bytes, last) = open.store.scope(&id, false).ok()?.totals();
            let idle = u64::try_from(last).ok().filter(|_| entries > 0);
            Some(ListedScope { id, entries, bytes, idle: idle.map(|last| now().saturating_sub(last)) })
        });
        listed.collect()
    }

    /// Removes all entries and nothing else; gives how many.
    pub fn clear(&self) -> usize {
        self.flush();
        self.inner.state.as_ref().map_or(0, |open| open.store.clear())
    }

    /// Removes entries not used for `max_age`, then the least recently used beyond `max_bytes`. Gives the
    /// number removed and the bytes left. Happens by itself once a day, and when more
    /// than a tenth too much was written, with the budget and [`MAX_AGE`].
    pub fn trim(&self, max_bytes: u64, max_age: Duration) -> (usize, u64) {
        self.flush();
        let seconds = i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX);
        self.inner.state.as_ref().map_or((0, 0), |open| open.store.trim(max_bytes, seconds))
    }

    fn open_state(&self) -> Result<&Open, &String> {
        self.inner.state.as_ref()
    }

    fn place(&self, slot: Slot) -> Slot {
        match self.open_state() {
            Ok(open) => open.place(slot),
            Err(_) => slot,
        }
    }

    fn native_place(&self, recipe: &L2Recipe) -> Slot {
        let (key, engine) = recipe.key_and_engine();
        self.place(Slot::Native(engine, key))
    }

    /// Waits for an entry that is still to be stored.
    fn settle(&self, slot: &Slot) {
        if !self.inner.later.is_idle() {
            self.inner.later.settle(&slot.name());
        }
    }

    fn look_for_text(&self, slot: &Slot) -> Result<Verified, MissReason> {
        self.settle(slot);
        let open = self.open_state().map_err(|_| MissReason::Off)?;
        match open.read(slot) {
            // What is verified is made again, by the levels that can compare it.
            Ok(_) if open.mode == Mode::Verify => Err(MissReason::Verifying),
            Ok(entry) => Ok(entry),
            Err(ReadFailure::Missing) => Err(MissReason::Cold),
            Err(failure) => Err(self.failed(failure)),
        }
    }

    fn look_for_artifact(&self, slot: &Slot, recipe: &L1Recipe) -> Result<Vec<u8>, MissReason> {
        self.look_up(slot, &recipe.label, || recipe.fields()).map(Verified::into_payload)
    }

    /// Native code and its size.
    fn look_for_native(
        &self,
        slot: &Slot,
        recipe: &L2Recipe,
        engine: &Engine,
        when: Loading,
    ) -> Result<(Native, usize), MissReason> {
        self.settle(slot);
        let open = self.open_state().map_err(|_| MissReason::Off)?;
        let fields = || recipe.fields();
        let load = |entry: Verified| {
            self.inner.counters.native_load();
            let size = entry.payload().len();
            let native = match when {
                Loading::Now => Native::load(engine, &entry),
                Loading::AtFirstUse => Native::load_later(engine, entry),
            };
            native.map(|native| (native, size)).map_err(refused)
        };
        if open.mode == Mode::Verify {
            return load(self.look_up(slot, &recipe.label, fields)?);
        }
        let found =
            open.read_native(slot).map_err(|why| self.reason(open, why, slot, &recipe.label, fields))?;
        let sealed = match found {
            Loadable::Memory(entry) => return load(entry),
            Loadable::Sealed(sealed) => sealed,
        };
        self.inner.counters.native_load();
        match Native::load_sealed(engine, &sealed) {
            Ok(native) => Ok((native, sealed.code_len())),
            // Perhaps memory files cannot be mapped here.
            Err(_) => load(self.read(slot, &recipe.label, fields)?),
        }
    }

    /// As [`Cache::read`], except that in verify mode a valid entry is kept for comparison and not used.
    fn look_up(
        &self,
        slot: &Slot,
        label: &str,
        fields: impl FnOnce() -> Vec<Field>,
    ) -> Result<Verified, MissReason> {
        let entry = self.read(slot, label, fields)?;
        match self.open_state() {
            Ok(open) if open.mode == Mode::Verify => {
                open.verify_later(slot, entry.payload());
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
        self.settle(slot);
        let open = self.open_state().map_err(|_| MissReason::Off)?;
        open.read(slot).map_err(|why| self.reason(open, why, slot, label, fields))
    }

    /// The reason for a miss; an entry that is not there is explained.
    fn reason(
        &self,
        open: &Open,
        failure: ReadFailure,
        slot: &Slot,
        label: &str,
        fields: impl FnOnce() -> Vec<Field>,
    ) -> MissReason {
        match failure {
            ReadFailure::Missing => {
                let Inner { on_event, log, strict, .. } = &*self.inner;
                let is_asked = on_event.is_some() || log.is_some() || strict.is_some();
                let most = if is_asked { EXPLAIN_ENTRIES } else { EXPLAIN_FEW };
                open.explain(slot, label, fields, most).0.reason
            }
            failure => self.failed(failure),
        }
    }

    /// Counts what the system refused.
    fn failed(&self, failure: ReadFailure) -> MissReason {
        if let ReadFailure::System(errno) = &failure {
            self.inner.counters.error(*errno);
        }
        failure.reason()
    }

    /// Counts and reports the outcome of a look-up.
    fn count<T>(
        &self,
        slot: &Slot,
        label: &str,
        found: Result<T, MissReason>,
        size: impl FnOnce(&T) -> usize,
        started: Instant,
    ) -> Result<T, MissReason> {
        let (kind, label) = (slot.kind(), || label.to_owned());
        match &found {
            Ok(value) => {
                let bytes = size(value) as u64;
                self.inner.counters.hit(kind, bytes);
                let (path, cost) = (|| self.shown_path(slot), || Cost::of(slot, bytes, started));
                self.tell(|| Event::Loaded { kind, label: label(), path: path(), cost: cost() });
            }
            Err(reason) => {
                self.inner.counters.miss(kind, reason);
                if let Some(strict) = &self.inner.strict {
                    strict.missed(&label(), reason);
                }
                // That nothing is known of a text is not worth a word.
                if slot.is_marked() || *reason != MissReason::Cold {
                    let (reason, cost) = (|| reason.clone(), || Cost::of(slot, 0, started));
                    self.tell(|| Event::Missed { kind, label: label(), reason: reason(), cost: cost() });
                }
            }
        }
        found
    }

    /// Counts what became of a unit. To be called once for each time that a unit's code was asked for.
    pub(crate) fn count_unit(&self, label: &str, outcome: &Outcome, time: Duration) {
        self.inner.counters.unit(outcome);
        if let Some(log) = &self.inner.log {
            log.unit(label, outcome, time);
        }
    }

    /// Stores now; gives whether it was stored.
    fn put(&self, slot: &Slot, label: &str, fields: Vec<Field>, payload: &[u8], made_in: Duration) -> bool {
        let Some(open) = self.storing() else { return false };
        let stored = self.store(open, slot, label, fields, payload, made_in);
        if let Some(size) = stored {
            open.make_room(size);
        }
        stored.is_some()
    }

    /// Stores when there is time, but at once if somebody listens. The claim is held until then, and so is what gives
    /// fields and payload, of some `size`: they are made by whoever stores.
    fn put_later<P: AsRef<[u8]>>(
        &self,
        slot: Slot,
        label: String,
        size: usize,
        made: impl FnOnce() -> Option<(Vec<Field>, P)> + Send + 'static,
        made_in: Duration,
        claim: Option<Claim>,
    ) {
        if self.storing().is_none() {
            return;
        }
        let name = slot.name();
        // Without a share in the users: they wait for the job.
        let cache = Cache { inner: Arc::clone(&self.inner), _users: None };
        let job = move |is_last| {
            let Some(open) = cache.storing() else { return };
            let stored = made().and_then(|(fields, payload)| {
                cache.store(open, &slot, &label, fields, payload.as_ref(), made_in)
            });
            drop(claim);
            open.make_room_after(stored.unwrap_or(0), is_last);
        };
        // Who listens is told of everything in its order.
        if self.inner.on_event.is_some() || self.inner.log.is_some() {
            job(true);
        } else {
            self.inner.later.submit(name, size, job);
        }
    }

    /// The open cache, if entries are stored in it.
    fn storing(&self) -> Option<&Open> {
        self.open_state().ok().filter(|open| open.mode != Mode::ReadOnly)
    }

    /// Seals and writes an entry, counts and tells what came of it; gives the size of its file.
    fn store(
        &self,
        open: &Open,
        slot: &Slot,
        label: &str,
        fields: Vec<Field>,
        payload: &[u8],
        made_in: Duration,
    ) -> Option<u64> {
        let (kind, started) = (slot.kind(), Instant::now());
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
        // What a text gave rests on wasm that others may have signed; the other levels only on their inputs.
        let signers = if kind == Kind::Probe { open.signed.so_far() } else { Vec::new() };
        let sealed = entry::seal_signed(&open.mac, slot.key(), kind, payload, &trailer, &signers);
        let sealed = sealed.ok_or_else(|| WriteError::because("it is too large"));
        let written = sealed.and_then(|bytes| {
            open.store.write(slot, label, &bytes)?;
            Ok(bytes.len() as u64)
        });
        match written {
            Ok(size) => {
                let bytes = payload.len() as u64;
                self.inner.counters.stored(kind, bytes);
                let (label, path) = (|| label.to_owned(), || self.shown_path(slot));
                let cost = || Cost::of(slot, bytes, started);
                self.tell(|| Event::Saved { kind, label: label(), path: path(), cost: cost() });
                Some(size)
            }
            Err(error) => {
                self.inner.counters.store_failed(kind);
                if let Some(errno) = error.errno {
                    self.inner.counters.error(errno);
                }
                if let Some(strict) = &self.inner.strict {
                    strict.not_stored(label, &error);
                }
                self.tell(|| {
                    let errno = error.errno.map(counters::errno_name);
                    Event::NotSaved { kind, label: label.to_owned(), error: error.to_string(), errno }
                });
                None
            }
        }
    }

    fn shown_path(&self, slot: &Slot) -> PathBuf {
        self.inner.state.as_ref().map(|open| open.store.shown_path(slot)).unwrap_or_default()
    }

    fn tell(&self, event: impl FnOnce() -> Event) {
        let Inner { on_event, log, .. } = &*self.inner;
        if on_event.is_none() && log.is_none() {
            return;
        }
        let event = event();
        if let Some(handler) = on_event {
            handler(&event);
        }
        if let Some(log) = log {
            log.event(&event);
        }
    }
}

impl Cost {
    fn of(slot: &Slot, bytes: u64, started: Instant) -> Self {
        Cost { key: key::hex(slot.key()), bytes, time: started.elapsed() }
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

fn refused(error: LoadError) -> MissReason {
    MissReason::Refused(error.to_string())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests;
