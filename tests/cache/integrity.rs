//! Entries that are damaged, exchanged, rewritten or sealed by somebody else.

use std::os::unix::fs::PermissionsExt as _;

use ovenbird::{CacheOptions, Source, Tenant};
use ovenbird_tests::seal::{Entry, replace};

use crate::{PROGRAM, Place, engine, not_tested_as, run, run_with};

#[test]
fn every_damaged_entry_is_made_again_and_kept_aside_for_a_while() {
    let place = Place::new();
    place.run().is_right();
    for (at, path) in place.entries().into_iter().enumerate() {
        let mut bytes = std::fs::read(&path).expect("there");
        let middle = (bytes.len() / 2 + at) % bytes.len();
        bytes[middle] ^= 4;
        replace(&path, &bytes);
        let seen = place.run();
        assert_eq!(seen.is_right().compiles + seen.natives, 1, "{seen:?}");
        assert!(seen.reasons.iter().any(|why| why.contains("damaged")), "{seen:?}");
        place.run().is_right().hits();
    }
    let aside = std::fs::read_dir(place.cache_dir().join("v1/quarantine")).expect("there").count();
    assert_eq!(aside, place.entries().len());
}

#[test]
fn an_entry_of_any_shorter_length_is_a_miss() {
    let place = Place::new();
    place.run().is_right();
    let path = place.entries().into_iter().find(|path| path.extension().unwrap() == "cwasm").expect("native");
    let good = std::fs::read(&path).expect("there");
    for length in (0..good.len()).step_by(997).chain([1, 63, 64, good.len() - 1]) {
        replace(&path, &good[..length]);
        assert_eq!(place.run().is_right().natives, 1, "{length} bytes");
    }
    place.run().is_right().hits();
}

/// Without `hasher.update(key)` in `host/src/cache/entry.rs`: a renamed entry is run.
#[test]
fn entries_that_change_places_are_refused() {
    let place = Place::new();
    place.run().is_right();
    let natives: Vec<_> =
        place.entries().into_iter().filter(|path| path.extension().unwrap() == "cwasm").collect();
    let [one, two] = &natives[..] else { panic!("two units") };
    let (first, second) = (std::fs::read(one).expect("there"), std::fs::read(two).expect("there"));
    replace(one, &second);
    replace(two, &first);
    assert_eq!(place.run().is_right().natives, 2);
}

#[test]
fn a_pipe_in_an_entrys_place_keeps_nobody_waiting() {
    let place = Place::new();
    place.run().is_right();
    for path in place.entries() {
        std::fs::remove_file(&path).expect("removed");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).expect("a pipe");
    }
    place.run().is_right().compiled();
    place.run().is_right().hits();
}

/// Without `read_all` into private memory in `host/src/cache/store.rs`: code changes while it runs.
#[test]
fn an_entry_that_is_rewritten_in_place_does_not_touch_running_code() {
    let place = Place::new();
    place.run().is_right();
    let engine = engine(place.options());
    let program = engine.compile(&Source::new("main.py", PROGRAM)).expect("it parses");
    let f = program.get::<fn(i64) -> i64>("f").expect("it is loaded");
    assert_eq!(engine.native_compiles(), 0);
    for path in place.entries() {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("chmod");
        let size = std::fs::metadata(&path).expect("there").len() as usize;
        std::fs::write(&path, vec![0xcc; size]).expect("rewritten");
        std::fs::File::options().write(true).open(&path).and_then(|file| file.set_len(0)).expect("cut");
    }
    for _ in 0..3 {
        assert_eq!(f.call(&Tenant::default(), (10,)).expect("it runs"), 285);
    }
}

#[test]
fn a_lost_secret_costs_one_compilation_and_is_made_again_for_this_user_only() {
    let place = Place::new();
    let file = place.path().join("config/secret");
    let options = CacheOptions { secret: None, secret_file: Some(file.clone()), ..place.options() };
    run(place.path(), options.clone()).is_right().compiled();
    run(place.path(), options.clone()).is_right().hits();
    std::fs::remove_file(&file).expect("removed");
    run(place.path(), options.clone()).is_right().compiled();
    assert_eq!(std::fs::metadata(&file).expect("made again").permissions().mode() & 0o7777, 0o600);
    run(place.path(), options).is_right().hits();
}

#[test]
fn another_users_secret_opens_nothing() {
    let place = Place::new();
    place.run().is_right();
    let secret = Some(ovenbird::cache::Secret::from_bytes([8; 32]));
    let engine = engine(CacheOptions { secret, ..place.options() });
    run_with(place.path(), &engine).is_right().compiled();
    let stats = engine.cache().stats();
    assert_eq!(stats.native_loads, 0);
    assert_eq!(stats.native.reasons.get("untrusted"), Some(&2), "{stats:?}");
}

#[test]
fn entries_that_somebody_without_the_secret_sealed_are_refused() {
    let place = Place::new();
    place.run().is_right();
    let good: Vec<_> = place.entries().into_iter().map(|path| (Entry::read(&path), path)).collect();
    // Under another secret: as that secret's, and as if it were ours. The id says only what people are told.
    for (own_id, reason) in [(false, "untrusted"), (true, "corrupt")] {
        for (entry, path) in &good {
            let mut entry = entry.clone();
            if !own_id {
                entry.head[8..].copy_from_slice(b"somebody");
            }
            entry.plant(path, [8; 32]);
        }
        let engine = engine(place.options());
        run_with(place.path(), &engine).is_right().compiled();
        let stats = engine.cache().stats();
        assert_eq!(stats.native_loads, 0);
        for level in [&stats.artifact, &stats.native] {
            assert_eq!(level.reasons.get(reason), Some(&crate::UNITS), "{stats:?}");
        }
        place.run().is_right().hits();
    }
}

/// Puts something where an entry was, which is in the other file now.
type StandIn = fn(&std::path::Path, &std::path::Path);

/// Without `check_file` in `host/src/cache/folder.rs`: what others can write to is read.
#[test]
fn nothing_but_a_private_regular_file_is_an_entry() {
    // What stands in the place of every entry, with the good bytes where it can have them.
    let stand_ins: [(&str, StandIn); 5] = [
        ("a link", |path, good| std::os::unix::fs::symlink(good, path).expect("linked")),
        ("a folder", |path, _| std::fs::create_dir(path).expect("made")),
        ("a pipe", |path, _| {
            let mode = rustix::fs::Mode::from_raw_mode(0o600);
            rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).expect("a pipe");
        }),
        ("a file for all to write", |path, good| {
            std::fs::copy(good, path).expect("copied");
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o602)).expect("chmod");
        }),
        ("a file of somebody else", |path, good| {
            std::fs::copy(good, path).expect("copied");
            // Only root can give a file away; others make it writable to the group.
            if std::os::unix::fs::chown(path, Some(65534), None).is_err() {
                not_tested_as("an entry of another user");
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o620)).expect("chmod");
            }
        }),
    ];
    for (what, stand_in) in stand_ins {
        let place = Place::new();
        place.run().is_right();
        for (number, path) in place.entries().into_iter().enumerate() {
            let good = place.path().join(format!("good-{number}"));
            std::fs::rename(&path, &good).expect("moved");
            stand_in(&path, &good);
        }
        let engine = engine(place.options());
        run_with(place.path(), &engine).is_right().compiled();
        let stats = engine.cache().stats();
        assert_eq!(stats.native_loads, 0, "{what}");
        for level in [&stats.artifact, &stats.native] {
            assert_eq!(level.reasons.get("untrusted"), Some(&crate::UNITS), "{what}: {stats:?}");
        }
    }
}
