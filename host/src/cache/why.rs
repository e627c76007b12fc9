//! What the cache would say to a look-up, in full: recipe → hit, or the reason with every changed input.
//!
//! A miss is explained by the nearest stored recipe of the same function (`explain` decides which that is).
//! Nothing here counts, tells or changes anything, not even an entry's time of use.

use serde::Serialize;

use crate::cache::entry::{Kind, Trailer, Verified};
use crate::cache::explain::{self, Change, Verdict};
use crate::cache::found::Where;
use crate::cache::key::{self, Field, L0Recipe, L1Recipe, L2Recipe};
use crate::cache::open::{Open, ReadFailure};
use crate::cache::report::MissReason;
use crate::cache::slot::Slot;
use crate::cache::{Cache, now};

/// At most this many entries of the same function, the newest, are read to explain a miss.
pub(super) const EXPLAIN_ENTRIES: usize = 64;

/// The same where nobody asked for a full explanation: reading entries takes time that a compilation has
/// to pay for.
pub(super) const EXPLAIN_FEW: usize = 4;

/// What a look-up of one entry would find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The level.
    pub kind: Kind,
    /// The key that is looked for, in hexadecimal digits.
    pub key: String,
    /// Why it would miss; `None` if there is a valid entry.
    pub reason: Option<MissReason>,
    /// The stored entry that the wanted one was compared with.
    pub nearest: Option<Nearest>,
    /// Every input in which the two differ.
    pub changes: Vec<Change>,
}

/// A stored entry that others are compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Nearest {
    /// Its key in hexadecimal digits.
    pub key: String,
    /// Seconds since it was stored.
    pub age: u64,
    /// Version of Ovenbird that stored it.
    pub producer: String,
}

impl Cache {
    /// What [`Cache::get_artifact`] would find.
    pub fn find_artifact(&self, recipe: &L1Recipe) -> Finding {
        self.find(&self.place(Slot::Artifact(recipe.key())), &recipe.label, || recipe.fields())
    }

    /// What [`Cache::get_native`] would find.
    pub fn find_native(&self, recipe: &L2Recipe) -> Finding {
        self.find(&self.native_place(recipe), &recipe.label, || recipe.fields())
    }

    /// What [`Cache::get_probe`] would find, and the manifest if there is a valid one. A miss is not explained.
    pub(crate) fn find_probe(&self, recipe: &L0Recipe) -> (Finding, Option<Vec<u8>>) {
        let slot = self.place(Slot::Probe(recipe.key()));
        (self.find(&slot, &recipe.label, || recipe.fields()), self.peek(&slot))
    }

    /// Why [`Cache::get_artifact`] would miss; `None` if there is a valid entry.
    pub fn why_artifact(&self, recipe: &L1Recipe) -> Option<MissReason> {
        self.find_artifact(recipe).reason
    }

    /// Why [`Cache::get_native`] would miss; `None` if there is a valid entry.
    pub fn why_native(&self, recipe: &L2Recipe) -> Option<MissReason> {
        self.find_native(recipe).reason
    }

    /// The stored artifact of a recipe, if there is a valid one.
    pub(crate) fn peek_artifact(&self, recipe: &L1Recipe) -> Option<Vec<u8>> {
        self.peek(&self.place(Slot::Artifact(recipe.key())))
    }

    /// The stored native code of a recipe, as bytes to compare with and not to run.
    pub(crate) fn peek_native(&self, recipe: &L2Recipe) -> Option<Vec<u8>> {
        self.peek(&self.native_place(recipe))
    }

    fn peek(&self, slot: &Slot) -> Option<Vec<u8>> {
        self.settle(slot);
        let found = self.inner.state.as_ref().ok()?.peek(slot).ok()?;
        Some(found.value.into_payload())
    }

    fn find(&self, slot: &Slot, label: &str, fields: impl FnOnce() -> Vec<Field>) -> Finding {
        let mut finding = Finding {
            kind: slot.kind(),
            key: key::hex(slot.key()),
            reason: None,
            nearest: None,
            changes: Vec::new(),
        };
        let Ok(open) = &self.inner.state else {
            finding.reason = Some(MissReason::Off);
            return finding;
        };
        self.settle(slot);
        match open.peek(slot) {
            Ok(_) => {}
            Err(ReadFailure::Missing) => {
                let (verdict, nearest) = open.explain(slot, label, fields, EXPLAIN_ENTRIES);
                finding.reason = Some(verdict.reason);
                finding.nearest = nearest;
                finding.changes = verdict.changes;
            }
            Err(failure) => finding.reason = Some(failure.reason()),
        }
        finding
    }
}

impl Open {
    /// Compares with the newest `most` of the entries that this function has, or had.
    pub(super) fn explain(
        &self,
        slot: &Slot,
        label: &str,
        fields: impl FnOnce() -> Vec<Field>,
        most: usize,
    ) -> (Verdict, Option<Nearest>) {
        let own = self.store.marked(label, slot.kind(), most);
        let further = self.further.marked(label, slot.kind(), most);
        if own.contains(slot) || further.iter().any(|(_, marked)| marked == slot) {
            let verdict = Verdict { reason: MissReason::Evicted, nearest: None, changes: Vec::new() };
            return (verdict, None);
        }
        if own.is_empty() && further.is_empty() {
            // Most often so: there is nothing to compare, and dozens of fields need not be made for it.
            let verdict = Verdict { reason: MissReason::Cold, nearest: None, changes: Vec::new() };
            return (verdict, None);
        }
        let known = own.into_iter().map(|slot| (Where::Own, slot)).chain(further).take(most);
        let read = |(place, slot): (Where<'_>, Slot)| {
            let entry = self.read_quietly_from(place, &slot).ok();
            Some((slot, entry.as_ref().and_then(Verified::trailer)?))
        };
        let (slots, stored): (Vec<Slot>, Vec<Trailer>) = known.filter_map(read).unzip();
        let verdict = match slot.kind() {
            Kind::Artifact => explain::artifact(label, &fields(), &stored),
            Kind::Native => explain::native(&fields(), &stored),
            // Nothing is marked for it: the levels that are asked in its place explain themselves.
            Kind::Probe | Kind::Diagnostics => {
                Verdict { reason: MissReason::Cold, nearest: None, changes: Vec::new() }
            }
        };
        let nearest = verdict.nearest.map(|index| Nearest {
            key: key::hex(slots[index].key()),
            age: now().saturating_sub(stored[index].created),
            producer: stored[index].producer.clone(),
        });
        (verdict, nearest)
    }
}
