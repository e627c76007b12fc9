//! What a guest may see: directories, read-only, and the clock.
//!
//! A grant is an open directory handle (`cap_std::fs::Dir`) mounted at a guest path. [`Grants::open`]
//! turns a guest path into an open regular file: the path is checked as text, resolved by cap-std
//! inside the handle (`..` and symbolic links cannot leave it), and what was opened is checked by
//! `fstat` on the handle itself, so nothing can be swapped in between. There are no verbs to write,
//! rename, link or list. Errors name the guest path only, never a host path.

use std::fmt;
use std::fs::File;
use std::io;
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};

/// What can be wrong with a path, for those who get it from elsewhere.
#[cfg(workers)]
pub(crate) const REASONS: [&str; 8] =
    [NO_GRANT, LEAVES, LEAVES_OR_MAY_NOT, TOO_LONG, NUL, BACKSLASH, DRIVE, SEVERAL];
const SEVERAL: &str = "it has several names, one of which may be outside";
const NO_GRANT: &str = "no granted directory contains it";
const LEAVES: &str = "it leaves the granted directory";
const LEAVES_OR_MAY_NOT: &str = "it leaves the granted directory or may not be read";
const TOO_LONG: &str = "it is too long";
const NUL: &str = "it contains a NUL character";
const BACKSLASH: &str = "it contains a backslash; separate names with '/'";
const DRIVE: &str = "it contains a drive or stream name";

/// What a path can be instead of a file.
#[cfg(workers)]
pub(crate) const KINDS: [&str; 6] =
    ["a pipe", "a device", "a socket", "a directory", "a special file", "a socket or device"];

/// Longest guest path in bytes.
pub const MAX_PATH: usize = 4096;

/// Why a path could not be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum AccessError {
    /// No grant covers the path, or it leaves its grant.
    Denied {
        /// The guest path.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The grant covers the path but there is no such file.
    NotFound {
        /// The guest path.
        path: String,
    },
    /// The path is a directory, pipe, socket or device.
    NotAFile {
        /// The guest path.
        path: String,
        /// What it is.
        kind: &'static str,
    },
    /// The operating system refused.
    Io {
        /// The guest path.
        path: String,
        /// The kind of error; its text could name host paths.
        kind: io::ErrorKind,
    },
}

impl AccessError {
    /// The guest path.
    pub fn path(&self) -> &str {
        match self {
            AccessError::Denied { path, .. }
            | AccessError::NotFound { path }
            | AccessError::NotAFile { path, .. }
            | AccessError::Io { path, .. } => path,
        }
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AccessError::Denied { path, reason } => {
                write!(f, "access to {} is not granted: {reason}", quote(path))
            }
            AccessError::NotFound { path } => write!(f, "no such file: {}", quote(path)),
            AccessError::NotAFile { path, kind } => {
                write!(f, "{} is {kind}, not a regular file", quote(path))
            }
            AccessError::Io { path, kind } => write!(f, "cannot read {}: {kind}", quote(path)),
        }
    }
}

impl std::error::Error for AccessError {}

/// A path of the guest in quotes, without control characters and not endless.
pub(crate) fn quote(path: &str) -> String {
    let short: String = path.chars().take(200).collect();
    let ellipsis = if short.len() < path.len() { "…" } else { "" };
    let escaped: String = short
        .chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect();
    format!("'{escaped}{ellipsis}'")
}

/// One directory in the guest's view.
#[derive(Clone, Debug)]
struct Mount {
    absolute: bool,
    prefix: Vec<String>,
    dir: Arc<Dir>,
}

/// The powers of a guest. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    mounts: Vec<Mount>,
    clock: bool,
    forbidden: Vec<Arc<str>>,
    single_names: bool,
    /// In a worker process: the parent, which opens files on request.
    broker: Option<Broker>,
}

/// Who opens a file on request.
type Open = dyn Fn(&str) -> Result<File, AccessError> + Send + Sync;

/// Opens files where this process cannot.
#[derive(Clone)]
struct Broker(Arc<Open>);

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Broker")
    }
}

impl Grants {
    /// No powers at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// Grants a directory for reading. `guest_prefix` is where the guest sees it: `""` for relative
    /// paths, `"/data"`, or `"data"`.
    pub fn dir(mut self, dir: Dir, guest_prefix: &str) -> Self {
        self.mounts.push(Mount {
            absolute: guest_prefix.starts_with('/'),
            prefix: components(guest_prefix).map(str::to_owned).collect(),
            dir: Arc::new(dir),
        });
        self
    }

    /// Grants what `--dir HOST[::GUEST]` says. Without `::GUEST` the guest sees the directory
    /// under the path as written.
    pub fn dir_arg(self, argument: &str) -> io::Result<Self> {
        let (host, guest) = argument.split_once("::").unwrap_or((argument, argument));
        Ok(self.dir(Dir::open_ambient_dir(host, ambient_authority())?, guest))
    }

    /// Files are opened by somebody else, who decides what is granted.
    #[cfg(workers)]
    pub(crate) fn brokered(open: impl Fn(&str) -> Result<File, AccessError> + Send + Sync + 'static) -> Self {
        Grants { broker: Some(Broker(Arc::new(open))), ..Grants::default() }
    }

    /// Grants the clock.
    pub fn clock(mut self, granted: bool) -> Self {
        self.clock = granted;
        self
    }

    /// Whether the clock is granted.
    pub fn has_clock(&self) -> bool {
        self.clock
    }

    /// Forbids the functions of one of the embedder's modules, which a program is given by
    /// [`Source::host`](crate::Source::host): a call of one ends with [`Error::Denied`](crate::Error::Denied).
    pub fn without_host_module(mut self, name: impl Into<Arc<str>>) -> Self {
        self.forbidden.push(name.into());
        self
    }

    /// Whether a module of the embedder is forbidden.
    pub fn forbids_host_module(&self, name: &str) -> bool {
        self.forbidden.iter().any(|forbidden| **forbidden == *name)
    }

    /// Refuses files that have more than one name, on systems that tell. A hard link is the file itself: nothing
    /// says which of its names came first, or whether one lies outside. Off by default, since stores of files
    /// share them in this way, and only who can write into a granted directory can make one there.
    pub fn single_names(mut self, only: bool) -> Self {
        self.single_names = only;
        self
    }

    /// Opens a regular file for reading.
    pub fn open(&self, path: &str) -> Result<File, AccessError> {
        check_text(path)?;
        if let Some(Broker(open)) = &self.broker {
            return open(path);
        }
        let (dir, rest) = self.resolve(path)?;
        let file = dir.open_with(&rest, &read_options()).map_err(|error| from_io(path, &error))?.into_std();
        let metadata = file.metadata().map_err(|error| from_io(path, &error))?;
        if self.single_names && names_of(&metadata) > 1 {
            return Err(AccessError::Denied { path: path.to_owned(), reason: SEVERAL });
        }
        if metadata.is_file() {
            return Ok(file);
        }
        Err(AccessError::NotAFile { path: path.to_owned(), kind: kind_of(&metadata.file_type()) })
    }

    /// Whether both grant this path, as the same name in the same open directory.
    #[cfg(feature = "compiler")]
    pub(crate) fn is_same_place(&self, other: &Grants, path: &str) -> bool {
        match (self.resolve(path), other.resolve(path)) {
            (Ok((ours, inside)), Ok((theirs, too))) => std::ptr::eq(ours, theirs) && inside == too,
            _ => false,
        }
    }

    /// The mount with the longest matching prefix, and the path inside it.
    fn resolve(&self, path: &str) -> Result<(&Dir, String), AccessError> {
        let denied = |reason| AccessError::Denied { path: path.to_owned(), reason };
        let absolute = path.starts_with('/');
        let parts: Vec<&str> = components(path).collect();
        let matches = |mount: &&Mount| {
            mount.absolute == absolute
                && mount.prefix.len() <= parts.len()
                && mount.prefix.iter().zip(&parts).all(|(a, b)| a == b)
        };
        let mount = self
            .mounts
            .iter()
            .filter(matches)
            .max_by_key(|mount| mount.prefix.len())
            .ok_or_else(|| denied(NO_GRANT))?;
        let rest = &parts[mount.prefix.len()..];
        let mut depth = 0i32;
        for part in rest {
            depth += if *part == ".." { -1 } else { 1 };
            if depth < 0 {
                return Err(denied(LEAVES));
            }
        }
        let inside = if rest.is_empty() { ".".to_owned() } else { rest.join("/") };
        Ok((&mount.dir, inside))
    }
}

/// The names in a path, without empty ones and `.`.
fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".")
}

/// Refuses forms that mean something else on some system.
fn check_text(path: &str) -> Result<(), AccessError> {
    let denied = |reason| Err(AccessError::Denied { path: path.to_owned(), reason });
    if path.is_empty() {
        return Err(AccessError::NotFound { path: String::new() });
    }
    if path.len() > MAX_PATH {
        return denied(TOO_LONG);
    }
    if path.contains('\0') {
        return denied(NUL);
    }
    if path.contains('\\') {
        return denied(BACKSLASH);
    }
    let drive = |part: &str| {
        part.len() >= 2 && part.as_bytes()[1] == b':' && part.as_bytes()[0].is_ascii_alphabetic()
    };
    if drive(path) || (cfg!(windows) && path.contains(':')) {
        return denied(DRIVE);
    }
    if cfg!(windows) && path.split('/').any(is_device_name) {
        return denied("it contains the name of a device");
    }
    Ok(())
}

/// Whether Windows takes this name for a device, in whatever directory it is: `nul`, `COM1.txt`, `lpt²`.
fn is_device_name(name: &str) -> bool {
    let stem = name.split(['.', ':']).next().unwrap_or(name).trim_end().to_uppercase();
    let numbered = |port: &str| {
        let digit = stem
            .strip_prefix(port)
            .and_then(|rest| rest.chars().next().filter(|_| rest.chars().count() == 1));
        digit.is_some_and(|c| c.is_ascii_digit() || matches!(c, '¹' | '²' | '³'))
    };
    let fixed = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"];
    fixed.contains(&stem.as_str()) || numbered("COM") || numbered("LPT")
}

/// How many names a file has.
#[cfg(unix)]
fn names_of(metadata: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

/// How many names a file has is not told.
#[cfg(not(unix))]
fn names_of(_: &std::fs::Metadata) -> u64 {
    1
}

/// Read-only; on Unix also non-blocking, so that opening a FIFO does not wait for a writer.
fn read_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use cap_std::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(flags.bits() as i32);
    }
    options
}

fn from_io(path: &str, error: &io::Error) -> AccessError {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::NotFound => AccessError::NotFound { path },
        // cap-std reports an escape through `..` or a symbolic link in this way.
        io::ErrorKind::PermissionDenied => AccessError::Denied { path, reason: LEAVES_OR_MAY_NOT },
        // Opening a socket gives ENXIO, which has no stable kind.
        _ if error.raw_os_error() == Some(6) => AccessError::NotAFile { path, kind: "a socket or device" },
        kind => AccessError::Io { path, kind },
    }
}

fn kind_of(file_type: &std::fs::FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if file_type.is_fifo() {
            return "a pipe";
        }
        if file_type.is_char_device() || file_type.is_block_device() {
            return "a device";
        }
        if file_type.is_socket() {
            return "a socket";
        }
    }
    if file_type.is_dir() { "a directory" } else { "a special file" }
}

#[cfg(all(test, unix))]
mod tests {
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
}
