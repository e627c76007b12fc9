//! The files of a store: what is read, what is refused, and what becomes of leftovers.

use super::*;
use crate::cache::faults::counted;
use crate::cache::key::{L1Key, L2Key};
use crate::cache::marks::{DATED, MOST_MARKS, THIN_OUT, label_folder, thin_out};
use rustix::fs::{CWD, FileType, Mode};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

pub(crate) fn slot(byte: u8) -> Slot {
    Slot::Artifact(L1Key([byte; 32]))
}

pub(crate) fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("temp");
    let store = Store::open(&folder.path().join("cache"), true).expect("open");
    (folder, store)
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("chmod");
}

#[test]
fn what_is_written_is_read_and_marked() {
    let (_folder, store) = store();
    let native = Slot::Native("0123abcd".to_owned(), L2Key([2; 32]));
    store.write(&slot(1), "m.f", b"one").expect("written");
    store.write(&native, "m.f", b"two").expect("written");
    assert_eq!(store.read(&slot(1), true), Ok(b"one".to_vec()));
    assert_eq!(store.read(&native, false), Ok(b"two".to_vec()));
    assert_eq!(store.marked("m.f", Kind::Artifact, usize::MAX), [slot(1)]);
    assert_eq!(store.marked("m.f", Kind::Native, usize::MAX), std::slice::from_ref(&native));
    assert_eq!(store.marked("m.g", Kind::Native, usize::MAX), []);
    assert_eq!(store.slots(), [slot(1), native]);
    let mode = fs::metadata(store.shown_path(&slot(1))).expect("exists").permissions().mode();
    assert_eq!(mode & 0o777, 0o400);
    assert_eq!(fs::read_dir(store.root.join("v1/tmp")).expect("list").count(), 0);
}

#[test]
fn of_the_marks_of_a_function_only_those_of_a_kind_are_looked_at() {
    let (_folder, store) = store();
    for byte in 0..5 {
        store.write(&slot(byte), "m.f", b"one").expect("written");
    }
    for byte in 0..2 {
        let native = Slot::Native("0123abcd".to_owned(), L2Key([byte; 32]));
        store.write(&native, "m.f", b"two").expect("written");
    }
    let looks = |kind, marks| {
        let (marked, operations) = counted(|| store.marked("m.f", kind, usize::MAX));
        assert_eq!(marked.len(), marks);
        operations - marks
    };
    assert_eq!(looks(Kind::Artifact, 5), looks(Kind::Native, 2), "one a mark, beside the folder");
}

#[test]
fn of_many_marks_the_newest_stay() {
    let (_folder, store) = store();
    let slots: Vec<Slot> = (0..2 * MOST_MARKS)
        .map(|n| Slot::Artifact(L1Key(*blake3::hash(&n.to_le_bytes()).as_bytes())))
        .collect();
    let folder = store.root.join("v1").join(label_folder("m.f"));
    for (n, slot) in slots.iter().enumerate() {
        store.write(slot, "m.f", b"one").expect("written");
        // As if they had been stored one a second.
        let mark = fs::File::options().write(true).open(folder.join(slot.name())).expect("marked");
        let time = std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + n as u64);
        mark.set_modified(time).expect("dated");
    }
    thin_out(&store.dir(), &label_folder("m.f"));
    let newest: Vec<Slot> = slots.iter().rev().take(MOST_MARKS).cloned().collect();
    assert_eq!(store.marked("m.f", Kind::Artifact, usize::MAX), newest);
    assert_eq!(store.slots().len(), slots.len(), "entries stay");
    // Who stores many does that now and then.
    let many = (0..10 * u64::from(THIN_OUT))
        .map(|n| Slot::Artifact(L1Key(*blake3::hash(&n.to_be_bytes()).as_bytes())));
    many.for_each(|slot| store.write(&slot, "m.f", b"one").expect("written"));
    assert!(store.marked("m.f", Kind::Artifact, usize::MAX).len() < MOST_MARKS + 5 * usize::from(THIN_OUT));
}

/// Without `most` in `list_dated` of `host/src/cache/fs.rs`: each miss of a function looks at every version that it ever had.
#[test]
fn to_find_the_newest_few_of_many_marks_a_bounded_number_is_looked_at() {
    let (_folder, store) = store();
    let folder = store.root.join("v1").join(label_folder("m.f"));
    let make = |range: std::ops::Range<u64>| {
        for n in range {
            let made = Slot::Artifact(L1Key(*blake3::hash(&n.to_le_bytes()).as_bytes()));
            create(
                &store.dir(),
                &format!("{}/{}", label_folder("m.f"), made.name()),
                super::fs::CREATE,
                0o600,
            )
            .expect("marked");
            let mark = fs::File::options().write(true).open(folder.join(made.name())).expect("there");
            // In another order than they are made in.
            let time = std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + n * 7 % 32);
            mark.set_modified(time).expect("dated");
        }
    };
    let all = || store.marked("m.f", Kind::Artifact, usize::MAX);
    let few = || counted(|| store.marked("m.f", Kind::Artifact, 4));
    let most = 4 * DATED as u64;
    make(0..most);
    let (marked, exact) = few();
    assert_eq!(marked, all(), "as many as are looked at: exactly the newest");
    make(most..5 * most);
    let (marked, operations) = few();
    assert_eq!(operations, exact, "more of them, and no more to do");
    assert_eq!(marked.len(), all().len());
    assert!(
        all().iter().all(|slot| marked.contains(slot)),
        "those that are not looked at are known all the same"
    );
}

#[test]
fn only_a_private_regular_file_is_read() {
    let (folder, store) = store();
    store.write(&slot(1), "m.f", b"one").expect("written");
    let path = store.shown_path(&slot(1));
    chmod(&path, 0o420);
    assert_eq!(store.read(&slot(1), true), Err(ReadError::Untrusted("other users can write to it")));

    fs::remove_file(&path).expect("remove");
    assert_eq!(store.read(&slot(1), true), Err(ReadError::Missing));

    let target = folder.path().join("target");
    fs::write(&target, b"one").expect("write");
    std::os::unix::fs::symlink(&target, &path).expect("link");
    assert_eq!(store.read(&slot(1), true), Err(ReadError::Untrusted("it is a symbolic link")));

    fs::remove_file(&path).expect("remove");
    rustix::fs::mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).expect("fifo");
    assert_eq!(store.read(&slot(1), true), Err(ReadError::Untrusted("it is not a regular file")));

    fs::remove_file(&path).expect("remove");
    fs::create_dir(&path).expect("folder");
    assert_eq!(store.read(&slot(1), true), Err(ReadError::Untrusted("it is not a regular file")));
}

#[test]
fn a_folder_in_the_place_of_an_entry_is_moved_aside_with_what_is_in_it() {
    let (_folder, store) = store();
    let path = store.shown_path(&slot(1));
    fs::create_dir_all(&path).expect("folder");
    fs::write(path.join("mine"), b"foreign").expect("written");
    assert_eq!(store.read(&slot(1), true), Err(ReadError::Untrusted("it is not a regular file")));
    store.write(&slot(1), "m.f", b"one").expect("written");
    assert_eq!(store.read(&slot(1), true), Ok(b"one".to_vec()));
    let aside = store.root.join("v1/quarantine").join(slot(1).name()).join("mine");
    assert_eq!(fs::read(&aside).expect("kept"), b"foreign");
    // Where it cannot be moved, the entry is not stored, and nothing is lost or left over.
    fs::remove_file(&path).expect("removed");
    fs::create_dir(&path).expect("folder");
    assert_eq!(store.write(&slot(1), "m.f", b"one").map_err(|error| error.errno), Err(Some(Errno::ISDIR)));
    assert_eq!(fs::read_dir(store.root.join("v1/tmp")).expect("list").count(), 0);
    store.clear();
    assert!(aside.exists(), "it is not ours");
    fs::remove_file(&aside).expect("removed");
    store.clear();
    assert_eq!(fs::read_dir(store.root.join("v1/quarantine")).expect("list").count(), 0);
}

#[test]
fn what_is_larger_than_an_entry_may_be_is_not_read() {
    let (_folder, store) = store();
    store.write(&slot(1), "m.f", b"one").expect("written");
    let path = store.shown_path(&slot(1));
    chmod(&path, 0o600);
    // A file with a hole: it takes no space.
    fs::File::options().write(true).open(&path).and_then(|file| file.set_len(MAX_ENTRY + 1)).expect("grown");
    assert_eq!(store.read(&slot(1), true), Err(ReadError::TooLong));
}

#[test]
fn a_folder_inside_that_is_a_link_is_refused() {
    let (folder, store) = store();
    let (root, elsewhere) = (store.root().to_owned(), folder.path().join("elsewhere"));
    fs::create_dir_all(&elsewhere).expect("made");
    chmod(&elsewhere, 0o700);
    let scope = "0123456789abcdef0123456789abcdef";
    fs::create_dir_all(root.join("v1/s")).expect("made");
    std::os::unix::fs::symlink(&elsewhere, root.join("v1/s").join(scope)).expect("linked");
    assert!(store.scope(scope, true).is_err());
    fs::rename(root.join("v1"), folder.path().join("v1")).expect("moved");
    std::os::unix::fs::symlink(&elsewhere, root.join("v1")).expect("linked");
    assert!(Store::open(&root, true).err().expect("refused").to_string().contains("cannot open v1"));
    assert_eq!(fs::read_dir(&elsewhere).expect("there").count(), 0);
}

#[test]
fn a_root_that_others_can_write_is_refused() {
    let (folder, _) = store();
    let root = folder.path().join("cache");
    for mode in [0o770, 0o702] {
        chmod(&root, mode);
        assert!(
            Store::open(&root, true).err().expect("refused").to_string().contains("other users can write")
        );
    }
    chmod(&root, 0o755);
    assert!(Store::open(&root, true).is_ok());
    chmod(&root.join("v1"), 0o777);
    assert!(Store::open(&root, true).is_err());
}

#[test]
fn a_deleted_folder_is_made_again() {
    let (_folder, store) = store();
    store.write(&slot(1), "m.f", b"one").expect("written");
    fs::remove_dir_all(store.root()).expect("removed");
    assert_eq!(store.read(&slot(1), true), Err(ReadError::Missing));
    store.write(&slot(1), "m.f", b"one").expect("written again");
    assert_eq!(store.read(&slot(1), true), Ok(b"one".to_vec()));
}

#[test]
fn that_there_is_nothing_is_believed_for_a_moment_however_often_it_is_asked() {
    let (folder, one) = store();
    let two = Store::open(&folder.path().join("cache"), true).expect("open");
    let now = Instant::now();
    assert!(one.lacks_at("w", now) && two.lacks_at("w", now));
    two.write(&slot(1), "m.f", b"one").expect("written");
    assert!(!two.lacks_at("w", now), "what it has stored itself it sees at once");
    assert!((0..1000).all(|_| one.lacks_at("w", now + BELIEVED / 2)), "that is not looked for each time");
    assert!(!one.lacks_at("w", now + BELIEVED));
    assert!(!one.lacks_at("w", now), "what is there stays there");
}

#[test]
fn nothing_can_be_made_below_nowhere() {
    let nowhere = Store::nowhere("why").expect("a handle");
    let dir = nowhere.dir();
    let mode = 0o600;
    for path in ["new", "../new", ".", "v1/new"] {
        assert_eq!(
            crate::cache::fs::create(&dir, path, crate::cache::fs::CREATE_NEW, mode).err(),
            Some(Errno::NOTDIR)
        );
        assert_eq!(crate::cache::fs::make_folder(&dir, path), Err(Errno::NOTDIR));
        assert_eq!(crate::cache::fs::look(&dir, path), Err(Errno::NOTDIR));
    }
    assert_eq!(
        nowhere.write(&slot(1), "m.f", b"one").map_err(|error| error.to_string()),
        Err("why".to_owned())
    );
    nowhere.quarantine(&slot(1));
    assert_eq!((nowhere.read(&slot(1), true), nowhere.slots()), (Err(ReadError::Missing), Vec::new()));
    assert_eq!((nowhere.clear(), nowhere.trim(0, 0)), (0, (0, 0)));
}

#[test]
fn writers_of_one_slot_do_not_disturb_each_other() {
    let (_folder, store) = store();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    store.write(&slot(1), "m.f", &[5; 10_000]).expect("written");
                    assert_eq!(store.read(&slot(1), true), Ok(vec![5; 10_000]));
                }
            });
        }
    });
    assert_eq!(store.slots(), [slot(1)]);
}
