//! Bad surroundings: time is lost, never the result.
//!
//! Mounts are made in a namespace of a child process. Where the system does not allow that, those tests say
//! so and end; the same errors are made on purpose in `host/src/cache/tests/faulty.rs`.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Output as Finished;
use std::time::{Duration, SystemTime};

use ovenbird::cache::Mode;
use ovenbird::{Cache, CacheOptions};

use crate::{PRINTED, Place, Seen, UNITS, engine, listening, not_tested_as, run, run_with, told};

/// Whether mounts can be made in a namespace; if not, says so.
fn mounts_are_allowed(place: &Place) -> bool {
    let allowed = std::process::Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs"])
        .arg(place.path().join("files"))
        .output()
        .is_ok_and(|made| made.status.success());
    if !allowed {
        eprintln!("not tested: mount namespaces are not allowed here");
    }
    allowed
}

/// A shell that may mount things, which nobody else sees.
fn shell(script: &str) -> std::process::Command {
    let mut command = std::process::Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &format!("set -e; {script}")]);
    command
}

/// Runs the worker after shell commands with mounts in them, so many times; `None` if that is not allowed.
fn with_mounts(place: &Place, commands: &str, times: usize) -> Option<Vec<Seen>> {
    if !mounts_are_allowed(place) {
        return None;
    }
    std::fs::create_dir_all(place.cache_dir()).expect("a folder");
    let worker = place.worker();
    let run = "\"$0\" \"$@\"; ".repeat(times);
    let mut command = shell(&format!("cd '{}'; {commands}; {run}", place.path().display()));
    command.arg(worker.get_program()).args(worker.get_args());
    command.envs(worker.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let finished: Finished = command.output().expect("it runs");
    let text = String::from_utf8_lossy(&finished.stdout).into_owned();
    let one = |line: &str| told(&Finished { stdout: line.as_bytes().to_vec(), ..finished.clone() });
    let seen: Vec<Seen> = text.lines().filter(|line| line.starts_with("SEEN ")).map(one).collect();
    assert_eq!(seen.len(), times, "{text}{}", String::from_utf8_lossy(&finished.stderr));
    Some(seen)
}

const READ_ONLY: &str = "mount --bind cache cache; mount -o remount,bind,ro cache";

#[test]
fn a_read_only_folder_with_entries_gives_hits() {
    let place = Place::new();
    place.run().is_right();
    if let Some(seen) = with_mounts(&place, READ_ONLY, 1) {
        seen[0].is_right().hits();
    }
    let read_only = CacheOptions { mode: Mode::ReadOnly, ..place.options() };
    run(place.path(), read_only).is_right().hits();
}

#[test]
fn a_read_only_folder_without_entries_is_left_as_it_is() {
    let place = Place::new();
    Cache::open(place.options());
    let before = place.files();
    if let Some(seen) = with_mounts(&place, READ_ONLY, 1) {
        seen[0].is_right().compiled();
    }
    let read_only = CacheOptions { mode: Mode::ReadOnly, ..place.options() };
    run(place.path(), read_only).is_right().compiled();
    assert_eq!(place.files(), before);
}

#[test]
fn a_full_disk_costs_only_time() {
    let place = Place::new();
    let full = "mount -t tmpfs -o size=16k,mode=0700 tmpfs cache; head -c 8192 /dev/zero > cache/big";
    if let Some(seen) = with_mounts(&place, full, 2) {
        for one in &seen {
            one.is_right();
        }
        assert!(seen[1].natives > 0, "not everything can have been stored: {seen:?}");
    }
}

/// Without `allow` in `host/src/cache/fs.rs`: the process is ended by the system for what it wanted to store.
#[test]
fn a_limit_of_the_size_of_files_costs_only_time() {
    // In units of 512 or 1024 bytes: nothing at all, a secret and no entry, some entries, all of them.
    for (limit, is_stored) in [("0", false), ("1", false), ("16", false), ("4096", true)] {
        let place = Place::new();
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "ulimit -f $0; exec \"$1\" run main.py", limit]);
        command.arg(env!("CARGO_BIN_EXE_command_line")).current_dir(place.path().join("files")).env_clear();
        command.env("HOME", place.path().join("home")).env("OVENBIRD_CACHE_DIR", place.cache_dir());
        command.env("OVENBIRD_CACHE_LOG", place.path().join("log"));
        let finished = command.output().expect("it runs");
        assert!(finished.status.success(), "{limit}: {finished:?}");
        assert_eq!(String::from_utf8_lossy(&finished.stdout), PRINTED, "{limit}");
        let natives = place.entries().iter().filter(|path| path.extension().unwrap() == "cwasm").count();
        assert_eq!(natives == 2, is_stored, "{limit}: {:?}", place.entries());
        let left = std::fs::read_dir(place.cache_dir().join("v1/tmp")).into_iter().flatten().count();
        assert_eq!(left, 0, "{limit}: a file that was begun");
    }
}

#[test]
fn a_folder_from_which_nothing_can_be_executed_gives_hits() {
    let place = Place::new();
    if let Some(seen) = with_mounts(&place, "mount -t tmpfs -o noexec,mode=0700 tmpfs cache", 2) {
        seen[0].is_right().compiled();
        seen[1].is_right().hits();
    }
}

#[test]
fn without_a_home_the_program_runs_uncached() {
    let place = Place::new();
    let nowhere = CacheOptions { dir: None, secret: None, ..place.options() };
    let cache = Cache::open(nowhere.clone());
    assert_eq!(
        cache.problem(),
        Some("no secret to protect it: neither a secret nor a file for one is named")
    );
    run(place.path(), nowhere).is_right().compiled();
    // A folder, but nowhere to keep a secret.
    let unprotected = CacheOptions { secret: None, ..place.options() };
    run(place.path(), unprotected).is_right().compiled();
    assert!(place.entries().is_empty());
}

#[test]
fn a_folder_that_others_can_write_is_refused_with_one_warning() {
    let place = Place::new();
    place.run().is_right();
    std::fs::set_permissions(place.cache_dir(), std::fs::Permissions::from_mode(0o777)).expect("chmod");
    let before = place.files();
    let (options, said) = listening(place.options());
    let engine = engine(options);
    for _ in 0..2 {
        run_with(place.path(), &engine).is_right();
    }
    assert_eq!(engine.compiles(), UNITS);
    let said = said.lock().expect("no panic");
    assert!(matches!(&**said, [one] if one.contains("other users can write")), "{said:?}");
    assert_eq!(place.files(), before, "nothing was written to it");
}

#[test]
fn a_folder_of_somebody_else_is_refused() {
    let place = Place::new();
    place.run().is_right();
    // Only root can give a folder away; to others, the system's own are foreign.
    let dir = match std::os::unix::fs::chown(place.cache_dir(), Some(65534), None) {
        Ok(()) => place.cache_dir(),
        Err(_) => "/usr".into(),
    };
    let options = place.options().dir(dir);
    let cache = Cache::open(options.clone());
    assert!(cache.problem().is_some_and(|why| why.contains("belongs to another user")));
    run(place.path(), options).is_right().compiled();
}

/// The command line with a cache in the place, and nothing of the surroundings but what is given.
fn command_line(place: &Place, surroundings: &[(&str, &std::path::Path)]) -> Finished {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_command_line"));
    command.args(["run", "main.py"]).current_dir(place.path().join("files")).env_clear();
    command.envs(surroundings.iter().copied()).output().expect("it runs")
}

/// It ends well with the right result and so many lines on standard error, the first with these words.
#[track_caller]
fn warns(finished: &Finished, lines: usize, words: &str) {
    let told = String::from_utf8_lossy(&finished.stderr);
    assert!(finished.status.success(), "{told}");
    assert_eq!(String::from_utf8_lossy(&finished.stdout), PRINTED);
    assert_eq!(told.lines().count(), lines, "{told}");
    assert!(told.lines().next().unwrap_or_default().contains(words), "{told}");
}

#[test]
fn the_command_line_warns_once_of_a_folder_that_is_not_safe_and_leaves_it_alone() {
    let place = Place::new();
    let (home, cache) = (place.path().join("home"), place.cache_dir());
    let surroundings = [("HOME", &*home), ("OVENBIRD_CACHE_DIR", &*cache)];
    warns(&command_line(&place, &surroundings), 0, "");
    let before = place.files();
    assert!(!before.is_empty());
    std::fs::set_permissions(&cache, std::fs::Permissions::from_mode(0o777)).expect("chmod");
    warns(&command_line(&place, &surroundings), 1, "warning: the cache is off: will not use the folder");
    std::fs::set_permissions(&cache, std::fs::Permissions::from_mode(0o700)).expect("chmod");
    if std::os::unix::fs::chown(&cache, Some(65534), None).is_ok() {
        warns(&command_line(&place, &surroundings), 1, "belongs to another user");
    } else {
        not_tested_as("the command line and a folder of another user");
    }
    assert_eq!(place.files(), before, "nothing was written to it");
}

/// Runs a script in the place in which `$0` is the command line, and that may mount things.
fn command_line_in_shell(place: &Place, script: &str, surroundings: &[(&str, &std::path::Path)]) -> Finished {
    let mut command = shell(script);
    command.arg(env!("CARGO_BIN_EXE_command_line")).current_dir(place.path()).env_clear();
    command.envs(surroundings.iter().copied()).env("PATH", "/usr/bin:/bin").output().expect("it runs")
}

#[test]
fn a_read_only_folder_is_nothing_to_talk_about() {
    let place = Place::new();
    let (home, cache) = (place.path().join("home"), place.cache_dir());
    let surroundings = [("HOME", &*home), ("OVENBIRD_CACHE_DIR", &*cache)];
    warns(&command_line(&place, &surroundings), 0, "");
    if !mounts_are_allowed(&place) {
        return;
    }
    let before = place.files();
    // What is there, and what would have to be stored.
    for (text, printed) in
        [(crate::PROGRAM.to_owned(), PRINTED), (crate::PROGRAM.replace("i * i", "i"), "45\n")]
    {
        place.write("main.py", &text);
        let script = format!("{READ_ONLY}; cd files; exec \"$0\" run main.py");
        let finished = command_line_in_shell(&place, &script, &surroundings);
        let told = String::from_utf8_lossy(&finished.stderr);
        assert_eq!((String::from_utf8_lossy(&finished.stdout).as_ref(), told.as_ref()), (printed, ""));
    }
    assert_eq!(place.files(), before);
}

#[test]
fn the_command_line_works_without_any_surroundings() {
    let place = Place::new();
    for _ in 0..2 {
        warns(&command_line(&place, &[]), 1, "HOME is not set");
    }
    // A home that is no folder, and one that cannot be made.
    for home in ["/dev/null", "/proc/nobody/home"] {
        warns(&command_line(&place, &[("HOME", std::path::Path::new(home))]), 1, "the cache is off");
    }
    assert!(place.entries().is_empty());
}

/// Without `no_home` in `host/src/cache/options.rs`: people who see that HOME is set are told that it is not.
#[test]
fn the_command_line_says_what_is_wrong_with_home() {
    let place = Place::new();
    for (home, words) in [("", "HOME is empty"), ("here", "HOME is `here`, which is not an absolute path")] {
        warns(&command_line(&place, &[("HOME", std::path::Path::new(home))]), 1, words);
    }
}

/// Without `all_gone` in `host/src/cli/cache.rs`: a full folder that cannot be written to is said to be empty now.
#[test]
fn clearing_or_trimming_a_read_only_folder_is_an_error_that_says_what_stays() {
    let place = Place::new();
    let (home, cache) = (place.path().join("home"), place.cache_dir());
    let surroundings = [("HOME", &*home), ("OVENBIRD_CACHE_DIR", &*cache)];
    warns(&command_line(&place, &surroundings), 0, "");
    if !mounts_are_allowed(&place) {
        return;
    }
    let before = place.files();
    assert!(!place.entries().is_empty());
    let cache = |mount: &str, action: &str| {
        let script = format!("{mount}; exec \"$0\" cache {action}");
        let finished = command_line_in_shell(&place, &script, &surroundings);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (finished.status.code(), text(&finished.stdout), text(&finished.stderr))
    };
    for action in ["clear", "trim --max-size 0"] {
        let (code, out, err) = cache(READ_ONLY, action);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{action}: {err}");
        assert!(err.contains("removed 0 entries, but ") && err.contains(": Read-only file system"), "{err}");
        assert_eq!(place.files(), before);
    }
    let (code, out, err) = cache(READ_ONLY, "trim");
    assert!(code == Some(0) && out.starts_with("removed 0 entries, "), "nothing is too much: {out}{err}");
    let (code, out, err) = cache("true", "clear");
    assert!(code == Some(0) && out.starts_with("removed ") && !out.contains(" 0 "), "{out}{err}");
    assert!(place.entries().is_empty());
}

/// Without `all_gone` in `host/src/cli/cache.rs`, where nothing can be mounted: who clears is not told what stays.
#[test]
fn clearing_or_trimming_what_cannot_be_removed_is_an_error_that_says_so() {
    let place = Place::new();
    let (home, cache) = (place.path().join("home"), place.cache_dir());
    let surroundings = [("HOME", &*home), ("OVENBIRD_CACHE_DIR", &*cache)];
    warns(&command_line(&place, &surroundings), 0, "");
    // Somebody's folder in the place of an entry.
    let entry = place.entries().swap_remove(0);
    std::fs::remove_file(&entry).expect("removed");
    std::fs::create_dir(&entry).expect("made");
    std::fs::write(entry.join("theirs"), b"theirs").expect("written");
    let name = entry.file_name().expect("a name").to_string_lossy().into_owned();
    for action in [&["trim", "--max-size", "0"][..], &["clear"]] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_command_line"));
        command.arg("cache").args(action).current_dir(place.path()).env_clear().envs(surroundings);
        command.envs(std::env::var_os("OVENBIRD_MUTANT").map(|guard| ("OVENBIRD_MUTANT", guard)));
        let finished = command.output().expect("it runs");
        let err = String::from_utf8_lossy(&finished.stderr);
        assert_eq!((finished.status.code(), finished.stdout.len()), (Some(2), 0), "{action:?}: {err}");
        assert!(err.contains(", but 1 file in `") && err.contains(&name), "{action:?}: {err}");
    }
    assert!(entry.join("theirs").exists());
}

#[test]
fn a_folder_that_is_deleted_under_a_running_process_is_made_again() {
    let place = Place::new();
    let engine = engine(place.options());
    run_with(place.path(), &engine).is_right();
    std::fs::remove_dir_all(place.cache_dir()).expect("removed");
    // Another function in the same process.
    place.write("main.py", &crate::PROGRAM.replace("i * i", "i * i * 2").replace("f(10)", "f(11)"));
    assert_eq!(run_with(place.path(), &engine).printed, "770\n");
    place.run().hits();
    place.write("main.py", crate::PROGRAM);
    assert_eq!(run_with(place.path(), &engine).printed, PRINTED);
}

#[test]
fn a_clock_that_was_set_back_deletes_nothing_and_makes_nothing_stale() {
    let place = Place::new();
    place.run().is_right();
    let entries = place.entries();
    let next_year = SystemTime::now() + Duration::from_secs(365 * 24 * 3600);
    for path in place.files() {
        let file = std::fs::File::open(&path).expect("there");
        file.set_modified(next_year).expect("the time can be set");
    }
    // A store, after which the trim that is due removes what is old.
    place.write("main.py", &crate::PROGRAM.replace("f(10)", "f(11)"));
    assert_eq!(place.run().printed, "385\n");
    assert!(entries.iter().all(|path| path.exists()), "no entry was lost");
    place.write("main.py", crate::PROGRAM);
    place.run().is_right().hits();
    let now = SystemTime::now() + Duration::from_secs(60);
    let times =
        entries.iter().map(|path| std::fs::metadata(path).and_then(|m| m.modified()).expect("a time"));
    assert!(times.into_iter().all(|time| time < now), "from now on they age like others");
}
