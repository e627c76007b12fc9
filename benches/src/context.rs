//! Where things are and how often to measure; runs Python peers and describes the machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

/// The packages whose versions belong to the figures.
const VERSIONS: &str = "\
import json, platform
from importlib import metadata
names = ['numpy', 'pandas', 'pyarrow', 'numba', 'llvmlite', 'pydantic-monty']
print(json.dumps({'python': platform.python_version(), **{n: metadata.version(n) for n in names}}))
";

/// Settings of one run.
pub(crate) struct Context {
    /// The repository.
    pub(crate) root: PathBuf,
    /// The command line that is measured.
    pub(crate) ovenbird: PathBuf,
    /// Times that each side has its turn.
    pub(crate) rounds: usize,
    python: Option<PathBuf>,
    versions: Value,
}

impl Context {
    pub(crate) fn new(python: &Path, ovenbird: Option<PathBuf>, rounds: usize) -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
        let ovenbird = match ovenbird {
            Some(path) => path,
            None => std::env::current_exe()?.with_file_name("ovenbird"),
        };
        if !ovenbird.is_file() {
            bail!("there is no `{}`: build it first, with `cargo build --release`", ovenbird.display());
        }
        let mut context = Context { root, ovenbird, rounds, python: None, versions: Value::Null };
        // A relative path counts from the repository; the interpreter is not resolved any further, since a
        // virtual environment is known by the link's own place.
        context.python = Some(context.root.join(python));
        match context.python_json(&["-c", VERSIONS]) {
            Ok(versions) => context.versions = versions,
            Err(error) => {
                eprintln!("warning: no peers: {error:#}; make them with benches/compare/setup.sh");
                context.python = None;
            }
        }
        Ok(context)
    }

    /// Whether Python and its packages are there.
    pub(crate) fn has_python(&self) -> bool {
        self.python.is_some()
    }

    /// A Python process for the repository's programs: `ovenbird` is the stand-in without effect.
    pub(crate) fn python(&self) -> anyhow::Result<Command> {
        let python = self.python.as_ref().context("no Python")?;
        let mut command = Command::new(python);
        command.env("PYTHONPATH", self.root.join("tests/oracle")).stdin(Stdio::null());
        Ok(command)
    }

    /// The JSON that Python prints for these arguments.
    pub(crate) fn python_json(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let mut command = self.python()?;
        command.args(arguments);
        json_of(command)
    }

    /// The JSON that a script of `benches/compare` prints.
    pub(crate) fn compare(&self, script: &str, arguments: &[&str]) -> anyhow::Result<Value> {
        let mut command = self.python()?;
        command.arg(self.root.join("benches/compare").join(script)).args(arguments);
        json_of(command)
    }

    /// A data file, made by a script of `benches/compare` if it is not there yet.
    pub(crate) fn data(&self, name: &str, script: &str, rows: u64) -> anyhow::Result<PathBuf> {
        let folder = self.root.join("target/bench-data");
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(name);
        if file.is_file() {
            return Ok(file);
        }
        eprintln!("making {}", file.display());
        let unfinished = folder.join(format!("{name}.unfinished"));
        let mut command = self.python()?;
        command.arg(self.root.join("benches/compare").join(script)).arg(&unfinished);
        command.args(["--rows", &rows.to_string()]);
        output_of(command)?;
        std::fs::rename(&unfinished, &file)?;
        Ok(file)
    }

    /// The machine and the versions.
    pub(crate) fn machine(&self) -> Value {
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        json!({
            "cpu": model.map_or("unknown", |(_, name)| name),
            "cores": std::thread::available_parallelism().map_or(0, usize::from),
            "kernel": kernel.trim(),
            "load at the start": load.split(' ').next().unwrap_or_default(),
            "ovenbird": env!("CARGO_PKG_VERSION"),
            "peers": self.versions,
        })
    }
}

/// Runs a process to its end and gives its standard output.
pub(crate) fn output_of(mut command: Command) -> anyhow::Result<Vec<u8>> {
    let output =
        command.output().with_context(|| format!("cannot start {}", command.get_program().display()))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = text.lines().rev().take(6).collect();
        let last: Vec<&str> = lines.into_iter().rev().collect();
        bail!("{} ended with {}: {}", command.get_program().display(), output.status, last.join("\n"));
    }
    Ok(output.stdout)
}

/// Runs a process whose standard output is JSON.
pub(crate) fn json_of(command: Command) -> anyhow::Result<Value> {
    let output = output_of(command)?;
    serde_json::from_slice(&output).context("the output is not JSON")
}

/// A number in a report.
pub(crate) fn number(value: &Value, name: &str) -> anyhow::Result<f64> {
    value.get(name).and_then(Value::as_f64).with_context(|| format!("no number `{name}` in {value}"))
}
