//! Finding and removing entries: what `ls`, `clear` and `trim` do in the folder of a [`Store`].
//!
//! Whoever clears or trims is told what stayed; a trim that happens by itself comes again and tells nobody.
//!
//! Only files that have the form of our names are ever touched; others stay, and so do the folders that
//! they are in. Everything here is safe beside readers and writers of other processes: a reader has its
//! file open already, or misses. Of several that want to trim, one does.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;

use crate::cache::Cache;
use crate::cache::fs;
use crate::cache::lock::{Attempt, TURNS, is_lock};
use crate::cache::scope;
use crate::cache::slot::{Level, Slot, is_hex};
use crate::cache::store::{BLOCK, Store, WRITTEN};
use crate::cache::writing::{TOUCH_SECONDS, now_seconds, size_and_time};

/// Its time says when the folder was last trimmed.
const TRIMMED: &str = "trimmed";
/// Entries of another engine go after this many seconds without use.
const GENERATION_SECONDS: i64 = 7 * 24 * 3600;
/// What is in quarantine stays this many seconds.
const QUARANTINE_SECONDS: i64 = 24 * 3600;
/// Its lock is held by the process that trims.
pub(super) const TRIM_LOCK: &str = "trim";

/// What a trim removes. Ages are in seconds.
pub(crate) struct Rules {
    /// At most so many bytes stay.
    pub(crate) max_bytes: u64,
    /// If there were more, the least recently used go until so many are left.
    pub(crate) keep_bytes: u64,
    /// What was not used for longer goes.
    pub(crate) max_age: i64,
}

/// What became of the files that were to be removed.
#[derive(Debug, Default)]
pub(crate) struct Cleared {
    /// Entries that are gone.
    pub(crate) removed: usize,
    /// What is still there, by its path in the folder, and why.
    pub(crate) kept: Vec<(String, String)>,
}

/// The same of a trim.
#[derive(Debug, Default)]
pub(crate) struct Trimmed {
    /// Entries that are gone.
    pub(crate) removed: usize,
    /// Bytes of those that are left.
    pub(crate) left: u64,
    /// What is still there and should not be, by its path in the folder, and why.
    pub(crate) kept: Vec<(String, String)>,
}

impl Cache {
    /// The same as [`Cache::trim`], and what could not be removed.
    pub(crate) fn trim_and_tell(&self, max_bytes: u64, max_age: Duration) -> Trimmed {
        self.flush();
        let max_age = i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX);
        let rules = Rules { max_bytes, keep_bytes: max_bytes, max_age };
        self.inner.state.as_ref().map_or_else(|_| Trimmed::default(), |open| open.store.trim_by(&rules))
    }

    /// The same as [`Cache::clear`], and what could not be removed.
    pub(crate) fn clear_and_tell(&self) -> Cleared {
        self.flush();
        self.inner.state.as_ref().map_or_else(|_| Cleared::default(), |open| open.store.clear_and_tell())
    }
}

/// A file that may be removed.
struct File {
    /// Time of last use.
    used: i64,
    /// Its time was in the future: it counts as the least recently used, but no age is known of it.
    doubtful: bool,
    size: u64,
    slot: Slot,
}

impl Store {
    /// All slots that have a file.
    pub(crate) fn slots(&self) -> Vec<Slot> {
        slots(&self.dir())
    }

    /// The scopes that have a folder.
    pub(crate) fn scope_ids(&self) -> Vec<String> {
        scopes(&self.dir())
    }

    /// Number and bytes of the entries, and when one was last used.
    pub(crate) fn totals(&self) -> (usize, u64, i64) {
        let dir = self.dir();
        let all = self.slots().into_iter().map(|slot| size_and_time(&dir, &slot.path()));
        all.fold((0, 0, 0), |(count, bytes, last), (size, time)| (count + 1, bytes + size, last.max(time)))
    }

    /// Removes every file of ours, in the scopes too, and the folders that are empty then. Other files
    /// stay. Gives the number of entries removed.
    pub(crate) fn clear(&self) -> usize {
        self.clear_and_tell().removed
    }

    /// The same, and what stayed.
    pub(crate) fn clear_and_tell(&self) -> Cleared {
        let dir = self.dir();
        let mut kept = Vec::new();
        let mut removed = 0;
        for slot in self.slots() {
            let path = slot.path();
            let outcome = fs::unlink(&dir, &path);
            removed += usize::from(is_gone(outcome, path, &mut kept));
        }
        let leftovers = temporaries(&dir).into_iter().chain(locks(&dir));
        let marks = marks(&dir).into_iter().map(|(path, _)| path);
        let notes = [TRIMMED, WRITTEN].map(str::to_owned);
        for path in leftovers.chain(marks).chain(notes) {
            is_gone(fs::unlink(&dir, &path), path, &mut kept);
        }
        for path in quarantined(&dir) {
            is_gone(discard(&dir, &path), path, &mut kept);
        }
        for folder in fs::list(&dir, "l") {
            let _ = fs::remove_folder(&dir, &format!("l/{folder}"));
        }
        remove_empty(&dir);
        for id in scopes(&dir) {
            match self.scope(&id, false) {
                Ok(scope) => {
                    let cleared = scope.clear_and_tell();
                    removed += cleared.removed;
                    kept.extend(in_scope(&id, cleared.kept));
                }
                Err(unusable) => kept.push((format!("s/{id}"), unusable.to_string())),
            }
            remove_scope(&dir, &id);
        }
        Cleared { removed, kept }
    }

    /// Removes entries that were not used for `max_age` seconds, then the least recently used until at
    /// most `max_bytes` are left. Gives the number of entries removed and the bytes left.
    #[cfg(test)]
    pub(crate) fn trim(&self, max_bytes: u64, max_age: i64) -> (usize, u64) {
        let trimmed = self.trim_by(&Rules { max_bytes, keep_bytes: max_bytes, max_age });
        (trimmed.removed, trimmed.left)
    }

    /// Removes, in this order: leftovers of writers that died, what is in quarantine, the entries of
    /// engines that are gone, what is too old, and the least recently used; then what only explained
    /// entries that are gone. If somebody else is at it, does nothing.
    pub(crate) fn trim_by(&self, rules: &Rules) -> Trimmed {
        let _lock = match self.try_lock(TRIM_LOCK) {
            Attempt::Mine(lock) => Some(lock),
            Attempt::Unsupported => None,
            Attempt::Busy => {
                let left = self.files(now_seconds()).iter().map(|file| file.size).sum();
                return Trimmed { left, ..Trimmed::default() };
            }
        };
        let (dir, now) = (self.dir(), now_seconds());
        let is_old = |path: &str, age: i64| now - past(size_and_time(&dir, path).1, now) > age;
        let mut kept = Vec::new();
        for path in temporaries(&dir).into_iter().filter(|path| is_old(path, TOUCH_SECONDS)) {
            is_gone(fs::unlink(&dir, &path), path, &mut kept);
        }
        for path in quarantined(&dir).into_iter().filter(|path| is_old(path, QUARANTINE_SECONDS)) {
            is_gone(discard(&dir, &path), path, &mut kept);
        }
        self.remove_idle_locks(&dir, now);
        let Trimmed { removed, left, kept: entries } = remove_files(&dir, self.files(now), rules, now);
        kept.extend(entries);
        for (path, slot) in marks(&dir) {
            if !self.exists(&slot) && is_old(&path, rules.max_age) {
                is_gone(fs::unlink(&dir, &path), path, &mut kept);
            }
        }
        if let Ok(fd) = fs::open(&dir, WRITTEN, fs::UPDATE) {
            let _ = fs::set_len(&fd, left / BLOCK);
        }
        remove_empty(&dir);
        kept.extend(self.trim_scopes(&dir, rules.max_age));
        Trimmed { removed, left, kept }
    }

    /// Whether nobody has trimmed for `interval` seconds; if so, the caller is the one who does it now.
    pub(crate) fn is_trim_due(&self, interval: i64) -> bool {
        let dir = self.dir();
        let is_new = fs::stat_at(&dir, TRIMMED).is_err();
        let Ok(fd) = fs::create(&dir, TRIMMED, fs::CREATE, 0o600) else { return false };
        let Ok(last) = fs::stat(&fd) else { return false };
        let is_due = !is_new && (now_seconds() - last.st_mtime).abs() > interval;
        // If the time cannot be set, each store would trim.
        is_due && fs::touch(&fd, now_seconds()).is_ok()
    }

    /// Bytes that may be used by anybody, those of the cache excepted.
    pub(crate) fn free_bytes(&self) -> u64 {
        fs::space(&self.dir()).map_or(u64::MAX, |space| space.f_bavail.saturating_mul(space.f_frsize))
    }

    /// Every entry with its size and time of use. One from the future is from a clock that was wrong: its
    /// time is put right, it is the first to go where room is needed, and is not too old.
    fn files(&self, now: i64) -> Vec<File> {
        let dir = self.dir();
        let look = |slot: Slot| {
            let (size, time) = size_and_time(&dir, &slot.path());
            let used = past(time, now);
            let doubtful = used != time;
            if doubtful && let Ok(fd) = fs::open(&dir, &slot.path(), fs::READ) {
                let _ = fs::touch(&fd, now);
            }
            File { used, doubtful, size, slot }
        };
        self.slots().into_iter().map(look).collect()
    }

    /// Removes the files of locks that nobody holds. Whoever opened one just now notices that it is gone.
    fn remove_idle_locks(&self, dir: &OwnedFd, now: i64) {
        for path in locks(dir) {
            let name = path.trim_start_matches("locks/");
            if name == TRIM_LOCK || now - past(size_and_time(dir, &path).1, now) <= TOUCH_SECONDS {
                continue;
            }
            if name == TURNS {
                self.remove_turns();
            } else if let Attempt::Mine(_held) = self.try_lock(name) {
                let _ = fs::unlink(dir, &path);
            }
        }
    }

    /// Scopes keep their quotas themselves. But a tenant who never comes back never trims. Gives what stays.
    fn trim_scopes(&self, dir: &OwnedFd, max_age: i64) -> Vec<(String, String)> {
        let mut kept = Vec::new();
        for id in scopes(dir) {
            let Ok(scope) = self.scope(&id, false) else { continue };
            let trimmed = scope.trim_by(&Rules { max_bytes: u64::MAX, keep_bytes: u64::MAX, max_age });
            kept.extend(in_scope(&id, trimmed.kept));
            if scope.slots().is_empty() && marks(&scope.dir()).is_empty() {
                scope.clear();
                remove_scope(dir, &id);
            }
        }
        kept
    }
}

/// Whether a file was removed; if not, notes that and why.
fn is_gone(removed: Result<(), Errno>, path: String, kept: &mut Vec<(String, String)>) -> bool {
    removed.map_err(|errno| kept.push((path, errno.to_string()))).is_ok()
}

/// What stayed in a scope, by its path in the folder that the scope is in.
fn in_scope(id: &str, kept: Vec<(String, String)>) -> impl Iterator<Item = (String, String)> {
    kept.into_iter().map(move |(path, why)| (format!("s/{id}/{path}"), why))
}

/// All slots that have a file in a folder of entries.
pub(super) fn slots(dir: &OwnedFd) -> Vec<Slot> {
    let mut slots = Vec::new();
    for level in levels(dir) {
        for shard in fs::list(dir, &level.shards) {
            let names = fs::list(dir, &format!("{}/{shard}", level.shards));
            slots.extend(names.iter().filter_map(|name| level.slot(name)));
        }
    }
    slots
}

/// Removes what the rules say from a list of all entries.
fn remove_files(dir: &OwnedFd, files: Vec<File>, rules: &Rules, now: i64) -> Trimmed {
    let mut generations: BTreeMap<String, i64> = BTreeMap::new();
    for file in &files {
        if let Slot::Native(engine, _) = &file.slot {
            let used = generations.entry(engine.clone()).or_insert(file.used);
            *used = file.used.max(*used);
        }
    }
    // The engine that was used last is the one in use, however long ago that was.
    let newest = generations.values().max().copied().unwrap_or(0);
    let is_of_old_engine = |slot: &Slot| match slot {
        Slot::Native(engine, _) => {
            let used = generations.get(engine).copied().unwrap_or(newest);
            used < newest && now - used > GENERATION_SECONDS
        }
        Slot::Artifact(_) | Slot::Probe(_) | Slot::Diagnostics(_) => false,
    };
    let is_due =
        |file: &File| !file.doubtful && (is_of_old_engine(&file.slot) || now - file.used > rules.max_age);
    let (due, mut rest): (Vec<File>, Vec<File>) = files.into_iter().partition(is_due);
    rest.sort_by_key(|file| (file.used, file.slot.path()));
    let left: u64 = due.iter().chain(&rest).map(|file| file.size).sum();
    let mut trimmed = Trimmed { removed: 0, left, kept: Vec::new() };
    // What would be left if everything could be removed: what is tried beyond that only stands in for what stays.
    let mut wanted = left;
    let remove = |file: &File, trimmed: &mut Trimmed, is_meant: bool| {
        let (path, mut stands_in) = (file.slot.path(), Vec::new());
        let kept = if is_meant { &mut trimmed.kept } else { &mut stands_in };
        if is_gone(fs::unlink(dir, &path), path, kept) {
            trimmed.removed += 1;
            trimmed.left -= file.size;
        }
    };
    for file in &due {
        remove(file, &mut trimmed, true);
        wanted -= file.size;
    }
    if trimmed.left > rules.max_bytes {
        for file in &rest {
            if trimmed.left <= rules.keep_bytes {
                break;
            }
            remove(file, &mut trimmed, wanted > rules.keep_bytes);
            wanted -= file.size;
        }
    }
    trimmed
}

/// A time of use that can be true: one in the future is a clock that was set back, not a recent use.
fn past(time: i64, now: i64) -> i64 {
    if time > now + TOUCH_SECONDS { 0 } else { time }
}

/// The levels that have a folder, those of the engines last.
fn levels(dir: &OwnedFd) -> Vec<Level> {
    let names = fs::list(dir, ".");
    let mut levels: Vec<Level> = names.iter().filter_map(|name| Level::from_folder(name)).collect();
    levels.sort_by_key(|level| level.folder.len() > 1);
    levels
}

/// All marks: (path, slot).
fn marks(dir: &OwnedFd) -> Vec<(String, Slot)> {
    let folders = fs::list(dir, "l").into_iter().map(|folder| format!("l/{folder}"));
    let marks = folders.flat_map(|folder| {
        let names = fs::list(dir, &folder).into_iter();
        names.filter_map(move |name| Some((format!("{folder}/{name}"), Slot::from_name(&name)?)))
    });
    marks.collect()
}

/// Files that are being written, or were when their writer died.
fn temporaries(dir: &OwnedFd) -> Vec<String> {
    named(dir, "tmp", |name| {
        let parts = name.split_once('-');
        parts.is_some_and(|(pid, random)| pid.parse::<u32>().is_ok() && random.len() == 32 && is_hex(random))
    })
}

fn locks(dir: &OwnedFd) -> Vec<String> {
    named(dir, "locks", is_lock)
}

/// Removes what is in quarantine. A folder was somebody's that lay in the place of an entry: it goes if it is empty.
fn discard(dir: &OwnedFd, path: &str) -> Result<(), Errno> {
    let Err(errno) = fs::unlink(dir, path) else { return Ok(()) };
    match fs::remove_folder(dir, path) {
        Ok(()) | Err(Errno::NOTEMPTY) => Ok(()),
        Err(_) => Err(errno),
    }
}

fn quarantined(dir: &OwnedFd) -> Vec<String> {
    named(dir, "quarantine", |name| Slot::from_name(name).is_some())
}

fn scopes(dir: &OwnedFd) -> Vec<String> {
    fs::list(dir, "s").into_iter().filter(|name| scope::is_folder(name)).collect()
}

/// Paths of the files in a folder whose names have our form.
fn named(dir: &OwnedFd, folder: &str, is_ours: impl Fn(&str) -> bool) -> Vec<String> {
    let names = fs::list(dir, folder).into_iter().filter(|name| is_ours(name));
    names.map(|name| format!("{folder}/{name}")).collect()
}

/// Removes folders of entries that are empty. One with something in it stays, and so does one in which
/// somebody is about to put something: the writer makes it again.
fn remove_empty(dir: &OwnedFd) {
    for level in levels(dir) {
        for shard in fs::list(dir, &level.shards) {
            let _ = fs::remove_folder(dir, &format!("{}/{shard}", level.shards));
        }
        let _ = fs::remove_folder(dir, &level.shards);
        let _ = fs::remove_folder(dir, &level.folder);
    }
}

fn remove_scope(dir: &OwnedFd, id: &str) {
    for folder in ["tmp", "l", "locks", "quarantine"] {
        let _ = fs::remove_folder(dir, &format!("s/{id}/{folder}"));
    }
    let _ = fs::remove_folder(dir, &format!("s/{id}"));
    let _ = fs::remove_folder(dir, "s");
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;
    use crate::cache::entry::Kind;
    use crate::cache::faults::{self, Plan};
    use crate::cache::fs::Op;
    use crate::cache::key::L2Key;
    use crate::cache::store::tests::{slot, store};

    fn set_time(fd: &OwnedFd, seconds: i64) {
        super::fs::touch(fd, seconds).expect("touched");
    }

    #[test]
    fn clearing_leaves_foreign_files() {
        let (_folder, store) = store();
        store.write(&slot(1), "m.f", b"one").expect("written");
        store.write(&Slot::Native("0123abcd".to_owned(), L2Key([2; 32])), "m.f", b"two").expect("written");
        let version = store.root().join("v1");
        let foreign = [version.join("notes"), version.join("w/01/readme"), version.join("tmp/mine")];
        for path in &foreign {
            fs::write(path, b"mine").expect("write");
        }
        let cleared = store.clear_and_tell();
        assert_eq!((cleared.removed, cleared.kept), (2, Vec::new()));
        assert_eq!(store.slots(), []);
        assert_eq!(store.marked("m.f", Kind::Artifact, usize::MAX), []);
        assert!(foreign.iter().all(|path| path.exists()));
        assert!(!version.join("0123abcd").exists());
    }

    /// Without `kept` in `host/src/cache/sweep.rs`: nobody learns that a folder that cannot be written to is as full as before.
    #[test]
    fn what_cannot_be_removed_is_told_and_the_rest_goes() {
        let (_folder, store) = store();
        for byte in 1..=3 {
            store.write(&slot(byte), "m.f", b"one").expect("written");
        }
        let plan = Plan::Fail { op: Op::Unlink, errno: Errno::ROFS, skip: 1, times: 1 };
        let cleared = faults::with(plan, || store.clear_and_tell());
        assert_eq!((cleared.removed, store.slots()), (2, vec![slot(2)]));
        let [(path, why)] = &cleared.kept[..] else { panic!("{cleared:?}") };
        assert_eq!(*path, slot(2).path());
        assert!(why.starts_with("Read-only file system"), "{why}");
    }

    /// Without `kept` of `Trimmed`: nobody learns that a folder that cannot be written to stays too large.
    #[test]
    fn what_a_trim_cannot_remove_is_told_and_newer_entries_are_not_said_to_be_too_many() {
        let (_folder, store) = store();
        let now = now_seconds();
        for byte in 1..=4 {
            store.write(&slot(byte), "m.f", &[byte; 1000]).expect("written");
            let file = File::open(store.shown_path(&slot(byte))).expect("open");
            set_time(&OwnedFd::from(file), now - i64::from(byte) * 100);
        }
        let fail = || Plan::Fail { op: Op::Unlink, errno: Errno::ROFS, skip: 0, times: usize::MAX };
        let trim = |max_bytes, max_age| store.trim_by(&Rules { max_bytes, keep_bytes: max_bytes, max_age });
        let kept = |trimmed: Trimmed| {
            assert_eq!((trimmed.removed, trimmed.left), (0, 4000));
            assert!(
                trimmed.kept.iter().all(|(_, why)| why.starts_with("Read-only file system")),
                "{trimmed:?}"
            );
            trimmed.kept.into_iter().map(|(path, _)| path).collect::<Vec<_>>()
        };
        let paths = |bytes: &[u8]| bytes.iter().map(|byte| slot(*byte).path()).collect::<Vec<_>>();
        faults::with(fail(), || {
            assert_eq!(kept(trim(4000, 10_000)), paths(&[]), "nothing is too much");
            assert_eq!(kept(trim(2500, 10_000)), paths(&[4, 3]), "the oldest, for room");
            assert_eq!(kept(trim(4000, 350)), paths(&[4]), "the one too old");
        });
        assert_eq!((trim(2500, 10_000).kept, store.slots().len()), (Vec::new(), 2));
    }

    #[test]
    fn trimming_keeps_what_was_used_last() {
        let (_folder, store) = store();
        let now = now_seconds();
        for byte in 1..=10 {
            store.write(&slot(byte), "m.f", &[byte; 1000]).expect("written");
            let file = File::open(store.shown_path(&slot(byte))).expect("open");
            set_time(&OwnedFd::from(file), now - i64::from(byte) * 100);
        }
        let future = OwnedFd::from(File::open(store.shown_path(&slot(1))).expect("open"));
        set_time(&future, now + 1_000_000);
        assert_eq!(store.trim(8500, 950), (2, 8000), "the one too old, and for room the one from the future");
        assert_eq!(store.trim(3500, 10_000), (5, 3000));
        assert_eq!(store.slots(), [slot(2), slot(3), slot(4)]);
        assert_eq!(
            store.marked("m.f", Kind::Artifact, usize::MAX).len(),
            10,
            "so that a miss can say that it was removed"
        );
        assert!(!store.is_trim_due(60), "a new folder is not trimmed at once");
        assert!(!store.is_trim_due(60));
        set_time(&OwnedFd::from(File::open(store.root().join("v1/trimmed")).expect("open")), now - 100);
        assert!(store.is_trim_due(60));
        assert!(!store.is_trim_due(60), "only one of many");
    }
}
