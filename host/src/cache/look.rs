//! Look-ups: recipe → verified entry, counted and told of; or the reason for a miss.
//!
//! An entry that is not there is explained by entries of the same function, and reading those takes longer than all
//! else that a miss costs. So who compiles on a miss is given a [`Missed`]: it is explained at once if somebody
//! listens, else when the new entry is stored, or when it is asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::Engine;

use super::entry::{Kind, Verified};
use super::found::{Found, Where};
use super::key::{Field, L0Key, L0Recipe, L1Recipe, L2Recipe};
use super::open::{Loadable, Open, ReadFailure};
use super::report::{Cost, Event, MissReason};
use super::slot::Slot;
use super::why::EXPLAIN_FEW;
use super::{Cache, DIAGNOSTICS_AGE, Inner, Mode, Outcome, now};
use crate::miss::Missed;
use crate::native::{LoadError, Loading, Native};

/// Why a look-up gave nothing, as far as that is known without reading other entries.
#[derive(Clone, Debug)]
pub(super) enum Absent {
    /// There is no entry.
    Unexplained,
    /// There is one that cannot be used, or it was not looked for.
    Because(MissReason),
    /// The one in the cache's own folder is damaged in this respect: who has the right to make another puts it aside.
    Damaged(&'static str),
}

impl Absent {
    /// The reason, if it is known.
    pub(super) fn known(self) -> Option<MissReason> {
        match self {
            Absent::Unexplained => None,
            Absent::Because(reason) => Some(reason),
            Absent::Damaged(what) => Some(MissReason::Corrupt(what)),
        }
    }
}

/// What was looked for, with what its absence is explained by.
pub(super) trait Wanted: Clone + Send + 'static {
    fn explain(&self, cache: &Cache, slot: &Slot) -> MissReason;
}

impl Wanted for L1Recipe {
    fn explain(&self, cache: &Cache, slot: &Slot) -> MissReason {
        cache.explain(slot, &self.label, || self.fields())
    }
}

impl Wanted for L2Recipe {
    fn explain(&self, cache: &Cache, slot: &Slot) -> MissReason {
        cache.explain(slot, &self.label, || self.fields())
    }
}

impl Cache {
    /// The bytes of the artifact that `recipe` gives.
    pub fn get_artifact(&self, recipe: &L1Recipe) -> Result<Vec<u8>, MissReason> {
        let started = Instant::now();
        let slot = self.place(Slot::Artifact(recipe.key()));
        let found = self.look_for_artifact(&slot).map_err(|absent| self.because(absent, &slot, recipe));
        self.count(&slot, &recipe.label, found, Vec::len, started).map_err(|missed| missed.reason().clone())
    }

    /// The native code that `recipe` gives, loaded into `engine`, which must be the recipe's.
    pub fn get_native(&self, recipe: &L2Recipe, engine: &Engine) -> Result<Native, MissReason> {
        let started = Instant::now();
        let slot = self.native_place(recipe);
        let found = self.look_for_native(&slot, engine, Loading::Now);
        let found = found.map_err(|absent| self.because(absent, &slot, recipe));
        let found = self.count(&slot, &recipe.label, found, |(_, size)| *size, started);
        found.map(|(native, _)| native).map_err(|missed| missed.reason().clone())
    }

    /// What a text gave for a request. A miss is not explained: the levels that are asked then do that.
    pub fn get_probe(&self, recipe: &L0Recipe) -> Result<Vec<u8>, MissReason> {
        self.get_probe_by(recipe.key(), &recipe.label)
    }

    /// The same for who has the key already.
    pub(crate) fn get_probe_by(&self, key: L0Key, label: &str) -> Result<Vec<u8>, MissReason> {
        let started = Instant::now();
        let slot = self.place(Slot::Probe(key));
        let found = self.look_for_text(&slot, |entry| Ok(entry.into_payload())).map_err(Missed::from);
        self.count(&slot, label, found, Vec::len, started).map_err(|missed| missed.reason().clone())
    }

    /// What was found wrong with a text for a request, unless that is [`DIAGNOSTICS_AGE`] ago.
    pub fn get_diagnostics(&self, recipe: &L0Recipe) -> Result<Vec<u8>, MissReason> {
        self.get_diagnostics_by(recipe.key().of_diagnostics(), &recipe.label)
    }

    /// The same for who has the key already.
    pub(crate) fn get_diagnostics_by(&self, key: L0Key, label: &str) -> Result<Vec<u8>, MissReason> {
        let started = Instant::now();
        let slot = self.place(Slot::Diagnostics(key));
        let found = self.look_for_text(&slot, |entry| {
            let created = entry.trailer().ok_or(MissReason::Corrupt("format"))?.created;
            // One from the future is from a clock that was wrong: its age is not known.
            let age = now().checked_sub(created).ok_or(MissReason::Evicted)?;
            if age > DIAGNOSTICS_AGE.as_secs() { Err(MissReason::Evicted) } else { Ok(entry.into_payload()) }
        });
        let found = self.count(&slot, label, found.map_err(Missed::from), Vec::len, started);
        found.map_err(|missed| missed.reason().clone())
    }

    /// Counts what became of a unit. To be called once for each time that a unit's code was asked for.
    pub(crate) fn count_unit(&self, label: &str, outcome: &Outcome, time: Duration) {
        self.inner.counters.unit(outcome);
        if let Some(log) = &self.inner.log {
            log.unit(label, outcome, time);
        }
    }

    /// The same for one that was made, whose reason may not be known yet.
    pub(crate) fn count_made_unit(&self, label: &str, missed: &Missed, time: Duration) {
        match missed.known() {
            None if self.inner.log.is_none() => self.inner.counters.unit_missed(missed.clone()),
            _ => self.count_unit(label, &Outcome::Miss(missed.reason().clone()), time),
        }
    }

    /// Waits for an entry that is still to be stored.
    pub(super) fn settle(&self, slot: &Slot) {
        self.inner.later.settle(slot);
    }

    /// What `take` gives of the first entry of which it takes something.
    fn look_for_text(
        &self,
        slot: &Slot,
        take: impl Fn(Verified) -> Result<Vec<u8>, MissReason>,
    ) -> Result<Found<Vec<u8>>, MissReason> {
        self.settle(slot);
        let open = self.open_state().map_err(|_| MissReason::Off)?;
        let may_lack = slot.kind() == Kind::Diagnostics;
        let found = open.first(slot, |place| {
            if may_lack && matches!(place, Where::Own) && open.store.lacks(slot.folder()) {
                return Err(Absent::Unexplained);
            }
            let entry = open.read(place, slot).map_err(|failure| self.absent(place, failure))?;
            // What is verified is made again, by the levels that can compare it.
            let taken = if open.mode == Mode::Verify { Err(MissReason::Verifying) } else { take(entry) };
            taken.map_err(Absent::Because)
        });
        found.map_err(|absent| absent.known().unwrap_or(MissReason::Cold))
    }

    pub(super) fn look_for_artifact(&self, slot: &Slot) -> Result<Found<Vec<u8>>, Absent> {
        self.look_up(slot).map(|found| found.map(Verified::into_payload))
    }

    /// Native code and its size.
    pub(super) fn look_for_native(
        &self,
        slot: &Slot,
        engine: &Engine,
        when: Loading,
    ) -> Result<Found<(Native, usize)>, Absent> {
        self.settle(slot);
        let open = self.open_state().map_err(|_| Absent::Because(MissReason::Off))?;
        if open.mode == Mode::Verify {
            let absent = self.look_up(slot).err();
            return Err(absent.unwrap_or(Absent::Because(MissReason::Verifying)));
        }
        let load = |entry: Verified| {
            self.inner.counters.native_load();
            let size = entry.payload_len();
            let native = match when {
                Loading::Now => Native::load(engine, &entry),
                Loading::AtFirstUse => Native::load_later(engine, entry),
            };
            native.map(|native| (native, size)).map_err(refused)
        };
        open.first(slot, |place| {
            let sealed = match open.read_native(place, slot).map_err(|failure| self.absent(place, failure))? {
                Loadable::Memory(entry) => return load(entry),
                Loadable::Sealed(sealed) => sealed,
            };
            self.inner.counters.native_load();
            match Native::load_sealed(engine, &sealed) {
                Ok(native) => Ok((native, sealed.code_len())),
                // Perhaps memory files cannot be mapped here.
                Err(_) => load(open.read(place, slot).map_err(|failure| self.absent(place, failure))?),
            }
        })
    }

    /// Whether there is certainly no such entry: for those who expect that, since it is found out faster than that there is one.
    pub(super) fn is_absent(&self, open: &Open, slot: &Slot) -> bool {
        self.settle(slot);
        open.mode == Mode::ReadWrite && open.further.usable.is_empty() && open.store.is_absent(slot)
    }

    /// The first valid entry, except that in verify mode it is kept for comparison and not used.
    fn look_up(&self, slot: &Slot) -> Result<Found<Verified>, Absent> {
        self.settle(slot);
        let open = self.open_state().map_err(|_| Absent::Because(MissReason::Off))?;
        let found =
            open.first(slot, |place| open.read(place, slot).map_err(|failure| self.absent(place, failure)))?;
        if open.mode == Mode::Verify {
            open.verify_later(slot, found.value.payload());
            return Err(Absent::Because(MissReason::Verifying));
        }
        Ok(found)
    }

    pub(super) fn absent(&self, place: Where<'_>, failure: ReadFailure) -> Absent {
        match (place, failure) {
            (_, ReadFailure::Missing) => Absent::Unexplained,
            (Where::Own, ReadFailure::Bad(MissReason::Corrupt(what))) => Absent::Damaged(what),
            (_, failure) => Absent::Because(self.failed(&failure)),
        }
    }

    /// Counts what the system refused.
    fn failed(&self, failure: &ReadFailure) -> MissReason {
        if let ReadFailure::System(errno) = failure {
            self.inner.counters.error(*errno);
        }
        failure.reason()
    }

    /// Whether somebody is told of everything when it happens.
    pub(super) fn is_heard(&self) -> bool {
        let Inner { on_event, log, strict, .. } = &*self.inner;
        on_event.is_some() || log.is_some() || strict.is_some()
    }

    /// Why an entry is not there.
    fn explain(&self, slot: &Slot, label: &str, fields: impl FnOnce() -> Vec<Field>) -> MissReason {
        let Ok(open) = self.open_state() else { return MissReason::Off };
        let most = if self.is_heard() { super::why::EXPLAIN_ENTRIES } else { EXPLAIN_FEW };
        open.explain(slot, label, fields, most).0.reason
    }

    /// The reason for a miss, found out now.
    pub(super) fn because(&self, absent: Absent, slot: &Slot, wanted: &impl Wanted) -> Missed {
        Missed::from(absent.known().unwrap_or_else(|| wanted.explain(self, slot)))
    }

    /// The same, found out when there is time or somebody asks. Who asks before the entry is stored waits for that,
    /// so that the answer does not depend on when it is asked.
    pub(super) fn because_later(&self, absent: Absent, slot: &Slot, wanted: &impl Wanted) -> Missed {
        if !matches!(absent, Absent::Unexplained) || self.is_heard() {
            return self.because(absent, slot, wanted);
        }
        // Without a share in the users: they wait for jobs, and this may be asked by one.
        let (inner, later) = (Arc::downgrade(&self.inner), Arc::clone(&self.inner.later));
        let (slot, wanted) = (slot.clone(), wanted.clone());
        let explain = move || {
            let cache = inner.upgrade().map(|inner| Cache { inner, _users: None });
            cache.map_or(MissReason::Cold, |cache| wanted.explain(&cache, &slot))
        };
        Missed::later(move || later.settle_all(), explain)
    }

    /// Counts and reports the outcome of a look-up.
    pub(super) fn count<T>(
        &self,
        slot: &Slot,
        label: &str,
        found: Result<Found<T>, Missed>,
        size: impl FnOnce(&T) -> usize,
        started: Instant,
    ) -> Result<T, Missed> {
        let (kind, label_text, label) = (slot.kind(), label, || label.to_owned());
        match &found {
            Ok(found) => {
                found.skipped.iter().for_each(|skipped| self.tell_skipped(label_text, skipped));
                let bytes = size(&found.value) as u64;
                self.inner.counters.hit(kind, bytes);
                let path = || self.open_state().map(|open| found.shown_path(open, slot)).unwrap_or_default();
                let cost = || Cost::of(slot, bytes, started);
                self.tell(|| Event::Loaded { kind, label: label(), path: path(), cost: cost() });
            }
            Err(missed) => {
                let Some(reason) = missed.known() else {
                    self.inner.counters.missed(kind, missed.clone());
                    return found.map(|found| found.value);
                };
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
        found.map(|found| found.value)
    }
}

pub(super) fn refused(error: LoadError) -> Absent {
    Absent::Because(MissReason::Refused(error.to_string()))
}
