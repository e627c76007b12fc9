//! The event log: lines of JSON that can be trusted and added up, and a log that cannot be written harms nobody.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use ovenbird::cache::log::summarise;
use ovenbird::{Cache, CacheOptions, Engine, Output};
use ovenbird_tests::files::root;
use ovenbird_tests::project::Project;
use serde_json::Value;

use crate::{command, edit, run, warm};

/// Runs the project's script with a log, as another process would.
fn logged(project: &Project, log: &Path) -> String {
    let options = CacheOptions { log: Some(log.to_owned()), ..project.cache_options() };
    let engine = Engine::builder().cache(Cache::open(options)).probes(false).build().expect("an engine");
    let outcome = project.program(&engine, "main.py").run(&project.tenant(), Output::Capture(Vec::new()));
    assert!(outcome.result.is_ok(), "{:?}", outcome.result);
    String::from_utf8_lossy(outcome.output.captured()).into_owned()
}

fn lines(log: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(log).expect("the log can be read");
    assert!(text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).expect("each line is an object")).collect()
}

fn log_path(project: &Project) -> PathBuf {
    project.path("cache.jsonl")
}

#[test]
fn every_event_is_an_object_with_what_when_and_why() {
    let project = warm();
    let log = log_path(&project);
    edit(&project, "main.py", "K = 3", "K = 4");
    logged(&project, &log);
    let lines = lines(&log);
    for line in &lines {
        assert!(line["time"].as_f64().is_some_and(|time| time > 1e9), "{line}");
        assert_eq!(line["pid"], std::process::id(), "{line}");
        assert!(line["event"].is_string() && line["outcome"].is_string(), "{line}");
    }
    let find = |event: &str, level: &str, label: &str| -> &Value {
        let fits = |line: &&Value| line["event"] == event && line["level"] == level && line["label"] == label;
        lines.iter().find(fits).unwrap_or_else(|| panic!("no {event} {level} {label} in {lines:#?}"))
    };
    let miss = find("lookup", "wasm", "main.f");
    assert_eq!(miss["outcome"], "miss.global_changed");
    assert_eq!((&miss["what"], &miss["old"], &miss["new"]), (&"main.K".into(), &"3".into(), &"4".into()));
    assert_eq!(miss["key"].as_str().map(str::len), Some(64));
    let stored = find("store", "native", "main.f");
    assert!(stored["bytes"].as_u64() > Some(1000) && stored["us"].is_u64(), "{stored}");
    assert_eq!(find("unit", "unit", "main.f")["outcome"], "miss.global_changed");
    assert_eq!(find("lookup", "native", "main.__main__")["outcome"], "hit");
}

#[test]
fn a_log_of_many_runs_adds_up() {
    let project = warm();
    let log = log_path(&project);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| logged(&project, &log));
        }
    });
    let summary = summarise(&log).expect("the log can be read");
    assert_eq!((summary.strange, summary.processes), (0, 1));
    let units = &summary.levels["unit"];
    let misses: Vec<Value> = lines(&log).into_iter().filter(|line| line["reason"].is_string()).collect();
    assert_eq!((units.lookups, units.hits), (8, 8), "{misses:#?}");
    assert_eq!(units.outcomes.get("hit.l2"), Some(&8), "{:?} {misses:#?}", units.outcomes);
    // Lines that somebody else wrote, or that a process that was killed left, are not counted.
    let mut text = std::fs::read_to_string(&log).expect("read");
    text.push_str("{}\nnot json\n{\"pid\":1,\"event\":\"unit\",\"outc");
    std::fs::write(&log, text).expect("written");
    let damaged = summarise(&log).expect("the log can be read");
    assert_eq!((damaged.strange, &damaged.levels), (3, &summary.levels));
}

#[test]
fn the_command_line_logs_and_adds_up() {
    let project = warm();
    let log = log_path(&project);
    for _ in 0..2 {
        let mut command = command(&project, &["run", "main.py"]);
        assert_eq!(run(command.env("OVENBIRD_CACHE_LOG", &log)), ("90\n".to_owned(), 0));
    }
    let (text, code) = run(&mut command(&project, &["cache", "stats", "--json", "--log", "cache.jsonl"]));
    assert_eq!(code, 0);
    let summary: Value = serde_json::from_str(&text).expect("an object");
    assert_eq!(summary["processes"], 2);
    let units = &summary["levels"]["unit"];
    assert_eq!((&units["lookups"], &units["hits"]), (&4.into(), &2.into()), "{text}");
    assert_eq!(units["outcomes"]["hit.l0"], 2);
}

#[test]
fn a_log_that_cannot_be_trusted_is_not_written_and_told_of_once() {
    let project = warm();
    let target = project.path("target");
    std::fs::write(&target, "").expect("written");
    let link = project.path("link");
    std::os::unix::fs::symlink(&target, &link).expect("linked");
    let open_to_all = project.path("open");
    std::fs::write(&open_to_all, "").expect("written");
    std::fs::set_permissions(&open_to_all, std::fs::Permissions::from_mode(0o666)).expect("permissions");
    let fifo = project.path("fifo");
    let kind = rustix::fs::FileType::Fifo;
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, kind, mode, 0).expect("a FIFO");
    for (log, why) in [
        (&link, "it is a symbolic link"),
        (&open_to_all, "other users can write to it"),
        (&fifo, "it is not a regular file"),
        (&project.path(""), "Is a directory"),
        (&project.path("no/such/folder"), "No such file"),
    ] {
        let output = command(&project, &["run", "main.py"]).env("OVENBIRD_CACHE_LOG", log).output();
        let output = output.expect("the command line can be started");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.stdout, b"90\n", "{}", log.display());
        assert!(said.contains(why) && said.matches("warning").count() == 1, "{}: {said}", log.display());
    }
    for path in [&target, &open_to_all] {
        assert_eq!(std::fs::read(path).expect("read"), b"", "{}", path.display());
    }
}

#[test]
fn a_full_disk_is_told_of_once_and_changes_nothing() {
    let project = warm();
    // A file that may not grow: the same as a full disk, for this process alone.
    let shell = "ulimit -f 0; trap '' XFSZ; exec \"$0\" run main.py";
    let binary = env!("CARGO_BIN_EXE_command_line");
    let output = std::process::Command::new("sh")
        .args(["-c", shell, binary])
        .current_dir(project.path(""))
        .env("OVENBIRD_CACHE_DIR", project.cache_dir())
        .env("HOME", project.path("../home"))
        .env("OVENBIRD_CACHE_LOG", log_path(&project))
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.matches("the cache log").count() == 1, "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "90\n", "{said}");
}

#[test]
fn the_page_for_users_names_every_reason_and_no_other() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("the file can be read");
    let between = |text: &str, from: &str, to: &str| {
        let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no `{from}`"));
        rest.split_once(to).unwrap_or_else(|| panic!("no `{to}`")).0.to_owned()
    };
    let ids = between(&read("host/src/miss.rs"), "pub fn id(", "\n    }\n");
    let ids: BTreeSet<&str> = ids.split('"').skip(1).step_by(2).filter(|id| *id != "off").collect();
    let list = between(&read("docs/cache.md"), "Reasons: ", "\n\n");
    let named: BTreeSet<&str> = list.split('`').skip(1).step_by(2).collect();
    assert_eq!(named, ids);
    assert!(ids.contains("lock_timeout"), "{ids:?}");
}
