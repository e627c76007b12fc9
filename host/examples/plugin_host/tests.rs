//! A folder of plug-ins that is edited while they run.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use ovenbird::cache::Secret;
use ovenbird::{Cache, CacheOptions, Engine, Error, LimitKind};

use crate::plugins::{Change, Plugins, name_of};
use crate::{limits, watch};

const UPPER: &str =
    "import ovenbird\n\n@ovenbird.jit(cache=True)\ndef transform(text):\n    return text.upper()\n";
const LOWER: &str =
    "import ovenbird\n\n@ovenbird.jit(cache=True)\ndef transform(text):\n    return text.lower()\n";
const SPIN: &str = "def transform(text):\n    n = 0\n    while n >= 0:\n        n += 1\n    return text\n";

struct Setup {
    folder: tempfile::TempDir,
    plugins: Arc<Plugins>,
}

impl Setup {
    fn new(files: &[(&str, &str)]) -> Setup {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("plugins")).expect("a folder");
        let plugins = Arc::new(plugins(folder.path()));
        let setup = Setup { folder, plugins };
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
        self.plugins.call(name, text).expect("it is there").expect("it returns")
    }
}

/// A new process, as far as the code in memory goes.
fn plugins(folder: &Path) -> Plugins {
    let cache = Cache::open(CacheOptions {
        dir: Some(folder.join("cache")),
        secret: Some(Secret::from_bytes([4; 32])),
        ..CacheOptions::default()
    });
    let engine = Engine::builder().cache(cache).build().expect("an engine");
    Plugins::new(engine, limits(), folder.join("plugins"))
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
        before.call("Oven").expect("it returns"),
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
    let again = plugins(setup.folder.path()).reload_all().expect("the folder is there");
    assert!(matches!(again[..], [Change::Loaded { from: "hit.l0", .. }]), "{}", again[0]);
}

#[test]
fn a_plug_in_that_hangs_is_one_failed_call() {
    let setup = Setup::new(&[("spin", SPIN), ("case", UPPER)]);
    let ended = setup.plugins.call("spin", "x").expect("it is there");
    assert!(
        matches!(ended, Err(Error::Limit { limit, .. }) if limit.which == LimitKind::Deadline),
        "{ended:?}"
    );
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
