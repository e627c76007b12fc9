//! Where the command line keeps keys and trust, and the options that name them.
//!
//! Both are beside the cache's secret: `$XDG_CONFIG_HOME/ovenbird`, else `~/.config/ovenbird`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::bundle::{PublicKey, SecretKey, Trust, keys};
use crate::cache::location;
use crate::error::Error;

/// The key that is used if none is named.
const DEFAULT_KEY: &str = "default";

/// Whom to trust.
#[derive(Args, Debug, Clone, Default)]
pub(super) struct TrustOptions {
    /// Also trust this key to make native code: `ed25519:…`, or a `.pub` file.
    #[arg(long = "trust", value_name = "KEY")]
    keys: Vec<String>,
    /// Use the wasm of bundles that no trusted key has signed (their native code is never used).
    #[arg(long)]
    unsigned: bool,
}

impl TrustOptions {
    /// The trust file, and what the options add.
    pub(super) fn trust(&self) -> Result<Trust, Error> {
        let path = folder()?.join("trust");
        let mut trust = Trust::load(&path)
            .map_err(|error| Error::Io(format!("cannot use the trust file `{}`: {error}", path.display())))?;
        for text in &self.keys {
            trust = trust.key(PublicKey::read(text).map_err(Error::Io)?, "--trust");
        }
        Ok(trust.unsigned_wasm(self.unsigned))
    }

    /// Whether any of the options was given.
    pub(super) fn is_given(&self) -> bool {
        self.unsigned || !self.keys.is_empty()
    }
}

/// Who signs.
#[derive(Args, Debug, Clone, Default)]
pub(super) struct SignOptions {
    /// Sign with this key: a name from `key list`, or a file. Without it, the key `default` if there is one.
    #[arg(long = "key", value_name = "NAME|FILE")]
    keys: Vec<String>,
}

impl SignOptions {
    /// The keys; none if none is named and there is no default.
    pub(super) fn keys(&self) -> Result<Vec<SecretKey>, Error> {
        let load = |path: &Path| {
            let failed = |error| Error::Io(format!("cannot use the key `{}`: {error}", path.display()));
            SecretKey::load(path).map_err(failed)
        };
        let own = keys_folder()?;
        if self.keys.is_empty() {
            let path = own.join(format!("{DEFAULT_KEY}.key"));
            return if path.exists() { Ok(vec![load(&path)?]) } else { Ok(Vec::new()) };
        }
        let named = self.keys.iter().map(|name| {
            let own = keys::file(&own, name, "key").ok().filter(|path| path.exists());
            load(&own.unwrap_or_else(|| PathBuf::from(name)))
        });
        named.collect()
    }
}

/// The folder with the trust file and the keys.
fn folder() -> Result<PathBuf, Error> {
    let env = |name: &str| std::env::var_os(name);
    let folder = location::secret_file(&env).and_then(|file| file.parent().map(Path::to_owned));
    folder.ok_or_else(|| {
        let why = location::no_home(&env).unwrap_or_default();
        Error::Io(format!("there is no place for keys: {why}"))
    })
}

/// The folder with the secret keys.
pub(super) fn keys_folder() -> Result<PathBuf, Error> {
    Ok(folder()?.join("keys"))
}

/// Adds a line to the trust file.
pub(super) fn record(line: &str) -> Result<PathBuf, Error> {
    use std::io::Write as _;
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    if line.contains(['\n', '\r']) {
        return Err(Error::Io("names and reasons are one line".to_owned()));
    }
    let folder = folder()?;
    let path = folder.join("trust");
    let written = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).and_then(|()| {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
        writeln!(file, "{line}")
    });
    written.map_err(|error| Error::Io(format!("cannot write `{}`: {error}", path.display())))?;
    Ok(path)
}

/// A key by its text, its `.pub` file, or the name of an own key.
pub(super) fn public_key(text: &str) -> Result<PublicKey, Error> {
    let own = keys::file(&keys_folder()?, text, "pub").ok().filter(|path| path.exists());
    let text = own.map_or_else(|| text.to_owned(), |path| path.display().to_string());
    PublicKey::read(&text).map_err(Error::Io)
}
