//! Whose entries they are: a scope sees its own entries only, and has a quota of its own.
//!
//! A scope's secret is derived from the user's secret, the scope's name and, if it has one, a secret of its
//! own. Its entries are in a folder of their own, under names and authentication codes that depend on that
//! secret. So a program that one tenant has had compiled is as new to the next tenant as it ever was: how
//! long a first call takes tells nothing about anybody else. Who wants to share gives the same scope to
//! several tenants.

use std::fmt;

use crate::cache::key::hex;
use crate::cache::secret::Secret;

/// A tenant's part of the cache; see [`crate::Engine::scope`].
#[derive(Clone)]
pub struct Scope {
    name: String,
    secret: Option<Secret>,
    quota: Option<u64>,
}

impl Scope {
    /// The scope of this name: the tenant's identifier, or the name of a group that shares.
    pub fn new(name: impl Into<String>) -> Self {
        Scope { name: name.into(), secret: None, quota: None }
    }

    /// Under a secret of the tenant's own besides the user's: without it, the entries cannot be used.
    #[must_use]
    pub fn secret(self, secret: Secret) -> Self {
        Scope { secret: Some(secret), ..self }
    }

    /// With at most so many bytes of entries. Without a quota, the scope may take what the whole cache may.
    #[must_use]
    pub fn quota(self, bytes: u64) -> Self {
        Scope { quota: Some(bytes), ..self }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn own_secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }

    pub(crate) fn bytes(&self) -> Option<u64> {
        self.quota
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Scope { name, secret, quota } = self;
        f.debug_struct("Scope").field("name", name).field("secret", secret).field("quota", quota).finish()
    }
}

/// Name of a scope's folder.
pub(super) fn folder(secret: &Secret) -> String {
    hex(&blake3::derive_key("ovenbird 2026-11 scope folder v1", &secret.name_key()))[..32].to_owned()
}

/// Whether a folder may be a scope's.
pub(super) fn is_folder(name: &str) -> bool {
    name.len() == 32 && super::slot::is_hex(name)
}
