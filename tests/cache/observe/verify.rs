//! Verifying: entries that are authentic and wrong are found, told of, and not used.

use std::path::PathBuf;

use ovenbird::cache::{Listed, Mode};
use ovenbird::{Cache, CacheOptions, Engine, Output};
use ovenbird_tests::project::{Project, SECRET};
use ovenbird_tests::seal::{Entry, replace};

use crate::{cli, command, edit, run, warm};

fn listed(project: &Project) -> Vec<Listed> {
    Cache::open(project.cache_options()).list()
}

fn path(project: &Project, kind: &str, label: &str) -> PathBuf {
    let mut list = listed(project).into_iter();
    list.find(|entry| entry.kind.to_string() == kind && entry.label == label).expect("the entry").path
}

/// Puts the artifact of another program where that of `main.f` is, sealed as it should be.
fn plant_wrong_wasm(project: &Project) {
    let other = warm();
    edit(&other, "main.py", "return y * K", "return y * K + 1000");
    other.run_with(&other.engine(), "main.py").prints("1090\n");
    let mine = path(project, "wasm", "main.f");
    // `other` has two entries of that function: the one from before its edit is stored under the same key.
    let is_wrong = |entry: &Listed| {
        entry.kind.to_string() == "wasm"
            && entry.label == "main.f"
            && entry.path.file_name() != mine.file_name()
    };
    let wrong = listed(&other).into_iter().find(is_wrong).expect("the entry of the edited function");
    let mut entry = Entry::read(&mine);
    entry.payload = Entry::read(&wrong.path).payload;
    entry.plant(&mine, SECRET);
    // The trick works: without verifying, the planted program is what runs.
    project.run_with(&project.engine(), "main.py").prints("1090\n");
}

/// Runs in verify mode; gives what was printed, what was found wrong, and what was told.
fn verifying(project: &Project) -> (String, u64, Vec<String>) {
    project.events();
    let options = CacheOptions { mode: Mode::Verify, ..project.cache_options() };
    let engine = Engine::builder().cache(Cache::open(options)).build().expect("an engine");
    let outcome = project.program(&engine, "main.py").run(&project.tenant(), Output::Capture(Vec::new()));
    assert!(outcome.result.is_ok(), "{:?}", outcome.result);
    let printed = String::from_utf8_lossy(outcome.output.captured()).into_owned();
    (printed, engine.cache().stats().inconsistent, project.events())
}

// Situation 69.
#[test]
fn verify_mode_reports_a_planted_entry_and_uses_the_fresh_result() {
    let project = warm();
    plant_wrong_wasm(&project);
    let (printed, inconsistent, events) = verifying(&project);
    assert_eq!((printed.as_str(), inconsistent), ("90\n", 1));
    let told: Vec<&String> = events.iter().filter(|event| event.starts_with("INCONSISTENT")).collect();
    assert_eq!(told, ["INCONSISTENT: stored and new differ (main.f, wasm)"]);
    // What was made anew is stored, so the planted entry is gone.
    project.run_with(&project.engine(), "main.py").prints("90\n").hits();
}

#[test]
fn verify_mode_finds_nothing_where_nothing_is_wrong() {
    let project = warm();
    let (printed, inconsistent, events) = verifying(&project);
    assert_eq!((printed.as_str(), inconsistent), ("90\n", 0));
    assert!(!events.iter().any(|event| event.starts_with("INCONSISTENT")), "{events:?}");
}

#[test]
fn programs_that_share_an_entry_and_not_their_names_are_not_inconsistent() {
    let project = warm();
    let text = std::fs::read_to_string(project.path("main.py")).expect("the program");
    let renamed = text.replace("f(", "renamed(");
    assert_ne!(text, renamed);
    project.write("main.py", &renamed);
    let (printed, inconsistent, events) = verifying(&project);
    assert_eq!((printed.as_str(), inconsistent), ("90\n", 0), "{events:?}");
    let compared = events.iter().filter(|event| event.contains("compiled again to verify it"));
    assert_eq!(compared.count(), 4, "the entries are the same ones: {events:?}");
    let (text, code) = cli(&project, &["cache", "verify", "main.py"]);
    assert!(code == 0 && text.matches("equal to what is compiled now").count() == 4, "{text}");
}

#[test]
fn verify_mode_reports_planted_native_code() {
    let project = warm();
    let native = path(&project, "native", "main.f");
    let mut entry = Entry::read(&native);
    let last = entry.payload.len() - 1;
    entry.payload[last] ^= 1;
    entry.plant(&native, SECRET);
    let (printed, inconsistent, events) = verifying(&project);
    assert_eq!((printed.as_str(), inconsistent), ("90\n", 1));
    assert!(
        events.contains(&"INCONSISTENT: stored and new differ (main.f, native)".to_owned()),
        "{events:?}"
    );
}

#[test]
fn the_command_line_verifies_every_code() {
    let project = warm();
    let (text, code) = cli(&project, &["cache", "verify"]);
    assert!(code == 0 && text.ends_with("4 checked, 0 wrong\n"), "{text}");
    replace(&path(&project, "wasm", "main.f"), b"nonsense");
    let (text, code) = cli(&project, &["cache", "verify", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&text).expect("an object");
    assert_eq!((code, &json["wrong"]), (1, &1.into()), "{text}");
}

#[test]
fn the_command_line_compiles_a_file_again_and_compares() {
    let project = warm();
    let (text, code) = cli(&project, &["cache", "verify", "main.py"]);
    assert!(code == 0 && text.matches("equal to what is compiled now").count() == 4, "{text}");
    plant_wrong_wasm(&project);
    let before: Vec<Vec<u8>> = bytes(&project);
    let (text, code) = cli(&project, &["cache", "verify", "main.py"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("WRONG  wasm    main.f: INCONSISTENT"), "{text}");
    assert_eq!(bytes(&project), before, "verifying a file repairs nothing");
    edit(&project, "main.py", "K = 3", "K = 5");
    let (text, code) = cli(&project, &["cache", "verify", "main.py"]);
    assert!(code == 0 && text.contains("main.f: not stored"), "{text}");
}

fn bytes(project: &Project) -> Vec<Vec<u8>> {
    listed(project).iter().map(|entry| std::fs::read(&entry.path).expect("read")).collect()
}

// Situation 70.
#[test]
fn processes_that_differ_in_all_but_the_program_make_the_same_bytes() {
    let project = warm();
    let make = |name: &str, folder: &str, threads: &str, first: bool| {
        let cache = project.path(&format!("../{name}"));
        std::fs::create_dir_all(project.path(folder)).expect("a folder");
        let mut command = command(&project, &[]);
        command.env_clear().current_dir(project.path(folder));
        let up = "../".repeat(folder.split('/').filter(|part| !part.is_empty()).count());
        command.args(["run", &format!("{up}main.py")]);
        // Variables in another order, and others.
        let pairs = [("HOME", project.path("../home").display().to_string()), ("ZZZ", "1".to_owned())];
        let ordered: Vec<_> = if first { pairs.iter().collect() } else { pairs.iter().rev().collect() };
        for (variable, value) in ordered {
            command.env(variable, value);
        }
        command.env("RAYON_NUM_THREADS", threads).env("OVENBIRD_CACHE_DIR", &cache);
        assert_eq!(run(&mut command), ("90\n".to_owned(), 0));
        payloads(&cache)
    };
    let one = make("one", "", "1", true);
    let two = make("two", "some/where/else", "4", false);
    assert_eq!(one.len(), two.len());
    assert!(one.len() >= 4);
    for ((name, payload), (other_name, other)) in one.iter().zip(&two) {
        assert_eq!(name, other_name, "the same keys");
        assert!(payload == other, "{name}: the same bytes");
    }
}

/// Names and payloads of the entries for units; what is kept of a whole script has paths in it.
fn payloads(cache: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![cache.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "cwasm" || end == "artifact") {
                let payload = Entry::read(&path).payload;
                if path.extension().is_some_and(|end| end == "cwasm")
                    || ovenbird_compiler::artifact::Artifact::decode(&payload).is_ok()
                {
                    found
                        .push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), payload));
                }
            }
        }
    }
    found.sort();
    found
}
