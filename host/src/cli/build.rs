//! `build`: a program compiled ahead of time.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::bundle::write;
use super::common::{Common, Place, byte_text, print, tell};
use super::target::{Target, parse_types};
use super::trust::SignOptions;
use crate::bundle::{self, BuildRequest};
use crate::error::Error;
use crate::program::Program;
use crate::signatures::Signed;

/// Arguments of `build`.
#[derive(Args)]
#[command(after_long_help = "\
A bundle has wasm for every machine and native code for each target. Without FUNC it holds the module body, the \
@jit functions that the body calls (for the argument types that it calls them with), and functions whose \
parameters have annotations or defaults.")]
pub(super) struct Build {
    /// The program, or one of its functions.
    target: Target,
    /// The bundle to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Native code for these: native, x86-64-v2, x86-64-v3, x86-64-v4, aarch64, aarch64-v8.2. `none` for wasm
    /// alone.
    #[arg(
        long = "target",
        value_name = "LEVELS",
        value_delimiter = ',',
        default_value = "x86-64-v2,x86-64-v3,aarch64"
    )]
    targets: Vec<String>,
    /// Types of FUNC's parameters; may be given more than once.
    #[arg(long = "signature", value_name = "TYPES")]
    signatures: Vec<String>,
    /// Leave the source out: tracebacks have line numbers only.
    #[arg(long)]
    strip: bool,
    #[command(flatten)]
    sign: SignOptions,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    common: Common,
}

impl Build {
    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        self.common.run_nothing()?;
        let keys = self.sign.keys()?;
        let targets = self.targets.iter().filter(|name| *name != "none");
        let targets = targets.map(|name| {
            bundle::Target::parse(name)
                .ok_or_else(|| Error::Signature(format!("`{name}` is not a CPU level")))
        });
        let targets = targets.collect::<Result<Vec<_>, Error>>()?;
        let (source, _) = self.common.source(&self.target.file)?;
        // The bundle names the file, and not where it is.
        let name = self.target.file.file_name().map_or_else(String::new, |name| name.display().to_string());
        let program = self.common.uncached(self.place)?.compile(&source.named(name))?;
        let (body, functions) = self.select(&program)?;
        let rows = Vec::new();
        let request = BuildRequest { body, functions, rows, targets, strip: self.strip };
        let bytes = bundle::build(&program, &request, &keys.iter().collect::<Vec<_>>())?;
        write(&self.output, &bytes)?;
        if keys.is_empty() {
            tell(
                "warning: the bundle is not signed, so nobody will use its native code; see `ovenbird key new`",
            );
        }
        let signers: Vec<String> = keys.iter().map(|key| key.public().to_string()).collect();
        let value = serde_json::json!({"file": self.output, "bytes": bytes.len(), "signed_by": signers});
        let text = format!("{}: {}\n", self.output.display(), byte_text(bytes.len() as u64));
        print(&if self.common.json { format!("{value}\n") } else { text })?;
        Ok(ExitCode::SUCCESS)
    }

    /// Whether the body goes in, and which functions do.
    fn select(&self, program: &Program) -> Result<(bool, Vec<Signed>), Error> {
        let func = self.target.func.as_deref();
        match func {
            None if !self.signatures.is_empty() => {
                Err(Error::Signature("`--signature` needs FILE::FUNC".to_owned()))
            }
            Some(func) if !self.signatures.is_empty() => {
                let types = self.signatures.iter().map(|text| Ok((func.to_owned(), parse_types(text)?)));
                Ok((false, types.collect::<Result<_, Error>>()?))
            }
            _ => Ok((func.is_none(), program.signatures(func)?)),
        }
    }
}
