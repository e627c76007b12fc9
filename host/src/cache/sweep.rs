//! Finding and removing entries: what `ls`, `clear` and `trim` do in the folder of a [`Store`].
//!
//! Only files that have the form of our names are ever touched; others stay, and so do the folders that
//! they are in. Everything here is safe beside readers and writers of other processes: a reader has its
//! file open already, or misses.

use std::os::fd::OwnedFd;

use rustix::fs::{Access, AtFlags, Mode, OFlags};

use crate::cache::store::{
    Slot, Store, TOUCH_SECONDS, is_engine_id, is_hex, list, now_seconds, set_time, stat,
};

/// Its time says when the folder was last trimmed.
const TRIMMED: &str = "trimmed";

impl Store {
    /// All slots that have a file.
    pub(crate) fn slots(&self) -> Vec<Slot> {
        let dir = self.dir();
        let mut slots = Vec::new();
        for (folder, shards, suffix) in level_folders(&dir) {
            for shard in list(&dir, &shards) {
                let names = list(&dir, &format!("{shards}/{shard}"));
                let keys = names.iter().filter_map(|name| name.strip_suffix(suffix));
                slots.extend(keys.filter_map(|key| Slot::from_parts(&folder, key)));
            }
        }
        slots
    }

    /// Removes every file of ours and the folders that are empty then. Other files stay. Gives the number
    /// of entries removed.
    pub(crate) fn clear(&self) -> usize {
        let dir = self.dir();
        let slots = self.slots();
        let removed = slots.iter().filter(|slot| unlink(&dir, &slot.path())).count();
        for name in list(&dir, "tmp") {
            if is_temporary(&name) {
                unlink(&dir, &format!("tmp/{name}"));
            }
        }
        for (path, _) in marks(&dir) {
            unlink(&dir, &path);
        }
        for folder in list(&dir, "l") {
            remove_folder(&dir, &format!("l/{folder}"));
        }
        unlink(&dir, TRIMMED);
        for (folder, shards, _) in level_folders(&dir) {
            for shard in list(&dir, &shards) {
                remove_folder(&dir, &format!("{shards}/{shard}"));
            }
            remove_folder(&dir, &shards);
            remove_folder(&dir, &folder);
        }
        removed
    }

    /// Removes entries that were not used for `max_age` seconds, then the least recently used until at
    /// most `max_bytes` are left; also leftovers of writers that died. Gives the number of
    /// entries removed and the bytes left.
    pub(crate) fn trim(&self, max_bytes: u64, max_age: i64) -> (usize, u64) {
        let (dir, now) = (self.dir(), now_seconds());
        // A time in the future is a clock that was set back, not a recent use.
        let used = |time: i64| if time > now + TOUCH_SECONDS { 0 } else { time };
        let mut entries: Vec<(i64, u64, String)> = Vec::new();
        for slot in self.slots() {
            let (size, time) = stat(&dir, &slot.path());
            entries.push((used(time), size, slot.path()));
        }
        entries.sort();
        let mut left: u64 = entries.iter().map(|(_, size, _)| size).sum();
        let mut removed = 0;
        for (time, size, path) in &entries {
            if now - time <= max_age && left <= max_bytes {
                break;
            }
            removed += usize::from(unlink(&dir, path));
            left -= size;
        }
        for path in
            list(&dir, "tmp").iter().filter(|name| is_temporary(name)).map(|name| format!("tmp/{name}"))
        {
            if now - used(stat(&dir, &path).1) > TOUCH_SECONDS {
                unlink(&dir, &path);
            }
        }
        for (path, slot) in marks(&dir) {
            let entry_is_gone =
                rustix::fs::accessat(&*dir, slot.path(), Access::EXISTS, AtFlags::empty()).is_err();
            if entry_is_gone && now - used(stat(&dir, &path).1) > max_age {
                unlink(&dir, &path);
            }
        }
        (removed, left)
    }

    /// Whether nobody has trimmed for `interval` seconds; if so, the caller is the one who does it now.
    pub(crate) fn is_trim_due(&self, interval: i64) -> bool {
        let dir = self.dir();
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let is_new = rustix::fs::accessat(&*dir, TRIMMED, Access::EXISTS, AtFlags::empty()).is_err();
        let Ok(fd) = rustix::fs::openat(&*dir, TRIMMED, flags, Mode::from_raw_mode(0o600)) else {
            return false;
        };
        let Ok(last) = rustix::fs::fstat(&fd) else { return false };
        let is_due = !is_new && (now_seconds() - last.st_mtime).abs() > interval;
        if is_due {
            set_time(&fd, now_seconds());
        }
        is_due
    }
}

/// All marks: (path, slot).
fn marks(dir: &OwnedFd) -> Vec<(String, Slot)> {
    let folders = list(dir, "l").into_iter().map(|folder| format!("l/{folder}"));
    let marks = folders.flat_map(|folder| {
        let names = list(dir, &folder).into_iter();
        names.filter_map(move |name| Some((format!("{folder}/{name}"), Slot::from_mark(&name)?)))
    });
    marks.collect()
}

/// The folders with entries: (folder, folder of its shards, suffix of its files).
fn level_folders(dir: &OwnedFd) -> Vec<(String, String, &'static str)> {
    let mut folders =
        vec![("w".to_owned(), "w".to_owned(), ".artifact"), ("p".to_owned(), "p".to_owned(), ".probe")];
    let engines = list(dir, ".").into_iter().filter(|name| is_engine_id(name));
    folders.extend(engines.map(|engine| (engine.clone(), format!("{engine}/n"), ".cwasm")));
    folders
}

fn unlink(dir: &OwnedFd, path: &str) -> bool {
    rustix::fs::unlinkat(dir, path, AtFlags::empty()).is_ok()
}

/// Fails, rightly, if something is left in it.
fn remove_folder(dir: &OwnedFd, path: &str) {
    let _ = rustix::fs::unlinkat(dir, path, AtFlags::REMOVEDIR);
}

fn is_temporary(name: &str) -> bool {
    let parts = name.split_once('-');
    parts.is_some_and(|(pid, random)| pid.parse::<u32>().is_ok() && random.len() == 32 && is_hex(random))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;
    use crate::cache::entry::Kind;
    use crate::cache::key::L2Key;
    use crate::cache::store::tests::{slot, store};

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
        assert_eq!(store.clear(), 2);
        assert_eq!(store.slots(), []);
        assert_eq!(store.marked("m.f", Kind::Artifact), []);
        assert!(foreign.iter().all(|path| path.exists()));
        assert!(!version.join("0123abcd").exists());
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
        assert_eq!(store.trim(10_000, 950), (2, 8000), "the one too old and the one from the future");
        assert_eq!(store.trim(3500, 10_000), (5, 3000));
        assert_eq!(store.slots(), [slot(2), slot(3), slot(4)]);
        assert_eq!(
            store.marked("m.f", Kind::Artifact).len(),
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
