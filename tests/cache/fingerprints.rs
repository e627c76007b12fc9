//! What identifies a build: computed from the sources that it is built from, so that whoever works on Ovenbird is
//! never given what an older state of it has stored.

use std::path::Path;

use ovenbird::cache::key;
use ovenbird_tests::files::root;
use ovenbird_tests::warm::project;

// The build script of the host, as it is.
#[allow(dead_code, reason = "what only cargo asks of it")]
#[path = "../../host/build.rs"]
mod build;

/// A lock file with one package of the engine and one that is not.
const LOCK: &str = "\
[[package]]
name = \"wasmtime\"
version = \"48.0.0\"

[[package]]
name = \"serde\"
version = \"1.0.0\"
";

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("the folder can be read").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match from.is_dir() {
            true => copy(&from, &to),
            false => drop(std::fs::copy(&from, &to).expect("copied")),
        }
    }
}

/// Which fingerprints (of compiler, build, engine) an edit changes.
fn changes(file: &str, lock: &str, rustc: &str) -> [bool; 3] {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for part in ["compiler/src", "host/src"] {
        copy(&root().join(part), &folder.path().join(part));
    }
    std::fs::copy(root().join("compiler/Cargo.toml"), folder.path().join("compiler/Cargo.toml"))
        .expect("copied");
    let made = |lock: &str, rustc: &str| {
        let made =
            build::fingerprints(&folder.path().join("host"), lock, rustc).expect("everything can be read");
        [made.compiler, made.build, made.engine]
    };
    let before = made(LOCK, "rustc 1");
    assert_eq!(before, made(LOCK, "rustc 1"), "nothing else is in them");
    assert!(before.iter().all(|digits| digits.len() == 64));
    if !file.is_empty() {
        let path = folder.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text + "\n").expect("written");
    }
    let after = made(lock, rustc);
    std::array::from_fn(|index| before[index] != after[index])
}

#[test]
fn an_edit_of_the_sources_gives_another_fingerprint_to_all_that_rests_on_them() {
    let edit = |file: &str| changes(file, LOCK, "rustc 1");
    // An edit of the compiler may give the same wasm: its native code is still good.
    for file in [
        "compiler/src/lower.rs",
        "compiler/src/infer/stmt.rs",
        "compiler/Cargo.toml",
        "compiler/src/new/one.rs",
    ] {
        assert_eq!(edit(file), [true, true, false], "{file}");
    }
    // What is kept of a text is in the host's hands.
    for file in ["host/src/probe/facts.rs", "host/src/world.rs", "host/src/negative.rs", "host/src/new.rs"] {
        assert_eq!(edit(file), [false, true, false], "{file}");
    }
    // How native code is made, and how it is kept.
    for file in [
        "host/src/native.rs",
        "host/src/engine_config.rs",
        "host/src/engine_config/codegen.rs",
        "host/src/cache/thin.rs",
    ] {
        assert_eq!(edit(file), [false, true, true], "{file}");
    }
    for file in ["host/src/cache/tests.rs", "host/src/cache/tests/faulty.rs"] {
        assert_eq!(edit(file), [false; 3], "{file}");
    }
}

#[test]
fn another_version_of_what_it_is_built_with_gives_another_fingerprint() {
    let with = |lock: &str, rustc: &str| changes("", lock, rustc);
    assert_eq!(with(LOCK, "rustc 2"), [true; 3]);
    assert_eq!(with(&LOCK.replace("48.0.0", "48.0.1"), "rustc 1"), [true; 3]);
    assert_eq!(with(&LOCK.replace("1.0.0", "1.0.1"), "rustc 1"), [true, true, false], "not of the engine");
}

/// Without `build_fingerprint` in `host/src/probe.rs`: what an edited host has kept of a text is believed.
#[test]
fn entries_are_under_the_fingerprints_of_this_build() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("the lock file can be read");
    let made = build::fingerprints(&root().join("host"), &lock, &build::rustc_version()).expect("sources");
    let digest = |digits: &str| key::digest(digits.as_bytes());
    assert_eq!(digest(&made.compiler), key::compiler_fingerprint());
    assert_eq!(digest(&made.build), key::build_fingerprint());

    let project = project();
    project.run_with(&project.direct_engine(), "main.py").prints("90\n");
    let entries = project.direct_engine().cache().list();
    let input = |kind: &str, name: &str| {
        let entry = entries.iter().find(|entry| entry.kind.to_string() == kind).expect("an entry");
        let input = entry.inputs.iter().find(|(input, _)| input == name);
        input.unwrap_or_else(|| panic!("{name}: {:?}", entry.inputs)).1.clone()
    };
    let shown =
        |digits: &str| digest(digits)[..6].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(input("probe", "build"), shown(&made.build));
    assert_eq!(input("wasm", "compiler"), shown(&made.compiler));
    assert!(input("native", "code generation").contains(&made.engine[..32]));
}
