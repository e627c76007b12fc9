//! The command line with a remote cache: CI writes, people read. Only a build with the feature has one, so these tests are
//! ignored elsewhere:
//!
//! ```text
//! cargo test --release --workspace --features ovenbird/remote --test remote_command -- --ignored
//! ```

use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = "\
import ovenbird


@ovenbird.jit(cache=True)
def area(width, height):
    return width * height


print(area(6, 7))
";

/// A machine with a home and a cache of its own, and the shared folder of all.
struct Machine {
    home: tempfile::TempDir,
    shared: PathBuf,
}

/// What a command gave: standard output, standard error, and exit code.
#[derive(Debug)]
struct Said {
    out: String,
    err: String,
    code: Option<i32>,
}

impl Machine {
    fn new(shared: &Path) -> Self {
        let home = tempfile::tempdir().expect("temp");
        std::fs::write(home.path().join("area.py"), PROGRAM).expect("written");
        Machine { home, shared: shared.to_owned() }
    }

    fn ovenbird(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_command_line"));
        command.args(arguments).current_dir(self.home.path()).env_clear().env("HOME", self.home.path());
        command.env("OVENBIRD_CACHE_DIR", self.home.path().join("cache")).env("OVENBIRD_DEBUG_CACHE", "1");
        command.env("OVENBIRD_REMOTE", format!("file://{}", self.shared.display()));
        command.env("OVENBIRD_REMOTE_WAIT", "20000");
        let output = command.envs(variables.iter().copied()).output().expect("it can be started");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { out: text(&output.stdout), err: text(&output.stderr), code: output.status.code() }
    }

    fn run(&self, variables: &[(&str, &str)]) -> Said {
        self.ovenbird(&["run", "area.py"], variables)
    }

    /// How often a unit had this outcome, by the log of one run.
    fn outcomes(&self, variables: &[(&str, &str)], outcome: &str) -> usize {
        let log = self.home.path().join("log.jsonl");
        let _ = std::fs::remove_file(&log);
        let said = self.run(&[variables, &[("OVENBIRD_CACHE_LOG", "log.jsonl")]].concat());
        assert_eq!((said.out.as_str(), said.code), ("42\n", Some(0)), "{}", said.err);
        let log = std::fs::read_to_string(&log).expect("a log");
        let is_it = |line: &&str| line.contains("\"event\":\"unit\"") && line.contains(outcome);
        log.lines().filter(is_it).count()
    }
}

/// A machine that has filled the shared folder, and the text of its public key.
fn filled(shared: &Path) -> (Machine, String) {
    let machine = Machine::new(shared);
    let key = machine.ovenbird(&["key", "new", "default"], &[]);
    assert_eq!(key.code, Some(0), "{}", key.err);
    let said = machine.run(&[("OVENBIRD_REMOTE_MODE", "rw")]);
    assert_eq!((said.out.as_str(), said.code), ("42\n", Some(0)), "{}", said.err);
    (machine, key.out.trim().to_owned())
}

#[test]
#[ignore = "needs the feature `remote`"]
fn what_one_machine_stores_another_that_trusts_it_does_not_compile() {
    let shared = tempfile::tempdir().expect("temp");
    let (ci, key) = filled(shared.path());
    assert!(shared.path().join("l2").is_dir(), "native code is there");
    let person = Machine::new(shared.path());
    assert_eq!(person.ovenbird(&["key", "trust", &key, "ci"], &[]).code, Some(0));
    assert_eq!(person.outcomes(&[], "\"hit.remote\""), 2, "the module body and the function");
    assert_eq!(person.outcomes(&[], "\"hit.l0\""), 2, "then they are in its own cache");
    // Reading writes nothing, and there is nothing to write that is not there.
    let objects = || walk(shared.path());
    let before = objects();
    assert_eq!(Machine::new(shared.path()).run(&[]).code, Some(0));
    assert_eq!(objects(), before);
    drop(ci);
}

#[test]
#[ignore = "needs the feature `remote`"]
fn who_trusts_nobody_compiles_and_is_told_once() {
    let shared = tempfile::tempdir().expect("temp");
    let _ci = filled(shared.path());
    let stranger = Machine::new(shared.path());
    let said = stranger.run(&[]);
    assert_eq!((said.out.as_str(), said.code), ("42\n", Some(0)), "{}", said.err);
    assert_eq!(said.err.matches("warning: ").count(), 1, "{}", said.err);
    assert_eq!(Machine::new(shared.path()).outcomes(&[], "miss."), 2);
}

#[test]
#[ignore = "needs the feature `remote`"]
fn a_remote_that_cannot_be_asked_costs_only_time_and_wrong_settings_are_errors() {
    let shared = tempfile::tempdir().expect("temp");
    let machine = Machine::new(shared.path());
    // Nobody listens at that port.
    let gone = machine.run(&[("OVENBIRD_REMOTE", "http://127.0.0.1:9/")]);
    assert_eq!((gone.out.as_str(), gone.code), ("42\n", Some(0)), "{}", gone.err);
    assert_eq!(gone.err.matches("warning: ").count(), 1, "{}", gone.err);
    for (variable, value, said) in [
        ("OVENBIRD_REMOTE", "gopher://host/", "OVENBIRD_REMOTE"),
        ("OVENBIRD_REMOTE_MODE", "wo", "`wo`, not ro or rw"),
        ("OVENBIRD_REMOTE_MODE", "rw", "key new default"),
        ("OVENBIRD_REMOTE_WAIT", "soon", "not a number of milliseconds"),
    ] {
        let wrong = machine.run(&[(variable, value)]);
        assert_eq!(wrong.out, "", "{variable}={value}");
        assert_ne!(wrong.code, Some(0));
        assert!(wrong.err.contains(said), "{variable}={value}: {}", wrong.err);
    }
}

#[test]
#[ignore = "needs the feature `remote`"]
fn a_folder_or_a_bucket_that_is_misspelt_is_told_once() {
    let shared = tempfile::tempdir().expect("temp");
    let machine = Machine::new(&shared.path().join("misspelt"));
    let said = machine.run(&[]);
    assert_eq!((said.out.as_str(), said.code), ("42\n", Some(0)), "{}", said.err);
    assert_eq!(said.err.matches("warning: ").count(), 1, "{}", said.err);
    assert!(said.err.contains("failed: there is no such folder"), "{}", said.err);

    let server = ovenbird_tests::server::Server::start();
    let words = "<Error><Code>NoSuchBucket</Code></Error>";
    server.behave(ovenbird_tests::server::Behaviour::Absent(words));
    let endpoint = format!("http://{}", server.address());
    let s3 = [
        ("OVENBIRD_REMOTE", "s3://misspelt/folder"),
        ("AWS_ENDPOINT", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    let said = Machine::new(shared.path()).run(&s3);
    assert_eq!((said.out.as_str(), said.code), ("42\n", Some(0)), "{}", said.err);
    assert_eq!(said.err.matches("warning: ").count(), 1, "{}", said.err);
    assert!(said.err.contains("failed: there is no such bucket"), "{}", said.err);

    // Who stores there makes the folder.
    let writer = Machine::new(&shared.path().join("new"));
    assert_eq!(writer.ovenbird(&["key", "new", "default"], &[]).code, Some(0));
    let said = writer.run(&[("OVENBIRD_REMOTE_MODE", "rw")]);
    assert_eq!(said.err.matches("warning: ").count(), 0, "{}", said.err);
    assert!(writer.shared.join("l2").is_dir());
}

#[test]
#[ignore = "needs the feature `remote`"]
fn what_was_compiled_without_a_remote_is_stored_there_later() {
    let shared = tempfile::tempdir().expect("temp");
    let machine = Machine::new(shared.path());
    let key = machine.ovenbird(&["key", "new", "default"], &[]).out.trim().to_owned();
    let (nowhere, rw) = (("OVENBIRD_REMOTE", ""), ("OVENBIRD_REMOTE_MODE", "rw"));
    assert_eq!(machine.run(&[nowhere]).code, Some(0));
    let upload = |variables: &[(&str, &str)]| machine.ovenbird(&["cache", "upload"], variables);
    for (variables, why) in [(&[nowhere, rw][..], "names none"), (&[], "is not rw")] {
        let refused = upload(variables);
        assert_eq!((refused.out.as_str(), refused.code), ("", Some(2)));
        assert!(refused.err.contains(why), "{}", refused.err);
    }
    assert_eq!(std::fs::read_dir(shared.path()).expect("list").count(), 0);
    assert_eq!(upload(&[rw]).out, "4 stored, 0 present\n");
    assert_eq!(upload(&[rw]).out, "0 stored, 4 present\n");
    let failed = upload(&[rw, ("OVENBIRD_REMOTE", "http://127.0.0.1:9/")]);
    assert_eq!(failed.code, Some(2));
    assert!(failed.err.contains("4 could not be stored"), "{}", failed.err);
    let person = Machine::new(shared.path());
    assert_eq!(person.ovenbird(&["key", "trust", &key, "ci"], &[]).code, Some(0));
    assert_eq!(person.outcomes(&[], "\"hit.remote\""), 2);
}

/// All files, with their bytes.
fn walk(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("list").flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => found.push((path.clone(), std::fs::read(path).expect("read"))),
            }
        }
    }
    found.sort();
    found
}
