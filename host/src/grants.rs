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
mod tests;
