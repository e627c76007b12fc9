//! `key`: keys that sign bundles, and whom to trust.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::common::print;
use super::trust::{TrustOptions, keys_folder, public_key, record};
use crate::bundle::{SecretKey, keys};
use crate::error::Error;

/// Arguments of `key`.
#[derive(Args)]
#[command(after_long_help = "\
Keys are in $XDG_CONFIG_HOME/ovenbird/keys, else ~/.config/ovenbird/keys: NAME.key (secret, mode 0600) and \
NAME.pub. Trust and revocations are lines of the file `trust` beside that folder.")]
pub(super) struct KeyArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Make a key, and trust it on this machine.
    New {
        /// What to call it; `default` is used when no key is named.
        name: String,
    },
    /// List the own keys, the trusted ones, and what was revoked.
    List {
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
    },
    /// Trust a key to make native code, which runs outside the sandbox.
    Trust {
        /// `ed25519:…`, or a `.pub` file.
        key: String,
        /// What to call it.
        #[arg(default_value = "")]
        name: String,
    },
    /// Load nothing any more that this key signed.
    Revoke {
        /// `ed25519:…`, a `.pub` file, or the name of an own key.
        key: String,
        /// Why.
        #[arg(default_value = "")]
        reason: String,
    },
    /// Load no native code any more that this engine made.
    RevokeEngine {
        /// The eight digits that `bundle inspect` shows, or `wasmtime-48.0.8`.
        engine: String,
        /// Why.
        #[arg(default_value = "")]
        reason: String,
    },
}

impl KeyArguments {
    pub(super) fn json(&self) -> bool {
        matches!(self.action, Action::List { json: true })
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        let text = match self.action {
            Action::New { name } => {
                let key = SecretKey::create(&keys_folder()?, &name)
                    .map_err(|error| Error::Io(format!("cannot make the key `{name}`: {error}")))?;
                record(&format!("trust {} {name}", key.public()))?;
                format!("{}\n", key.public())
            }
            Action::List { json } => list(json)?,
            Action::Trust { key, name } => {
                let key = public_key(&key)?;
                format!("{key} is trusted ({})\n", record(&format!("trust {key} {name}"))?.display())
            }
            Action::Revoke { key, reason } => {
                let key = public_key(&key)?;
                format!("{key} is revoked ({})\n", record(&format!("revoke-key {key} {reason}"))?.display())
            }
            Action::RevokeEngine { engine, reason } => {
                if engine.is_empty() || engine.contains(char::is_whitespace) {
                    return Err(Error::Io(format!("`{engine}` does not name an engine")));
                }
                let path = record(&format!("revoke-engine {engine} {reason}"))?;
                format!("engine {engine} is revoked ({})\n", path.display())
            }
        };
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn list(json: bool) -> Result<String, Error> {
    let own = keys::names(&keys_folder()?);
    let trust = TrustOptions::default().trust()?;
    if json {
        let trusted: Vec<_> = trust
            .keys()
            .map(|(key, name)| serde_json::json!({"key": key.to_string(), "name": name}))
            .collect();
        let revoked: Vec<_> =
            trust.revocations().map(|(what, why)| serde_json::json!({"what": what, "reason": why})).collect();
        return Ok(format!("{}\n", serde_json::json!({"own": own, "trusted": trusted, "revoked": revoked})));
    }
    let own = own.iter().map(|name| format!("own     {name}\n"));
    let trusted = trust.keys().map(|(key, name)| format!("trusted {key} {name}\n"));
    let revoked = trust.revocations().map(|(what, why)| format!("revoked {what} {why}\n"));
    Ok(own.chain(trusted).chain(revoked).collect())
}
