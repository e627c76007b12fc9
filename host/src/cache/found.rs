//! In which of a cache's folders something is: its own, then the further ones in their order; the first that
//! has something to use.
//!
//! What is wrong in one folder does not keep the next from being asked. If none has anything, the first that was
//! wrong says why: the cache's own before the others.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cache::entry::Verified;
use crate::cache::further::Further;
use crate::cache::look::Absent;
use crate::cache::open::{Open, ReadFailure};
use crate::cache::slot::Slot;

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
}

/// Why something was not found.
pub(super) trait Lack {
    /// Whether there is nothing; otherwise there is something that cannot be used.
    fn is_nothing(&self) -> bool;
}

impl Lack for ReadFailure {
    fn is_nothing(&self) -> bool {
        matches!(self, ReadFailure::Missing)
    }
}

impl Lack for Absent {
    fn is_nothing(&self) -> bool {
        matches!(self, Absent::Unexplained)
    }
}

impl<T> Found<T> {
    /// The same place, with something else.
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Found<U> {
        Found { value: change(self.value), from: self.from }
    }

    /// The file, to be shown to people.
    pub(super) fn shown_path(&self, open: &Open, slot: &Slot) -> PathBuf {
        match &self.from {
            None => open.store.shown_path(slot),
            Some(further) => further.shown_path(slot),
        }
    }
}

impl Where<'_> {
    /// What was found here.
    pub(super) fn found<T>(self, value: T) -> Found<T> {
        let from = match self {
            Where::Own => None,
            Where::Further(further) => Some(Arc::clone(further)),
        };
        Found { value, from }
    }

    /// The file of an entry here, to be shown to people.
    pub(super) fn shown_path(self, open: &Open, slot: &Slot) -> PathBuf {
        self.found(()).shown_path(open, slot)
    }
}

impl Open {
    /// Its folders, in the order in which they are asked.
    pub(super) fn folders(&self) -> impl Iterator<Item = Where<'_>> {
        std::iter::once(Where::Own).chain(self.further.usable.iter().map(Where::Further))
    }

    /// What the first folder has in which `look` finds something.
    pub(super) fn first<T, E: Lack>(
        &self,
        mut look: impl FnMut(Where<'_>) -> Result<T, E>,
    ) -> Result<Found<T>, E> {
        let mut lack = match look(Where::Own) {
            Ok(value) => return Ok(Where::Own.found(value)),
            Err(lack) => lack,
        };
        for further in &self.further.usable {
            match look(Where::Further(further)) {
                Ok(value) => return Ok(Where::Further(further).found(value)),
                Err(next) if lack.is_nothing() => lack = next,
                Err(_) => {}
            }
        }
        Err(lack)
    }

    /// An entry, without renewing its time of use, for those who only look.
    pub(super) fn peek(&self, slot: &Slot) -> Result<Found<Verified>, ReadFailure> {
        self.first(|place| self.read_quietly_from(place, slot))
    }
}
