//! `bundle inspect`, and running a bundle.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::common::{Common, Place, print, tell};
use super::target::{Target, parse_args};
use super::trust::TrustOptions;
use crate::bundle::{LoadedBundle, describe};
use crate::error::Error;
pub(super) use crate::loader::read;
use crate::loader::target_function;
use crate::run::Tenant;

/// What bundles are called.
const EXTENSION: &str = "oven";

/// Arguments of `bundle`.
#[derive(Args)]
pub(super) struct BundleArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// What is in a bundle, and who signed it. Uses nothing of it.
    Inspect {
        /// The bundle.
        file: PathBuf,
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
    },
}

impl BundleArguments {
    pub(super) fn json(&self) -> bool {
        let Action::Inspect { json, .. } = &self.action;
        *json
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        let Action::Inspect { file, json } = self.action;
        let bytes = read(&file)?;
        let trust = TrustOptions::default().trust()?;
        let description = describe(&bytes, &trust)
            .map_err(|bad| Error::Io(format!("`{}` is refused: {bad}", file.display())))?;
        print(&if json { format!("{}\n", serde_json::json!(description)) } else { description.to_string() })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether a file is a bundle, by its name.
pub(super) fn is_bundle(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == EXTENSION)
}

/// Writes a file whole or not at all.
pub(super) fn write(file: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut temporary = file.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let written = std::fs::write(&temporary, bytes).and_then(|()| std::fs::rename(&temporary, file));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&temporary);
        Error::Io(format!("cannot write `{}`: {error}", file.display()))
    })
}

/// Opens a bundle for running, with the tenant to run it for.
pub(super) fn open(
    common: &Common,
    trust: &TrustOptions,
    file: &Path,
    place: Place,
) -> Result<(LoadedBundle, Tenant), Error> {
    let bytes = read(file)?;
    let tenant = Tenant::default().limits(common.limits()?).grants(common.grants(file)?);
    let bundle =
        common.engine(None, place)?.load_bundle(bytes, &trust.trust()?).map_err(|error| match error {
            Error::Io(what) => Error::Io(format!("`{}`: {what}", file.display())),
            Error::Denied(what) => Error::Denied(format!(
                "`{}`: {what}; `key trust` trusts a key, and --unsigned uses the wasm alone",
                file.display()
            )),
            other => other,
        })?;
    Ok((bundle, tenant))
}

/// Calls a function of a bundle and prints its result.
pub(super) fn call(
    common: &Common,
    trust: &TrustOptions,
    target: &Target,
    args: &[String],
    place: Place,
) -> Result<super::run::Call, Error> {
    let (bundle, tenant) = open(common, trust, &target.file, place)?;
    let name = target_function(&bundle, target.func.as_deref())?;
    let args = parse_args(&args.join(", "))?;
    let function = bundle.entry_for(&name, &args, &tenant.grants)?;
    if *bundle.bundle().standing() == crate::bundle::Standing::Unsigned {
        tell("warning: the bundle is not signed; its wasm is used");
    }
    Ok(super::run::Call { function, tenant, args })
}
