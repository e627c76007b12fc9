//! A cache that is on: slot → verified entry, and why not.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ovenbird_compiler::artifact::Artifact;
use rustix::io::Errno;

use crate::cache::entry::{self, Invalid, Kind, Verified};
use crate::cache::folder::{ReadError, Unusable, read_all};
use crate::cache::found::Where;
use crate::cache::further::Furthers;
use crate::cache::key::{self, Digest};
use crate::cache::location::Mode;
use crate::cache::options::CacheOptions;
use crate::cache::report::{Listed, MissReason};
use crate::cache::scope::{self, Scope};
use crate::cache::sealed::{self, SEALED_FROM, Sealed};
use crate::cache::secret::{MacKey, Secret};
use crate::cache::signed::Signed;
use crate::cache::slot::Slot;
use crate::cache::store::Store;
use crate::cache::sweep::Rules;
use crate::cache::{LOCK_WAIT, MAX_AGE, MAX_BYTES, lock, now};

/// Seconds between two trims that happen by themselves, after a store.
const TRIM_INTERVAL: i64 = 24 * 3600;

/// Why a cache that was turned off is off.
pub(super) const TURNED_OFF: &str = "turned off";

/// A cache that is on.
pub(super) struct Open {
    pub(super) store: Store,
    /// Why the folder that was named is not used, and others are.
    pub(super) problem: Option<String>,
    pub(super) further: Furthers,
    pub(super) mac: MacKey,
    pub(super) mode: Mode,
    pub(super) lock_wait: Duration,
    pub(super) signed: Signed,
    secret: Secret,
    /// In a scope, what turns keys into names.
    names: Option<[u8; 32]>,
    budget: u64,
    /// Bytes that were stored since room was made.
    stored: AtomicU64,
    /// In verify mode, digests of the stored payloads that wait for their comparison.
    verifying: Mutex<BTreeMap<Digest, blake3::Hash>>,
}

/// An entry of native code, verified.
pub(super) enum Loadable {
    Memory(Verified),
    Sealed(Sealed),
}

/// What was read of it.
enum Contents {
    Memory(Vec<u8>),
    Sealed(Result<Sealed, Invalid>),
}

/// Why there is no entry.
pub(super) enum ReadFailure {
    Missing,
    Bad(MissReason),
    System(Errno),
}

impl ReadFailure {
    pub(super) fn reason(&self) -> MissReason {
        match self {
            ReadFailure::Missing => MissReason::Evicted,
            ReadFailure::Bad(reason) => reason.clone(),
            ReadFailure::System(errno) => MissReason::Unreadable(errno.to_string()),
        }
    }
}

impl Open {
    pub(super) fn new(options: CacheOptions) -> Result<Self, String> {
        let CacheOptions {
            mode,
            dir,
            read_also,
            secret,
            secret_file,
            trust,
            trust_file,
            on_event: _,
            log: _,
            problem: unclear,
            no_home,
            budget,
            lock_wait,
        } = options;
        if let Some(problem) = unclear {
            return Err(problem);
        }
        // What is strict about it is told where errors are (`strict`).
        let mode = if mode == Mode::Strict { Mode::ReadWrite } else { mode };
        if mode == Mode::Off {
            return Err(TURNED_OFF.to_owned());
        }
        let secret = match (secret, secret_file) {
            (Some(secret), _) => Ok(secret),
            (None, Some(file)) => Err(file),
            (None, None) => {
                let why = no_home.as_deref().unwrap_or("neither a secret nor a file for one is named");
                return Err(format!("no secret to protect it: {why}"));
            }
        };
        let further = Furthers::open(read_also);
        let own = match &dir {
            Some(dir) => Store::open(dir, mode != Mode::ReadOnly),
            None => {
                let looked_for = no_home.map(|why| format!("OVENBIRD_CACHE_DIR is not set, and {why}"));
                let why = looked_for.unwrap_or_else(|| "none is named".to_owned());
                Err(Unusable::absent(format!("no folder for it: {why}")))
            }
        };
        // The folder first: where nothing can be stored, no secret is made.
        let is_named = dir.is_some();
        let (store, mode, problem) = with_or_without(own, &further, mode, is_named)?;
        let secret = match secret {
            Ok(secret) => secret,
            Err(file) => {
                let loaded = match store.is_nowhere() {
                    None => Secret::load_or_create(&file),
                    Some(_) => Secret::load(&file),
                };
                loaded.map_err(|error| format!("no secret to protect it: '{}': {error}", file.display()))?
            }
        };
        Ok(Open {
            store,
            problem,
            further,
            mac: secret.mac_key(),
            mode,
            lock_wait: lock_wait.unwrap_or(LOCK_WAIT),
            signed: Signed::new(trust, trust_file),
            secret,
            names: None,
            budget: budget.unwrap_or(MAX_BYTES),
            stored: AtomicU64::new(0),
            verifying: Mutex::default(),
        })
    }

    /// The part of this cache that belongs to a scope. A scope in a scope is one of the same folder.
    pub(super) fn scope(&self, scope: &Scope) -> Result<Self, String> {
        let secret = self.secret.for_scope(scope);
        let id = scope::folder(&secret);
        let (own, further) = (self.store.scope(&id, self.mode != Mode::ReadOnly), self.further.scope(&id));
        let is_named = self.store.is_nowhere().is_none();
        let (store, mode, problem) = with_or_without(own, &further, self.mode, is_named)?;
        Ok(Open {
            store,
            problem,
            further,
            mac: secret.mac_key(),
            mode,
            lock_wait: self.lock_wait,
            signed: self.signed.fresh(),
            names: Some(secret.name_key()),
            secret,
            budget: scope.bytes().unwrap_or(self.budget),
            stored: AtomicU64::new(0),
            verifying: Mutex::default(),
        })
    }

    /// Where the entry of a slot is in this scope.
    pub(super) fn place(&self, slot: Slot) -> Slot {
        let Some(names) = &self.names else { return slot };
        let name = *blake3::keyed_hash(names, slot.key()).as_bytes();
        slot.with_key(name)
    }

    /// The entry of a slot in one of the folders, verified. Using one of its own renews its time.
    pub(super) fn read(&self, place: Where<'_>, slot: &Slot) -> Result<Verified, ReadFailure> {
        let bytes = self.contents(place, slot, self.mode == Mode::ReadWrite, read_all)?;
        self.wanted(entry::open(&self.mac, slot.key(), slot.kind(), bytes)?)
    }

    /// The same without renewing it, for those who only look.
    pub(super) fn read_quietly_from(&self, place: Where<'_>, slot: &Slot) -> Result<Verified, ReadFailure> {
        let bytes = self.contents(place, slot, false, read_all)?;
        self.wanted(entry::open(&self.mac, slot.key(), slot.kind(), bytes)?)
    }

    /// What `read` takes from the file of a slot.
    fn contents<T>(
        &self,
        place: Where<'_>,
        slot: &Slot,
        touch: bool,
        read: impl FnMut(&OwnedFd, u64) -> Result<Option<T>, Errno>,
    ) -> Result<T, ReadFailure> {
        let contents = match place {
            Where::Own => self.store.read_with(slot, touch, read),
            Where::Further(further) => further.read_with(slot, read),
        };
        contents.map_err(ReadFailure::from)
    }

    /// An entry, unless others have signed it who were revoked since.
    fn wanted(&self, entry: Verified) -> Result<Verified, ReadFailure> {
        if entry.is_signed() {
            self.signed.check(entry.kind(), entry.told().as_ref()).map_err(ReadFailure::Bad)?;
        }
        Ok(entry)
    }

    /// The same for native code, which is copied to where it can be mapped if it is large.
    pub(super) fn read_native(&self, place: Where<'_>, slot: &Slot) -> Result<Loadable, ReadFailure> {
        let contents = self.contents(place, slot, self.mode == Mode::ReadWrite, |fd, size| {
            // Where there are no memory files, large code is loaded like small code.
            match (size >= SEALED_FROM).then(crate::cache::fs::memory_file) {
                Some(Ok(copy)) => {
                    let sealed = sealed::open(&self.mac, slot.key(), fd, size, copy)?;
                    Ok(sealed.map(Contents::Sealed))
                }
                _ => Ok(read_all(fd, size)?.map(Contents::Memory)),
            }
        });
        Ok(match contents? {
            Contents::Sealed(sealed) => {
                let sealed = sealed?;
                if sealed.is_signed() {
                    let told = sealed.told();
                    self.signed.check(Kind::Native, told.as_ref()).map_err(ReadFailure::Bad)?;
                }
                Loadable::Sealed(sealed)
            }
            Contents::Memory(bytes) => {
                Loadable::Memory(self.wanted(entry::open(&self.mac, slot.key(), slot.kind(), bytes)?)?)
            }
        })
    }

    /// Most bytes of entries: what is allowed, but no more than a tenth of what would be free without them.
    fn budget(&self, used: u64) -> u64 {
        self.budget.min(self.store.free_bytes().saturating_add(used) / 10)
    }

    /// Notes that an entry of so many bytes was stored, and makes room once a day or if it gets too much.
    pub(super) fn make_room(&self, stored: u64) {
        let written = self.store.count_written(stored);
        let budget = self.budget(written);
        let is_full = written > budget.saturating_add(budget / 10);
        if is_full || self.store.is_trim_due(TRIM_INTERVAL) {
            let max_age = i64::try_from(MAX_AGE.as_secs()).unwrap_or(i64::MAX);
            self.store.trim_by(&Rules { max_bytes: budget, keep_bytes: budget / 10 * 8, max_age });
        }
    }

    /// The same once for several entries that are stored together.
    pub(super) fn make_room_after(&self, stored: u64, is_last: bool) {
        let so_far = self.stored.fetch_add(stored, Ordering::Relaxed).saturating_add(stored);
        if is_last && so_far > 0 {
            self.stored.store(0, Ordering::Relaxed);
            self.make_room(so_far);
        }
    }

    /// Keeps the digest of an entry for its comparison with what is made again.
    pub(super) fn verify_later(&self, slot: &Slot, payload: &[u8]) {
        lock(&self.verifying).insert(*slot.key(), compared(slot.kind(), payload));
    }

    /// Whether an entry that is being verified differs from what was made again.
    pub(super) fn contradicts(&self, slot: &Slot, payload: &[u8]) -> bool {
        let stored = lock(&self.verifying).remove(slot.key());
        stored.is_some_and(|stored| stored != compared(slot.kind(), payload))
    }

    pub(super) fn describe(&self, place: Where<'_>, slot: &Slot) -> Listed {
        let entry = self.read_quietly_from(place, slot);
        let trailer = entry.as_ref().ok().and_then(Verified::trailer);
        let path = place.shown_path(self, slot);
        let size = std::fs::symlink_metadata(&path).map_or(0, |metadata| metadata.len());
        let inputs = trailer.iter().flat_map(|trailer| &trailer.fields);
        Listed {
            kind: slot.kind(),
            key: key::hex(slot.key()),
            size,
            age: trailer.as_ref().map(|trailer| now().saturating_sub(trailer.created)),
            made_in_us: trailer.as_ref().map(|trailer| trailer.made_in_us),
            verified: entry.map(drop).map_err(|failure| failure.reason()),
            path,
            inputs: inputs.map(|field| (field.name.clone(), field.value.clone())).collect(),
            label: trailer.as_ref().map(|trailer| trailer.label.clone()).unwrap_or_default(),
        }
    }
}

/// The cache's own folder with the mode that was asked for; or, if it cannot be used, none and no stores, as long as
/// there are others to read, also if a scope has no part in them: it is cold then, and not off. That is worth a word if it was named, except that one that is only read need not be there.
fn with_or_without(
    own: Result<Store, Unusable>,
    further: &Furthers,
    mode: Mode,
    is_named: bool,
) -> Result<(Store, Mode, Option<String>), String> {
    let error = match own {
        Ok(store) => return Ok((store, mode, None)),
        Err(error) => error,
    };
    if !further.is_any() {
        let all = further.problems().map(str::to_owned);
        return Err([error.to_string()].into_iter().chain(all).collect::<Vec<_>>().join("; "));
    }
    let why = error.to_string();
    let store = Store::nowhere(&why).map_err(|error| error.to_string())?;
    let is_fine = !is_named || error.is_absent && mode == Mode::ReadOnly;
    // What is to be verified is compared, wherever it is.
    let mode = if mode == Mode::Verify { mode } else { Mode::ReadOnly };
    Ok((store, mode, (!is_fine).then_some(why)))
}

/// Digest of what a key decides of a payload. Names of functions, for those who look into an artifact, are not in keys:
/// programs that are the same but for their names share an entry, whose names are those of the first.
pub(crate) fn compared(kind: Kind, payload: &[u8]) -> blake3::Hash {
    let artifact =
        Some(payload).filter(|_| kind == Kind::Artifact).and_then(|bytes| Artifact::decode(bytes).ok());
    match artifact {
        Some(mut artifact) => {
            artifact.functions.iter_mut().for_each(|function| function.name.clear());
            blake3::hash(&artifact.encode())
        }
        None => blake3::hash(payload),
    }
}

impl From<ReadError> for ReadFailure {
    fn from(error: ReadError) -> Self {
        ReadFailure::Bad(match error {
            ReadError::Missing => return ReadFailure::Missing,
            ReadError::Untrusted(why) => MissReason::Untrusted(why),
            ReadError::TooLong => MissReason::Corrupt("length"),
            ReadError::System(errno) => return ReadFailure::System(errno),
        })
    }
}

impl From<Invalid> for ReadFailure {
    fn from(invalid: Invalid) -> Self {
        ReadFailure::Bad(match invalid {
            Invalid::Length => MissReason::Corrupt("length"),
            Invalid::Code => MissReason::Corrupt("authentication code"),
            Invalid::Format => MissReason::Corrupt("format"),
            Invalid::OtherSecret => MissReason::Untrusted("sealed under another secret"),
        })
    }
}
