//! A process dies before each of its file operations in turn: what it leaves is never taken for an entry,
//! goes with the next trim, and keeps nobody from storing.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use super::faulty::session;
use super::*;
use crate::cache::faults::{self, Plan};

/// Which operation the child must not survive. Read by this test, which then dies; by nothing else.
const AFTER: &str = "OVENBIRD_TEST_DIE_AFTER";
const FOLDER: &str = "OVENBIRD_TEST_FOLDER";

/// Not a test by itself: the process that dies.
#[test]
fn child() {
    let (Ok(after), Ok(folder)) = (std::env::var(AFTER), std::env::var(FOLDER)) else { return };
    let fixture = Fixture::new().at(Path::new(&folder));
    let compiled = fixture.compile(7);
    let plan = Plan::Die { after: after.parse().expect("a number") };
    faults::with(plan, || session(&fixture, &compiled));
}

/// Runs a child in the folder; gives whether it died of the plan.
fn run_child(folder: &Path, after: usize) -> bool {
    let child = Command::new(std::env::current_exe().expect("this test"))
        .args(["cache::tests::killed::child", "--exact", "--test-threads=1"])
        .env(AFTER, after.to_string())
        .env(FOLDER, folder)
        .output()
        .expect("the child starts");
    let text = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.signal() == Some(9) || child.status.success(), "{text}");
    child.status.signal() == Some(9)
}

/// Makes everything in a folder three hours older.
fn age(folder: &Path) {
    let then = SystemTime::now() - Duration::from_secs(3 * 3600);
    for entry in fs::read_dir(folder).expect("there").flatten() {
        if entry.path().is_dir() {
            age(&entry.path());
        } else {
            fs::File::open(entry.path()).and_then(|file| file.set_modified(then)).expect("aged");
        }
    }
}

#[test]
fn whenever_a_process_is_killed_nothing_torn_is_loaded_and_nothing_is_left() {
    let here = Fixture::new();
    let compiled = here.compile(7);
    let mut after = 0;
    loop {
        let folder = tempfile::tempdir().expect("temp");
        let died = run_child(folder.path(), after);
        let fixture = here.at(folder.path());
        let cache = fixture.open();
        for entry in cache.list() {
            assert_eq!(entry.verified, Ok(()), "after {after} operations: {:?}", entry.path);
        }
        // The next process uses what is there, or makes it.
        let started = std::time::Instant::now();
        session(&fixture, &compiled);
        assert!(started.elapsed() < Duration::from_secs(1), "no lock is left");
        assert_eq!(session(&fixture, &compiled), (true, true), "after {after} operations");
        age(folder.path());
        cache.trim(MAX_BYTES, MAX_AGE);
        let version = folder.path().join("cache/v1");
        for leftovers in ["tmp", "quarantine"] {
            let left = fs::read_dir(version.join(leftovers)).map_or(0, Iterator::count);
            assert_eq!(left, 0, "in {leftovers} after {after} operations");
        }
        if !died {
            break;
        }
        after += 1;
    }
    assert!(after > 50, "the child did only {after} operations");
}
