//! The code cache: recipe → artifact or native code, or the reason why not.
//!
//! Two independent levels (source → wasm, wasm → native), each a memo around one step of the pipeline.
//! `key` says what a key covers, `entry` what a file looks like, `slot`, `folder` and `store` where files are, `further`
//! and `found` where they are besides, `sweep` when they go, `fs` what is done to files at all; `secret` how entries are authenticated, `scope` whose
//! they are, `look` and `put` what is asked and stored, `lock` and `claim` who makes one, `sealed` how large code is loaded, `thin` how small code is stored; `explain` why something is
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

mod claim;
pub mod counters;
pub mod doctor;
pub mod entry;
pub mod explain;
#[cfg(test)]
mod faults;
mod folder;
mod found;
mod fs;
mod further;
pub mod inspect;
pub mod key;
mod later;
pub mod location;
mod lock;
pub mod log;
mod look;
mod marks;
mod open;
mod options;
mod put;
pub mod report;
mod scope;
pub mod sealed;
pub mod secret;
mod signed;
mod slot;
mod store;
mod strict;
mod sweep;
mod thin;
mod transfer;
pub mod why;
mod writing;

pub use claim::Claim;
pub use counters::{Bypass, Outcome, Stats, Tier};
use found::Where;
use key::L2Recipe;
use later::Later;
pub use location::Mode;
pub(crate) use open::compared;
use open::{Open, TURNED_OFF};
pub use options::CacheOptions;
pub(crate) use put::{MadeArtifact, MadeNative};
use report::Cost;
pub use report::{Event, EventHandler, FurtherFolder, Listed, ListedScope, MissReason};
pub use scope::Scope;
pub use secret::Secret;
use slot::Slot;
use strict::Strict;
pub(crate) use transfer::{Adopted, Offer};

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
        if let Err(why) = &cache.inner.state {
            cache.tell(|| Event::Disabled(why.clone()));
        }
        if let Some(dir) = cache.dir() {
            cache.tell(|| Event::Directory(dir.to_owned()));
        }
        for folder in cache.further_folders().iter().filter(|folder| folder.problem.is_none()) {
            cache.tell(|| Event::AlsoRead(folder.dir.clone()));
        }
        cache.tell_left_out();
        cache
    }

    fn tell_left_out(&self) {
        for why in self.left_out() {
            self.tell(|| Event::LeftOut(why.to_owned()));
        }
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

    /// Whether everything is to be compiled and compared: then nothing that is stored anywhere is used.
    pub(crate) fn verifies(&self) -> bool {
        self.inner.state.as_ref().is_ok_and(|open| open.mode == Mode::Verify)
    }

    /// Its own folder, unless it has none and only reads others.
    pub fn dir(&self) -> Option<&Path> {
        let open = self.inner.state.as_ref().ok().filter(|open| open.store.is_nowhere().is_none())?;
        Some(open.store.root())
    }

    /// Why it has no folder of its own, while it is on and reads others.
    pub fn without_own(&self) -> Option<&str> {
        self.inner.state.as_ref().ok()?.store.is_nowhere()
    }

    /// Whether there is a folder of any kind: a scope may have none in the folders of the whole.
    pub(crate) fn is_anywhere(&self) -> bool {
        let open = self.inner.state.as_ref();
        open.is_ok_and(|open| open.store.is_nowhere().is_none() || !open.further.usable.is_empty())
    }

    /// The further folders that were named, in their order: see [`CacheOptions::read_also`].
    pub fn further_folders(&self) -> &[FurtherFolder] {
        self.inner.state.as_ref().map_or(&[], |open| &open.further.named)
    }

    /// Why folders that were named are not used, its own or further ones, while the cache is on; each worth one
    /// warning.
    pub fn left_out(&self) -> impl Iterator<Item = &str> {
        let open = self.inner.state.as_ref().ok().into_iter();
        open.flat_map(|open| open.problem.as_deref().into_iter().chain(open.further.problems()))
    }

    /// The part of the cache that belongs to a scope; see [`Scope`]. Has counters of its own.
    pub fn scope(&self, scope: &Scope) -> Self {
        let (on_event, log) = (self.inner.on_event.clone(), self.inner.log.clone());
        let state = self.open_state().map_err(Clone::clone).and_then(|open| open.scope(scope));
        let cache = Self::with(state, self.inner.strict.is_some(), on_event, log);
        cache.tell_left_out();
        cache
    }

    fn with(
        state: Result<Open, String>,
        strict: bool,
        on_event: Option<EventHandler>,
        log: Option<Arc<log::Log>>,
    ) -> Self {
        let strict = strict.then(Strict::default);
        let turns = state.as_ref().ok().map(|open| open.store.turns());
        let (later, counters) = (Arc::new(Later::new(turns)), counters::Counters::default());
        let _users = Some(Arc::new(Users(Arc::clone(&later))));
        Cache { inner: Arc::new(Inner { state, later, strict, counters, on_event, log }), _users }
    }

    /// Waits until everything that was given to the cache is stored, or could not be. Happens by itself when
    /// the last clone of a cache is dropped.
    pub fn flush(&self) {
        self.inner.later.settle_all();
    }

    /// Counts since the cache was opened, after everything is stored.
    pub fn stats(&self) -> Stats {
        self.flush();
        self.inner.counters.snapshot()
    }

    /// Every entry in its own folder, each verified, sorted by function, kind and key.
    pub fn list(&self) -> Vec<Listed> {
        self.flush();
        let Ok(open) = &self.inner.state else { return Vec::new() };
        let listed = open.store.slots().iter().map(|slot| open.describe(Where::Own, slot)).collect();
        sorted(listed)
    }

    /// The same of each further folder that is looked into.
    pub fn list_further(&self) -> Vec<(PathBuf, Vec<Listed>)> {
        let Ok(open) = &self.inner.state else { return Vec::new() };
        let list = |further| {
            let place = Where::Further(further);
            sorted(further.slots().iter().map(|slot| open.describe(place, slot)).collect())
        };
        open.further.usable.iter().map(|further| (further.root().to_owned(), list(further))).collect()
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
        let trimmed = self.trim_and_tell(max_bytes, max_age);
        (trimmed.removed, trimmed.left)
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

fn sorted(mut listed: Vec<Listed>) -> Vec<Listed> {
    listed.sort_by(|a, b| (&a.label, a.kind, &a.key).cmp(&(&b.label, b.kind, &b.key)));
    listed
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests;
