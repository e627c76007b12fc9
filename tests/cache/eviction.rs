//! What is removed, when, in which order, and what never is.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ovenbird::cache::key::{Build, L1Recipe, Surroundings, digest};
use ovenbird::cache::{MAX_AGE, MAX_BYTES};
use ovenbird::{Cache, CacheOptions};

use crate::Place;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

pub(crate) fn recipe(number: u64) -> L1Recipe {
    L1Recipe {
        label: "m.f".to_owned(),
        typed_program: digest(&number.to_le_bytes()),
        functions: Vec::new().into(),
        globals: Vec::new(),
        host_functions: Vec::new(),
        schemas: Vec::new(),
        arguments: Vec::new(),
        surroundings: Arc::new(Surroundings {
            options: Vec::new(),
            library_fingerprint: [1; 32],
            host_abi_version: 1,
            import_table: [2; 32],
            build: Build::Compiler([3; 32]),
        }),
    }
}

/// Makes a file so much older.
fn age(path: &Path, by: Duration) {
    let file = std::fs::File::open(path).expect("there");
    file.set_modified(SystemTime::now() - by).expect("the time can be set");
}

fn bytes(place: &Place) -> u64 {
    place.entries().iter().map(|path| std::fs::metadata(path).map_or(0, |metadata| metadata.len())).sum()
}

fn is_there(cache: &Cache, number: u64) -> bool {
    cache.why_artifact(&recipe(number)).is_none()
}

#[test]
fn a_budget_holds_and_what_was_used_last_survives() {
    let place = Place::new();
    let budget = 10 << 20;
    let cache = Cache::open(CacheOptions { budget: Some(budget), ..place.options() });
    let payload = vec![1; 300 << 10];
    for number in 0..100 {
        assert!(cache.put_artifact(&recipe(number), &payload, Duration::ZERO));
        // Each a minute after the one before.
        for path in place.entries() {
            let time = std::fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("a time");
            let older = time - Duration::from_secs(60);
            std::fs::File::open(&path).and_then(|file| file.set_modified(older)).expect("aged");
        }
        assert!(bytes(&place) <= budget * 11 / 10 + (300 << 10), "{} after {number}", bytes(&place));
    }
    let (_, left) = cache.trim(budget, MAX_AGE);
    assert!(left <= budget && left > budget / 2, "{left}");
    let there: Vec<u64> = (0..100).filter(|number| is_there(&cache, *number)).collect();
    let newest: Vec<u64> = (100 - there.len() as u64..100).collect();
    assert_eq!(there, newest);
}

#[test]
fn many_short_processes_keep_to_the_budget_too() {
    let place = Place::new();
    let budget = 1 << 20;
    for number in 0..40 {
        let cache = Cache::open(CacheOptions { budget: Some(budget), ..place.options() });
        assert!(cache.put_artifact(&recipe(number), &[1; 100 << 10], Duration::ZERO));
    }
    assert!(bytes(&place) <= budget * 5 / 4, "{}", bytes(&place));
}

#[test]
fn what_was_not_used_for_a_month_goes_with_the_next_days_trim() {
    let place = Place::new();
    let cache = Cache::open(place.options());
    for number in 0..3 {
        cache.put_artifact(&recipe(number), b"artifact", Duration::ZERO);
    }
    let path = |number| {
        let key = recipe(number).key().to_string();
        place.entries().into_iter().find(|path| path.to_string_lossy().contains(&key)).expect("there")
    };
    age(&path(0), MAX_AGE + HOUR);
    age(&path(1), MAX_AGE - HOUR);
    cache.put_artifact(&recipe(3), b"artifact", Duration::ZERO);
    assert!(is_there(&cache, 0), "trimmed today already");
    age(&place.cache_dir().join("v1/trimmed"), DAY + HOUR);
    age(&path(0), MAX_AGE + HOUR);
    cache.put_artifact(&recipe(4), b"artifact", Duration::ZERO);
    let there: Vec<u64> = (0..5).filter(|number| is_there(&cache, *number)).collect();
    assert_eq!(there, [1, 2, 3, 4]);
}

#[test]
fn a_use_renews_an_entry() {
    let place = Place::new();
    let cache = Cache::open(place.options());
    cache.put_artifact(&recipe(0), b"artifact", Duration::ZERO);
    age(&place.entries()[0], MAX_AGE - HOUR);
    assert!(cache.get_artifact(&recipe(0)).is_ok());
    let used = std::fs::metadata(&place.entries()[0]).and_then(|m| m.modified()).expect("a time");
    assert!(used.elapsed().unwrap_or_default() < HOUR);
}

/// Without `TOUCH_SECONDS` in `host/src/cache/store.rs`: every hit writes to the disk.
#[test]
fn a_use_within_the_hour_writes_nothing() {
    let place = Place::new();
    let cache = Cache::open(place.options());
    cache.put_artifact(&recipe(0), b"artifact", Duration::ZERO);
    let time = || std::fs::metadata(&place.entries()[0]).and_then(|m| m.modified()).expect("a time");
    for (minutes, is_renewed) in [(50, false), (70, true)] {
        age(&place.entries()[0], Duration::from_secs(minutes * 60));
        let before = time();
        assert!(cache.get_artifact(&recipe(0)).is_ok());
        assert_eq!(time() != before, is_renewed, "after {minutes} minutes");
    }
}

#[test]
fn entries_of_an_engine_that_is_gone_go_after_a_week() {
    let place = Place::new();
    place.run().is_right();
    let version = place.cache_dir().join("v1");
    let cache = Cache::open(place.options());
    let of_engine = |engine: &str| -> Vec<PathBuf> {
        let inside = format!("/{engine}/n/");
        place.entries().into_iter().filter(|path| path.to_string_lossy().contains(&inside)).collect()
    };
    let mut folders = std::fs::read_dir(&version).expect("there").flatten();
    let engine = folders.find(|folder| folder.path().join("n").is_dir()).expect("an engine");
    let engine = engine.file_name().into_string().expect("hexadecimal");
    for path in of_engine(&engine) {
        let other = PathBuf::from(path.to_string_lossy().replace(&format!("/{engine}/"), "/00000000/"));
        std::fs::create_dir_all(other.parent().expect("a folder")).expect("made");
        std::fs::copy(&path, &other).expect("copied");
        age(&other, DAY * 6);
    }
    cache.trim(MAX_BYTES, MAX_AGE);
    assert_eq!(of_engine("00000000").len(), 2, "not yet");
    of_engine("00000000").iter().for_each(|path| age(path, DAY * 8));
    cache.trim(MAX_BYTES, MAX_AGE);
    assert!(!version.join("00000000").exists());
    // The one in use stays, however long ago that was.
    of_engine(&engine).iter().for_each(|path| age(path, DAY * 20));
    cache.trim(MAX_BYTES, MAX_AGE);
    assert_eq!(of_engine(&engine).len(), 2);
}

#[test]
fn leftovers_go_and_what_is_in_use_stays() {
    let place = Place::new();
    let cache = Cache::open(place.options());
    cache.put_artifact(&recipe(0), b"artifact", Duration::ZERO);
    let version = place.cache_dir().join("v1");
    let random = "0123456789abcdef0123456789abcdef";
    let key = recipe(0).key();
    let file = |path: String, old: Duration| {
        let path = version.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, b"x").expect("written");
        age(&path, old);
        path
    };
    let kept = [
        file(format!("tmp/1-{random}"), HOUR / 2),
        file(format!("locks/w-{key}"), HOUR / 2),
        file(format!("quarantine/w-{key}"), HOUR * 20),
    ];
    let gone = [
        file(format!("tmp/2-{random}"), HOUR * 2),
        file(format!("locks/d-{key}"), HOUR * 2),
        file(format!("quarantine/d-{key}"), DAY + HOUR),
    ];
    cache.trim(MAX_BYTES, MAX_AGE);
    assert!(kept.iter().all(|path| path.exists()));
    assert!(!gone.iter().any(|path| path.exists()));
}

#[test]
fn foreign_files_are_never_removed() {
    let place = Place::new();
    place.run().is_right();
    let version = place.cache_dir().join("v1");
    let mut foreign = vec![place.cache_dir().join("notes.txt"), version.join("w/readme")];
    for folder in ["tmp", "locks", "quarantine", "l", "d", "s", "mine", "0123abcd/n"] {
        std::fs::create_dir_all(version.join(folder)).expect("made");
        foreign.push(version.join(folder).join("a file of mine"));
    }
    for path in &foreign {
        std::fs::write(path, b"mine").expect("written");
        age(path, MAX_AGE * 2);
    }
    let cache = Cache::open(place.options());
    cache.trim(0, Duration::ZERO);
    cache.clear();
    assert!(place.entries().is_empty());
    assert!(foreign.iter().all(|path| path.exists()));
}

#[test]
fn one_trims_at_a_time() {
    let place = Place::new();
    let cache = Cache::open(place.options());
    cache.put_artifact(&recipe(0), b"artifact", Duration::ZERO);
    let locks = place.cache_dir().join("v1/locks");
    std::fs::create_dir_all(&locks).expect("made");
    let lock = std::fs::File::create(locks.join("trim")).expect("made");
    lock.lock().expect("locked");
    let (removed, left) = cache.trim(0, Duration::ZERO);
    assert!(removed == 0 && left > 0 && is_there(&cache, 0), "somebody else is at it");
    lock.unlock().expect("unlocked");
    assert_eq!(cache.trim(0, Duration::ZERO), (1, 0));
}
