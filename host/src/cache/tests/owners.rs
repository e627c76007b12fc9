//! What belongs to somebody else, as a test sees it that is not root: every place where an owner is looked at.
//! `tests/cache/roots.rs` and others do the same with real files where they run as root.

use super::further::{image_and_own, reading};
use super::*;
use crate::cache::faults::{self, Plan};
use crate::cache::location;

const FOREIGN: &str = "it belongs to another user";

/// The files from the given one on that are looked at belong to somebody else, so many times.
fn foreign<R>(skip: usize, times: usize, run: impl FnOnce() -> R) -> R {
    let uid = rustix::process::geteuid().as_raw() + 1;
    faults::with(Plan::Owner { uid, skip, times }, run)
}

/// Without the owner in `check_folder` in `host/src/cache/folder.rs`.
#[test]
fn a_folder_of_somebody_else_is_not_used() {
    let fixture = Fixture::new();
    assert!(fixture.open().put_artifact(&sample(), b"mine", Duration::ZERO));
    for (skip, what) in [(0, "the folder '"), (1, "v1 in the folder '")] {
        let cache = foreign(skip, 1, || fixture.open());
        let why = cache.problem().unwrap_or_default();
        assert!(why.contains(&format!("will not use {what}")) && why.ends_with(FOREIGN), "{why}");
    }
    let cache = fixture.open();
    let scope = Scope::new("acme");
    assert!(cache.scope(&scope).put_artifact(&sample(), b"mine", Duration::ZERO));
    for (skip, what) in [(0, "the folder '"), (1, "v1 in"), (2, "s in"), (3, " in the folder '")] {
        let scoped = foreign(skip, 1, || cache.scope(&scope));
        let why = scoped.problem().unwrap_or_default();
        assert!(
            why.contains("will not use ") && why.contains(what) && why.ends_with(FOREIGN),
            "{skip}: {why}"
        );
    }
    assert_eq!(cache.scope(&scope).get_artifact(&sample()), Ok(b"mine".to_vec()));
}

#[test]
fn a_further_folder_of_somebody_else_is_left_out() {
    let (image, own) = image_and_own();
    let open = || Cache::open(reading(&own, &[&image]));
    drop(open());
    // The further folder and what is in it, then the own one.
    for (skip, own_is_used) in [(0, true), (1, true), (2, false), (3, false)] {
        let cache = foreign(skip, 1, open);
        let left_out: Vec<&str> = cache.left_out().collect();
        assert!(matches!(&*left_out, [why] if why.ends_with(FOREIGN)), "{skip}: {left_out:?}");
        assert_eq!(cache.dir().is_some(), own_is_used, "{skip}");
        assert_eq!(cache.get_artifact(&sample()).is_ok(), !own_is_used, "{skip}");
    }
}

/// Without the owner in `check_file` in `host/src/cache/folder.rs`.
#[test]
fn an_entry_of_somebody_else_is_not_used() {
    let (image, own) = image_and_own();
    let untrusted = || Some(MissReason::Untrusted(FOREIGN));
    for cache in [image.open(), Cache::open(reading(&own, &[&image]))] {
        assert_eq!(foreign(0, 1, || cache.get_artifact(&sample())).err(), untrusted());
        let (recipe, engine) = (own.native_recipe(7), &own.engine.engine);
        assert_eq!(foreign(0, 1, || cache.get_native(&recipe, engine)).err(), untrusted());
        assert!(cache.get_artifact(&sample()).is_ok() && cache.get_native(&recipe, engine).is_ok());
    }
}

#[test]
fn nothing_is_made_beside_a_program_in_somebody_elses_folder() {
    let folder = tempfile::tempdir().expect("temp");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("chmod");
    let (source, beside) = (folder.path().join("main.py"), folder.path().join(location::BESIDE_SOURCE));
    assert_eq!(foreign(0, 1, || location::beside(&source)), None);
    assert!(!beside.exists());
    assert_eq!(location::beside(&source), Some(beside));
    assert_eq!(foreign(1, 1, || location::beside(&source)), None, "nor is one used that is there");
}

#[test]
fn a_log_of_somebody_else_is_not_written() {
    let folder = tempfile::tempdir().expect("temp");
    let path = folder.path().join("log");
    assert!(log::open(&path).is_ok());
    assert_eq!(foreign(0, 1, || log::open(&path)).err().as_deref(), Some(FOREIGN));
}
