//! How to open a cache: environment or embedder → [`CacheOptions`].

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::bundle::Trust;
use crate::cache::location::{self, Mode};
use crate::cache::log;
use crate::cache::report::{self, EventHandler};
use crate::cache::secret::Secret;

/// How to open a cache. `default()` looks at nothing outside and names no folder;
/// [`CacheOptions::from_environment`] and [`CacheOptions::for_source`] do what the command line wants.
#[derive(Clone, Default)]
pub struct CacheOptions {
    /// Off, read-only, read-write or verify.
    pub mode: Mode,
    /// The folder. Without one the cache is off, unless there are others to read.
    pub dir: Option<PathBuf>,
    /// Further folders that entries are taken from, in this order, if `dir` has none: one that was filled when a
    /// container's image was built, say, under the same secret. They are only read, whatever `mode` says, and may
    /// belong to root as well. If `dir` cannot be opened, or there is none, the cache goes on with these and stores
    /// nothing. One that cannot be used is left out ([`super::Cache::left_out`]).
    pub read_also: Vec<PathBuf>,
    /// The secret itself; goes before `secret_file`.
    pub secret: Option<Secret>,
    /// The file with the user's secret, made if it is missing. Must not be in one of the folders.
    pub secret_file: Option<PathBuf>,
    /// Whom to trust, which says what was revoked of what was imported; goes before `trust_file`.
    pub trust: Option<Trust>,
    /// The file that says the same, read if something in the cache was signed by others.
    pub trust_file: Option<PathBuf>,
    /// Told of everything that happens.
    pub on_event: Option<EventHandler>,
    /// A file that gets a line of JSON for everything that happens.
    pub log: Option<PathBuf>,
    /// Reason to stay off that was found while the options were made.
    pub problem: Option<String>,
    /// Why a folder or the secret's file is not named, if they were looked for: what is wrong with `HOME`. For messages only.
    pub no_home: Option<String>,
    /// Most bytes of entries; a tenth of the free space if that is less. [`super::MAX_BYTES`] by default.
    pub budget: Option<u64>,
    /// How long to wait for another process that makes the same entry, if nothing is known of how long
    /// that takes. [`super::LOCK_WAIT`] by default.
    pub lock_wait: Option<Duration>,
}

impl CacheOptions {
    /// Folder, secret, mode and debugging as the environment variables and the user's home say.
    pub fn from_environment() -> Self {
        Self::from_lookup(&|name| std::env::var_os(name))
    }

    /// The same for a program in a file: unless `OVENBIRD_CACHE_DIR` says something else, its entries are
    /// in `__ovencache__` beside it, if its folder is the user's own and nobody else can write there.
    pub fn for_source(file: &Path) -> Self {
        let env = |name: &str| std::env::var_os(name);
        let dir = location::for_source(&env, file);
        CacheOptions { dir, ..Self::from_lookup(&env) }
    }

    pub(super) fn from_lookup(env: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let (mode, problem) = match location::mode(env) {
            Ok(mode) => (mode, None),
            Err(problem) => (Mode::Off, Some(problem)),
        };
        CacheOptions {
            mode,
            dir: location::cache_dir(env),
            read_also: location::read_also(env),
            secret_file: location::secret_file(env),
            trust_file: location::trust_file(env),
            on_event: location::debug(env).then(report::to_stderr),
            log: log::file(env),
            problem,
            no_home: location::no_home(env),
            ..CacheOptions::default()
        }
    }

    /// The same with another folder.
    pub fn dir(self, dir: impl Into<PathBuf>) -> Self {
        CacheOptions { dir: Some(dir.into()), ..self }
    }
}

impl fmt::Debug for CacheOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CacheOptions {
            mode,
            dir,
            read_also,
            secret: _,
            secret_file,
            trust,
            trust_file,
            on_event: _,
            log,
            problem,
            no_home,
            budget,
            lock_wait,
        } = self;
        let mut shown = f.debug_struct("CacheOptions");
        shown
            .field("mode", mode)
            .field("dir", dir)
            .field("read_also", read_also)
            .field("secret_file", secret_file)
            .field("trust", trust)
            .field("trust_file", trust_file)
            .field("log", log)
            .field("problem", problem)
            .field("no_home", no_home)
            .field("budget", budget)
            .field("lock_wait", lock_wait);
        shown.finish_non_exhaustive()
    }
}
