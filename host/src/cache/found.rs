//! In which of a cache's folders something is: its own, then the further ones in their order; the first that
//! has something to use.
//!
//! What is wrong in one folder does not keep the next from being asked. If none has anything, the first that was
//! wrong says why: the cache's own before the others. If one has something, what was wrong before it is told all the same:
//! else it would be hidden for ever, and passed over each time.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cache::entry::Verified;
use crate::cache::further::Further;
use crate::cache::look::Absent;
use crate::cache::open::{Open, ReadFailure};
use crate::cache::report::{Event, MissReason};
use crate::cache::slot::Slot;
use crate::cache::strict::is_wrong;
use crate::cache::{Cache, Mode};

/// One of a cache's folders.
#[derive(Clone, Copy)]
pub(super) enum Where<'a> {
    /// Its own.
    Own,
    /// One that is only read.
    Further(&'a Arc<Further>),
}

/// What was found, and where.
pub(super) struct Found<T> {
    pub(super) value: T,
    /// The further folder; `None` for the cache's own.
    from: Option<Arc<Further>>,
    /// What could not be used in folders before that.
    pub(super) skipped: Vec<Skipped>,
}

/// An entry that cannot be used, and should not be so.
pub(super) struct Skipped {
    slot: Slot,
    from: Option<Arc<Further>>,
    reason: MissReason,
}

/// Why something was not found.
pub(super) trait Lack {
    /// Whether there is nothing; otherwise there is something that cannot be used.
    fn is_nothing(&self) -> bool;

    /// Why what there is cannot be used.
    fn reason(&self) -> Option<MissReason>;
}

impl Lack for ReadFailure {
    fn is_nothing(&self) -> bool {
        matches!(self, ReadFailure::Missing)
    }

    fn reason(&self) -> Option<MissReason> {
        if self.is_nothing() { None } else { Some(ReadFailure::reason(self)) }
    }
}

impl Lack for Absent {
    fn is_nothing(&self) -> bool {
        matches!(self, Absent::Unexplained)
    }

    fn reason(&self) -> Option<MissReason> {
        self.clone().known()
    }
}

impl<T> Found<T> {
    /// The same place, with something else.
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Found<U> {
        Found { value: change(self.value), from: self.from, skipped: self.skipped }
    }

    /// The file, to be shown to people.
    pub(super) fn shown_path(&self, open: &Open, slot: &Slot) -> PathBuf {
        shown_path(self.from.as_deref(), open, slot)
    }
}

fn shown_path(from: Option<&Further>, open: &Open, slot: &Slot) -> PathBuf {
    match from {
        None => open.store.shown_path(slot),
        Some(further) => further.shown_path(slot),
    }
}

impl Where<'_> {
    fn further(self) -> Option<Arc<Further>> {
        match self {
            Where::Own => None,
            Where::Further(further) => Some(Arc::clone(further)),
        }
    }

    /// The file of an entry here, to be shown to people.
    pub(super) fn shown_path(self, open: &Open, slot: &Slot) -> PathBuf {
        shown_path(self.further().as_deref(), open, slot)
    }

    /// What is to be told of an entry here if another is used.
    fn skipped(self, slot: &Slot, lack: &impl Lack) -> Option<Skipped> {
        let reason = lack.reason().filter(is_wrong)?;
        Some(Skipped { slot: slot.clone(), from: self.further(), reason })
    }
}

impl Open {
    /// What the first folder has in which `look` finds something.
    pub(super) fn first<T, E: Lack>(
        &self,
        slot: &Slot,
        mut look: impl FnMut(Where<'_>) -> Result<T, E>,
    ) -> Result<Found<T>, E> {
        let mut lack = match look(Where::Own) {
            Ok(value) => return Ok(Found { value, from: None, skipped: Vec::new() }),
            Err(lack) => lack,
        };
        let mut skipped = Vec::from_iter(Where::Own.skipped(slot, &lack));
        for place in self.further.usable.iter().map(Where::Further) {
            match look(place) {
                Ok(value) => return Ok(Found { value, from: place.further(), skipped }),
                Err(next) => {
                    skipped.extend(place.skipped(slot, &next));
                    if lack.is_nothing() {
                        lack = next;
                    }
                }
            }
        }
        Err(lack)
    }

    /// An entry, without renewing its time of use, for those who only look.
    pub(super) fn peek(&self, slot: &Slot) -> Result<Found<Verified>, ReadFailure> {
        self.first(slot, |place| self.read_quietly_from(place, slot))
    }
}

impl Cache {
    /// Tells and counts what was skipped. What is damaged in its own folder goes out of the way; the others are only read.
    pub(super) fn tell_skipped(&self, label: &str, Skipped { slot, from, reason }: &Skipped) {
        let Ok(open) = self.open_state() else { return };
        self.inner.counters.skipped(slot.kind());
        if let Some(strict) = &self.inner.strict {
            strict.missed(label, reason);
        }
        self.tell(|| Event::Skipped {
            kind: slot.kind(),
            label: label.to_owned(),
            path: shown_path(from.as_deref(), open, slot),
            reason: reason.clone(),
        });
        let is_own = from.is_none() && open.mode == Mode::ReadWrite;
        if is_own && matches!(reason, MissReason::Corrupt(_)) {
            open.store.quarantine(slot);
        }
    }
}
