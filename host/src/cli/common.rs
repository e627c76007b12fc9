//! What the commands share: their options, opening programs and the engine.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use ovenbird_compiler::budget::{CompileBudget, CompileLimit};

use crate::cache::{Cache, CacheOptions};
use crate::engine::{Engine, EngineBuilder};
use crate::error::Error;
use crate::grants::Grants;
use crate::imports::Output;
use crate::limits::Limits;
use crate::program::{Program, Source};
use crate::run::{Outcome, Tenant};
use crate::terminal::{self, Color};
pub(super) use crate::terminal::{error_json, print, report, tell};
use crate::worker::WorkerOptions;

/// Options of every command that compiles or runs a program.
#[derive(Args, Debug, Clone)]
pub(super) struct Common {
    /// Grant a directory, read-only: HOST or HOST::GUEST. Without it, the script's own directory.
    #[arg(long = "dir", value_name = "HOST[::GUEST]")]
    pub(super) dirs: Vec<String>,
    /// Wall-clock limit in seconds, for commands that run something [default: 30].
    #[arg(long, value_name = "SECONDS")]
    pub(super) time_limit: Option<f64>,
    /// Wall-clock limit for compiling, in seconds. The code generator is not interrupted.
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    pub(super) compile_time_limit: f64,
    /// Limit of the host's memory for compiling, in MiB, as charged for what is made.
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    pub(super) compile_memory_limit: u64,
    /// Guest memory limit in MiB, for commands that run something [default: 1024].
    #[arg(long, value_name = "MIB")]
    pub(super) memory_limit: Option<u64>,
    /// Neither read nor write the cache.
    #[arg(long)]
    pub(super) no_cache: bool,
    /// Folder of the cache. Without it OVENBIRD_CACHE_DIR, else __ovencache__ beside a program that asks for
    /// caching if only you can write there, else your own cache folder.
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    pub(super) cache_dir: Option<PathBuf>,
    /// Machine-readable output.
    #[arg(long)]
    pub(super) json: bool,
    /// Colour in diagnostics.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
}

/// Where programs are compiled and run.
#[derive(Args, Debug, Clone, Copy)]
pub(super) struct Place {
    /// Compile and run in worker processes without rights: a second wall behind the sandbox (Linux).
    #[arg(long)]
    pub(super) isolate: bool,
}

impl Place {
    /// In this process.
    pub(super) const HERE: Place = Place { isolate: false };

    /// An engine that does it there.
    fn of(self, builder: EngineBuilder) -> EngineBuilder {
        if self.isolate { builder.workers(WorkerOptions::default()) } else { builder }
    }
}

impl Common {
    pub(super) fn colored(&self) -> bool {
        self.color.is_on()
    }

    /// The limits that the options ask for.
    pub(super) fn limits(&self) -> Result<Limits, Error> {
        terminal::limits(self.time_limit.unwrap_or(30.0), self.memory_limit.unwrap_or(1024))
    }

    /// For commands that run nothing: refuses the limits on running.
    pub(super) fn run_nothing(&self) -> Result<(), Error> {
        let given =
            [(self.time_limit.is_some(), "--time-limit"), (self.memory_limit.is_some(), "--memory-limit")];
        Self::refuse(&given, "limits what is run, and this command runs nothing")
    }

    /// For commands with a cache of their own: refuses what says which cache is used.
    pub(super) fn use_no_cache(&self) -> Result<(), Error> {
        let given = [(self.no_cache, "--no-cache"), (self.cache_dir.is_some(), "--cache-dir")];
        Self::refuse(&given, "says which cache is used, and this command uses one of its own")
    }

    fn refuse(given: &[(bool, &str)], why: &str) -> Result<(), Error> {
        match given.iter().find(|(is_given, _)| *is_given) {
            Some((_, option)) => Err(Error::Signature(format!("`{option}` {why}"))),
            None => Ok(()),
        }
    }

    /// Runs with standard output.
    pub(super) fn run(&self, run: impl FnOnce(Output) -> Outcome) -> ExitCode {
        terminal::run(self.json, self.colored(), run)
    }

    /// What compiling may use.
    pub(super) fn budget(&self) -> Result<CompileBudget, Error> {
        let seconds = self.compile_time_limit;
        let time = Duration::try_from_secs_f64(seconds)
            .map_err(|_| Error::Io(format!("`--compile-time-limit {seconds}` is not a time")))?;
        let memory = self.compile_memory_limit.saturating_mul(1 << 20);
        Ok(CompileBudget::default().time(time).with(CompileLimit::Memory, memory))
    }

    /// The directories that a program at `file` may read.
    pub(super) fn grants(&self, file: &Path) -> Result<Grants, Error> {
        terminal::grants(&self.dirs, file)
    }

    /// The cache of the program in `file`; the user's for several programs.
    pub(super) fn cache(&self, file: Option<&Path>) -> Cache {
        if self.no_cache {
            return Cache::disabled();
        }
        Cache::open(self.cache_options(file))
    }

    /// Which cache is meant, for the program in `file` or without one.
    pub(super) fn cache_options(&self, file: Option<&Path>) -> CacheOptions {
        cache_options(self.cache_dir.as_deref(), file)
    }

    /// An engine with the cache of the program in `file`, or the user's.
    pub(super) fn engine(&self, file: Option<&Path>, place: Place) -> Result<Engine, Error> {
        let cache = self.cache(file);
        if let Some(problem) = cache.problem() {
            tell(&format!("warning: the cache is off: {problem}"));
        }
        warn_of_left_out(&cache);
        let builder = Engine::builder().cache(cache).compile_budget(self.budget()?);
        let builder = place.of(builder);
        let builder = match super::remote::options()?.filter(|_| !self.no_cache) {
            Some(_) if place.isolate => {
                tell(
                    "warning: OVENBIRD_REMOTE is not asked: its code is not for worker processes (--isolate)",
                );
                builder
            }
            Some(remote) => builder.remote(remote),
            None => builder,
        };
        builder.build()
    }

    /// An engine without a cache, for what is compiled anew or only looked at.
    pub(super) fn uncached(&self, place: Place) -> Result<Engine, Error> {
        let builder = Engine::builder().compile_budget(self.budget()?);
        place.of(builder).build()
    }

    /// A file in its surroundings, with the tenant to run it for.
    pub(super) fn source(&self, file: &Path) -> Result<(Source, Tenant), Error> {
        let text = read_source(file)?;
        let grants = self.grants(file)?;
        let source = Source::new(file.display().to_string(), text).grants(grants.clone());
        Ok((source, Tenant::default().limits(self.limits()?).grants(grants)))
    }

    /// A program from a file, with the tenant to run it for.
    pub(super) fn open(&self, file: &Path, place: Place) -> Result<(Program, Tenant), Error> {
        let (source, tenant) = self.source(file)?;
        // A program that is not kept needs no folder beside it.
        let folder_of = asks_for_caching(source.text()).then_some(file);
        Ok((self.engine(folder_of, place)?.compile(&source)?, tenant))
    }
}

/// Tells why folders of a cache that were named are not used.
pub(super) fn warn_of_left_out(cache: &Cache) {
    for why in cache.left_out() {
        tell(&format!("warning: the cache goes on without a folder: {why}"));
    }
}

/// Which cache is meant: the one in a folder, that of the program in a file, or the user's.
pub(super) fn cache_options(dir: Option<&Path>, file: Option<&Path>) -> CacheOptions {
    match (dir, file) {
        (Some(dir), _) => CacheOptions::from_environment().dir(dir),
        (None, Some(file)) => CacheOptions::for_source(file),
        (None, None) => CacheOptions::from_environment(),
    }
}

/// Whether `cache=True` is somewhere in a program. Decides where its cache is, not what is cached.
fn asks_for_caching(text: &str) -> bool {
    text.match_indices("cache").any(|(at, word)| {
        let value = text[at + word.len()..].trim_start().strip_prefix('=');
        value.is_some_and(|value| value.trim_start().starts_with("True"))
    })
}

/// Reads a source file; messages name the path as the user wrote it.
pub(super) fn read_source(file: &Path) -> Result<String, Error> {
    use std::io::Read;
    let mut bytes = Vec::new();
    // One byte more than the parser takes, so that it can refuse; and devices have no end.
    let most = CompileBudget::default().source_bytes + 1;
    std::fs::File::open(file)
        .and_then(|opened| opened.take(most).read_to_end(&mut bytes))
        .map_err(|e| Error::Io(format!("cannot read `{}`: {}", file.display(), plain(&e))))?;
    // The cut may have gone through a character.
    if bytes.len() as u64 == most {
        return Err(Error::Io(format!("`{}` is too long: more than 1 MiB of source", file.display())));
    }
    String::from_utf8(bytes).map_err(|_| Error::Io(format!("`{}` is not UTF-8 text", file.display())))
}

fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// `1536` as `1.5 KiB`.
pub(super) fn byte_text(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// A progress bar on standard error; hidden where that is no terminal, or for scripts.
pub(super) fn progress(length: u64, hidden: bool) -> indicatif::ProgressBar {
    let bar = if hidden { indicatif::ProgressBar::hidden() } else { indicatif::ProgressBar::new(length) };
    let style = indicatif::ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} {elapsed}");
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
