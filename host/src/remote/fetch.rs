//! One access to the remote: keys → checked code, and code → signed records. Runs on threads of its own.

use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::metering;

use super::{Inner, PATIENCE, RemoteError, Wanted};
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
    pub(super) content: Vec<u8>,
}

/// A record that may be used, and its content as it lies there.
type Found = (OpenRecord, Vec<u8>);

/// Fetches what is wanted, hands it to the one who waits, and keeps it in the local cache, also if nobody
/// waits any more.
pub(super) fn fetch(inner: &Inner, wanted: Wanted, waiting: &SyncSender<Option<Fetched>>) {
    let until = Instant::now() + PATIENCE;
    // Whoever waits has the channel's one place, or is gone.
    let give = |found| drop(waiting.try_send(found));
    match wanted {
        Wanted::Artifact(key) => {
            let found = find(inner, Kind::Artifact, &key, until);
            let Some((open, bytes)) = found.and_then(|(open, packed)| {
                let bytes = open.content(&packed).filter(|bytes| is_sound(bytes));
                if bytes.is_none() {
                    inner.count(|stats| stats.refused += 1);
                }
                Some((open, bytes?))
            }) else {
                return give(None);
            };
            give(Some(Fetched::Artifact(bytes.clone())));
            let Record { label, fields, made_in_us, producer, .. } = &open.record;
            inner.adopt(inner.cache.adopt_artifact(label, fields, *made_in_us, producer, &bytes));
        }
        Wanted::Native(keys) => {
            for key in keys {
                let Some((open, packed)) = find(inner, Kind::Native, &key, until) else { continue };
                let Some(code) = open.native_code(&packed) else {
                    inner.count(|stats| stats.refused += 1);
                    continue;
                };
                let Record { label, fields, made_in_us, producer, .. } = &open.record;
                let adopted = inner.cache.adopt_native(label, fields, *made_in_us, producer, &code);
                give(inner.runnable(code).map(Fetched::Native));
                return inner.adopt(adopted);
            }
            give(None);
        }
    }
}

/// Whether bytes are an artifact that may be run, whoever made it.
fn is_sound(bytes: &[u8]) -> bool {
    Artifact::decode(bytes).is_ok_and(|artifact| metering::verify_metering(&artifact.wasm).is_ok())
}

fn find(inner: &Inner, kind: Kind, key: &Digest, until: Instant) -> Option<Found> {
    match try_find(inner, kind, key, until) {
        Ok(found) => {
            inner.succeeded();
            found
        }
        Err(error) => {
            inner.failed(&error);
            None
        }
    }
}

fn try_find(inner: &Inner, kind: Kind, key: &Digest, until: Instant) -> Result<Option<Found>, RemoteError> {
    let source = &inner.options.source;
    let Some(bytes) = source.get(&record_path(kind, key), MAX_RECORD, left(until)?)? else {
        inner.remember_absent(*key);
        return Ok(None);
    };
    let trust = &inner.options.trust;
    let open = Record::open(&bytes, kind, key, trust)
        .map_err(|bad| RemoteError(format!("a record is refused: {bad}")))?;
    if !open.is_usable(trust) {
        inner.count(|stats| stats.refused += 1);
        return Ok(None);
    }
    let length = usize::try_from(open.record.length).unwrap_or(usize::MAX);
    let packed = source.get(&content_path(&open.record.content), length, left(until)?)?;
    Ok(packed.map(|packed| (open, packed)))
}

/// Stores the content first: a record never names what is not there.
pub(super) fn upload(inner: &Inner, upload: &Upload) {
    let Upload { kind, label, fields, made_in_us, content } = upload;
    let key = match kind {
        Kind::Artifact => level1_key(fields.clone()).0,
        Kind::Native => level2_key(fields).0.0,
        // Of use to one machine only.
        Kind::Probe | Kind::Diagnostics => return,
    };
    let Some(signer) = &inner.options.write else { return };
    let Some((record, packed)) = Record::of(*kind, label, fields.clone(), *made_in_us, content) else {
        return;
    };
    let Some(sealed) = record.seal(signer) else { return };
    let source = &inner.options.source;
    let stored = source
        .put(&content_path(&record.content), &packed, PATIENCE)
        .and_then(|()| source.put(&record_path(*kind, &key), &sealed, PATIENCE));
    match stored {
        Ok(()) => {
            inner.succeeded();
            inner.forget_absent(&key);
            inner.count(|stats| stats.uploads += 1);
        }
        Err(error) => inner.failed(&error),
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
