//! Marks: the label of a function → which entries it has had. Empty files, looked at by who explains a miss or asks how long
//! making an entry took.
//!
//! They are hints: a lie in them can only give a wrong explanation, because every entry is verified by who reads it.

use std::os::fd::OwnedFd;

use crate::cache::entry::Kind;
use crate::cache::fs;
use crate::cache::key::hex;
use crate::cache::slot::Slot;
use crate::cache::why::EXPLAIN_ENTRIES;
use crate::cache::writing::create;

/// Most marks of a function, of all levels, that are kept.
pub(super) const MOST_MARKS: usize = 2 * EXPLAIN_ENTRIES;
/// They are counted with each so-manieth entry.
pub(super) const THIN_OUT: u8 = 16;
/// To find the newest few, the times of at most so many times as many marks are looked at.
pub(super) const DATED: usize = 8;

/// Marks an entry for a function. Without its mark the entry still works; only an explanation may be poorer.
pub(super) fn mark(dir: &OwnedFd, label: &str, slot: &Slot) {
    if !slot.is_marked() {
        return;
    }
    let folder = label_folder(label);
    let _ = create(dir, &format!("{folder}/{}", slot.name()), fs::CREATE, 0o600);
    if slot.key()[31].is_multiple_of(THIN_OUT) {
        thin_out(dir, &folder);
    }
}

/// The slots of one kind that entries of `label` were stored in. The first `most` are the newest, in this order, if there are
/// no more than [`DATED`] times as many of that kind; else those that are probably among the newest.
pub(super) fn marked(dir: &OwnedFd, label: &str, kind: Kind, most: usize) -> Vec<Slot> {
    // A function has dozens, of several kinds, and somebody may be waiting for who looks at them.
    let is_meant = |name: &str| Slot::from_name(name).is_some_and(|slot| slot.kind() == kind);
    let marks = fs::list_dated(dir, &label_folder(label), most.saturating_mul(DATED), is_meant);
    let mut dated: Vec<(i64, Slot)> =
        marks.into_iter().filter_map(|(name, time)| Some((time, Slot::from_name(&name)?))).collect();
    dated.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    dated.into_iter().map(|(_, slot)| slot).collect()
}

/// The folder with the marks of a function.
pub(super) fn label_folder(label: &str) -> String {
    format!("l/{}", &hex(&blake3::derive_key("ovenbird 2026-11 label v1", label.as_bytes()))[..16])
}

/// Removes all marks of a function but the newest: who explains a miss looks at each, and reads no more entries than that.
/// Of an entry whose mark is gone it may be said that it was never there.
pub(super) fn thin_out(dir: &OwnedFd, folder: &str) {
    let mut marks = fs::list_dated(dir, folder, usize::MAX, |name| Slot::from_name(name).is_some());
    marks.sort_by_key(|(_, time)| std::cmp::Reverse(*time));
    for (name, _) in marks.iter().skip(MOST_MARKS) {
        let _ = fs::unlink(dir, &format!("{folder}/{name}"));
    }
}
