//! `run` and `eval`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::bundle;
use super::common::{Common, Place};
use super::target::Target;
use super::trust::TrustOptions;
use crate::error::Error;
use crate::function::DynFunction;
use crate::run::Tenant;
use crate::terminal;
use crate::value::Value;

/// Arguments of `run`.
#[derive(Args)]
pub(super) struct Run {
    /// The script; or a bundle, FILE.oven[::FUNCTION].
    file: PathBuf,
    /// Arguments of a bundle's function: literals.
    args: Vec<String>,
    #[command(flatten)]
    trust: TrustOptions,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    common: Common,
}

/// Arguments of `eval`.
#[derive(Args)]
pub(super) struct Eval {
    /// The module.
    file: PathBuf,
    /// The expression, or several statements.
    expression: String,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    common: Common,
}

/// A function of a bundle with all that a call needs.
pub(super) struct Call {
    pub(super) function: DynFunction,
    pub(super) tenant: Tenant,
    pub(super) args: Vec<Value>,
}

impl Run {
    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        let target = self.file.to_string_lossy().parse::<Target>().ok();
        if let Some(target) = target.filter(|target| bundle::is_bundle(&target.file)) {
            return self.bundle(&target);
        }
        if !self.args.is_empty() || self.trust.is_given() {
            let what = "arguments, `--trust` and `--unsigned` are for bundles; a script takes none";
            return Err(Error::Signature(what.to_owned()));
        }
        let (program, tenant) = self.common.open(&self.file, self.place)?;
        let code = self.common.run(|output| program.run(&tenant, output));
        super::remote::settle(program.engine());
        Ok(code)
    }

    /// Runs a bundle's module body, or calls the function that is named or the only one.
    fn bundle(&self, target: &Target) -> Result<ExitCode, Error> {
        if target.func.is_none() && self.args.is_empty() {
            let (bundle, tenant) = bundle::open(&self.common, &self.trust, &target.file, self.place)?;
            if bundle.has_body() {
                return Ok(self.common.run(|output| bundle.run(&tenant, output)));
            }
        }
        let call = bundle::call(&self.common, &self.trust, target, &self.args, self.place)?;
        let Call { function, tenant, args } = call;
        Ok(self.common.run(|output| terminal::call(&function, &tenant, &args, output)))
    }
}

impl Eval {
    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        let (program, tenant) = self.common.open(&self.file, self.place)?;
        Ok(self.common.run(|output| program.run_then("<expression>", &self.expression, &tenant, output)))
    }
}
