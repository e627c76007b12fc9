//! Further folders that are only read: filled when an image was built, say, by the same user under the same secret.
//! What is there is used, in order and after the same checks, and whatever happens, it stays as it was.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ovenbird::cache::{Mode, Secret};
use ovenbird::{Cache, CacheOptions, Error, Output, Scope};
use ovenbird_tests::project::Project;
use ovenbird_tests::seal::{Entry, replace};

use crate::{ALSO, PRINTED, Place, Seen, UNITS, engine, listening, not_tested_as, run, run_with, told};

/// Something in a folder: its name, kind and mode, when it was changed, what is in it.
type Thing = (PathBuf, u32, SystemTime, Vec<u8>);

/// A place whose folder was filled long ago, so that a renewed time of use would be seen.
fn image() -> Place {
    let place = Place::new();
    place.run().is_right().compiled();
    age(&place);
    place
}

fn age(place: &Place) {
    let long_ago = SystemTime::now() - Duration::from_secs(3 * 24 * 3600);
    for path in place.files() {
        std::fs::File::open(&path).and_then(|file| file.set_modified(long_ago)).expect("the time can be set");
    }
}

fn own(place: &Place) -> PathBuf {
    place.path().join("own")
}

/// Options of a process that has a folder of its own, and reads these.
fn reading(place: &Place, folders: &[&Path]) -> CacheOptions {
    let read_also = folders.iter().map(|&folder| folder.to_owned()).collect();
    CacheOptions { dir: Some(own(place)), read_also, ..place.options() }
}

/// The same, which reads the place's folder.
fn reading_it(place: &Place) -> CacheOptions {
    reading(place, &[&place.cache_dir()])
}

/// Everything in a folder.
fn everything(folder: &Path) -> Vec<Thing> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, metadata) = (entry.path(), entry.metadata().expect("there"));
            let bytes = if metadata.is_file() { std::fs::read(&path).expect("read") } else { Vec::new() };
            found.push((path, metadata.permissions().mode(), metadata.modified().expect("a time"), bytes));
            if metadata.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// The entries in a folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let ends = ["cwasm", "artifact", "probe", "diag"];
    let is_entry =
        |path: &PathBuf| ends.iter().any(|end| path.extension().is_some_and(|found| found == *end));
    everything(folder).into_iter().map(|thing| thing.0).filter(is_entry).collect()
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("chmod");
}

/// Runs with these options; gives what was seen, and what the cache said.
fn heard(place: &Place, options: CacheOptions) -> (Seen, Vec<String>) {
    let (options, said) = listening(options);
    let seen = run(place.path(), options);
    let said = said.lock().expect("no panic").clone();
    (seen, said)
}

/// The files that entries were loaded from.
fn loaded(said: &[String]) -> Vec<&str> {
    let from = said.iter().filter_map(|line| line.strip_prefix("data loaded from '"));
    from.filter_map(|rest| Some(rest.split_once('\'')?.0)).collect()
}

#[track_caller]
fn loads_from(said: &[String], folder: &Path) {
    let loaded = loaded(said);
    assert_eq!(loaded.len() as u64, 2 * UNITS, "{said:?}");
    let prefix = folder.display().to_string();
    assert!(loaded.iter().all(|path| path.starts_with(&prefix) && Path::new(path).exists()), "{said:?}");
}

/// Without the further folders in `first` in `host/src/cache/found.rs`: there are no hits. Without `Where::Further` in
/// `contents` in `host/src/cache/open.rs`, which has no `touch`: the times are not as they were.
#[test]
fn what_a_further_folder_has_is_used_and_nothing_is_stored() {
    let place = image();
    let before = everything(&place.cache_dir());
    let (seen, said) = heard(&place, reading_it(&place));
    seen.is_right().hits();
    loads_from(&said, &place.cache_dir());
    assert!(said.iter().any(|line| line == &format!("also reads '{}'", place.cache_dir().display())));
    assert_eq!(entries(&own(&place)), Vec::<PathBuf>::new(), "it is not copied");
    let engine = engine(reading_it(&place));
    run_with(place.path(), &engine).is_right().hits();
    let stats = engine.cache().stats();
    assert_eq!((stats.artifact.hits, stats.native.hits, stats.native_loads), (UNITS, UNITS, UNITS));
    assert_eq!((stats.artifact.misses, stats.native.misses, stats.artifact.stores), (0, 0, 0));
    assert_eq!(everything(&place.cache_dir()), before, "although it could be written");
}

/// A process of its own, under every restriction that an image has: mounted read-only, owned by root, read by somebody
/// who is not.
#[test]
fn an_image_of_root_serves_a_process_that_is_not() {
    let place = image();
    // Only root can become somebody else; and others must be able to start this test.
    let worker = || {
        use std::os::unix::process::CommandExt as _;
        let mut worker = place.worker();
        worker.uid(65534).gid(65534).env(ALSO, own(&place)).env("HOME", "/nonexistent");
        worker
    };
    std::fs::create_dir(own(&place)).expect("a folder");
    let can = worker().arg("--list").output().is_ok_and(|output| output.status.success());
    if !can || std::os::unix::fs::chown(own(&place), Some(65534), Some(65534)).is_err() {
        not_tested_as("an image of root for somebody else");
        return;
    }
    chmod(place.path(), 0o755);
    for (path, mode, _, _) in everything(&place.cache_dir()) {
        chmod(&path, if mode & 0o40000 != 0 { 0o555 } else { 0o444 });
    }
    chmod(&place.cache_dir(), 0o755);
    let before = everything(&place.cache_dir());
    let run = || told(&worker().output().expect("it runs"));
    run().is_right().hits();
    // As a folder of its own it is foreign.
    let mut as_own = worker();
    told(&as_own.env_remove(ALSO).output().expect("it runs")).is_right().compiled();
    // One of somebody else is not used; each takes its wasm or its native code with it.
    for path in place.entries() {
        std::os::unix::fs::chown(&path, Some(12345), None).expect("chown");
    }
    run().is_right().compiled();
    assert_eq!(everything(&place.cache_dir()), before);
}

/// A damaged entry of each kind is a miss, which is made good in the cache's own folder. That one is preferred from
/// then on.
#[test]
fn a_damaged_entry_there_is_a_miss_and_stays_as_it_is() {
    let place = image();
    for path in place.entries() {
        let mut bytes = std::fs::read(&path).expect("read");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        replace(&path, &bytes);
    }
    let before = everything(&place.cache_dir());
    let seen = run(place.path(), reading_it(&place));
    seen.is_right().compiled();
    assert!(seen.reasons.iter().all(|reason| reason.contains("damaged")), "{:?}", seen.reasons);
    let (seen, said) = heard(&place, reading_it(&place));
    seen.is_right().hits();
    loads_from(&said, &own(&place));
    assert_eq!(everything(&place.cache_dir()), before, "not even quarantined");
}

#[test]
fn links_pipes_and_files_of_others_there_are_not_used() {
    let place = image();
    let artifact = |path: &PathBuf| path.extension().is_some_and(|end| end == "artifact");
    let path = place.entries().into_iter().find(artifact).expect("an entry");
    let (good, elsewhere) = (std::fs::read(&path).expect("read"), place.path().join("elsewhere"));
    std::fs::write(&elsewhere, &good).expect("written");
    chmod(&elsewhere, 0o600);
    let remove = || std::fs::remove_file(&path).expect("removed");
    let make: [(&str, &dyn Fn()); 4] = [
        ("a symbolic link", &|| std::os::unix::fs::symlink(&elsewhere, &path).expect("linked")),
        ("not a regular file", &|| {
            let kind = rustix::fs::FileType::Fifo;
            rustix::fs::mknodat(rustix::fs::CWD, &path, kind, 0o600.into(), 0).expect("a pipe");
        }),
        ("other users can write", &|| {
            std::fs::write(&path, &good).expect("written");
            chmod(&path, 0o666);
        }),
        ("belongs to another user", &|| {
            std::fs::write(&path, &good).expect("written");
            chmod(&path, 0o600);
            let _ = std::os::unix::fs::chown(&path, Some(12345), None);
        }),
    ];
    for (why, make) in make {
        remove();
        make();
        if why.contains("belongs") && std::fs::metadata(&path).is_ok_and(is_ours) {
            not_tested_as("an entry of another user");
            continue;
        }
        let _ = std::fs::remove_dir_all(own(&place));
        let seen = run(place.path(), reading_it(&place));
        assert_eq!(seen.is_right().compiles, 1, "{why}");
        assert!(seen.reasons.iter().any(|reason| reason.contains(why)), "{why}: {:?}", seen.reasons);
        assert!(std::fs::symlink_metadata(&path).is_ok(), "it is still there");
    }
}

fn is_ours(metadata: std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.uid() == rustix::process::geteuid().as_raw()
}

/// Without `NOFOLLOW` in `open_root_itself` in `host/src/cache/fs.rs`, or `check_folder` in `host/src/cache/folder.rs`.
#[test]
fn a_folder_that_cannot_be_trusted_is_left_out_with_one_word() {
    let place = image();
    let (dir, aside) = (place.cache_dir(), place.path().join("aside"));
    let (link, file) = (place.path().join("link"), place.path().join("file"));
    std::os::unix::fs::symlink(&dir, &link).expect("linked");
    std::fs::write(&file, "").expect("written");
    let left_out = |folder: &Path, why: &str| {
        let _ = std::fs::remove_dir_all(own(&place));
        let before = everything(&dir);
        let options = reading(&place, &[folder]);
        let cache = Cache::open(options.clone());
        let problems: Vec<&str> = cache.left_out().collect();
        assert!(matches!(&*problems, [one] if one.contains(why)), "{why}: {problems:?}");
        assert!(cache.is_on() && cache.problem().is_none());
        let (seen, said) = heard(&place, options);
        seen.is_right().compiled();
        let told = said.iter().filter(|line| line.contains("left out") && line.contains(why)).count();
        assert_eq!(told, 1, "{said:?}");
        assert_eq!(everything(&dir), before, "{why}");
        run(place.path(), reading(&place, &[folder])).is_right().hits();
    };
    left_out(&link, "it is a link, or no folder");
    for end in ["/", "/."] {
        left_out(&PathBuf::from(format!("{}{end}", link.display())), "it is a link, or no folder");
    }
    left_out(&file, "it is a link, or no folder");
    left_out(&place.path().join("absent"), "No such file");
    left_out(&place.path().join("files"), "cannot open v1");
    for inside in [dir.clone(), dir.join("v1")] {
        for mode in [0o770, 0o702] {
            chmod(&inside, mode);
            left_out(&dir, "other users can write");
        }
        chmod(&inside, 0o700);
        if std::os::unix::fs::chown(&inside, Some(12345), None).is_ok() {
            left_out(&dir, "belongs to another user");
            std::os::unix::fs::chown(&inside, Some(rustix::process::geteuid().as_raw()), None)
                .expect("chown");
        } else {
            not_tested_as("a further folder of another user");
        }
    }
    std::fs::rename(dir.join("v1"), &aside).expect("moved");
    std::os::unix::fs::symlink(&aside, dir.join("v1")).expect("linked");
    left_out(&dir, "cannot open v1");
    std::fs::remove_file(dir.join("v1")).expect("removed");
    std::fs::rename(&aside, dir.join("v1")).expect("moved back");
    let _ = std::fs::remove_dir_all(own(&place));
    run(place.path(), reading_it(&place)).is_right().hits();
}

#[test]
fn the_first_folder_that_has_something_usable_is_used() {
    let (place, other) = (image(), image());
    let (first, second) = (place.cache_dir(), other.cache_dir());
    let none = place.path().join("empty");
    Cache::open(place.options().dir(&none));
    for (folders, used) in [
        ([&first, &second], &first),
        ([&second, &first], &second),
        ([&none, &first], &first),
        ([&place.path().join("absent"), &second], &second),
    ] {
        let (seen, said) = heard(&place, reading(&place, &[folders[0], folders[1]]));
        seen.is_right().hits();
        loads_from(&said, used);
    }
    // One that is damaged does not hide the next, and says why if there is no other.
    for path in other.entries() {
        replace(&path, b"damaged");
    }
    let (seen, said) = heard(&place, reading(&place, &[&second, &first]));
    seen.is_right().hits();
    loads_from(&said, &first);
    let seen = run(place.path(), reading(&place, &[&none, &second]));
    assert!(seen.is_right().reasons.iter().all(|reason| reason.contains("damaged")), "{:?}", seen.reasons);
}

#[test]
fn its_own_folder_is_preferred_unless_what_it_has_is_damaged() {
    let place = image();
    let alone = || place.options().dir(own(&place));
    run(place.path(), alone()).is_right().compiled();
    let (seen, said) = heard(&place, reading_it(&place));
    seen.is_right().hits();
    loads_from(&said, &own(&place));
    let (used, before) = (entries(&own(&place)), everything(&place.cache_dir()));
    for path in &used {
        replace(path, b"damaged");
    }
    let (seen, said) = heard(&place, reading_it(&place));
    seen.is_right().hits();
    loads_from(&said, &place.cache_dir());
    // That is said, and what is damaged is put aside, so that it is said once.
    let skipped =
        |said: &[String]| said.iter().filter(|line| line.starts_with("skipped ")).cloned().collect();
    let lines: Vec<String> = skipped(&said);
    assert_eq!(lines.len(), used.len(), "{said:?}");
    let is_told = |path: &PathBuf| {
        let told = format!("skipped '{}': the entry is damaged", path.display());
        lines.iter().any(|line| line.starts_with(&told))
    };
    assert!(used.iter().all(is_told), "{lines:?}");
    assert_eq!(entries(&own(&place)), Vec::<PathBuf>::new());
    let aside = std::fs::read_dir(own(&place).join("v1/quarantine")).expect("a folder");
    assert_eq!(aside.count(), used.len());
    let (seen, said) = heard(&place, reading_it(&place));
    seen.is_right().hits();
    assert_eq!(skipped(&said), Vec::<String>::new());
    assert_eq!(everything(&place.cache_dir()), before);
}

/// Without `tell_skipped` in `count` in `host/src/cache/look.rs`: what is damaged is passed over for ever, without a word.
#[test]
fn what_is_damaged_is_an_error_in_strict_mode_also_if_another_folder_has_it() {
    let place = image();
    let alone = || place.options().dir(own(&place));
    let strict = |options: CacheOptions| {
        run_with(place.path(), &engine(CacheOptions { mode: Mode::Strict, ..options })).printed
    };
    run(place.path(), alone()).is_right().compiled();
    assert_eq!(strict(reading_it(&place)), PRINTED);
    for path in entries(&own(&place)) {
        replace(&path, b"damaged");
    }
    let log = place.path().join("log");
    let before = everything(&place.cache_dir());
    let damaged = strict(CacheOptions { log: Some(log.clone()), ..reading_it(&place) });
    assert!(damaged.contains("the cache is strict") && damaged.contains("damaged"), "{damaged}");
    let lines = std::fs::read_to_string(&log).expect("a log");
    let is_told = |line: &str| {
        line.contains(r#""event":"skip""#)
            && line.contains(r#""outcome":"skipped.corrupt""#)
            && line.contains(&format!(r#""path":"{}/v1/"#, own(&place).display()))
    };
    assert!(lines.lines().any(is_told), "{lines}");
    // One of two that are only read: it stays, and so does the error.
    let other = image();
    for path in other.entries() {
        replace(&path, b"damaged");
    }
    let _ = std::fs::remove_dir_all(own(&place));
    let both = || reading(&place, &[&other.cache_dir(), &place.cache_dir()]);
    for _ in 0..2 {
        let damaged = strict(both());
        assert!(damaged.contains("the cache is strict") && damaged.contains("damaged"), "{damaged}");
    }
    let engine = engine(both());
    run_with(place.path(), &engine).is_right().hits();
    let stats = engine.cache().stats();
    assert_eq!((stats.artifact.skipped, stats.native.skipped), (UNITS, UNITS));
    assert_eq!((stats.artifact.misses, stats.native.misses), (0, 0));
    assert_eq!(everything(&place.cache_dir()), before);
}

#[test]
fn entries_of_another_secret_are_misses() {
    let place = image();
    let before = everything(&place.cache_dir());
    let options = CacheOptions { secret: Some(Secret::from_bytes([1; 32])), ..reading_it(&place) };
    let seen = run(place.path(), options);
    seen.is_right().compiled();
    assert!(seen.reasons.iter().all(|reason| reason.contains("another secret")), "{:?}", seen.reasons);
    assert_eq!(everything(&place.cache_dir()), before);
}

/// Without `self.further.scope(&id)` in `host/src/cache/open.rs`: a tenant has everybody's, or nothing.
#[test]
fn a_scope_looks_into_its_own_part_of_a_further_folder() {
    let place = image();
    let (acme, globex) = (Scope::new("acme"), Scope::new("globex"));
    run_with(place.path(), &engine(place.options()).scope(&acme)).is_right().compiled();
    let fresh = |scope: &Scope| {
        let _ = std::fs::remove_dir_all(own(&place));
        run_with(place.path(), &engine(reading_it(&place)).scope(scope))
    };
    let before = everything(&place.cache_dir());
    fresh(&acme).is_right().hits();
    fresh(&globex).is_right().compiled();
    assert_eq!(everything(&place.cache_dir()), before);
    // A scope of a scope is one of the same folder, whatever parts there are of the first.
    let nested = |options| engine(options).scope(&globex).scope(&acme);
    run_with(place.path(), &nested(place.options())).is_right().compiled();
    for part in std::fs::read_dir(place.cache_dir().join("v1/s")).expect("there").flatten() {
        // That of the first is empty.
        if entries(&part.path()).is_empty() {
            std::fs::remove_dir_all(part.path()).expect("removed");
        }
    }
    let before = everything(&place.cache_dir());
    let _ = std::fs::remove_dir_all(own(&place));
    run_with(place.path(), &nested(reading_it(&place))).is_right().hits();
    // Also where nothing can be stored: that there is no part of its own is nothing wrong.
    let read_only = CacheOptions { mode: Mode::ReadOnly, ..reading_it(&place) };
    Cache::open(place.options().dir(own(&place)));
    let scoped = engine(read_only).scope(&acme);
    run_with(place.path(), &scoped).is_right().hits();
    assert_eq!(scoped.cache().left_out().count(), 0);
    assert_eq!(everything(&place.cache_dir()), before);

    let scopes = place.cache_dir().join("v1/s");
    for part in std::fs::read_dir(&scopes).expect("there").flatten() {
        let moved = place.path().join(part.file_name());
        std::fs::rename(part.path(), &moved).expect("moved");
        std::os::unix::fs::symlink(&moved, part.path()).expect("linked");
    }
    let _ = std::fs::remove_dir_all(own(&place));
    let (options, said) = listening(reading_it(&place));
    run_with(place.path(), &engine(options).scope(&acme)).is_right().compiled();
    let said = said.lock().expect("no panic");
    assert_eq!(said.iter().filter(|line| line.contains("left out: cannot open")).count(), 1, "{said:?}");
}

#[test]
fn where_nothing_can_be_stored_further_folders_are_read_alone() {
    let place = image();
    let before = everything(place.path());
    // Read-only, and there is no folder of its own: that is how an image is used.
    let read_only = CacheOptions { mode: Mode::ReadOnly, ..reading_it(&place) };
    assert_eq!(Cache::open(read_only.clone()).left_out().count(), 0);
    run(place.path(), read_only).is_right().hits();
    // It cannot be made, or is not to be trusted: nothing is stored, and that is told.
    let (file, open) = (place.path().join("files/main.py"), place.path().join("files/open"));
    assert_eq!(everything(place.path()), before, "nothing was made");
    std::fs::create_dir(&open).expect("a folder");
    chmod(&open, 0o777);
    let (before, edited) = (everything(&place.cache_dir()), crate::PROGRAM.replace("i * i", "i + i"));
    for (dir, why) in
        [(file.join("below"), "cannot open the folder"), (open.clone(), "other users can write")]
    {
        let options = || CacheOptions { dir: Some(dir.clone()), ..reading_it(&place) };
        let (seen, said) = heard(&place, options());
        seen.is_right().hits();
        assert_eq!(
            said.iter().filter(|line| line.contains("left out") && line.contains(why)).count(),
            1,
            "{said:?}"
        );
        let cache = Cache::open(options());
        assert!(
            cache.is_on()
                && cache.dir().is_none()
                && cache.left_out().next().is_some_and(|one| one.contains(why))
        );
        place.write("main.py", &edited);
        assert_eq!(run(place.path(), options()).printed, "90\n");
        place.write("main.py", crate::PROGRAM);
        assert_eq!(everything(&open).len(), 0);
        // Neither: as ever, with all reasons in one warning.
        let nothing = CacheOptions { read_also: vec![place.path().join("absent")], ..options() };
        let cache = Cache::open(nothing);
        assert!(cache.problem().is_some_and(|told| told.contains(why) && told.contains("absent")));
    }
    assert_eq!(everything(&place.cache_dir()), before);
}

#[test]
fn to_verify_is_to_compare_with_what_is_there() {
    let place = image();
    let verify = || CacheOptions { mode: Mode::Verify, ..reading_it(&place) };
    let (seen, said) = heard(&place, verify());
    seen.is_right().compiled();
    assert!(!said.iter().any(|line| line.contains("INCONSISTENT")), "{said:?}");
    std::fs::remove_dir_all(own(&place)).expect("removed");
    // Authentic, and wrong: one entry's code under the other's key.
    let code: Vec<_> =
        place.entries().into_iter().filter(|path| path.to_string_lossy().ends_with("cwasm")).collect();
    let wrong = Entry { payload: Entry::read(&code[1]).payload, ..Entry::read(&code[0]) };
    wrong.plant(&code[0], [7; 32]);
    let before = everything(&place.cache_dir());
    let (seen, said) = heard(&place, verify());
    seen.is_right().compiled();
    assert_eq!(said.iter().filter(|line| line.contains("INCONSISTENT")).count(), 1, "{said:?}");
    assert_eq!(everything(&place.cache_dir()), before);
}

/// Without `left_out` in `check_strict` in `host/src/cache/strict.rs`: a lost image is only slow.
#[test]
fn strict_wants_every_folder_that_was_named() {
    let place = image();
    let strict = |options: CacheOptions| {
        let engine = engine(CacheOptions { mode: Mode::Strict, ..options });
        run_with(place.path(), &engine).printed
    };
    assert_eq!(strict(reading_it(&place)), PRINTED);
    let absent = strict(reading(&place, &[&place.cache_dir(), &place.path().join("absent")]));
    assert!(
        absent.contains("the cache is strict") && absent.contains("absent"),
        "it hits, and yet: {absent}"
    );
    let below = place.path().join("files/main.py/below");
    let alone = strict(CacheOptions { dir: Some(below), ..reading_it(&place) });
    assert!(alone.contains("the cache is strict") && alone.contains("below"), "{alone}");
    for path in place.entries() {
        replace(&path, b"damaged");
    }
    let damaged = strict(reading_it(&place));
    assert!(damaged.contains("the cache is strict") && damaged.contains("damaged"), "{damaged}");
}

/// The direct path, and what does not compile.
#[test]
fn probes_and_diagnostics_are_found_there() {
    let script =
        "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return x + 1\n\n\nprint(f(1))\n";
    let wrong = script.replace("x + 1", "x + \"1\"");
    for (text, printed) in [(script, Some("2\n")), (wrong.as_str(), None)] {
        let project = Project::new(&[("main.py", text)]);
        let shown = |options: CacheOptions| {
            let options = CacheOptions { on_event: None, ..options };
            let engine = ovenbird::Engine::builder().cache(Cache::open(options)).build().expect("an engine");
            let outcome =
                project.program(&engine, "main.py").run(&project.tenant(), Output::Capture(Vec::new()));
            let what = match &outcome.result {
                Ok(_) => (String::from_utf8_lossy(outcome.output.captured()).into_owned(), false),
                Err(Error::Compile(error)) => (error.render(false), error.cached),
                Err(error) => panic!("{error}"),
            };
            let stats = engine.cache().stats();
            (what, engine.compiles(), stats.probe.hits, stats.diagnostics.hits)
        };
        let ((first, _), ..) = shown(project.cache_options());
        let before = everything(project.cache_dir());
        let empty = project.path("../own");
        let read_also = vec![project.cache_dir().to_owned()];
        let ((again, cached), compiles, probes, diagnostics) =
            shown(CacheOptions { dir: Some(empty.clone()), read_also, ..project.cache_options() });
        assert_eq!((again, compiles), (first.clone(), 0));
        match printed {
            Some(printed) => assert!(first == printed && probes > 0, "{first} {probes}"),
            None => assert!(cached && diagnostics == 1, "{first} {diagnostics}"),
        }
        assert_eq!(entries(&empty), Vec::<PathBuf>::new());
        assert_eq!(everything(project.cache_dir()), before);
    }
}

/// The command line in the place, with a home and these variables.
fn command(place: &Place, arguments: &[&str], variables: &[(&str, &str)]) -> (String, String, i32) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_command_line"));
    command.args(arguments).current_dir(place.path().join("files")).env_clear();
    command.env("HOME", place.path().join("home")).envs(variables.iter().copied());
    // Which guard is off, when they are switched off one at a time.
    command.envs(std::env::var_os("OVENBIRD_MUTANT").map(|guard| ("OVENBIRD_MUTANT", guard)));
    let finished = command.output().expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&finished.stdout), text(&finished.stderr), finished.status.code().unwrap_or(-1))
}

#[test]
fn the_command_line_names_further_folders_and_looks_into_them() {
    let place = Place::new();
    let filled = command(&place, &["run", "main.py"], &[("OVENBIRD_CACHE_DIR", "../cache")]);
    assert_eq!(filled, (PRINTED.to_owned(), String::new(), 0));
    age(&place);
    let before = everything(&place.cache_dir());
    let absent = place.path().join("absent");
    // Relative and absolute, one of them not there.
    let list = format!("../cache:{}", absent.display());
    let variables = [("OVENBIRD_CACHE_DIR", "../own"), ("OVENBIRD_CACHE_READ", list.as_str())];
    let say = |arguments: &[&str]| command(&place, arguments, &variables);

    let (text, told, code) = say(&["run", "main.py"]);
    assert_eq!((text.as_str(), code), (PRINTED, 0));
    assert!(told.lines().count() == 1 && told.contains("warning:") && told.contains("absent"), "{told}");
    let log = place.path().join("log").display().to_string();
    let logged = [
        variables[0],
        ("OVENBIRD_CACHE_READ", "../cache"),
        ("OVENBIRD_CACHE_LOG", &log),
        ("OVENBIRD_DEBUG_CACHE", "1"),
    ];
    let (_, told, _) = command(&place, &["run", "main.py"], &logged);
    assert!(
        told.contains("also reads '../cache'") && told.contains("data loaded from '../cache/v1/"),
        "{told}"
    );
    assert!(!told.contains("saved") && !told.contains("miss"), "{told}");
    let lines = std::fs::read_to_string(&log).expect("a log");
    assert!(
        lines.lines().any(|line| line.contains(r#""outcome":"also""#) && line.contains("../cache")),
        "{lines}"
    );
    let hits = lines.lines().filter(|line| line.contains(r#""event":"lookup""#));
    let mut paths =
        hits.map(|line| line.contains(r#""outcome":"hit""#) && line.contains(r#""path":"../cache/v1/"#));
    assert!(paths.next().is_some() && paths.all(|fine| fine), "{lines}");

    let (text, ..) = say(&["cache", "dir"]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(matches!(&*lines, ["../own", "also reads ../cache", left] if left.contains("absent")), "{text}");
    let (text, ..) = say(&["cache", "dir", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value["dir"], "../own");
    assert_eq!(value["read_also"][0], serde_json::json!({"dir": "../cache", "problem": null}));
    assert!(value["read_also"][1]["problem"].as_str().is_some_and(|why| why.contains("absent")), "{text}");

    let (text, _, code) = say(&["cache", "why", "main.py"]);
    assert!(code == 0 && text.contains("hit") && !text.contains("miss"), "{text}");
    let (text, _, code) = say(&["explain", "main.py"]);
    assert!(code == 0 && text.contains("hit") && !text.contains("miss"), "{text}");

    let entry = place.entries().remove(0);
    let name = entry.file_stem().expect("a name").to_string_lossy().into_owned();
    let (text, _, code) = say(&["cache", "inspect", &name[..12]]);
    assert!(code == 0 && text.contains("valid      yes") && text.contains("../cache/v1/"), "{text}");
    let (text, ..) = say(&["cache", "ls"]);
    assert!(text.contains("also reads ../cache") && text.contains(&name[..12]), "{text}");
    let (text, ..) = say(&["cache", "ls", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value["read_also"][0]["dir"], "../cache");
    assert!(
        value["entries"].as_array().is_some_and(Vec::is_empty)
            && value["read_also"][0]["entries"][0]["key"].is_string()
    );
    let (text, _, code) = say(&["cache", "verify", "main.py"]);
    assert!(code == 0 && text.contains("4 checked, 0 wrong") && !text.contains("not stored"), "{text}");
    let (text, ..) = say(&["cache", "doctor"]);
    let found: Vec<&str> = text.lines().filter(|line| line.contains(" further ")).collect();
    assert!(
        matches!(&*found, [fine, left] if fine.starts_with("ok") && fine.contains("all authentic") && left.starts_with("warn") && left.contains("absent")),
        "{text}"
    );
    for arguments in [["cache", "clear"], ["cache", "trim"]] {
        say(&arguments);
    }
    assert_eq!(everything(&place.cache_dir()), before, "whatever it was asked");

    assert_eq!(say(&["cache", "verify"]).2, 0);
    replace(&entry, b"damaged");
    let (text, _, code) = say(&["cache", "verify"]);
    assert!(code == 1 && text.contains("1 wrong"), "{text}");
    let (text, ..) = say(&["cache", "doctor"]);
    assert!(text.lines().any(|line| line.starts_with("warn") && line.contains(&name)), "{text}");
    assert!(command(&place, &["cache", "--help"], &[]).0.contains("OVENBIRD_CACHE_READ"));
}

/// Without `with_own` in `host/src/cli/cache.rs`: what is asked of the own folder is done to none, with exit code 0.
#[test]
fn commands_on_the_own_folder_fail_where_only_further_ones_can_be_used() {
    let place = image();
    chmod(place.path(), 0o700);
    let dir = own(&place);
    std::fs::create_dir(&dir).expect("a folder");
    chmod(&dir, 0o777);
    // Where to look, and why the own folder is left out; one that is only read may be absent, and has nothing to be cleared.
    let cases: [(&[(&str, &str)], &str); 2] = [
        (&[("OVENBIRD_CACHE_DIR", "../own")], "other users can write to it"),
        (&[("OVENBIRD_CACHE_DIR", "../absent"), ("OVENBIRD_CACHE", "ro")], "No such file"),
    ];
    let filled = command(&place, &["run", "main.py"], &[("OVENBIRD_CACHE_DIR", "../image")]);
    assert_eq!(filled, (PRINTED.to_owned(), String::new(), 0));
    let bundle = command(&place, &["cache", "export", "-o", "../all.oven", "--cache-dir", "../image"], &[]);
    assert_eq!(bundle.2, 0, "{}", bundle.1);
    for (variables, why) in cases {
        let say = |arguments: &[&str]| {
            let further = [("OVENBIRD_CACHE_READ", "../image")];
            command(&place, arguments, &[variables, &further].concat())
        };
        let before = everything(place.path());
        for arguments in [
            &["cache", "clear"][..],
            &["cache", "trim"],
            &["cache", "stats"],
            &["cache", "stats", "--json"],
            &["cache", "export", "-o", "../new.oven"],
            &["cache", "import", "../all.oven", "--unsigned"],
        ] {
            let (text, told, code) = say(arguments);
            assert_eq!((text.as_str(), code), ("", 2), "{arguments:?}: {told}");
            assert!(told.contains("no folder of its own") && told.contains(why), "{arguments:?}: {told}");
        }
        assert_eq!(everything(place.path()), before);
        let entry = entries(&place.path().join("image")).remove(0);
        let name = entry.file_stem().expect("a name").to_string_lossy().into_owned();
        let is_warned = !variables.iter().any(|(_, value)| *value == "ro");
        for arguments in [
            &["cache", "ls"][..],
            &["cache", "inspect", &name[..12]],
            &["cache", "verify"],
            &["cache", "why", "main.py"],
            &["run", "main.py"],
        ] {
            let (text, told, code) = say(arguments);
            assert!(code == 0 && !text.is_empty(), "{arguments:?}: {told}");
            assert_eq!(told.contains(why), is_warned, "{arguments:?}: {told}");
        }
        assert_eq!(say(&["cache", "ls", "--scope", "nobody"]).2, 2, "no folder has such a scope");
    }
}
