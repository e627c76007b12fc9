//! `cache export`, `cache import` and `cache upload`: compiled code between machines.

use std::path::PathBuf;

use clap::Args;

use super::bundle::{read, temporary, write_with};
use super::common::{byte_text, cache_options, tell};
use super::remote;
use super::target::Target;
use super::trust::{SignOptions, TrustOptions};
use crate::bundle::{Collected, Imported, Refusal, import_some};
use crate::cache::{Cache, CacheOptions};
use crate::engine::Engine;
use crate::error::Error;
use crate::remote::Uploaded;

/// Which cache is meant, and which entries of it.
#[derive(Args)]
pub(super) struct Place {
    /// The cache that a run of this program uses; with FUNC, only the entries of that function of it.
    #[arg(long, value_name = "FILE[::FUNC]")]
    of: Option<Target>,
    /// The cache in this folder.
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
}

impl Place {
    /// How to open it.
    pub(super) fn options(&self) -> CacheOptions {
        cache_options(self.cache_dir.as_deref(), self.of.as_ref().map(|target| &*target.file))
    }

    /// The label of the entries that are meant; `None` is all of them.
    fn label(&self) -> Option<String> {
        let Target { file, func } = self.of.as_ref()?;
        let module = file.file_stem()?.to_string_lossy();
        func.as_ref().map(|func| format!("{module}.{func}"))
    }

    /// Whether an entry with this label is meant.
    fn means(&self) -> impl Fn(&str) -> bool {
        let wanted = self.label();
        move |label| wanted.as_ref().is_none_or(|wanted| wanted == label)
    }
}

/// Arguments of `cache export`.
#[derive(Args)]
pub(super) struct Export {
    /// The bundle to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    pub(super) place: Place,
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
    pub(super) place: Place,
    #[command(flatten)]
    trust: TrustOptions,
    /// Machine-readable output.
    #[arg(long)]
    pub(super) json: bool,
}

/// Arguments of `cache upload`.
#[derive(Args)]
#[command(after_long_help = "\
The remote is the one that OVENBIRD_REMOTE names, and OVENBIRD_REMOTE_MODE=rw has to allow it. A run stores there what it \
compiles; this stores what was compiled without a remote, and what the end of a process cut off. As with `export`, all of it is \
signed with your key `default`.")]
pub(super) struct Upload {
    #[command(flatten)]
    pub(super) place: Place,
    /// Machine-readable output.
    #[arg(long)]
    pub(super) json: bool,
}

impl Upload {
    pub(super) fn execute(&self, cache: Cache) -> Result<(serde_json::Value, String), Error> {
        let engine = Engine::builder().cache(cache).remote(remote::writable()?).build()?;
        let uploaded = engine.remote().map(|remote| remote.upload_cached(self.place.means()));
        let Uploaded { stored, present, left } = uploaded.unwrap_or_default();
        let text = format!("{stored} stored, {present} present");
        if left > 0 {
            return Err(Error::Io(format!("{text}, but {left} could not be stored in the remote cache")));
        }
        Ok((serde_json::json!({"stored": stored, "present": present}), text + "\n"))
    }
}

impl Export {
    pub(super) fn execute(&self, cache: &Cache) -> Result<(serde_json::Value, String), Error> {
        let keys = self.sign.keys()?;
        let signers: Vec<_> = keys.iter().collect();
        let spool = temporary(&self.output)?;
        let collected = Collected::collect(cache, &self.place.means(), spool).map_err(Error::Io)?;
        let bytes = write_with(&self.output, |out| collected.write(&signers, out).map_err(Error::Io))?;
        if keys.is_empty() {
            tell(
                "warning: the bundle is not signed, so nobody will use its native code; see `ovenbird key new`",
            );
        }
        let value = serde_json::json!({"file": self.output, "bytes": bytes});
        Ok((value, format!("{}: {}\n", self.output.display(), byte_text(bytes))))
    }
}

impl Import {
    pub(super) fn execute(&self, cache: &Cache) -> Result<(serde_json::Value, String), Error> {
        let bytes = read(&self.file)?;
        let trust = self.trust.trust()?;
        let imported = import_some(cache, bytes, &trust, &self.place.means()).map_err(|refusal| {
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
