//! The command line of a build without the compiler: runs signed bundles, and shows what is in one. It reads no
//! environment and no folder that is not named: whom to trust is said with each run.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::bundle::{LoadedBundle, MAX_BUNDLE, PublicKey, Trust, describe};
use crate::engine::Engine;
use crate::error::Error;
use crate::run::Tenant;
use crate::terminal::{self, Color, error_json, print, report, tell};
use crate::value::Value;

/// Runs data functions that were compiled ahead of time, in a sandbox. This build has no compiler.
#[derive(Parser)]
#[command(name = "ovenbird", version, about, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 ok, 1 the program raised, 2 usage error or no code for this machine, 3 a limit was hit, 4 denied."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a bundle's module body, or call one of its functions.
    Run(Run),
    /// Programs that were compiled ahead of time.
    #[command(subcommand)]
    Bundle(Bundle),
}

#[derive(Subcommand)]
enum Bundle {
    /// What is in a bundle, and who signed it. Uses nothing of it.
    Inspect(Inspect),
}

#[derive(Args)]
struct Run {
    /// The bundle: FILE.oven[::FUNCTION].
    file: PathBuf,
    /// Arguments of the function: numbers, True, False, None; anything else is a string.
    #[arg(allow_negative_numbers = true)]
    args: Vec<String>,
    #[command(flatten)]
    trust: TrustArguments,
    /// Grant a directory, read-only: HOST or HOST::GUEST. Without it, the bundle's own directory.
    #[arg(long = "dir", value_name = "HOST[::GUEST]")]
    dirs: Vec<String>,
    /// Wall-clock limit in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    time_limit: f64,
    /// Guest memory limit in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    memory_limit: u64,
    /// Machine-readable output.
    #[arg(long)]
    json: bool,
    /// Colour in diagnostics.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

#[derive(Args)]
struct Inspect {
    /// The bundle.
    file: PathBuf,
    #[command(flatten)]
    trust: TrustArguments,
    /// Machine-readable output.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct TrustArguments {
    /// Trust this key to make native code: `ed25519:…`, or a `.pub` file.
    #[arg(long = "trust", value_name = "KEY")]
    keys: Vec<String>,
    /// A file of `trust`, `revoke-key` and `revoke-engine` lines.
    #[arg(long, value_name = "FILE")]
    trust_file: Option<PathBuf>,
}

impl TrustArguments {
    fn trust(&self) -> Result<Trust, Error> {
        let mut trust = match &self.trust_file {
            None => Trust::nobody(),
            Some(path) => Trust::load(path).map_err(|error| {
                Error::Io(format!("cannot use the trust file `{}`: {error}", path.display()))
            })?,
        };
        for text in &self.keys {
            trust = trust.key(PublicKey::read(text).map_err(Error::Io)?, "--trust");
        }
        Ok(trust)
    }
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let command = Arguments::parse().command;
    let (json, color) = match &command {
        Command::Run(run) => (run.json, run.color.is_on()),
        Command::Bundle(Bundle::Inspect(inspect)) => (inspect.json, false),
    };
    let result = match command {
        Command::Run(run) => run.execute(),
        Command::Bundle(Bundle::Inspect(inspect)) => inspect.execute(),
    };
    result.unwrap_or_else(|error| {
        if json {
            tell(&serde_json::json!({"error": error_json(&error)}).to_string());
            return ExitCode::from(error.exit_code());
        }
        report(&error, color)
    })
}

impl Run {
    fn execute(self) -> Result<ExitCode, Error> {
        let text = self.file.to_string_lossy();
        let (file, function) = match text.rsplit_once("::") {
            Some((file, function)) => (PathBuf::from(file), Some(function)),
            None => (self.file.clone(), None),
        };
        let (json, color) = (self.json, self.color.is_on());
        let tenant = Tenant::default()
            .limits(terminal::limits(self.time_limit, self.memory_limit)?)
            .grants(terminal::grants(&self.dirs, &file)?);
        let bundle = Engine::builder().build()?.load_bundle(read(&file)?, &self.trust.trust()?)?;
        if function.is_none() && self.args.is_empty() && bundle.has_body() {
            return Ok(terminal::run(json, color, |output| bundle.run(&tenant, output)));
        }
        let name = target_function(&bundle, function)?;
        let args: Vec<Value> = self.args.iter().map(|text| argument(text)).collect();
        let function = bundle.entry_for(&name, &args, &tenant.grants)?;
        Ok(terminal::run(json, color, |output| terminal::call(&function, &tenant, &args, output)))
    }
}

impl Inspect {
    fn execute(self) -> Result<ExitCode, Error> {
        let description = describe(&read(&self.file)?, &self.trust.trust()?)
            .map_err(|bad| Error::Io(format!("`{}` is refused: {bad}", self.file.display())))?;
        let json = || format!("{}\n", serde_json::json!(description));
        print(&if self.json { json() } else { description.to_string() })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// An argument as a shell passes it: a number, `True`, `False` or `None`, else the text itself.
fn argument(text: &str) -> Value {
    match text {
        "None" => Value::None,
        "True" => Value::Bool(true),
        "False" => Value::Bool(false),
        _ => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(number), _) => Value::Int(number),
            (Err(_), Ok(number)) => Value::Float(number),
            (Err(_), Err(_)) => Value::Str(text.to_owned()),
        },
    }
}

/// Reads a bundle; nothing about its contents is known to be true.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(MAX_BUNDLE as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| Error::Io(format!("cannot read `{}`: {error}", file.display())))?;
    if bytes.len() > MAX_BUNDLE {
        return Err(Error::Io(format!("`{}` is too long for a bundle", file.display())));
    }
    Ok(bytes)
}

/// The function that is named, or the only one that there is.
pub(crate) fn target_function(bundle: &LoadedBundle, named: Option<&str>) -> Result<String, Error> {
    if let Some(name) = named {
        return Ok(name.to_owned());
    }
    let functions = bundle.functions();
    let mut names: Vec<&String> = functions.iter().map(|(name, ..)| name).collect();
    names.dedup();
    match names[..] {
        [only] => Ok(only.clone()),
        _ => Err(Error::Signature("say which function: `FILE.oven::FUNCTION`".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_numbers_constants_or_text() {
        assert_eq!(argument("12"), Value::Int(12));
        assert_eq!(argument("-2.5"), Value::Float(-2.5));
        assert_eq!(argument("True"), Value::Bool(true));
        assert_eq!(argument("None"), Value::None);
        assert_eq!(argument("data/a.pq"), Value::Str("data/a.pq".to_owned()));
        assert_eq!(argument("99999999999999999999"), Value::Float(1e20));
    }

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }
}
