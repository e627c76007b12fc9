//! Damaged, foreign and lost entries: a miss each, which heals.

use ovenbird::{Cache, CacheOptions, Engine, Output};
use ovenbird_compiler::artifact::Artifact;
use ovenbird_tests::seal::Entry;

use crate::{entries, listed, project, replace, warm};

#[test]
fn a_damaged_entry_is_a_miss_and_heals() {
    for kind in ["wasm", "native"] {
        let project = warm();
        let paths = listed(&project, kind);
        assert_eq!(paths.len(), 2, "{kind}");
        for path in &paths {
            let mut bytes = std::fs::read(path).expect("the entry can be read");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            replace(path, &bytes);
        }
        let run = project.run("main.py");
        run.prints("90\n");
        assert!(run.unit("main.f").1.contains("damaged"), "{:?}", run.units);
        project.run("main.py").prints("90\n").hits();
    }
}

/// Without `*found != code` in `host/src/cache/entry.rs`: an entry with a changed byte is loaded.
#[test]
fn every_part_of_an_entry_is_authenticated() {
    let project = warm();
    let path = listed(&project, "wasm").remove(0);
    let good = std::fs::read(&path).expect("the entry can be read");
    let step = (good.len() / 97).max(1);
    for at in (0..good.len()).step_by(step).chain([good.len() - 1]) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x40;
        replace(&path, &bytes);
        let run = project.run("main.py");
        run.prints("90\n");
        assert_eq!(run.compiles, 1, "byte {at} of {}", good.len());
    }
}

#[test]
fn a_shortened_entry_is_a_miss() {
    let project = warm();
    let path = listed(&project, "native").remove(0);
    let good = std::fs::read(&path).expect("the entry can be read");
    for len in [0, 1, 31, good.len() / 2, good.len() - 1] {
        replace(&path, &good[..len]);
        let run = project.run("main.py");
        run.prints("90\n");
        assert_eq!(run.natives, 1, "{len} bytes");
    }
}

/// Without `hasher.update(key)` in `host/src/cache/entry.rs`: an entry is taken for another's.
#[test]
fn an_entry_under_another_key_is_refused() {
    let project = warm();
    let natives = listed(&project, "native");
    let other = std::fs::read(&natives[0]).expect("the entry can be read");
    replace(&natives[1], &other);
    let run = project.run("main.py");
    run.prints("90\n");
    assert_eq!(run.natives, 1, "the key is part of what is authenticated");
}

#[test]
fn entries_of_another_secret_are_refused() {
    let project = warm();
    let secret = ovenbird::cache::Secret::from_bytes([8; 32]);
    let options = CacheOptions { secret: Some(secret), ..project.cache_options() };
    let engine = Engine::builder().cache(Cache::open(options)).build().expect("the engine can be made");
    let outcome = project.program(&engine, "main.py").run(&project.tenant(), Output::Capture(Vec::new()));
    assert_eq!(outcome.output.captured(), b"90\n");
    assert_eq!(engine.compiles(), 2);
}

#[test]
fn a_link_or_directory_instead_of_an_entry_is_a_miss() {
    let project = warm();
    let natives = listed(&project, "native");
    let outside = project.path("outside");
    std::fs::copy(&natives[0], &outside).expect("copied");
    std::fs::remove_file(&natives[0]).expect("removed");
    std::os::unix::fs::symlink(&outside, &natives[0]).expect("linked");
    std::fs::remove_file(&natives[1]).expect("removed");
    std::fs::create_dir(&natives[1]).expect("made");
    let run = project.run("main.py");
    run.prints("90\n");
    assert_eq!(run.natives, 2);
}

#[test]
fn a_lost_native_entry_is_made_from_the_stored_wasm() {
    let project = warm();
    for path in listed(&project, "native") {
        std::fs::remove_file(path).expect("removed");
    }
    let run = project.run("main.py");
    run.prints("90\n");
    assert_eq!((run.compiles, run.natives), (0, 2));
    assert_eq!(run.unit("main.f").0, "hit.l1");
}

#[test]
fn a_damaged_script_entry_is_a_miss() {
    let project = project();
    project.run_with(&project.direct_engine(), "main.py").prints("90\n");
    let folder = project.direct_engine().cache().dir().expect("a folder").to_owned();
    for path in entries(&folder) {
        let mut bytes = std::fs::read(&path).expect("the entry can be read");
        if bytes.is_empty() {
            continue;
        }
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        replace(&path, &bytes);
    }
    let run = project.run_with(&project.direct_engine(), "main.py");
    run.prints("90\n");
    assert_eq!(run.natives, 2);
}

#[test]
fn stored_wasm_that_does_not_pay_is_not_compiled() {
    // Authentic, as an older compiler or one with a bug could have stored it: `loop br 0 end`.
    let wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x08\x01\x04main\0\0\x0a\x09\x01\x07\0\x03\x40\x0c\0\x0b\x0b";
    let project = warm();
    for path in listed(&project, "native") {
        std::fs::remove_file(path).expect("removed");
    }
    for path in listed(&project, "wasm") {
        let mut entry = Entry::read(&path);
        let mut artifact = Artifact::decode(&entry.payload).expect("an artifact");
        (artifact.traps, artifact.calls, artifact.sites, artifact.locs) = Default::default();
        (artifact.functions, artifact.exports, artifact.imports, artifact.entries) = Default::default();
        (artifact.data_len, artifact.needs_memory, artifact.metered, artifact.variables) = Default::default();
        artifact.wasm = wasm.to_vec();
        entry.payload = artifact.encode();
        assert!(Artifact::decode(&entry.payload).is_ok(), "it holds together");
        entry.plant(&path, ovenbird_tests::project::SECRET);
    }
    let run = project.run_with(&project.engine(), "main.py");
    let error = run.result.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("loop"), "{error}");
    assert_eq!((run.compiles, run.natives), (0, 0));
}
