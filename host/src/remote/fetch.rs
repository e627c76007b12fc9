//! One access to the remote: keys → checked code, and code → signed records. Runs on threads of its own.

use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::metering;

use super::{Inner, PATIENCE, RemoteError, Wanted, lock};
use crate::bundle::TrustedCode;
use crate::bundle::record::{MAX_RECORD, OpenRecord, Record};
use crate::cache::entry::Kind;
use crate::cache::key::{Digest, Field, hex, level1_key, level2_key};

/// Code from the remote, checked.
pub(super) enum Fetched {
    Artifact(Vec<u8>),
    Native(TrustedCode),
}

/// Something to be stored.
pub(super) struct Upload {
    pub(super) kind: Kind,
    pub(super) label: String,
    pub(super) fields: Vec<Field>,
    pub(super) made_in_us: u64,
    /// Version that made it.
    pub(super) producer: String,
    pub(super) content: Vec<u8>,
}

/// An access that did not work. It has been counted.
struct Failed;

/// A record that may be used, and its content as it lies there.
type Found = (OpenRecord, Vec<u8>);

/// Fetches what is wanted, hands it to the one who waits, and keeps it in the local cache, also if nobody
/// waits any more.
pub(super) fn fetch(inner: &Inner, wanted: Wanted, waiting: &SyncSender<Option<Fetched>>) {
    let until = Instant::now() + PATIENCE;
    match wanted {
        Wanted::Artifact(key) => fetch_artifact(inner, &key, until, waiting),
        Wanted::Native(keys) => fetch_native(inner, &keys, until, waiting),
    }
}

/// Hands over what came of it. Whoever waits has the channel's one place, or is gone: then it was too late, and
/// he has counted that.
fn give(inner: &Inner, waiting: &SyncSender<Option<Fetched>>, found: Result<Option<Fetched>, Failed>) {
    let worked = found.is_ok();
    if waiting.try_send(found.unwrap_or_default()).is_ok() && worked {
        inner.succeeded();
    }
}

fn fetch_artifact(inner: &Inner, key: &Digest, until: Instant, waiting: &SyncSender<Option<Fetched>>) {
    let (open, packed) = match find(inner, Kind::Artifact, key, until) {
        Ok(Some(found)) => found,
        other => return give(inner, waiting, other.map(|_| None)),
    };
    let Some(bytes) = open.content(&packed).filter(|bytes| is_sound(bytes)) else {
        inner.count(|stats| stats.refused += 1);
        return give(inner, waiting, Ok(None));
    };
    // Before anything that rests on it can be stored.
    inner.cache.note_signers(&open.signers);
    give(inner, waiting, Ok(Some(Fetched::Artifact(bytes.clone()))));
    inner.adopt(inner.cache.adopt_artifact(&open.offer(), &bytes));
}

fn fetch_native(inner: &Inner, keys: &[Digest], until: Instant, waiting: &SyncSender<Option<Fetched>>) {
    let mut none = Ok(None);
    for key in keys {
        let (open, packed) = match find(inner, Kind::Native, key, until) {
            Ok(Some(found)) => found,
            Ok(None) => continue,
            Err(failed) => {
                none = Err(failed);
                continue;
            }
        };
        let Some(code) = open.native_code(&packed) else {
            inner.count(|stats| stats.refused += 1);
            continue;
        };
        let adopted = inner.cache.adopt_native(&open.offer(), &code);
        give(inner, waiting, Ok(inner.runnable(code).map(Fetched::Native)));
        return inner.adopt(adopted);
    }
    give(inner, waiting, none);
}

/// Whether bytes are an artifact that may be run, whoever made it.
fn is_sound(bytes: &[u8]) -> bool {
    Artifact::decode(bytes).is_ok_and(|artifact| metering::verify_metering(&artifact.wasm).is_ok())
}

/// What lies under a key, if it may be used.
fn find(inner: &Inner, kind: Kind, key: &Digest, until: Instant) -> Result<Option<Found>, Failed> {
    try_find(inner, kind, key, until).map_err(|error| {
        inner.failed(&error);
        Failed
    })
}

fn try_find(inner: &Inner, kind: Kind, key: &Digest, until: Instant) -> Result<Option<Found>, RemoteError> {
    let source = &inner.options.source;
    let Some(bytes) = source.get(&record_path(kind, key), MAX_RECORD, left(until)?)? else {
        // For who stores there a folder that is not there is one that will be made.
        if inner.options.write.is_none()
            && let Some(trouble) = source.trouble()
        {
            return Err(RemoteError(trouble));
        }
        inner.remember_absent(*key);
        return Ok(None);
    };
    let trust = &inner.options.trust;
    let open = Record::open(&bytes, kind, key, trust)
        .map_err(|bad| RemoteError(format!("a record is refused: {bad}")))?;
    if !open.is_usable(trust) {
        inner.refused(open.revoked);
        return Ok(None);
    }
    let length = usize::try_from(open.record.length).unwrap_or(usize::MAX);
    let packed = source.get(&content_path(&open.record.content), length, left(until)?)?;
    Ok(packed.map(|packed| (open, packed)))
}

impl Upload {
    /// Its key; none if it is of use to one machine only.
    pub(super) fn key(&self) -> Option<Digest> {
        match self.kind {
            Kind::Artifact => Some(level1_key(self.fields.clone()).0),
            Kind::Native => Some(level2_key(&self.fields).0.0),
            Kind::Probe | Kind::Diagnostics => None,
        }
    }
}

/// Stores the content first: a record never names what is not there. Gives whether it is there now.
pub(super) fn upload(inner: &Inner, upload: &Upload) -> bool {
    let Upload { kind, label, fields, made_in_us, producer, content } = upload;
    let Some(key) = upload.key() else { return false };
    let Some(signer) = &inner.options.write else { return false };
    let Some((record, packed)) = Record::of(*kind, label, fields.clone(), *made_in_us, content) else {
        return false;
    };
    let record = Record { producer: producer.clone(), ..record };
    let Some(sealed) = record.seal(signer) else { return false };
    let source = &inner.options.source;
    let stored = source
        .put(&content_path(&record.content), &packed, PATIENCE)
        .and_then(|()| source.put(&record_path(*kind, &key), &sealed, PATIENCE));
    match stored {
        Ok(()) => {
            lock(&inner.breaker).uploaded();
            inner.forget_absent(&key);
            inner.count(|stats| stats.uploads += 1);
            true
        }
        Err(error) => {
            inner.upload_failed(&error);
            false
        }
    }
}

/// Whether a record lies there already, whoever signed it: what is there is not replaced. `None` if that cannot be known.
pub(super) fn is_there(inner: &Inner, upload: &Upload) -> Option<bool> {
    let path = record_path(upload.kind, &upload.key()?);
    match inner.options.source.get(&path, MAX_RECORD, PATIENCE) {
        Ok(found) => Some(found.is_some()),
        Err(error) => {
            inner.upload_failed(&error);
            None
        }
    }
}

fn record_path(kind: Kind, key: &Digest) -> String {
    let level = match kind {
        Kind::Probe | Kind::Diagnostics => "l0",
        Kind::Artifact => "l1",
        Kind::Native => "l2",
    };
    format!("{level}/{}", hex(key))
}

fn content_path(digest: &Digest) -> String {
    format!("cas/{}", hex(digest))
}

fn left(until: Instant) -> Result<Duration, RemoteError> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(RemoteError("it took too long".to_owned())) } else { Ok(left) }
}
