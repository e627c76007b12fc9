//! A folder of plug-ins that is edited while they run.

use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Parser as _;
use ovenbird::cache::Secret;
use ovenbird::{Cache, CacheOptions, Engine, Error, LimitKind, Limits};

use crate::offers::{self, Table};
use crate::plugins::{Change, Plugins, name_of};
use crate::{Arguments, watch};

const UPPER: &str =
    "import ovenbird\n\n@ovenbird.jit(cache=True)\ndef transform(text):\n    return text.upper()\n";
const LOWER: &str =
    "import ovenbird\n\n@ovenbird.jit(cache=True)\ndef transform(text):\n    return text.lower()\n";
const SPIN: &str = "def transform(text):\n    n = 0\n    while n >= 0:\n        n += 1\n    return text\n";

const SPEAK: &str = "\
from app import log, lookup


def transform(text):
    log('asked for ' + text)
    return lookup(text)
";

struct Setup {
    folder: tempfile::TempDir,
    plugins: Arc<Plugins>,
    table: Table,
    /// What plug-ins logged.
    log: Arc<Mutex<Vec<String>>>,
}

impl Setup {
    fn new(files: &[(&str, &str)]) -> Setup {
        Setup::within(limits(), files)
    }

    fn within(limits: Limits, files: &[(&str, &str)]) -> Setup {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("plugins")).expect("a folder");
        let (table, log) = (Table::parse("France=Paris").expect("a table"), Arc::default());
        let plugins = Arc::new(plugins(folder.path(), limits, &table, &log));
        let setup = Setup { folder, plugins, table, log };
        files.iter().for_each(|(name, text)| setup.write(name, text));
        setup.plugins.reload_all().expect("the folder is there");
        setup
    }

    /// Replaces a file in one step, as editors do.
    fn write(&self, name: &str, text: &str) {
        let folder = self.folder.path().join("plugins");
        let temporary = folder.join(".new");
        std::fs::write(&temporary, text).expect("written");
        std::fs::rename(temporary, folder.join(format!("{name}.py"))).expect("renamed");
    }

    fn call(&self, name: &str, text: &str) -> String {
        self.plugins.call(name, text).expect("it is there").result.expect("it returns")
    }

    fn fail(&self, name: &str, text: &str) -> Error {
        self.plugins.call(name, text).expect("it is there").result.expect_err("it fails")
    }

    fn logged(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock().expect("nobody panicked"))
    }
}

/// A new process, as far as the code in memory goes.
fn plugins(folder: &Path, limits: Limits, table: &Table, log: &Arc<Mutex<Vec<String>>>) -> Plugins {
    let cache = Cache::open(CacheOptions {
        dir: Some(folder.join("cache")),
        secret: Some(Secret::from_bytes([4; 32])),
        ..CacheOptions::default()
    });
    let engine = Engine::builder().cache(cache).build().expect("an engine");
    let log = log.clone();
    let sink = Arc::new(move |plugin: &str, line: &str| {
        log.lock().expect("nobody panicked").push(format!("{plugin}: {line}"));
    });
    Plugins::new(engine, limits, folder.join("plugins"), table.clone(), sink)
}

/// The limits of a host that was asked for none.
fn limits() -> Limits {
    Arguments::parse_from(["plugin_host", "plugins"]).limits()
}

#[test]
fn a_changed_file_takes_the_place_of_the_old_one() {
    let setup = Setup::new(&[("case", UPPER)]);
    assert_eq!(setup.call("case", "Oven"), "OVEN");
    let before = setup.plugins.get("case").expect("loaded");
    setup.write("case", LOWER);
    assert!(matches!(setup.plugins.reload("case"), Change::Loaded { from: "miss", .. }));
    assert_eq!(setup.call("case", "Oven"), "oven");
    assert_eq!(
        before.call("Oven").result.expect("it returns"),
        "OVEN",
        "who began with the old code finishes on it"
    );
}

#[test]
fn a_broken_file_keeps_the_version_before() {
    let setup = Setup::new(&[("case", UPPER)]);
    for (text, message) in [
        ("def transform(text:\n", "case.py:1"),
        ("def transform(text):\n    return text + 1\n", "case.py:2"),
        ("def transform(text):\n    return 1\n", "returns `int`"),
        ("def other(text):\n    return text\n", "transform"),
    ] {
        setup.write("case", text);
        let change = setup.plugins.reload("case");
        assert!(matches!(change, Change::Broken { kept: true, .. }), "{change}");
        assert!(change.to_string().contains(message), "{change}");
        assert_eq!(setup.call("case", "Oven"), "OVEN");
    }
    setup.write("new", "def transform(text):\n    return nothing\n");
    assert!(matches!(setup.plugins.reload("new"), Change::Broken { kept: false, .. }));
    assert!(setup.plugins.call("new", "").is_none());
}

#[test]
fn what_was_compiled_before_is_a_hit() {
    let setup = Setup::new(&[("case", UPPER)]);
    setup.write("case", UPPER);
    assert!(matches!(setup.plugins.reload("case"), Change::Unchanged { .. }));
    setup.write("case", LOWER);
    setup.plugins.reload("case");
    setup.write("case", UPPER);
    let back = setup.plugins.reload("case");
    assert!(matches!(back, Change::Loaded { from: "hit.mem", .. }), "{back}");
    let again = plugins(setup.folder.path(), limits(), &setup.table, &setup.log).reload_all();
    let again = again.expect("the folder is there");
    assert!(matches!(again[..], [Change::Loaded { from: "hit.l0", .. }]), "{}", again[0]);
}

#[test]
fn a_plug_in_that_hangs_is_one_failed_call() {
    let setup = Setup::new(&[("spin", SPIN), ("case", UPPER)]);
    let ended = setup.fail("spin", "x");
    // Which of the two comes first depends on the machine.
    let both = [LimitKind::Deadline, LimitKind::Cpu];
    assert!(matches!(ended, Error::Limit { limit, .. } if both.contains(&limit.which)), "{ended:?}");
    assert_eq!(setup.call("case", "Oven"), "OVEN");
}

#[test]
fn the_folder_is_watched() {
    let setup = Setup::new(&[("case", UPPER)]);
    let (sender, changes) = channel();
    let folder = setup.folder.path().join("plugins");
    let watched = watch::watch(&folder, setup.plugins.clone(), move |change| {
        let _ = sender.send(change.to_string());
    })
    .expect("it can be watched");
    let next = || changes.recv_timeout(Duration::from_secs(20)).expect("it is noticed");
    setup.write("case", LOWER);
    assert!(next().starts_with("case: loaded"));
    assert_eq!(setup.call("case", "Oven"), "oven");
    setup.write("case", "def transform(");
    assert!(next().starts_with("case: the version before stays"));
    std::fs::remove_file(folder.join("case.py")).expect("removed");
    assert!(next().starts_with("case: removed"));
    assert!(setup.plugins.call("case", "").is_none());
    drop(watched);
}

#[test]
fn other_files_are_no_plug_ins() {
    for name in ["notes.txt", ".hidden.py", ".py", "py"] {
        assert_eq!(name_of(Path::new(name)), None, "{name}");
    }
    assert_eq!(name_of(Path::new("plugins/case.py")), Some("case"));
}

#[test]
fn plug_ins_call_the_host_and_pay_for_it() {
    let setup = Setup::new(&[("speak", SPEAK), ("case", UPPER)]);
    let outcome = setup.plugins.call("speak", "France").expect("it is there");
    assert_eq!(outcome.result.expect("it returns"), "Paris");
    assert_eq!(setup.logged(), ["speak: asked for France"]);
    let line = "asked for France".len() as u64;
    let paid = offers::LOG.of_call(line) + offers::LOOKUP.of_call("FranceParis".len() as u64);
    assert!(outcome.usage.cpu_units > paid, "{} units, {paid} for the host", outcome.usage.cpu_units);
    setup.table.set("Italy", "Rome");
    assert_eq!(setup.call("speak", "Italy"), "Rome", "nothing was compiled again");
    let missing = setup.fail("speak", "Spain\u{1b}[2J");
    assert!(matches!(&missing, Error::Raised(raised) if raised.exception == "KeyError"), "{missing}");
    assert!(missing.to_string().contains("line 6, in transform"), "{missing}");
    assert_eq!(
        setup.logged()[1],
        "speak: asked for Spain\\u{1b}[2J",
        "what would clear a terminal is escaped"
    );
}

#[test]
fn a_reload_changes_what_a_plug_in_calls() {
    let setup = Setup::new(&[("speak", SPEAK)]);
    let before = setup.plugins.get("speak").expect("loaded");
    // It asks first now, and does not log.
    let polite = "from app import has, lookup\n\n\ndef transform(text):\n    if has(text):\n        return lookup(text)\n    return 'nowhere'\n";
    setup.write("speak", polite);
    assert!(matches!(setup.plugins.reload("speak"), Change::Loaded { .. }));
    assert_eq!(
        (setup.call("speak", "France"), setup.call("speak", "Spain")),
        ("Paris".into(), "nowhere".into())
    );
    assert!(setup.logged().is_empty());
    assert_eq!(before.call("France").result.expect("it returns"), "Paris", "on the old code");
    assert_eq!(setup.logged(), ["speak: asked for France"]);
    // What the host does not have, or has with other types, is found before anything is replaced.
    for (text, message) in [
        ("from app import erase\n\n\ndef transform(text):\n    return erase(text)\n", "erase"),
        ("from app import lookup\n\n\ndef transform(text):\n    return lookup(len(text))\n", "speak.py:5"),
        ("from app import has\n\n\ndef transform(text):\n    return has(text)\n", "returns `bool`"),
    ] {
        setup.write("speak", text);
        let change = setup.plugins.reload("speak");
        assert!(matches!(change, Change::Broken { kept: true, .. }), "{change}");
        assert!(change.to_string().contains(message), "{change}");
        assert_eq!(setup.call("speak", "Spain"), "nowhere");
    }
}

#[test]
fn who_floods_the_log_runs_out_of_budget() {
    let flood = "from app import log\n\n\ndef transform(text):\n    while True:\n        log(text)\n    return text\n";
    // The time that it takes does not matter here.
    let limits = limits().deadline(Duration::from_secs(600)).cpu_units(5_000_000);
    let setup = Setup::within(limits.clone(), &[("flood", flood)]);
    let line = "x".repeat(10_000);
    let ended = setup.fail("flood", &line);
    assert!(matches!(ended, Error::Limit { limit, .. } if limit.which == LimitKind::Cpu), "{ended:?}");
    let most = limits.cpu_units / offers::LOG.of_call(line.len() as u64);
    assert!((1..=most).contains(&(setup.logged().len() as u64)), "at most {most} lines were paid for");
}

#[test]
fn tables_are_lines() {
    let table = Table::parse("# capitals\n\nFrance = Paris\nodd=a=b\n").expect("a table");
    assert_eq!((table.get("France").as_deref(), table.get("odd").as_deref()), (Some("Paris"), Some("a=b")));
    assert_eq!(Table::parse("France=Paris\nnonsense\n").err(), Some(2));
}
