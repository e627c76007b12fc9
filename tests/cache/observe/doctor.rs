//! `doctor`: each thing that can be wrong with a cache is found, graded, and comes with advice.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use ovenbird::CacheOptions;
use ovenbird::cache::doctor::{Check, Grade, examine};
use ovenbird::cache::{Cache, Mode};
use ovenbird_tests::project::Project;
use ovenbird_tests::seal::replace;

use crate::{command, run, warm};

/// Options with a secret in a file, as the command line has them, over a cache that has run once.
fn options(project: &Project) -> CacheOptions {
    let secret_file = Some(project.path("../config/secret"));
    let options = CacheOptions { secret: None, secret_file, on_event: None, ..project.cache_options() };
    let engine = ovenbird::Engine::builder().cache(Cache::open(options.clone())).build().expect("an engine");
    let fresh = project.program(&engine, "main.py").run(&project.tenant(), ovenbird::Output::Discard);
    assert!(fresh.result.is_ok());
    options
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("chmod");
}

#[track_caller]
fn find<'a>(checks: &'a [Check], name: &str) -> &'a Check {
    checks.iter().find(|check| check.name == name).unwrap_or_else(|| panic!("no `{name}` in {checks:#?}"))
}

/// The check of this name has this grade, says this, and advises something unless all is well.
#[track_caller]
fn says(options: &CacheOptions, name: &str, grade: Grade, found: &str) {
    let checks = examine(options, None);
    let check = find(&checks, name);
    assert!(check.grade == grade && check.found.contains(found), "{check:?}");
    assert_eq!(check.advice.is_empty(), grade == Grade::Ok, "{check:?}");
}

#[test]
fn a_sound_cache_is_all_well() {
    let project = crate::project();
    let options = options(&project);
    let checks = examine(&options, None);
    let bad: Vec<&Check> = checks.iter().filter(|check| check.grade != Grade::Ok).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    for name in
        ["mode", "secret", "directory", "layout", "space", "writing", "locks", "clock", "size", "entries"]
    {
        find(&checks, name);
    }
}

#[test]
fn a_cache_that_is_not_there_yet_is_well_and_is_not_made() {
    let project = Project::new(&[]);
    let options = CacheOptions {
        secret: None,
        secret_file: Some(project.path("../config/secret")),
        ..project.cache_options()
    };
    says(&options, "directory", Grade::Ok, "not there yet");
    says(&options, "secret", Grade::Ok, "not there yet");
    assert!(!project.cache_dir().exists() && !project.path("../config").exists());
}

#[test]
fn what_is_wrong_with_the_folder_is_said() {
    let project = warm();
    let options = options(&project);
    chmod(project.cache_dir(), 0o777);
    says(&options, "directory", Grade::Bad, "others can write");
    chmod(project.cache_dir(), 0o755);
    says(&options, "directory", Grade::Warn, "others can read");
    chmod(project.cache_dir(), 0o700);
    chmod(&project.cache_dir().join("v1"), 0o770);
    says(&options, "layout", Grade::Bad, "others can write");
    let file = project.path("a file");
    std::fs::write(&file, "").expect("written");
    says(&CacheOptions { dir: Some(file), ..options.clone() }, "directory", Grade::Bad, "is not a folder");
    says(&CacheOptions { dir: None, ..options.clone() }, "directory", Grade::Bad, "no folder is named");
    if rustix::process::geteuid().is_root() {
        chmod(&project.cache_dir().join("v1"), 0o700);
        rustix::fs::chown(project.cache_dir(), Some(rustix::fs::Uid::from_raw(12345)), None).expect("chown");
        says(&options, "directory", Grade::Bad, "belongs to user 12345");
    } else {
        eprintln!(
            "not tested, since only root can give files away: what doctor says of another user's folder"
        );
    }
}

#[test]
fn what_is_wrong_with_the_secret_is_said_and_the_secret_stays() {
    let project = warm();
    let options = options(&project);
    let secret = project.path("../config/secret");
    let before = std::fs::read(&secret).expect("read");
    chmod(&secret, 0o644);
    says(&options, "secret", Grade::Bad, "others may have read it");
    chmod(&secret, 0o600);
    assert_eq!(std::fs::read(&secret).expect("read"), before);
    std::fs::write(&secret, b"short").expect("written");
    says(&options, "secret", Grade::Bad, "5 bytes, not 32");
    assert_eq!(std::fs::read(&secret).expect("read"), b"short", "looking repairs nothing");
    let inside = project.cache_dir().join("secret");
    std::fs::write(&inside, [1; 32]).expect("written");
    says(
        &CacheOptions { secret_file: Some(inside), ..options.clone() },
        "secret",
        Grade::Bad,
        "in the cache folder",
    );
    says(&CacheOptions { secret_file: None, ..options }, "secret", Grade::Bad, "no place");
}

#[test]
fn what_is_wrong_with_entries_is_said() {
    let project = warm();
    let options = options(&project);
    let list = Cache::open(options.clone()).list();
    let valid = list.iter().find(|entry| entry.verified.is_ok()).expect("an entry");
    replace(&valid.path, b"damaged");
    says(&options, "entries", Grade::Warn, &valid.path.display().to_string());
    let foreign = project.cache_dir().join("v1/w/holiday.jpeg");
    std::fs::write(&foreign, b"mine").expect("written");
    says(&options, "foreign", Grade::Warn, "holiday.jpeg");
    let file = std::fs::File::options().read(true).open(&valid.path).expect("opened");
    let future = std::time::SystemTime::now() + std::time::Duration::from_secs(1_000_000);
    file.set_modified(future).expect("dated");
    says(&options, "times", Grade::Warn, "1 entries are from the future");
    let others = examine(&options, Some("00000000"));
    assert!(find(&others, "engines").found.contains("of other engines than 00000000"), "{others:?}");
}

#[test]
fn modes_and_the_log_are_looked_at() {
    let project = warm();
    let options = options(&project);
    says(&CacheOptions { mode: Mode::Off, ..options.clone() }, "mode", Grade::Warn, "off");
    says(&CacheOptions { mode: Mode::Verify, ..options.clone() }, "mode", Grade::Warn, "verify");
    let problem = Some("OVENBIRD_CACHE is `x`".to_owned());
    says(&CacheOptions { problem, ..options.clone() }, "mode", Grade::Bad, "`x`");
    let log = Some(project.path(""));
    says(&CacheOptions { log, ..options }, "log", Grade::Warn, "is not written");
}

#[test]
fn the_command_line_exits_with_1_if_something_is_bad() {
    let project = warm();
    let (text, code) = run(&mut command(&project, &["cache", "doctor"]));
    assert!(code == 0 && text.contains("ok    directory"), "{text}");
    chmod(project.cache_dir(), 0o777);
    let (text, code) = run(&mut command(&project, &["cache", "doctor"]));
    assert!(code == 1 && text.contains("BAD   directory") && text.contains("chmod 700"), "{text}");
    let (json, code) = run(&mut command(&project, &["cache", "doctor", "--json"]));
    let json: serde_json::Value = serde_json::from_str(&json).expect("an object");
    assert_eq!((code, &json["worst"]), (1, &"bad".into()));
}
