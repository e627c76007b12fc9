//! `bundle inspect`, and running a bundle.

use std::fs::File;
use std::io::Write as _;
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
    write_with(file, |out| out.write_all(bytes).map_err(|error| cannot_write(file, &error)))
}

/// The same by whoever knows what is to be in it.
pub(super) fn write_with<T>(
    file: &Path,
    write: impl FnOnce(&mut File) -> Result<T, Error>,
) -> Result<T, Error> {
    let temporary = beside(file, "tmp");
    let created = create(&temporary).map_err(|error| cannot_write(file, &error));
    let written = created.and_then(|mut out| write(&mut out)).and_then(|written| {
        std::fs::rename(&temporary, file).map_err(|error| cannot_write(file, &error))?;
        Ok(written)
    });
    written.inspect_err(|_| drop(std::fs::remove_file(&temporary)))
}

/// An empty file beside one that is to be written, without a name: nothing of it stays, however this process ends.
pub(super) fn temporary(file: &Path) -> Result<File, Error> {
    let path = beside(file, "parts");
    let unnamed = create(&path).and_then(|created| std::fs::remove_file(&path).map(|()| created));
    unnamed.map_err(|error| cannot_write(file, &error))
}

/// A new file. What lies there under its name was left by a process that is gone, or is a trap: it goes away, and no link is
/// followed.
fn create(path: &Path) -> std::io::Result<File> {
    let create = || File::options().read(true).write(true).create_new(true).open(path);
    match create() {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            std::fs::remove_file(path)?;
            create()
        }
        created => created,
    }
}

fn beside(file: &Path, what: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(format!(".{}.{what}", std::process::id()));
    PathBuf::from(path)
}

fn cannot_write(file: &Path, error: &std::io::Error) -> Error {
    Error::Io(format!("cannot write `{}`: {error}", file.display()))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Without `create_new(true)` in `host/src/cli/bundle.rs`: who may make links in a folder chooses the file that is written.
    #[test]
    #[cfg(unix)]
    fn what_lies_where_a_file_is_made_first_is_replaced_and_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, other) = (folder.path().join("app.oven"), folder.path().join("other"));
        std::fs::write(&other, b"of somebody else").expect("written");
        for what in ["tmp", "parts"] {
            std::os::unix::fs::symlink(&other, beside(&file, what)).expect("a link");
        }
        write(&file, b"a bundle").expect("written");
        temporary(&file).expect("a file").write_all(b"parts").expect("written");
        assert_eq!(std::fs::read(&other).expect("there"), b"of somebody else");
        assert_eq!(std::fs::read(&file).expect("there"), b"a bundle");
        assert!(std::fs::symlink_metadata(&file).expect("there").is_file());
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 2, "nothing else stays");
    }
}
