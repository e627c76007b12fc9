//! What was made → stored entries: now, or by the thread that stores when there is time (`later`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use ovenbird_compiler::artifact::Artifact;

use super::entry::{self, Kind, Trailer};
use super::key::{Field, L0Key, L0Recipe, L1Recipe, L2Recipe};
use super::open::Open;
use super::report::{Cost, Event};
use super::slot::Slot;
use super::store::WriteError;
use super::{Cache, Claim, Mode, counters, now};
use crate::miss::Missed;
use crate::native::Compiled;

/// Wasm that was made just now.
pub(crate) struct MadeArtifact {
    pub(crate) recipe: L1Recipe,
    pub(crate) artifact: Arc<Artifact>,
    /// Why.
    pub(crate) missed: Missed,
    pub(crate) made_in: Duration,
    pub(crate) claim: Option<Claim>,
}

/// Native code that was made just now.
pub(crate) struct MadeNative {
    pub(crate) recipe: L2Recipe,
    pub(crate) code: Compiled,
    pub(crate) made_in: Duration,
    pub(crate) claim: Claim,
}

/// Fields and payload of an entry.
type Made = (Vec<Field>, Vec<u8>);

/// An entry that is to be stored.
struct Item {
    slot: Slot,
    label: String,
    /// About how much is kept for it until then.
    size: usize,
    /// Made by whoever stores.
    made: Box<dyn FnOnce() -> Option<Made> + Send>,
    made_in: Duration,
    /// Held until it is stored.
    claim: Option<Claim>,
}

impl Cache {
    /// Stores an artifact that took `made_in` to make. Gives whether it was stored; nothing depends on it.
    pub fn put_artifact(&self, recipe: &L1Recipe, artifact: &[u8], made_in: Duration) -> bool {
        let slot = self.place(Slot::Artifact(recipe.key()));
        self.put(&slot, &recipe.label, recipe.fields(), artifact, made_in)
    }

    /// Stores native code that took `made_in` to make. Gives whether it was stored.
    pub fn put_native(&self, recipe: &L2Recipe, code: &Compiled, made_in: Duration) -> bool {
        let slot = self.native_place(recipe);
        let Ok(elf) = code.elf() else { return false };
        self.put(&slot, &recipe.label, recipe.fields(), &elf, made_in)
    }

    /// Stores what a text gave for a request. Gives whether it was stored; nothing depends on it.
    pub fn put_probe(&self, recipe: &L0Recipe, manifest: &[u8], made_in: Duration) -> bool {
        let slot = self.place(Slot::Probe(recipe.key()));
        self.put(&slot, &recipe.label, recipe.fields(), manifest, made_in)
    }

    /// Stores what is wrong with a text for a request. Gives whether it was stored.
    pub fn put_diagnostics(&self, recipe: &L0Recipe, diagnostics: &[u8], made_in: Duration) -> bool {
        let slot = self.place(Slot::Diagnostics(recipe.key().of_diagnostics()));
        self.put(&slot, &recipe.label, recipe.fields(), diagnostics, made_in)
    }

    /// Stores what was made of a unit, when there is time; nobody else makes it until then. Native code goes first: who waits for
    /// the artifact finds both.
    pub(crate) fn put_unit_later(&self, artifact: Option<MadeArtifact>, native: Option<MadeNative>) {
        let native = native.map(|native| self.native_item(native));
        let artifact = artifact.map(|artifact| self.artifact_item(artifact));
        if native.is_some() || artifact.is_some() {
            self.put_later(native.into_iter().chain(artifact).collect());
        }
    }

    fn artifact_item(&self, made: MadeArtifact) -> Item {
        let MadeArtifact { recipe, artifact, missed: _, made_in, claim } = made;
        let slot = claim.as_ref().and_then(Claim::slot).cloned();
        let slot = slot.unwrap_or_else(|| self.place(Slot::Artifact(recipe.key())));
        let (label, size) = (recipe.label.clone(), artifact.wasm.len());
        let made = Box::new(move || Some((recipe.fields(), artifact.encode())));
        Item { slot, label, size, made, made_in, claim }
    }

    fn native_item(&self, made: MadeNative) -> Item {
        let MadeNative { recipe, code, made_in, claim } = made;
        let slot = claim.slot().cloned().unwrap_or_else(|| self.native_place(&recipe));
        let (label, size) = (recipe.label.clone(), code.size());
        let made = Box::new(move || Some((recipe.fields(), code.elf().ok()?)));
        Item { slot, label, size, made, made_in, claim: Some(claim) }
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
        let made = Box::new(move || Some((recipe.fields(), manifest()?)));
        self.put_later(vec![Item { slot, label, size, made, made_in, claim: None }]);
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

    /// Stores when there is time, but at once if somebody listens. All claims are held until all is stored.
    fn put_later(&self, items: Vec<Item>) {
        if self.storing().is_none() {
            return;
        }
        let slots = items.iter().map(|item| item.slot.clone()).collect();
        let size = items.iter().map(|item| item.size).sum();
        // Without a share in the users: they wait for the job.
        let cache = Cache { inner: Arc::clone(&self.inner), _users: None };
        let job = move |is_last| {
            let Some(open) = cache.storing() else { return };
            let (mut written, mut claims) = (0, Vec::new());
            // By what there was before these entries.
            for missed in items.iter().filter_map(|item| item.claim.as_ref()?.missed()) {
                missed.settle_now();
            }
            for Item { slot, label, size: _, made, made_in, claim } in items {
                if let Some((fields, payload)) = made() {
                    written += cache.store(open, &slot, &label, fields, &payload, made_in).unwrap_or(0);
                }
                claims.push(claim);
            }
            drop(claims);
            open.make_room_after(written, is_last);
        };
        // Who listens is told of everything in its order.
        if self.inner.on_event.is_some() || self.inner.log.is_some() {
            job(true);
        } else {
            self.inner.later.submit(slots, size, job);
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
}
