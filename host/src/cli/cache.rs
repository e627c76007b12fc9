//! `cache`: where the cache is, what is in it, what is wrong with it, and how to make it smaller.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::common::{Common, byte_text, cache_options, print, warn_of_left_out};
use super::transfer::{Export, Import, Upload};
use crate::cache::{Cache, CacheOptions, MAX_AGE, MAX_BYTES, Mode, Scope};
use crate::error::Error;

mod doctor;
mod inspect;
mod listing;
mod verify;
mod why;

/// Arguments of `cache`.
#[derive(Args)]
#[command(after_long_help = "\
`run` keeps entries in OVENBIRD_CACHE_DIR, else in __ovencache__ beside the program, if only you can write there, \
else in your own folder: $XDG_CACHE_HOME/ovenbird, else ~/.cache/ovenbird. Without --of and --cache-dir these \
commands look into your own. OVENBIRD_CACHE_READ=DIR:DIR names further folders, which are only read: an entry that \
is not in the first place is taken from there. OVENBIRD_CACHE is off, ro, rw (the default), verify or strict (what is wrong with the cache, and a changed global, is an error). OVENBIRD_DEBUG_CACHE=1 tells on standard error what is loaded, saved and \
missed, and why. OVENBIRD_CACHE_LOG=FILE appends the same to a file as lines of JSON.")]
pub(super) struct CacheArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Print the folder, and those that are only read.
    Dir(Plain),
    /// Count entries and bytes, or the look-ups in a log.
    Stats(listing::Stats),
    /// List the entries, each verified.
    Ls(Plain),
    /// What a run would find for each unit of a file, and exactly what changed.
    Why(why::Why),
    /// Everything that an entry says about itself.
    Inspect(inspect::Inspect),
    /// Check all entries, or compile a file's again and compare.
    Verify(verify::Verify),
    /// Look for what is wrong with the folder, the secret and the file system.
    Doctor(Plain),
    /// Remove all entries.
    Clear(Plain),
    /// Remove entries that were not used for long, then the least recently used ones.
    Trim(Trim),
    /// Write all entries into a signed bundle, for another machine.
    Export(Export),
    /// Take the entries of a bundle in.
    Import(Import),
    /// Store all entries in the remote cache that are not there yet.
    Upload(Upload),
}

#[derive(Args, Clone)]
struct Plain {
    /// The cache that a run of this program uses.
    #[arg(long, value_name = "FILE")]
    of: Option<PathBuf>,
    /// The cache in this folder.
    #[arg(long, value_name = "DIR", conflicts_with = "of")]
    cache_dir: Option<PathBuf>,
    /// Only the part of it that belongs to this scope: a tenant of a host program.
    #[arg(long, value_name = "NAME")]
    scope: Option<String>,
    /// Machine-readable output.
    #[arg(long)]
    json: bool,
}

impl Plain {
    /// Which cache is meant.
    fn options(&self) -> CacheOptions {
        cache_options(self.cache_dir.as_deref(), self.of.as_deref())
    }

    fn opened(&self) -> Result<Cache, Error> {
        let Some(name) = &self.scope else { return opened(self.options()) };
        // Looking for a scope that is not there must not make it.
        let whole = opened(CacheOptions { mode: Mode::ReadOnly, ..self.options() })?;
        let scope = whole.scope(&Scope::new(name));
        let none = || Error::Io(format!("the cache has no scope `{name}` that needs no secret of its own"));
        if scope.is_anywhere() { Ok(scope) } else { Err(none()) }
    }

    /// The same for who looks into all of its folders: is told of those that are left out.
    fn looked_into(&self) -> Result<Cache, Error> {
        self.opened().inspect(warn_of_left_out)
    }

    /// The same for who counts, changes or copies what is in the cache's own folder.
    fn owned(&self) -> Result<Cache, Error> {
        self.opened().and_then(with_own)
    }
}

#[derive(Args)]
struct Trim {
    /// Keep at most this many MiB.
    #[arg(long, value_name = "MIB", default_value_t = MAX_BYTES >> 20)]
    max_size: u64,
    /// Keep nothing that was not used for this many days.
    #[arg(long, value_name = "DAYS", default_value_t = MAX_AGE.as_secs() / 86_400)]
    max_age: u64,
    #[command(flatten)]
    plain: Plain,
}

impl CacheArguments {
    /// The common options of those actions that compile programs.
    pub(super) fn common(&self) -> Option<&Common> {
        match &self.action {
            Action::Why(why) => Some(why.common()),
            Action::Verify(verify) => Some(verify.common()),
            _ => None,
        }
    }

    pub(super) fn json(&self) -> bool {
        match &self.action {
            Action::Dir(plain) | Action::Ls(plain) | Action::Clear(plain) | Action::Doctor(plain) => {
                plain.json
            }
            Action::Stats(stats) => stats.plain.json,
            Action::Trim(trim) => trim.plain.json,
            Action::Inspect(inspect) => inspect.json(),
            Action::Why(why) => why.common().json,
            Action::Verify(verify) => verify.common().json,
            Action::Export(export) => export.json,
            Action::Import(import) => import.json,
            Action::Upload(upload) => upload.json,
        }
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        let json = self.json();
        let (value, text) = match self.action {
            Action::Why(why) => return why.execute(),
            Action::Inspect(inspect) => return inspect.execute(),
            Action::Verify(verify) => return verify.execute(),
            Action::Doctor(plain) => return doctor::execute(&plain.options(), plain.json),
            Action::Dir(plain) => {
                let cache = plain.opened()?;
                listing::folders(&cache)
            }
            Action::Stats(stats) => stats.show()?,
            Action::Ls(plain) => {
                let cache = plain.looked_into()?;
                let list = cache.list();
                let scopes = if plain.scope.is_none() { cache.scopes() } else { Vec::new() };
                let (further, others) = listing::further(&cache);
                let value = serde_json::json!({"entries": list, "scopes": scopes, "read_also": further});
                (value, listing::table(&list) + &listing::scopes(&scopes) + &others)
            }
            Action::Clear(plain) => {
                let cache = plain.owned()?;
                let cleared = cache.clear_and_tell();
                let removed = cleared.removed;
                all_gone(&cache, removed, &cleared.kept)?;
                (serde_json::json!({"removed": removed}), format!("removed {}\n", entries(removed)))
            }
            Action::Export(export) => export.execute(&with_own(opened(export.place.options())?)?)?,
            Action::Import(import) => import.execute(&with_own(opened(import.place.options())?)?)?,
            Action::Upload(upload) => upload.execute(with_own(opened(upload.place.options())?)?)?,
            Action::Trim(trim) => {
                let age = Duration::from_secs(trim.max_age.saturating_mul(86_400));
                let cache = trim.plain.owned()?;
                let trimmed = cache.trim_and_tell(trim.max_size.saturating_mul(1 << 20), age);
                let (removed, left) = (trimmed.removed, trimmed.left);
                all_gone(&cache, removed, &trimmed.kept)?;
                let value = serde_json::json!({"removed": removed, "bytes_left": left});
                (value, format!("removed {}, {} left\n", entries(removed), byte_text(left)))
            }
        };
        print(&if json { format!("{value}\n") } else { text })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// An error that says what stayed of what was to be removed, if something did.
fn all_gone(cache: &Cache, removed: usize, kept: &[(String, String)]) -> Result<(), Error> {
    const SHOWN: usize = 5;
    if kept.is_empty() {
        return Ok(());
    }
    let mut list: Vec<String> =
        kept.iter().take(SHOWN).map(|(path, why)| format!("`{path}`: {why}")).collect();
    if kept.len() > SHOWN {
        list.push(format!("and {} more", kept.len() - SHOWN));
    }
    let folder = cache.dir().map(|dir| format!(" in `{}`", dir.display())).unwrap_or_default();
    let (removed, files) = (entries(removed), if kept.len() == 1 { "file" } else { "files" });
    let what = format!("removed {removed}, but {} {files}{folder} cannot be removed", kept.len());
    Err(Error::Io(format!("{what}: {}", list.join(", "))))
}

fn opened(options: CacheOptions) -> Result<Cache, Error> {
    let cache = Cache::open(options);
    if cache.is_on() { Ok(cache) } else { Err(off(&cache)) }
}

/// A cache that has a folder of its own. One that only reads those of others would be emptied, trimmed, counted or copied
/// without a word and without effect.
fn with_own(cache: Cache) -> Result<Cache, Error> {
    match cache.without_own() {
        None => Ok(cache),
        Some(why) => Err(Error::Io(format!("the cache has no folder of its own: {why}"))),
    }
}

fn off(cache: &Cache) -> Error {
    let why = cache.problem().unwrap_or("OVENBIRD_CACHE turns it off");
    Error::Io(format!("the cache is off: {why}"))
}

fn entries(count: usize) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}
