//! Whom the user trusts to make native code, and what was revoked: text file ↔ [`Trust`].
//!
//! ```text
//! # one statement a line
//! trust ed25519:<64 digits> NAME
//! revoke-key ed25519:<64 digits> REASON
//! revoke-engine <8 digits, or wasmtime-48.0.8> REASON
//! ```
//!
//! A line that is not understood is an error and not skipped: it could be a revocation. Later lines do not
//! undo earlier ones; a revocation wins over trust.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read as _};
use std::path::Path;
use std::str::FromStr;

use ed25519_dalek::VerifyingKey;

use crate::key::{Field, hex, level2_key};

/// Largest trust file.
const MAX_FILE: u64 = 1 << 20;
/// Largest `.pub` file.
const MAX_KEY_FILE: u64 = 4096;

/// A key that signatures are checked with. Public.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(pub(crate) [u8; 32]);

impl PublicKey {
    /// A key by its text, or from a `.pub` file.
    pub fn read(text: &str) -> Result<PublicKey, String> {
        if text.starts_with("ed25519:") {
            return text.parse();
        }
        let mut content = String::new();
        let file =
            std::fs::File::open(text).and_then(|file| file.take(MAX_KEY_FILE).read_to_string(&mut content));
        file.map_err(|error| format!("cannot read the key `{text}`: {error}"))?;
        content.split_whitespace().next().unwrap_or_default().parse()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ed25519:{}", hex(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix("ed25519:").and_then(unhex);
        let key = digits.ok_or_else(|| format!("`{text}` is not a key: `ed25519:` and 64 digits"))?;
        match VerifyingKey::from_bytes(&key) {
            Ok(point) if !point.is_weak() => Ok(PublicKey(key)),
            _ => Err(format!("`{text}` is not a usable ed25519 key")),
        }
    }
}

impl From<&VerifyingKey> for PublicKey {
    fn from(key: &VerifyingKey) -> Self {
        PublicKey(key.to_bytes())
    }
}

/// 64 hexadecimal digits.
pub(crate) fn unhex(digits: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if digits.len() != 64 || !digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// Whose native code may be loaded. By default nobody's, and nothing unsigned is used at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    keys: BTreeMap<PublicKey, String>,
    revoked_keys: BTreeMap<PublicKey, String>,
    revoked_engines: BTreeMap<String, String>,
    unsigned_wasm: bool,
}

impl Trust {
    /// Trusts nobody.
    pub fn nobody() -> Self {
        Self::default()
    }

    /// Also trusts this key to make native code, which runs outside the sandbox.
    #[must_use]
    pub fn key(mut self, key: PublicKey, name: impl Into<String>) -> Self {
        self.keys.insert(key, name.into());
        self
    }

    /// Whether wasm may be used that no trusted key has signed. It is validated, metered and sandboxed, and
    /// native code is made from it here; but what it computes is up to whoever made it. Only with the compiler.
    #[cfg(feature = "compiler")]
    #[must_use]
    pub fn unsigned_wasm(mut self, allowed: bool) -> Self {
        self.unsigned_wasm = allowed;
        self
    }

    /// What this key signed is not loaded any more.
    #[must_use]
    pub fn revoke_key(mut self, key: PublicKey, reason: impl Into<String>) -> Self {
        self.revoked_keys.insert(key, reason.into());
        self
    }

    /// Native code that this engine made is not loaded any more. An engine is named by the eight digits that
    /// `bundle inspect` shows, or as `wasmtime-48.0.8`.
    #[must_use]
    pub fn revoke_engine(mut self, engine: impl Into<String>, reason: impl Into<String>) -> Self {
        self.revoked_engines.insert(engine.into(), reason.into());
        self
    }

    /// Reads a trust file; one that is missing trusts nobody.
    pub fn load(path: &Path) -> io::Result<Self> {
        let file = match std::fs::File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            file => file?,
        };
        let mut text = String::new();
        file.take(MAX_FILE + 1).read_to_string(&mut text)?;
        if text.len() as u64 > MAX_FILE {
            return Err(io::Error::other("it is too long"));
        }
        text.parse().map_err(io::Error::other)
    }

    /// The trusted keys that are not revoked, with their names.
    pub fn keys(&self) -> impl Iterator<Item = (&PublicKey, &str)> {
        let good = self.keys.iter().filter(|(key, _)| !self.revoked_keys.contains_key(key));
        good.map(|(key, name)| (key, name.as_str()))
    }

    /// What was revoked, in words, with the reason.
    pub fn revocations(&self) -> impl Iterator<Item = (String, &str)> {
        let keys = self.revoked_keys.iter().map(|(key, reason)| (key.to_string(), reason.as_str()));
        keys.chain(self.revoked_engines.iter().map(|(id, reason)| (format!("engine {id}"), reason.as_str())))
    }

    pub(crate) fn allows_unsigned_wasm(&self) -> bool {
        self.unsigned_wasm
    }

    /// The first of these keys that is trusted and not revoked, by name.
    pub(crate) fn vouches<'k>(
        &self,
        signers: impl IntoIterator<Item = &'k PublicKey>,
    ) -> Option<(PublicKey, &str)> {
        signers.into_iter().find_map(|signer| {
            let name = self.keys.get(signer).filter(|_| !self.revoked_keys.contains_key(signer))?;
            Some((*signer, name.as_str()))
        })
    }

    pub(crate) fn is_key_revoked(&self, key: &PublicKey) -> bool {
        self.revoked_keys.contains_key(key)
    }

    /// Whether what these keys have signed is not to be used any more: one of them was revoked, and none of the
    /// others is trusted.
    #[cfg(feature = "compiler")]
    pub(crate) fn has_revoked(&self, signers: &[PublicKey]) -> bool {
        self.vouches(signers).is_none() && signers.iter().any(|key| self.is_key_revoked(key))
    }

    /// Whether native code with this recipe comes from a revoked engine.
    pub(crate) fn is_engine_revoked(&self, fields: &[Field]) -> bool {
        if self.revoked_engines.is_empty() {
            return false;
        }
        let (_, id) = level2_key(fields);
        let mut names =
            fields.iter().filter(|f| f.name == "wasmtime").map(|f| format!("wasmtime-{}", f.value));
        self.revoked_engines.contains_key(&id) || names.any(|name| self.revoked_engines.contains_key(&name))
    }
}

impl FromStr for Trust {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut trust = Trust::default();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what: &str| format!("line {}: {what}", number + 1);
            let (verb, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let (object, words) = rest.trim().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
            let key = || object.parse::<PublicKey>().map_err(|error| wrong(&error));
            trust = match verb {
                "trust" => trust.key(key()?, words.trim()),
                "revoke-key" => trust.revoke_key(key()?, words.trim()),
                "revoke-engine" if !object.is_empty() => trust.revoke_engine(object, words.trim()),
                _ => return Err(wrong("neither trust, revoke-key nor revoke-engine")),
            };
        }
        Ok(trust)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::key::tests::sample_native;
    use ed25519_dalek::SigningKey;

    fn public(byte: u8) -> PublicKey {
        PublicKey::from(&SigningKey::from_bytes(&[byte; 32]).verifying_key())
    }

    /// Without `MAX_FILE` in `load`: what was revoked at the end of a long file is not known.
    #[test]
    fn a_file_that_is_too_long_is_an_error() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        let fill = |length: usize| "#\n".repeat(length / 2);
        std::fs::write(file.path(), fill(MAX_FILE as usize)).expect("written");
        assert_eq!(Trust::load(file.path()).expect("as long as it may be"), Trust::nobody());
        io::Write::write_all(&mut file, fill(2 + MAX_FILE as usize).as_bytes()).expect("written");
        assert!(Trust::load(file.path()).is_err());
    }

    #[test]
    fn a_file_says_whom_to_trust_and_what_was_revoked() {
        let (a, b) = (public(1), public(2));
        let text = format!("# ours\n\ntrust {a} ci of the team\ntrust {b}\nrevoke-key {b} lost laptop\n");
        let trust: Trust = text.parse().expect("understood");
        assert_eq!(trust.vouches([&a]), Some((a, "ci of the team")));
        assert_eq!(trust.vouches([&b]), None, "a revocation wins over trust");
        assert_eq!(trust.vouches([&b, &a]).map(|found| found.0), Some(a));
        assert_eq!(trust.keys().count(), 1);
    }

    #[test]
    fn a_line_that_is_not_understood_is_an_error() {
        let weak = format!("trust ed25519:{}", "0".repeat(64));
        for text in ["trust", "trust ed25519:12 x", "revoke-engine", "distrust all", &weak] {
            assert!(text.parse::<Trust>().is_err(), "{text}");
        }
    }

    #[test]
    fn engines_are_revoked_by_id_and_by_version() {
        let recipe = sample_native();
        let (_, id) = recipe.key_and_engine();
        for name in [id.as_str(), "wasmtime-48.0.8"] {
            let trust = Trust::nobody().revoke_engine(name, "miscompiles");
            assert!(trust.is_engine_revoked(&recipe.fields()), "{name}");
        }
        let other = Trust::nobody().revoke_engine("wasmtime-48.0.7", "miscompiles");
        assert!(!other.is_engine_revoked(&recipe.fields()));
    }
}
