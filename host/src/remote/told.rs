//! What people are told of a remote: what happened → a warning, of each kind only once.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{RemoteError, RemoteOptions};
use crate::external::cleaned;

/// What was warned of already.
#[derive(Default)]
pub(super) struct Told {
    failure: AtomicBool,
    refusal: AtomicBool,
    revocation: AtomicBool,
}

impl Told {
    /// It failed. Part of the error may be what the server said, in several lines and to move the cursor.
    pub(super) fn of_failure(&self, options: &RemoteOptions, error: &RemoteError) {
        let said = || error.0.split_whitespace().collect::<Vec<_>>().join(" ");
        once(&self.failure, options, || format!("failed: {}", cleaned(&said())));
    }

    /// There is something that may not be used. What was revoked was trusted once, and somebody still gives it out: that is
    /// told whatever else is allowed. Of what strangers have made, those are told who have not said that wasm of strangers
    /// will do, and would never learn why the remote is of no use; the others have asked for it, and their own native code.
    pub(super) fn of_refusal(&self, options: &RemoteOptions, is_revoked: bool) {
        let why = |why| format!("has code that is not used: {why}");
        if is_revoked {
            once(&self.revocation, options, || why("its key or its engine was revoked"));
        } else if !options.trust.allows_unsigned_wasm() {
            once(&self.refusal, options, || why("no key that is trusted here has signed it"));
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
