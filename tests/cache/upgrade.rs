//! Entries that an older build stored: `older/` is a cache that a build of an earlier revision has filled by running
//! the usual program, under the tests' secret. It is authentic, and of no use to any later build.

use std::time::{Duration, SystemTime};

use ovenbird::CacheOptions;
use ovenbird::cache::{MAX_AGE, MAX_BYTES, Mode};
use ovenbird_tests::files::root;
use ovenbird_tests::project::SECRET;
use ovenbird_tests::seal::{Entry, THIN};

use super::*;

/// Its entries: of units' wasm, of native code, and of a whole script.
const OLDER: usize = 5;

/// A project with the older cache.
fn upgraded() -> Project {
    let project = project();
    let from = root().join("tests/cache/older");
    for path in entries(&from) {
        let to = project.cache_dir().join(path.strip_prefix(&from).expect("below it"));
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        std::fs::write(&to, std::fs::read(&path).expect("read")).expect("written");
    }
    for folder in std::fs::read_dir(project.cache_dir()).expect("there").flatten() {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).expect("chmod");
    }
    project
}

#[test]
fn entries_of_an_older_build_are_valid_and_never_used() {
    let project = upgraded();
    let list = Cache::open(project.cache_options()).list();
    assert_eq!((list.len(), list.iter().filter(|entry| entry.verified.is_ok()).count()), (OLDER, OLDER));
    for engine in [project.engine(), project.direct_engine()] {
        assert_eq!(engine.cache().stats().native_loads, 0);
    }
    let run = project.run_with(&project.engine(), "main.py");
    run.prints("90\n");
    assert_eq!((run.compiles, run.natives, run.stats.native_loads), (2, 2, 0), "{:?}", run.units);
    let (from, why) = run.unit("main.f");
    assert_eq!(from, "miss");
    assert!(why.contains("build of the compiler") || why.contains("standard library"), "{why}");
    project.run_with(&project.engine(), "main.py").prints("90\n").hits();
}

#[test]
fn entries_of_an_older_build_in_the_places_of_new_ones_are_refused() {
    let project = upgraded();
    let old: Vec<PathBuf> = entries(project.cache_dir());
    project.run_with(&project.engine(), "main.py").prints("90\n");
    for kind in ["cwasm", "artifact"] {
        let is_kind = |path: &&PathBuf| path.extension().is_some_and(|end| end == kind);
        let older: Vec<&PathBuf> = old.iter().filter(is_kind).collect();
        let all = entries(project.cache_dir());
        let new: Vec<&PathBuf> = all.iter().filter(is_kind).filter(|path| !old.contains(path)).collect();
        assert_eq!(new.len(), 2, "{kind}");
        for (number, path) in new.into_iter().enumerate() {
            replace(path, &std::fs::read(older[number % older.len()]).expect("read"));
        }
    }
    let run = project.run_with(&project.engine(), "main.py");
    run.prints("90\n");
    assert_eq!((run.compiles, run.natives, run.stats.native_loads), (2, 2, 0));
    assert!(run.unit("main.f").1.contains("authentication code"), "{:?}", run.units);
}

#[test]
fn an_older_artifact_that_is_sealed_for_a_new_key_is_checked_like_any_bytes() {
    // As if the key had forgotten what has changed: the decoder and the sandbox stand behind it.
    let project = upgraded();
    let old: Vec<PathBuf> = entries(project.cache_dir());
    project.run_with(&project.engine(), "main.py").prints("90\n");
    let is_artifact = |path: &&PathBuf| path.extension().is_some_and(|end| end == "artifact");
    for path in entries(project.cache_dir()).iter().filter(is_artifact).filter(|path| !old.contains(path)) {
        for older in old.iter().filter(is_artifact) {
            let mut entry = Entry::read(path);
            entry.payload = Entry::read(older).payload;
            entry.plant(path, SECRET);
            // It may do another thing, but it ends, and nothing of the host breaks.
            drop(project.run_with(&project.engine(), "main.py"));
        }
    }
}

/// Until 2026-11-30 native code was stored with all its zeros: the form of the older entries is valid, also for a new key.
#[test]
fn native_code_in_the_older_form_is_used_where_the_key_is_the_same() {
    let is_native = |path: &PathBuf| path.extension().is_some_and(|end| end == "cwasm");
    let older = entries(&root().join("tests/cache/older"));
    for path in older.iter().filter(|path| is_native(path)) {
        assert_eq!(Entry::read(path).head[7], 0, "stored as it is");
    }
    let project = project();
    project.run_with(&project.engine(), "main.py").prints("90\n");
    let natives: Vec<PathBuf> = entries(project.cache_dir()).into_iter().filter(is_native).collect();
    assert_eq!(natives.len(), 2);
    for path in &natives {
        let new = Entry::read(path);
        assert_eq!(new.head[7], THIN);
        let (thin, plain) = (new.seal(SECRET), new.plain());
        assert!(plain.seal(SECRET).len() > thin.len() + 1000, "with all zeros");
        plain.plant(path, SECRET);
    }
    let run = project.run_with(&project.engine(), "main.py");
    run.prints("90\n").hits();
    assert_eq!((run.natives, run.stats.native.hits), (0, 2), "{:?}", run.units);
    // Compared with what is made anew, both forms are the same code.
    let verify = Cache::open(CacheOptions { mode: Mode::Verify, ..project.cache_options() });
    let engine = Engine::builder().cache(verify).build().expect("an engine");
    let verified = project.run_with(&engine, "main.py");
    assert_eq!((verified.natives, verified.stats.inconsistent), (2, 0));
}

#[test]
fn entries_of_an_older_build_go_with_a_later_trim() {
    let project = upgraded();
    let old: Vec<PathBuf> = entries(project.cache_dir());
    project.run_with(&project.engine(), "main.py").prints("90\n");
    let age = |path: &PathBuf, days: u64| {
        let then = SystemTime::now() - Duration::from_secs(days * 24 * 3600);
        std::fs::File::open(path).and_then(|file| file.set_modified(then)).expect("aged");
    };
    old.iter().for_each(|path| age(path, 8));
    let cache = Cache::open(project.cache_options());
    cache.trim(MAX_BYTES, MAX_AGE);
    let left =
        |end: &str| old.iter().filter(|p| p.exists() && p.extension().is_some_and(|e| e == end)).count();
    assert_eq!((left("cwasm"), left("artifact")), (0, 3), "native code of an engine that is gone");
    old.iter().filter(|path| path.exists()).for_each(|path| age(path, 31));
    cache.trim(MAX_BYTES, MAX_AGE);
    assert!(!old.iter().any(|path| path.exists() && path.metadata().is_ok_and(|found| found.len() > 0)));
    project.run_with(&project.engine(), "main.py").prints("90\n").hits();
}
