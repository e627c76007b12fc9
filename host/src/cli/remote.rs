//! The remote tier as the environment asks for it: `OVENBIRD_REMOTE` is a URL, `OVENBIRD_REMOTE_MODE` is `ro` (the
//! default) or `rw`, which signs with the key `default`; `OVENBIRD_REMOTE_WAIT` is the longest wait for one unit
//! in milliseconds, instead of the time that compiling it is expected to take.

use std::time::Duration;

use crate::engine::Engine;
use crate::error::Error;
use crate::remote::RemoteOptions;

/// How long the end of a process waits for what is being stored.
const SETTLE: Duration = Duration::from_secs(10);

/// Lets what is being stored there come to its end. From now on the local cache has it, so nothing would store it later: how
/// much that is, is told, unless it was told already that the remote fails.
pub(super) fn settle(engine: &Engine) {
    let Some(remote) = engine.remote() else { return };
    let is_done = remote.finish_stores(SETTLE);
    let stats = remote.stats();
    if stats.errors == 0 && (!is_done || stats.left > 0) {
        super::common::tell(
            "warning: not everything that was compiled could be stored in the remote cache; `ovenbird cache upload --of FILE` does it",
        );
    }
}

/// The remote that the environment names, if it may be written to.
pub(super) fn writable() -> Result<RemoteOptions, Error> {
    let none = || Error::Io("there is no remote cache: OVENBIRD_REMOTE names none".to_owned());
    let remote = options()?.ok_or_else(none)?;
    let only_read = || Error::Io("the remote cache is only read: OVENBIRD_REMOTE_MODE is not rw".to_owned());
    if remote.write.is_some() { Ok(remote) } else { Err(only_read()) }
}

/// The remote that the environment names.
#[cfg(not(feature = "remote"))]
pub(super) fn options() -> Result<Option<RemoteOptions>, Error> {
    if std::env::var_os("OVENBIRD_REMOTE").is_some_and(|url| !url.is_empty()) {
        super::common::tell(
            "warning: OVENBIRD_REMOTE is ignored: this build has no remote cache (feature `remote`)",
        );
    }
    Ok(None)
}

/// The remote that the environment names.
#[cfg(feature = "remote")]
pub(super) fn options() -> Result<Option<RemoteOptions>, Error> {
    use super::common::tell;
    use super::trust::{SignOptions, TrustOptions};

    let text = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    let Some(url) = text("OVENBIRD_REMOTE") else { return Ok(None) };
    let store =
        ovenbird_remote::Store::open(&url).map_err(|error| Error::Io(format!("OVENBIRD_REMOTE: {error}")))?;
    let write = match text("OVENBIRD_REMOTE_MODE").as_deref() {
        None | Some("ro") => None,
        Some("rw") => {
            let key = SignOptions::default().keys()?.pop();
            let missing =
                || Error::Io("OVENBIRD_REMOTE_MODE=rw needs a key: `ovenbird key new default`".to_owned());
            Some(key.ok_or_else(missing)?)
        }
        Some(other) => return Err(Error::Io(format!("OVENBIRD_REMOTE_MODE is `{other}`, not ro or rw"))),
    };
    let wait = match text("OVENBIRD_REMOTE_WAIT") {
        None => None,
        Some(wait) => {
            let wrong =
                |_| Error::Io(format!("OVENBIRD_REMOTE_WAIT is `{wait}`, not a number of milliseconds"));
            Some(Duration::from_millis(wait.parse().map_err(wrong)?))
        }
    };
    let source = std::sync::Arc::new(store);
    let warn: crate::remote::Warn = std::sync::Arc::new(|what| tell(&format!("warning: {what}")));
    let options = RemoteOptions::read_only(source, TrustOptions::default().trust()?);
    Ok(Some(RemoteOptions { write, wait, warn: Some(warn), ..options }))
}
