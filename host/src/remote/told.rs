//! What people are told of a remote: what happened → a warning, of each kind only once.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{RemoteError, RemoteOptions};
use crate::external::cleaned;

/// What was warned of already.
#[derive(Default)]
pub(super) struct Told {
    failure: AtomicBool,
    refusal: AtomicBool,
}

impl Told {
    /// It failed. Part of the error may be what the server said, in several lines and to move the cursor.
    pub(super) fn of_failure(&self, options: &RemoteOptions, error: &RemoteError) {
        let said = || error.0.split_whitespace().collect::<Vec<_>>().join(" ");
        once(&self.failure, options, || format!("failed: {}", cleaned(&said())));
    }

    /// There is something that may not be used. Who has not said that wasm of strangers will do would never learn why the
    /// remote is of no use.
    pub(super) fn of_refusal(&self, options: &RemoteOptions) {
        if !options.trust.allows_unsigned_wasm() {
            let why =
                "has code that is not used: no key that is trusted here has signed it, or it was revoked";
            once(&self.refusal, options, || why.to_owned());
        }
    }
}

fn once(told: &AtomicBool, options: &RemoteOptions, what: impl FnOnce() -> String) {
    if let Some(warn) = &options.warn
        && !told.swap(true, Ordering::Relaxed)
    {
        warn(&format!("the remote cache {} {}", options.source.name(), what()));
    }
}
