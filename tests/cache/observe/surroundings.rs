//! The command line as its surroundings say: which mode, which folder, and what it tells; and a trim by hand.

use std::path::{Path, PathBuf};
use std::process::Output;

use ovenbird_tests::project::Project;
use serde_json::Value;

use crate::{command, edit, project, run};

/// What a run of the script does with these variables set, and where its units came from, sorted.
fn outcomes(project: &Project, variables: &[(&str, &str)]) -> (Output, Vec<String>) {
    let log = project.path("../log");
    let _ = std::fs::remove_file(&log);
    let mut command = command(project, &["run", "main.py"]);
    command.env("OVENBIRD_CACHE_LOG", &log).envs(variables.iter().copied());
    let output = command.output().expect("the command line can be started");
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("an object"));
    let units = lines.filter(|line| line["event"] == "unit");
    let mut outcomes: Vec<String> =
        units.map(|unit| unit["outcome"].as_str().expect("text").to_owned()).collect();
    // The units are made at the same time.
    outcomes.sort();
    (output, outcomes)
}

/// The files below a folder that have code in them, with their times.
fn code(folder: &Path) -> Vec<(PathBuf, std::time::SystemTime)> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|end| ["artifact", "cwasm", "probe"].iter().any(|e| end == *e))
            {
                let time = entry.metadata().and_then(|metadata| metadata.modified()).expect("a time");
                found.push((path, time));
            }
        }
    }
    found.sort();
    found
}

/// Without `location::mode` in `host/src/cache/options.rs`: the variable is ignored.
#[test]
fn one_variable_turns_the_cache_off_or_to_reading_or_to_verifying() {
    let project = project();
    let with = |mode: &str, printed: &str| {
        let (output, units) = outcomes(&project, &[("OVENBIRD_CACHE", mode)]);
        assert_eq!(String::from_utf8_lossy(&output.stdout), printed, "{mode}");
        assert_eq!(output.stderr, b"", "{mode}");
        units
    };
    for _ in 0..2 {
        assert_eq!(with("off", "90\n"), ["bypass.off"; 2]);
    }
    assert!(!project.cache_dir().exists(), "nothing is made");
    assert_eq!(with("rw", "90\n"), ["miss.cold"; 2]);
    let stored = code(project.cache_dir());
    assert_eq!(with("ro", "90\n"), ["hit.l0"; 2]);
    assert_eq!(with("verify", "90\n"), ["miss.verifying"; 2]);
    edit(&project, "main.py", "return y * K", "return y * K + 1");
    for _ in 0..2 {
        assert_eq!(with("ro", "91\n"), ["hit.l2", "miss.source_changed"]);
    }
    let paths = |code: &[(PathBuf, _)]| code.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(paths(&code(project.cache_dir())), paths(&stored), "reading stores nothing");
    edit(&project, "main.py", "return y * K + 1", "return y * K");
    edit(&project, "main.py", "K = 3", "K = 4");
    let (output, _) = outcomes(&project, &[("OVENBIRD_CACHE", "strict")]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("main.f: global main.K changed: 3 -> 4"), "{told}");
    let (output, units) = outcomes(&project, &[("OVENBIRD_CACHE", "maybe")]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((&*output.stdout, units), (&b"120\n"[..], vec!["bypass.off".to_owned(); 2]));
    assert!(told.contains("not one of off, ro, rw, verify, strict"), "{told}");
}

#[test]
fn the_debug_variables_tell_where_the_cache_is_what_is_read_and_written_and_why() {
    for variable in ["OVENBIRD_DEBUG_CACHE", "NUMBA_DEBUG_CACHE"] {
        let project = project();
        let told = |value: &str| {
            let output = outcomes(&project, &[(variable, value)]).0;
            assert!(output.status.success());
            String::from_utf8_lossy(&output.stderr).into_owned()
        };
        let first = told("1");
        assert!(first.contains(&format!("directory '{}'", project.cache_dir().display())), "{first}");
        assert!(first.contains("miss: not seen before (main.f, wasm)"), "{first}");
        assert!(first.contains("data saved to '") && !first.contains("data loaded from '"), "{first}");
        let second = told("1");
        assert!(second.contains("data loaded from '") && !second.contains("data saved to '"), "{second}");
        edit(&project, "main.py", "K = 3", "K = 4");
        let third = told("1");
        assert!(third.contains("miss: global main.K changed: 3 -> 4 (main.f, wasm)"), "{third}");
        assert_eq!(told("0"), "");
    }
}

/// Without the order in `cache_options` in `host/src/cli/common.rs`: another folder is used than the one that was named.
#[test]
fn what_is_named_last_goes_before_the_environment_the_project_and_the_users_folder() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = project();
    let chmod = |mode: u32| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(project.path(""), permissions).expect("chmod");
    };
    chmod(0o755);
    let home = project.path("../home/.cache/ovenbird");
    let (argument, beside) = (project.path("../argument"), project.path("__ovencache__"));
    let places = [&argument, &project.cache_dir().to_owned(), &beside, &home];
    let argument = argument.to_str().expect("text");
    // Who may write to the project's folder decides whether its own cache is used.
    let runs: [(&[&str], bool, u32); 4] = [
        (&["run", "main.py", "--cache-dir", argument], true, 0o755),
        (&["run", "main.py"], true, 0o755),
        (&["run", "main.py"], false, 0o755),
        (&["run", "main.py"], false, 0o777),
    ];
    for (used, (arguments, environment, mode)) in runs.into_iter().enumerate() {
        chmod(mode);
        let before = places.map(|place| code(place).len());
        let mut command = command(&project, arguments);
        if !environment {
            command.env_remove("OVENBIRD_CACHE_DIR");
        }
        assert_eq!(run(&mut command), ("90\n".to_owned(), 0));
        for (number, place) in places.iter().enumerate() {
            let is_new = code(place).len() > before[number];
            assert_eq!(is_new, number == used, "run {used}, {}", place.display());
        }
    }
}

#[test]
fn the_command_line_trims_by_age_and_by_size() {
    let project = project();
    let json = |arguments: &[&str]| {
        let (text, code) = run(&mut command(&project, arguments));
        assert_eq!(code, 0, "{text}");
        serde_json::from_str::<Value>(&text).expect("an object")
    };
    assert_eq!(run(&mut command(&project, &["run", "main.py"])), ("90\n".to_owned(), 0));
    let entries = code(project.cache_dir());
    let trimmed = json(&["cache", "trim", "--json"]);
    assert_eq!(trimmed["removed"], 0, "{trimmed}");
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3 * 86_400);
    std::fs::File::open(&entries[0].0).and_then(|file| file.set_modified(long_ago)).expect("aged");
    assert_eq!(json(&["cache", "trim", "--json", "--max-age", "4"])["removed"], 0);
    assert_eq!(json(&["cache", "trim", "--json", "--max-age", "2"])["removed"], 1);
    let (text, _) = run(&mut command(&project, &["cache", "trim", "--max-size", "0"]));
    assert_eq!(text, format!("removed {} entries, 0 B left\n", entries.len() - 1));
    assert_eq!(code(project.cache_dir()), []);
    assert_eq!(run(&mut command(&project, &["run", "main.py"])), ("90\n".to_owned(), 0));
}
