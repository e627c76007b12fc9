//! What grants open, and what they refuse: files of every kind, in every place.

use super::*;
use std::fs;
use std::os::unix::fs::symlink;

fn world() -> (tempfile::TempDir, Grants) {
    let root = tempfile::tempdir().unwrap();
    let inside = root.path().join("inside");
    fs::create_dir_all(inside.join("sub")).unwrap();
    fs::write(inside.join("a.pq"), "data").unwrap();
    fs::write(root.path().join("secret"), "secret").unwrap();
    symlink("../secret", inside.join("escape")).unwrap();
    symlink("/etc/passwd", inside.join("absolute")).unwrap();
    symlink("a.pq", inside.join("good")).unwrap();
    symlink("loop", inside.join("loop")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        inside.join("fifo"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    let dir = |path: &std::path::Path| Dir::open_ambient_dir(path, ambient_authority()).unwrap();
    let grants = Grants::none().dir(dir(&inside), "").dir(dir(&inside.join("sub")), "/mnt/sub");
    (root, grants)
}

#[test]
fn opens_regular_files_inside() {
    let (_root, grants) = world();
    for path in ["a.pq", "./a.pq", "sub/../a.pq", "good", "sub//../a.pq"] {
        assert!(grants.open(path).is_ok(), "{path}");
    }
}

/// Without `dir.open_with`, which is cap-std's, or `depth < 0` in `host/src/grants.rs`: a path leads out of the
/// grant.
#[test]
fn refuses_everything_outside() {
    let (_root, grants) = world();
    for path in [
        "../secret",
        "sub/../../secret",
        "/etc/passwd",
        "/mnt/sub/../inside",
        "/mnt/other",
        "escape",
        "absolute",
        "a.pq\0",
        "sub\\..\\a.pq",
        "C:/a",
        "/",
        "..",
        "/dev/null",
        "/proc/self/mem",
    ] {
        let error = grants.open(path).unwrap_err();
        assert!(matches!(error, AccessError::Denied { .. }), "{path}: {error}");
    }
    assert!(matches!(Grants::none().open("a.pq"), Err(AccessError::Denied { .. })));
}

/// Without `NONBLOCK` or `metadata.is_file()` in `host/src/grants.rs`: opening a pipe waits for ever, or a
/// device is read.
#[test]
fn refuses_what_is_not_a_regular_file_without_waiting() {
    let (_root, grants) = world();
    assert!(matches!(grants.open("fifo"), Err(AccessError::NotAFile { kind: "a pipe", .. })));
    assert!(matches!(grants.open("sub"), Err(AccessError::NotAFile { kind: "a directory", .. })));
    assert!(matches!(grants.open("."), Err(AccessError::NotAFile { .. })));
    assert!(matches!(grants.open("none"), Err(AccessError::NotFound { .. })));
    assert!(matches!(grants.open(""), Err(AccessError::NotFound { .. })));
    assert!(grants.open("loop").is_err());
}

/// Without `from_io` in `host/src/grants.rs`: the system's own text, with a path of the host, is shown.
#[test]
fn errors_name_the_guest_path_only() {
    let (root, grants) = world();
    let host = root.path().to_str().unwrap().to_owned();
    for path in ["escape", "none", "fifo", "loop", "sub"] {
        let text = grants.open(path).unwrap_err().to_string();
        assert!(text.contains(path) && !text.contains(&host), "{text}");
    }
    assert!(!AccessError::NotFound { path: "\x1b[2J".into() }.to_string().contains('\x1b'));
}

#[test]
fn devices_are_no_files() {
    let dev = Dir::open_ambient_dir("/dev", ambient_authority()).unwrap();
    let grants = Grants::none().dir(dev, "");
    for name in ["zero", "null", "full"] {
        let error = grants.open(name).unwrap_err();
        assert!(matches!(error, AccessError::NotAFile { kind: "a device", .. }), "{name}: {error}");
    }
}

#[test]
fn names_of_devices_on_windows() {
    for name in ["nul", "NUL.txt", "con ", "Com1", "lpt9.pq", "COM²", "aux.tar.gz", "conin$", "prn:x"] {
        assert!(is_device_name(name), "{name}");
    }
    for name in ["nulls.pq", "com", "com10", "lpt", "console", "a.nul", "", "comx", "auxiliary"] {
        assert!(!is_device_name(name), "{name}");
    }
}

#[test]
fn hard_links_are_files_unless_only_single_names_are_wanted() {
    let (root, grants) = world();
    fs::hard_link(root.path().join("secret"), root.path().join("inside/other.pq")).unwrap();
    assert!(grants.open("other.pq").is_ok(), "nothing tells it from a file of its own");
    let strict = grants.single_names(true);
    let error = strict.open("other.pq").unwrap_err();
    assert!(matches!(&error, AccessError::Denied { path, .. } if path == "other.pq"), "{error}");
    assert!(strict.open("a.pq").is_ok());
    assert!(strict.open("good").is_ok(), "a symbolic link inside is no second name");
}

#[test]
fn what_is_swapped_while_it_is_opened_never_leads_outside() {
    use std::io::Read;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};
    let (root, grants) = world();
    let (inside, done) = (root.path().join("inside"), AtomicBool::new(false));
    let mut seen = [0u32; 2];
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // `swapped` is a file, a link out of the directory and, one level up, a directory that leads out.
            for turn in 0.. {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                let next = inside.join("next");
                let _ = fs::remove_file(&next);
                match turn % 2 {
                    0 => fs::write(&next, "data").unwrap(),
                    _ => symlink("../secret", &next).unwrap(),
                }
                fs::rename(&next, inside.join("swapped")).unwrap();
            }
        });
        // On a busy machine one of the threads may stand still for long: until both have been seen.
        let patience = Instant::now() + Duration::from_secs(60);
        let (mut turns, mut both) = (0, false);
        while turns < 20_000 || (!both && Instant::now() < patience) {
            turns += 1;
            both = seen[0] > 0 && seen[1] > 0;
            match grants.open("swapped") {
                Ok(mut file) => {
                    let mut text = String::new();
                    file.read_to_string(&mut text).unwrap();
                    assert_eq!(text, "data");
                    seen[0] += 1;
                }
                Err(AccessError::Denied { .. }) => seen[1] += 1,
                Err(AccessError::NotFound { .. } | AccessError::Io { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(seen[0] > 0 && seen[1] > 0, "both were there: {seen:?}");
}

/// Without `TOO_LONG` or `take(200)` in `host/src/grants.rs`: the system is given, or a reader is shown, a path of any length.
#[test]
fn long_paths_are_refused_and_not_shown_in_full() {
    let (_root, grants) = world();
    let long = |bytes: usize| "sub/../".repeat(bytes / 7) + &"./".repeat(bytes % 7) + "a.pq";
    assert!(grants.open(&long(MAX_PATH - 20)).is_ok());
    let error = grants.open(&long(2 * MAX_PATH)).unwrap_err();
    assert!(matches!(error, AccessError::Denied { reason: TOO_LONG, .. }), "{error}");
    for length in [300, MAX_PATH, 1 << 20] {
        let shown = grants.open(&"x".repeat(length)).unwrap_err().to_string();
        assert!(shown.len() < 300 && shown.contains('…'), "{shown}");
    }
}

#[test]
fn dir_argument_mounts_under_the_guest_name() {
    let (root, _) = world();
    let host = root.path().join("inside");
    let argument = format!("{}::/data", host.display());
    let grants = Grants::none().dir_arg(&argument).unwrap();
    assert!(grants.open("/data/a.pq").is_ok());
    assert!(grants.open("a.pq").is_err());
    let plain = Grants::none().dir_arg(host.to_str().unwrap()).unwrap();
    assert!(plain.open(host.join("a.pq").to_str().unwrap()).is_ok());
}
