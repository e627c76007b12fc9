//! What may be wrong with a cache: options → a list of checks, each with what to do about it.
//!
//! Looks at the folder, the secret, the file system and the entries, as the store would find them. The only
//! thing that it writes is one file of the store's temporary form, to see that writing, locking and the file
//! system's clock work; it is removed again. Nothing is repaired: `clear`, `trim` and the next run do that.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode as FileMode, OFlags, StatVfsMountFlags};
use serde::Serialize;

use crate::cache::fs::try_lock_bytes;
use crate::cache::key::hex;
use crate::cache::lock::is_lock;
use crate::cache::report::Listed;
use crate::cache::slot::{Slot, is_hex};
use crate::cache::{Cache, CacheOptions, MAX_AGE, MAX_BYTES, Mode};

mod further;

/// Less free space than this is worth a warning, a hundredth of it is too little.
const LOW_SPACE: u64 = 100 << 20;
/// Clocks that differ by more seconds than this are worth a warning.
const CLOCK_SECONDS: i64 = 5;
/// Most names that are shown of many.
const MAX_NAMED: usize = 5;

/// How a check turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// As it should be.
    Ok,
    /// The cache works, but not as well as it could.
    Warn,
    /// The cache does not work, or not safely.
    Bad,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it turned out.
    pub grade: Grade,
    /// What was found.
    pub found: String,
    /// What to do; empty if there is nothing to do.
    pub advice: String,
}

fn check(name: &'static str, grade: Grade, found: impl Into<String>, advice: impl Into<String>) -> Check {
    Check { name, grade, found: found.into(), advice: advice.into() }
}

fn fine(name: &'static str, found: impl Into<String>) -> Check {
    check(name, Grade::Ok, found, "")
}

/// Examines the cache that these options describe; `engine` is the folder name of the engine in use
/// ([`L2Recipe::key_and_engine`](crate::cache::key::L2Recipe::key_and_engine)).
pub fn examine(options: &CacheOptions, engine: Option<&str>) -> Vec<Check> {
    let mut checks = vec![mode(options)];
    checks.extend(options.log.as_deref().map(log));
    if options.dir.is_none() && options.read_also.is_empty() {
        let advice = "set OVENBIRD_CACHE_DIR, or HOME";
        checks.push(check("directory", Grade::Bad, "no folder is named", advice));
        return checks;
    }
    let secret = secret(options);
    // Opening a cache replaces a bad secret; looking must not.
    let has_secret = secret.grade == Grade::Ok
        && (options.secret.is_some() || options.secret_file.as_ref().is_some_and(|file| file.exists()));
    checks.push(secret);
    checks.extend(further::folders(options, has_secret));
    let Some(dir) = options.dir.as_deref() else {
        checks.push(fine("directory", "none: entries are only read, from further folders"));
        return checks;
    };
    let Some(folder) = directory(dir, &mut checks) else { return checks };
    checks.extend(access("directory", dir, &folder));
    if let Ok(version) = std::fs::symlink_metadata(dir.join("v1")) {
        checks.extend(access("layout", &dir.join("v1"), &version));
    }
    checks.extend(file_system(dir));
    if options.mode != Mode::ReadOnly {
        checks.extend(writing(dir));
    }
    if !has_secret {
        return checks;
    }
    // Without the log: looking is no event.
    let quiet = CacheOptions { on_event: None, log: None, mode: read_only(options.mode), ..options.clone() };
    let cache = Cache::open(quiet);
    match cache.problem() {
        Some(problem) => checks.push(check("opening", Grade::Bad, problem, "see the lines above")),
        None => checks.extend(entries(&cache, dir, engine)),
    }
    checks
}

fn read_only(mode: Mode) -> Mode {
    if mode == Mode::Off { Mode::Off } else { Mode::ReadOnly }
}

fn mode(options: &CacheOptions) -> Check {
    match (&options.problem, options.mode) {
        (Some(problem), _) => check("mode", Grade::Bad, problem, "unset OVENBIRD_CACHE, or correct it"),
        (None, Mode::Off) => check("mode", Grade::Warn, "off", "unset OVENBIRD_CACHE to use the cache"),
        (None, Mode::Verify) => check(
            "mode",
            Grade::Warn,
            "verify: everything is compiled again",
            "unset OVENBIRD_CACHE for speed",
        ),
        (None, mode) => fine("mode", format!("{mode:?}")),
    }
}

fn log(path: &Path) -> Check {
    match crate::cache::log::open(path) {
        Ok(_) => fine("log", path.display().to_string()),
        Err(error) => {
            let found = format!("`{}` is not written: {error}", path.display());
            check("log", Grade::Warn, found, "name a file of your own in OVENBIRD_CACHE_LOG")
        }
    }
}

/// The folder's metadata, if it is there.
fn directory(dir: &Path, checks: &mut Vec<Check>) -> Option<std::fs::Metadata> {
    let shown = dir.display();
    match std::fs::metadata(dir) {
        Ok(metadata) if metadata.is_dir() => Some(metadata),
        Ok(_) => {
            checks.push(check(
                "directory",
                Grade::Bad,
                format!("`{shown}` is not a folder"),
                "remove the file, or set OVENBIRD_CACHE_DIR",
            ));
            None
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            checks.push(fine("directory", format!("`{shown}` is not there yet; the first store makes it")));
            None
        }
        Err(error) => {
            let advice = "make it accessible, or set OVENBIRD_CACHE_DIR";
            checks.push(check("directory", Grade::Bad, format!("`{shown}`: {error}"), advice));
            None
        }
    }
}

/// Who can write to a folder, and who can read it.
fn access(name: &'static str, path: &Path, metadata: &std::fs::Metadata) -> Vec<Check> {
    let shown = path.display();
    let mode = metadata.mode() & 0o7777;
    let found = format!("`{shown}`, mode {mode:04o}");
    let user = rustix::process::geteuid().as_raw();
    if metadata.uid() != user {
        let found = format!("`{shown}` belongs to user {}, you are {user}", metadata.uid());
        return vec![check(
            name,
            Grade::Bad,
            found,
            "it is not used; set OVENBIRD_CACHE_DIR to a folder of your own",
        )];
    }
    if metadata.file_type().is_symlink() || !metadata.is_dir() {
        return vec![check(name, Grade::Bad, format!("`{shown}` is not a folder"), "remove it")];
    }
    vec![if mode & 0o022 != 0 {
        check(
            name,
            Grade::Bad,
            format!("{found}: others can write to it, so it is not used"),
            format!("chmod 700 '{shown}'"),
        )
    } else if mode & 0o055 != 0 {
        check(
            name,
            Grade::Warn,
            format!("{found}: others can read your code in it"),
            format!("chmod 700 '{shown}'"),
        )
    } else {
        fine(name, found)
    }]
}

fn secret(options: &CacheOptions) -> Check {
    if options.secret.is_some() {
        return fine("secret", "given by the program");
    }
    let Some(file) = &options.secret_file else {
        return check("secret", Grade::Bad, "no place for it is known", "set HOME");
    };
    let shown = file.display();
    let holds_it = |dir: &PathBuf| match (file.parent().map(Path::canonicalize), dir.canonicalize()) {
        (Some(Ok(folder)), Ok(dir)) => folder.starts_with(dir),
        _ => file.starts_with(dir),
    };
    if options.dir.iter().chain(&options.read_also).any(holds_it) {
        let found = format!("`{shown}` is in the cache folder: who can copy that can forge entries");
        return check("secret", Grade::Bad, found, "set OVENBIRD_CACHE_DIR to another folder");
    }
    let metadata = match std::fs::symlink_metadata(file) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return fine("secret", format!("`{shown}` is not there yet; the first store makes it"));
        }
        Err(error) => {
            return check("secret", Grade::Bad, format!("`{shown}`: {error}"), "make it accessible");
        }
    };
    let replaced = "the next run replaces it, and all entries are misses once";
    if !metadata.is_file() {
        return check("secret", Grade::Bad, format!("`{shown}` is not a regular file"), replaced);
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return check(
            "secret",
            Grade::Bad,
            format!("`{shown}` belongs to user {}", metadata.uid()),
            replaced,
        );
    }
    if metadata.mode() & 0o077 != 0 {
        let found = format!("`{shown}` has mode {:04o}: others may have read it", metadata.mode() & 0o7777);
        return check("secret", Grade::Bad, found, replaced);
    }
    if metadata.len() != 32 {
        return check(
            "secret",
            Grade::Bad,
            format!("`{shown}` has {} bytes, not 32", metadata.len()),
            replaced,
        );
    }
    fine("secret", format!("`{shown}`, mode {:04o}", metadata.mode() & 0o7777))
}

/// Free space, and how it is mounted.
fn file_system(dir: &Path) -> Vec<Check> {
    let Ok(stat) = rustix::fs::statvfs(dir) else { return Vec::new() };
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let megabytes = format!("{} MiB free", free >> 20);
    let advice = "make space, `ovenbird cache trim`, or set OVENBIRD_CACHE_DIR";
    let mut checks = vec![if free < LOW_SPACE / 100 || (stat.f_files > 0 && stat.f_favail == 0) {
        check("space", Grade::Bad, format!("{megabytes}, {} files can be made", stat.f_favail), advice)
    } else if free < LOW_SPACE {
        check("space", Grade::Warn, megabytes, advice)
    } else {
        fine("space", megabytes)
    }];
    if stat.f_flag.contains(StatVfsMountFlags::RDONLY) {
        checks.push(check(
            "mount",
            Grade::Warn,
            "read-only: entries are used, none is stored",
            "set OVENBIRD_CACHE_DIR to store",
        ));
    }
    if stat.f_flag.contains(StatVfsMountFlags::NOEXEC) {
        checks.push(fine("noexec", "mounted noexec: no matter, code runs from memory"));
    }
    checks
}

/// Whether a file can be made, locked and dated.
fn writing(dir: &Path) -> Vec<Check> {
    let folder = [dir.join("v1/tmp"), dir.join("v1"), dir.to_owned()].into_iter().find(|path| path.is_dir());
    let folder = folder.unwrap_or_else(|| dir.to_owned());
    let mut random = [0; 16];
    if getrandom::fill(&mut random).is_err() {
        return vec![check("random", Grade::Bad, "the system gives no random numbers", "")];
    }
    let path = folder.join(format!("{}-{}", std::process::id(), hex(&random)));
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let before = seconds();
    let fd: OwnedFd = match rustix::fs::openat(CWD, &path, flags, FileMode::from_raw_mode(0o600)) {
        Ok(fd) => fd,
        Err(error) => {
            let found = format!("a file cannot be made in `{}`: {error}", folder.display());
            return vec![check("writing", Grade::Warn, found, "entries are used, none is stored")];
        }
    };
    let mut checks = vec![fine("writing", "files can be made")];
    checks.push(match try_lock_bytes(&fd, 0..1) {
        Ok(()) => fine("locks", "work"),
        Err(error) => {
            let advice = "processes that start together may compile the same thing; the results are right";
            check("locks", Grade::Warn, format!("do not work here: {error}"), advice)
        }
    });
    let dated = File::from(fd).metadata().map(|metadata| metadata.mtime());
    let _ = rustix::fs::unlinkat(CWD, &path, AtFlags::empty());
    if let Ok(dated) = dated {
        let skew = dated - before;
        checks.push(if skew.abs() > CLOCK_SECONDS {
            let found = format!("the file system's clock is {skew} s from this machine's");
            check("clock", Grade::Warn, found, "set the clocks: eviction goes by the time of use")
        } else {
            fine("clock", "the file system's and this machine's agree")
        });
    }
    checks
}

/// What is in the folder.
fn entries(cache: &Cache, dir: &Path, engine: Option<&str>) -> Vec<Check> {
    let list = cache.list();
    let bytes: u64 = list.iter().map(|entry| entry.size).sum();
    let mut checks = vec![if bytes > MAX_BYTES {
        let found = format!("{} entries, {} MiB: more than {} MiB", list.len(), bytes >> 20, MAX_BYTES >> 20);
        check("size", Grade::Warn, found, "`ovenbird cache trim`; a run does it once a day")
    } else {
        fine("size", format!("{} entries, {} KiB", list.len(), bytes >> 10))
    }];
    let invalid: Vec<&Listed> = list.iter().filter(|entry| entry.verified.is_err()).collect();
    checks.push(if invalid.is_empty() {
        fine("entries", "all are authentic")
    } else {
        let named = invalid.iter().take(MAX_NAMED).map(|entry| entry.path.display().to_string());
        let found = format!("{} are not valid: {}", invalid.len(), named.collect::<Vec<_>>().join(", "));
        check(
            "entries",
            Grade::Warn,
            found,
            "they are never used, and replaced when needed; `ovenbird cache ls` says why",
        )
    });
    checks.extend(engine.map(|engine| other_engines(&list, dir, engine)));
    checks.push(future(&list));
    checks.push(foreign(dir, &list));
    checks
}

/// Native code of engines that are gone.
fn other_engines(list: &[Listed], dir: &Path, engine: &str) -> Check {
    let version = dir.join("v1");
    let folder = |entry: &&Listed| -> Option<String> {
        let below = entry.path.strip_prefix(&version).ok()?;
        Some(below.components().next()?.as_os_str().to_string_lossy().into_owned())
    };
    let is_other = |entry: &&Listed| {
        entry.kind.to_string() == "native" && folder(entry).is_some_and(|folder| folder != engine)
    };
    let others: Vec<&Listed> = list.iter().filter(is_other).collect();
    let bytes: u64 = others.iter().map(|entry| entry.size).sum();
    if others.is_empty() {
        return fine("engines", format!("all native code is of this engine ({engine})"));
    }
    let days = MAX_AGE.as_secs() / 86_400;
    let found = format!("{} entries, {} KiB, are of other engines than {engine}", others.len(), bytes >> 10);
    fine("engines", format!("{found}; they go when they were not used for {days} days"))
}

/// Entries from the future: a clock that was set back.
fn future(list: &[Listed]) -> Check {
    let now = seconds();
    let is_future = |entry: &&Listed| {
        let time = std::fs::symlink_metadata(&entry.path).map_or(0, |metadata| metadata.mtime());
        time > now + 3600
    };
    match list.iter().filter(is_future).count() {
        0 => fine("times", "no entry is from the future"),
        count => {
            let found = format!("{count} entries are from the future: the clock was set back");
            check(
                "times",
                Grade::Warn,
                found,
                "none if the clock is right now: they count as oldest and go first",
            )
        }
    }
}

/// Files that are not the cache's.
fn foreign(dir: &Path, list: &[Listed]) -> Check {
    let known: std::collections::BTreeSet<&Path> = list.iter().map(|entry| entry.path.as_path()).collect();
    let mut found: Vec<PathBuf> = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(inside) = std::fs::read_dir(&folder) else { continue };
        for entry in inside.flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() && (known.contains(path.as_path()) || is_ours(dir, &path)) => {}
                _ => found.push(path),
            }
        }
    }
    if found.is_empty() {
        return fine("foreign", "no files of others");
    }
    found.sort();
    let named: Vec<String> = found.iter().take(MAX_NAMED).map(|path| path.display().to_string()).collect();
    let found = format!("{} files are not the cache's: {}", found.len(), named.join(", "));
    check("foreign", Grade::Warn, found, "they are left alone; move them if they are yours")
}

/// Whether a file that is no entry of this scope has the form of our names.
fn is_ours(dir: &Path, path: &Path) -> bool {
    let Ok(below) = path.strip_prefix(dir) else { return false };
    let parts: Vec<String> = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let is_entry = |name: &str| Slot::from_name(name).is_some();
    match parts.as_slice() {
        // What `location` puts into a folder beside a program.
        [".gitignore" | "CACHEDIR.TAG"] => true,
        ["v1", "s", _, inside @ ..] | ["v1", inside @ ..] => match inside {
            ["trimmed" | "written"] => true,
            ["l", _, mark] => is_entry(mark),
            ["quarantine", name] => is_entry(name),
            ["locks", name] => is_lock(name),
            ["tmp", name] => name.split_once('-').is_some_and(|(pid, _)| pid.parse::<u32>().is_ok()),
            // An entry of a tenant's scope, whose codes only the tenant's secret can check.
            [.., folder, file] => parts[1] == "s" && is_entry_file(folder, file),
            _ => false,
        },
        _ => false,
    }
}

/// Whether a file is named as an entry in a folder of entries is.
fn is_entry_file(folder: &str, file: &str) -> bool {
    let Some((key, ending)) = file.split_once('.') else { return false };
    let known = ["artifact", "cwasm", "probe", "diag"].contains(&ending);
    known && key.len() == 64 && key.starts_with(folder) && is_hex(key)
}

fn seconds() -> i64 {
    i64::try_from(crate::cache::now()).unwrap_or(i64::MAX)
}
