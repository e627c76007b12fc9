//! Entries that others have signed: who vouched for one → whether the user still wants it.
//!
//! What was imported, or came from a remote, keeps the keys of those who signed it, also if it is sealed here.
//! A key or an engine that is revoked later ends the use of what it brought, without the cache being cleared.
//! The user's trust is looked at when the first such entry is met, and not for a cache that has none.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

use crate::bundle::{PublicKey, Trust};
use crate::cache::entry::{Kind, Told};
use crate::cache::lock;
use crate::cache::report::MissReason;

const NOT_SAID: MissReason = MissReason::Untrusted("others have signed it, and it does not say who");
const NO_TRUST: MissReason =
    MissReason::Untrusted("others have signed it, and whom you trust cannot be read");
const KEY: MissReason = MissReason::Untrusted("the key that signed it was revoked");
const ENGINE: MissReason = MissReason::Untrusted("the engine that made it was revoked");

/// Whom the user trusts, and who signed what was used.
pub(super) struct Signed {
    file: Option<PathBuf>,
    /// `None` in it if the file cannot be read.
    trust: OnceLock<Option<Trust>>,
    /// Who signed wasm that was used.
    used: Mutex<BTreeSet<PublicKey>>,
}

impl Signed {
    /// With this trust, else that in a file; else nothing is revoked.
    pub(super) fn new(trust: Option<Trust>, file: Option<PathBuf>) -> Self {
        let known = OnceLock::new();
        if let Some(trust) = trust {
            // It was empty.
            let _ = known.set(Some(trust));
        }
        Signed { file, trust: known, used: Mutex::default() }
    }

    /// The same for another part of the cache.
    pub(super) fn fresh(&self) -> Self {
        Signed { file: self.file.clone(), trust: self.trust.clone(), used: Mutex::default() }
    }

    /// Whether an entry that says this of itself may still be used; if not, why.
    pub(super) fn check(&self, kind: Kind, told: Option<&Told>) -> Result<(), MissReason> {
        let Told { signers, trailer } = told.ok_or(NOT_SAID)?;
        let read = || match &self.file {
            Some(file) => Trust::load(file).ok(),
            None => Some(Trust::nobody()),
        };
        let trust = self.trust.get_or_init(read).as_ref().ok_or(NO_TRUST)?;
        if trust.has_revoked(signers) {
            return Err(KEY);
        }
        if kind == Kind::Native && trust.is_engine_revoked(&trailer.fields) {
            return Err(ENGINE);
        }
        if kind == Kind::Artifact {
            self.note(signers);
        }
        Ok(())
    }

    /// Notes who signed wasm that is used here. What a text gave for a request rests on it: see
    /// [`Signed::so_far`].
    pub(super) fn note(&self, signers: &[PublicKey]) {
        lock(&self.used).extend(signers);
    }

    /// Everybody who signed wasm that was used so far. Some of it may have nothing to do with what is stored
    /// now; that costs time if one of them is revoked, and keeps nothing that rests on him.
    pub(super) fn so_far(&self) -> Vec<PublicKey> {
        lock(&self.used).iter().copied().collect()
    }
}
