//! Entries that come from or go to another machine, and native code for CPU levels.
//!
//! An adopted entry is sealed under this user's secret, with the keys of those who signed it; who may ask for that is
//! decided in `bundle`, which hands over only what was signed or is verified to be harmless.

use std::sync::Arc;
use std::time::Instant;

use super::entry::{self, Kind, Trailer};
use super::found::{Found, Where};
use super::key::{Field, L2Recipe, level1_key, level2_key};
use super::look::{Absent, Wanted, refused};
use super::slot::Slot;
use super::why::EXPLAIN_ENTRIES;
use super::{Cache, Claim, Cost, Event, MissReason, Mode, now};
use crate::bundle::{PublicKey, SignedCode, runnable};
use crate::levels::HostCpu;
use crate::miss::Missed;
use crate::native::{Loading, Native};

/// An entry that was made elsewhere, as its maker describes it.
#[derive(Clone, Copy)]
pub(crate) struct Offer<'a> {
    pub(crate) label: &'a str,
    pub(crate) fields: &'a [Field],
    pub(crate) made_in_us: u64,
    pub(crate) producer: &'a str,
    /// Everybody whose signature fits. Kept with the entry: one of them may be revoked later.
    pub(crate) signers: &'a [PublicKey],
}

/// Native code that may be there for another CPU only.
#[derive(Clone)]
struct ForCpu {
    recipe: L2Recipe,
    cpu: Arc<HostCpu>,
}

impl ForCpu {
    fn of(recipe: &L2Recipe, cpu: &Arc<HostCpu>) -> Self {
        ForCpu { recipe: recipe.clone(), cpu: Arc::clone(cpu) }
    }
}

impl Wanted for ForCpu {
    fn explain(&self, cache: &Cache, slot: &Slot) -> MissReason {
        let reason = self.recipe.explain(cache, slot);
        match cache.lacking(&reason, &self.recipe, &self.cpu) {
            Some(feature) => MissReason::IsaUnsupported(feature),
            None => reason,
        }
    }
}

/// What became of an entry that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adopted {
    Added,
    Present,
}

impl Cache {
    /// Every valid entry: kind, trailer and payload, each read when it is asked for: all of them can be more than fits in
    /// memory. The caller writes them in an order of its own.
    pub(crate) fn exportable(&self) -> impl Iterator<Item = (Kind, Trailer, Vec<u8>)> + Send {
        self.flush();
        let open = self.inner.state.as_ref().ok();
        let slots = open.map(|open| open.store.slots()).unwrap_or_default();
        slots.into_iter().filter_map(move |slot| {
            let entry = open?.read(Where::Own, &slot).ok()?;
            Some((slot.kind(), entry.trailer()?, entry.into_payload()))
        })
    }

    /// Stores an artifact that was made elsewhere, under the key of its fields.
    pub(crate) fn adopt_artifact(&self, offer: &Offer<'_>, artifact: &[u8]) -> Result<Adopted, String> {
        let slot = self.place(Slot::Artifact(level1_key(offer.fields.to_vec())));
        self.adopt(&slot, offer, artifact)
    }

    /// Stores native code that was made elsewhere by somebody whom the user trusts.
    pub(crate) fn adopt_native(&self, offer: &Offer<'_>, code: &SignedCode) -> Result<Adopted, String> {
        let (key, engine) = level2_key(offer.fields);
        self.adopt(&self.place(Slot::Native(engine, key)), offer, code.bytes())
    }

    /// Notes who signed an artifact that is used without having been in the cache.
    pub(crate) fn note_signers(&self, signers: &[PublicKey]) {
        if let Ok(open) = &self.inner.state {
            open.signed.note(signers);
        }
    }

    fn adopt(&self, slot: &Slot, offer: &Offer<'_>, payload: &[u8]) -> Result<Adopted, String> {
        let started = Instant::now();
        let open = self.inner.state.as_ref().map_err(Clone::clone)?;
        if open.mode == Mode::ReadOnly {
            return Err("the cache is read-only".to_owned());
        }
        if open.read(Where::Own, slot).is_ok() {
            return Ok(Adopted::Present);
        }
        let Offer { label, fields, made_in_us, producer, signers } = *offer;
        let (label_text, fields, producer) = (label.to_owned(), fields.to_vec(), producer.to_owned());
        let trailer = Trailer { label: label_text, fields, created: now(), made_in_us, producer };
        let sealed = entry::seal_signed(&open.mac, slot.key(), slot.kind(), payload, &trailer, signers);
        let sealed = sealed.ok_or("it is too large")?;
        open.store.write(slot, label, &sealed).map_err(|error| error.to_string())?;
        open.make_room(sealed.len() as u64);
        self.inner.counters.stored(slot.kind(), payload.len() as u64);
        self.tell(|| Event::Saved {
            kind: slot.kind(),
            label: label.to_owned(),
            path: self.shown_path(slot),
            cost: Cost::of(slot, payload.len() as u64, started),
        });
        Ok(Adopted::Added)
    }

    /// Counts code from a bundle that is about to be handed to wasmtime.
    pub(crate) fn count_native_load(&self) {
        self.inner.counters.native_load();
    }

    /// The native code that `recipe` gives, else that of the first of `levels` that has some: one look-up,
    /// whatever it finds. `levels` are those of this machine, the best first.
    pub fn get_native_or_level(
        &self,
        recipe: &L2Recipe,
        levels: impl FnOnce() -> Vec<L2Recipe>,
        cpu: &Arc<HostCpu>,
        engine: &wasmtime::Engine,
        when: Loading,
    ) -> Result<Native, MissReason> {
        let started = Instant::now();
        let (found, slot) = self.look_for_level(recipe, levels, cpu, engine, when, false);
        let found = found.map_err(|absent| self.because(absent, &slot, &ForCpu::of(recipe, cpu)));
        let found = self.count(&slot, &recipe.label, found, |(_, size)| *size, started);
        found.map(|(native, _)| native).map_err(|missed| missed.reason().clone())
    }

    /// The same, with a claim on a miss. Whoever has the claim to the artifact that this is the code of, and makes both,
    /// needs no other: `under` is that claim, if it is held.
    pub(crate) fn native_or_level_or_claim(
        &self,
        recipe: &L2Recipe,
        levels: impl FnOnce() -> Vec<L2Recipe>,
        cpu: &Arc<HostCpu>,
        engine: &wasmtime::Engine,
        under: Option<&Claim>,
    ) -> Result<Native, (Missed, Claim)> {
        let started = Instant::now();
        // Whose wasm was made just now.
        let is_new = under.is_some_and(Claim::is_held);
        let (found, slot) = self.look_for_level(recipe, levels, cpu, engine, Loading::Now, is_new);
        let (size, wanted) = (|(_, size): &(Native, usize)| *size, ForCpu::of(recipe, cpu));
        let found = match under.filter(|claim| claim.is_held()) {
            Some(_) => {
                let found = found.map_err(|absent| self.because_later(absent, &slot, &wanted));
                let found = self.count(&slot, &recipe.label, found, size, started);
                found.map_err(|missed| (missed.clone(), Claim::without_turn(slot, missed)))
            }
            None => {
                let look = || self.look_for_native(&slot, engine, Loading::Now);
                self.claimed(&slot, &recipe.label, Some(found), look, size, &wanted, started)
            }
        };
        found.map(|(native, _)| native)
    }

    /// Native code with its size, and where it was found; on a miss, where that of exactly this CPU would be. It is not expected
    /// if the wasm `is_new`.
    fn look_for_level(
        &self,
        recipe: &L2Recipe,
        levels: impl FnOnce() -> Vec<L2Recipe>,
        cpu: &HostCpu,
        engine: &wasmtime::Engine,
        when: Loading,
        is_new: bool,
    ) -> (Result<Found<(Native, usize)>, Absent>, Slot) {
        let slot = self.native_place(recipe);
        let is_absent = is_new && self.open_state().is_ok_and(|open| self.is_absent(open, &slot));
        let mut found = match is_absent {
            true => Err(Absent::Unexplained),
            false => self.look_for_native(&slot, engine, when),
        };
        // Only code for exactly this CPU is made again, so that in verify mode no other could be compared.
        let worth = found.is_err() && !self.verifies();
        if let (true, Ok(open)) = (worth, &self.inner.state) {
            for level in levels() {
                if open.further.usable.is_empty() && open.store.lacks(&level.engine_folder()) {
                    continue;
                }
                let at = self.native_place(&level);
                let of_level = open.first(&at, |place| {
                    let entry = open.read(place, &at).map_err(|failure| self.absent(place, failure))?;
                    if runnable(entry.payload(), cpu).is_err() {
                        return Err(Absent::Unexplained);
                    }
                    self.inner.counters.native_load();
                    let native = Native::load(engine, &entry).map_err(refused)?;
                    Ok((native, entry.payload().len()))
                });
                match of_level.map_err(Absent::known) {
                    Ok(native) => return (Ok(native), at),
                    // What is there and cannot be trusted says more than that there is nothing for exactly this CPU.
                    Err(Some(reason @ (MissReason::Untrusted(_) | MissReason::Corrupt(_)))) => {
                        found = Err(Absent::Because(reason));
                    }
                    Err(_) => {}
                }
            }
        }
        (found, slot)
    }

    /// The feature that keeps this machine from using the code that there is, if that is what is in the way.
    fn lacking(&self, reason: &MissReason, recipe: &L2Recipe, cpu: &HostCpu) -> Option<String> {
        let other_code = matches!(
            reason,
            MissReason::EngineChanged { .. } | MissReason::CpuChanged(_) | MissReason::OptionsChanged { .. }
        );
        let open = self.inner.state.as_ref().ok().filter(|_| other_code)?;
        let own = open.store.marked(&recipe.label, Kind::Native, EXPLAIN_ENTRIES);
        let own = own.into_iter().map(|slot| (Where::Own, slot));
        let further = open.further.marked(&recipe.label, Kind::Native, EXPLAIN_ENTRIES);
        let marked = own.chain(further).take(EXPLAIN_ENTRIES);
        let entries = marked.filter_map(|(place, slot)| open.read_quietly_from(place, &slot).ok());
        let of_this_wasm = entries.filter(|entry| {
            let trailer = entry.trailer();
            trailer.is_some_and(|t| t.fields.iter().any(|f| f.name == "wasm" && f.digest == recipe.wasm))
        });
        let lacking = of_this_wasm.filter_map(|entry| match runnable(entry.payload(), cpu) {
            Err(MissReason::IsaUnsupported(feature)) => Some(feature),
            _ => None,
        });
        // A missing feature says more than another architecture.
        lacking.min_by_key(|feature| (!feature.starts_with("has_"), feature.clone()))
    }
}
