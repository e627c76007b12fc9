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
use crate::traceback::Frame;

/// Most bytes of an error message that are shown.
const MAX_SHOWN: usize = 16 << 10;

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
        // A second of guest code uses some 5e9 to 2e10 units, and more where a rare branch of a loop is
        // dear, since a turn pays for its dearest way: with this the time limit comes first.
        let units = (self.time_limit * 1e13).min(9e18) as u64;
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
            grants = grants
                .dir_arg(dir)
                .map_err(|e| Error::Io(format!("cannot grant the directory `{dir}`: {e}")))?;
        }
        Ok(grants)
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
        match (&self.cache_dir, file) {
            (Some(dir), _) => CacheOptions::from_environment().dir(dir),
            (None, Some(file)) => CacheOptions::for_source(file),
            (None, None) => CacheOptions::from_environment(),
        }
    }

    /// An engine with the cache of the program in `file`, or the user's.
    pub(super) fn engine(&self, file: Option<&Path>) -> Result<Engine, Error> {
        let cache = self.cache(file);
        if let Some(problem) = cache.problem() {
            tell(&format!("warning: the cache is off: {problem}"));
        }
        let builder = Engine::builder().cache(cache);
        let builder = match super::remote::options()?.filter(|_| !self.no_cache) {
            Some(remote) => builder.remote(remote),
            None => builder,
        };
        builder.build()
    }

    /// A file in its surroundings, with the tenant to run it for.
    pub(super) fn source(&self, file: &Path) -> Result<(Source, Tenant), Error> {
        let text = read_source(file)?;
        let grants = self.grants(file)?;
        let source = Source::new(file.display().to_string(), text).grants(grants.clone());
        Ok((source, Tenant::default().limits(self.limits()?).grants(grants)))
    }

    /// A program from a file, with the tenant to run it for.
    pub(super) fn open(&self, file: &Path) -> Result<(Program, Tenant), Error> {
        let (source, tenant) = self.source(file)?;
        // A program that is not kept needs no folder beside it.
        let folder_of = asks_for_caching(source.text()).then_some(file);
        Ok((self.engine(folder_of)?.compile(&source)?, tenant))
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
    let most = ovenbird_compiler::parse::MAX_SOURCE_BYTES as u64 + 1;
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

/// Shows an error on standard error and gives its exit code.
pub(super) fn report(error: &Error, color: bool) -> ExitCode {
    match error {
        Error::Compile(compile) => tell(compile.render(color).trim_end()),
        Error::Io(text) | Error::Signature(text) => tell(&format!("error: {text}")),
        Error::Limit { .. }
        | Error::Cancelled { .. }
        | Error::Denied(_)
        | Error::Raised(_)
        | Error::Internal(_) => tell(&visible(&error.to_string())),
    }
    ExitCode::from(error.exit_code())
}

/// Text that a guest had a hand in, as a terminal may see it: no control characters, and not endless.
fn visible(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        if shown.len() > MAX_SHOWN {
            shown.push_str("… (shortened)");
            break;
        }
        if c.is_control() && !matches!(c, '\n' | '\t') {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Writes a line to standard error; there is no one to tell where that fails.
pub(super) fn tell(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// An error as data.
pub(super) fn error_json(error: &Error) -> serde_json::Value {
    let code = match error {
        Error::Compile(_) => "compile",
        Error::Raised(_) => "raised",
        Error::Limit { .. } => "limit",
        Error::Cancelled { .. } => "cancelled",
        Error::Denied(_) => "denied",
        Error::Signature(_) => "signature",
        Error::Io(_) => "io",
        Error::Internal(_) => "internal",
    };
    let frames = |frames: &[Frame]| -> serde_json::Value {
        let frame = |f: &Frame| serde_json::json!({"file": f.file, "line": f.line, "function": f.function, "text": f.text});
        frames.iter().map(frame).collect()
    };
    let mut value = serde_json::json!({"code": code, "exit_code": error.exit_code()});
    match error {
        Error::Compile(compile) => {
            value["message"] = compile.diagnostics.first().message.clone().into();
            value["diagnostics"] = serde_json::json!(compile.to_json());
            if compile.cached {
                value["cached"] = true.into();
            }
        }
        Error::Raised(raised) => {
            value["message"] = raised.message.clone().into();
            value["exception"] = raised.exception.clone().into();
            value["traceback"] = frames(&raised.traceback);
        }
        Error::Limit { limit, traceback } => {
            value["message"] = limit.to_string().into();
            value["limit"] = limit.which.name().into();
            value["traceback"] = frames(traceback);
        }
        Error::Cancelled { traceback } => {
            value["message"] = "cancelled".into();
            value["traceback"] = frames(traceback);
        }
        Error::Denied(text) | Error::Signature(text) | Error::Io(text) | Error::Internal(text) => {
            value["message"] = text.clone().into();
        }
    }
    value
}

/// `1536` as `1.5 KiB`.
pub(super) fn byte_text(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// Writes text to standard output. A reader that went away is nobody's fault: the rest is dropped.
pub(super) fn print(text: &str) -> Result<(), Error> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::Io(format!("cannot write output: {error}")))
        }
        _ => Ok(()),
    }
}

/// A progress bar on standard error; hidden where that is no terminal, or for scripts.
pub(super) fn progress(length: u64, hidden: bool) -> indicatif::ProgressBar {
    let bar = if hidden { indicatif::ProgressBar::hidden() } else { indicatif::ProgressBar::new(length) };
    let style = indicatif::ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} {elapsed}");
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
