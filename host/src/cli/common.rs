//! What the commands share: granting directories, opening the engine, showing errors.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cache::{Cache, CacheOptions};
use crate::engine::Engine;
use crate::error::Error;
use crate::grants::Grants;
use crate::limits::Limits;
use crate::program::{Program, Source};
use crate::run::Tenant;

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// If the output is a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Options of every command that compiles or runs a program.
#[derive(Args, Debug, Clone)]
pub(super) struct Common {
    /// Grant a directory, read-only: HOST or HOST::GUEST. Without it, the script's own directory.
    #[arg(long = "dir", value_name = "HOST[::GUEST]")]
    pub(super) dirs: Vec<String>,
    /// Wall-clock limit in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    pub(super) time_limit: f64,
    /// Guest memory limit in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    pub(super) memory_limit: u64,
    /// Neither read nor write the cache.
    #[arg(long)]
    pub(super) no_cache: bool,
    /// Machine-readable output.
    #[arg(long)]
    pub(super) json: bool,
    /// Colour in diagnostics.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
}

impl Common {
    pub(super) fn colored(&self) -> bool {
        use std::io::IsTerminal;
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        }
    }

    /// The limits that the options ask for.
    pub(super) fn limits(&self) -> Result<Limits, Error> {
        let deadline = Duration::try_from_secs_f64(self.time_limit)
            .map_err(|_| Error::Io(format!("`--time-limit {}` is not a time", self.time_limit)))?;
        // Budget for some ten times what a second of work costs, so that the time limit comes first.
        let units = (self.time_limit * 4e9).min(9e18) as u64;
        let memory = self.memory_limit.saturating_mul(1 << 20);
        Ok(Limits::default().deadline(deadline).memory_bytes(memory).cpu_units(units.max(1_000_000)))
    }

    /// The directories that a program at `file` may read.
    pub(super) fn grants(&self, file: &Path) -> Result<Grants, Error> {
        let mut grants = Grants::none().clock(true);
        if self.dirs.is_empty() {
            let folder = match file.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
                _ => PathBuf::from("."),
            };
            let dir = cap_std::fs::Dir::open_ambient_dir(&folder, cap_std::ambient_authority())
                .map_err(|e| Error::Io(format!("cannot open the directory `{}`: {e}", folder.display())))?;
            grants = grants.dir(dir, "");
        }
        for dir in &self.dirs {
            grants =
                grants.dir_arg(dir).map_err(|e| Error::Io(format!("cannot grant the directory `{dir}`: {e}")))?;
        }
        Ok(grants)
    }

    pub(super) fn cache(&self) -> Cache {
        if self.no_cache { Cache::disabled() } else { Cache::open(CacheOptions::from_environment()) }
    }

    pub(super) fn engine(&self) -> Result<Engine, Error> {
        let cache = self.cache();
        if let Some(problem) = cache.problem() {
            eprintln!("warning: the cache is off: {problem}");
        }
        Engine::builder().cache(cache).build()
    }

    /// A program from a file, with the tenant to run it for.
    pub(super) fn open(&self, file: &Path) -> Result<(Program, Tenant), Error> {
        let text = read_source(file)?;
        let grants = self.grants(file)?;
        let source = Source::new(file.display().to_string(), text).grants(grants.clone());
        let tenant = Tenant::default().limits(self.limits()?).grants(grants);
        Ok((self.engine()?.compile(&source)?, tenant))
    }
}

/// Reads a source file; messages name the path as the user wrote it.
pub(super) fn read_source(file: &Path) -> Result<String, Error> {
    let bytes =
        std::fs::read(file).map_err(|e| Error::Io(format!("cannot read `{}`: {}", file.display(), plain(&e))))?;
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

/// Shows an error on standard error and gives its exit code.
pub(super) fn report(error: &Error, color: bool) -> ExitCode {
    match error {
        Error::Compile(compile) => eprint!("{}", compile.render(color)),
        Error::Io(text) | Error::Signature(text) => eprintln!("error: {text}"),
        Error::Limit { .. } | Error::Denied(_) | Error::Raised(_) | Error::Internal(_) => eprintln!("{error}"),
    }
    ExitCode::from(error.exit_code())
}
