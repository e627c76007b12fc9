//! `cache export` and `cache import`: compiled code between machines.

use std::path::PathBuf;

use clap::Args;

use super::bundle::{read, write};
use super::common::{byte_text, tell};
use super::trust::{SignOptions, TrustOptions};
use crate::bundle::{Imported, Refusal, export, import};
use crate::cache::Cache;
use crate::error::Error;

/// Arguments of `cache export`.
#[derive(Args)]
pub(super) struct Export {
    /// The bundle to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    sign: SignOptions,
    /// Machine-readable output.
    #[arg(long)]
    pub(super) json: bool,
}

/// Arguments of `cache import`.
#[derive(Args)]
pub(super) struct Import {
    /// The bundle.
    file: PathBuf,
    #[command(flatten)]
    trust: TrustOptions,
    /// Machine-readable output.
    #[arg(long)]
    pub(super) json: bool,
}

impl Export {
    pub(super) fn execute(&self, cache: &Cache) -> Result<(serde_json::Value, String), Error> {
        let keys = self.sign.keys()?;
        let bytes = export(cache, &keys.iter().collect::<Vec<_>>()).map_err(Error::Io)?;
        write(&self.output, &bytes)?;
        if keys.is_empty() {
            tell(
                "warning: the bundle is not signed, so nobody will use its native code; see `ovenbird key new`",
            );
        }
        let value = serde_json::json!({"file": self.output, "bytes": bytes.len()});
        Ok((value, format!("{}: {}\n", self.output.display(), byte_text(bytes.len() as u64))))
    }
}

impl Import {
    pub(super) fn execute(&self, cache: &Cache) -> Result<(serde_json::Value, String), Error> {
        let bytes = read(&self.file)?;
        let imported = import(cache, bytes, &self.trust.trust()?).map_err(|refusal| {
            let text = format!("`{}`: {refusal}; nothing was imported", self.file.display());
            if matches!(refusal, Refusal::Untrusted(_)) { Error::Denied(text) } else { Error::Io(text) }
        })?;
        let Imported { added, present, refused } = &imported;
        let list: Vec<_> =
            refused.iter().map(|(label, why)| serde_json::json!({"entry": label, "why": why})).collect();
        let value = serde_json::json!({"added": added, "present": present, "refused": list});
        let mut text = format!("{added} added, {present} present, {} refused\n", refused.len());
        refused.iter().for_each(|(label, why)| text.push_str(&format!("  {label}: {why}\n")));
        Ok((value, text))
    }
}
