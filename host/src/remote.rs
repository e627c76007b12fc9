//! A remote tier below the local cache: key → code that another machine has made, or nothing.
//!
//! ```text
//! l1/<key>        signed record of an artifact
//! l2/<key>        signed record of native code
//! cas/<digest>    content, zstd
//! ```
//!
//! Where the bytes come from is a [`RemoteSource`]; nothing here speaks a protocol. What holds:
//! - Nothing that a remote does or fails to do changes a result. It is waited for no longer than compiling is
//!   expected to take: as long as it took before, else a guess. What comes later goes into the local cache for
//!   the next time.
//! - Native code needs a signature by a trusted key; wasm needs one too, unless the policy allows it.
//! - Three errors or late answers in a row, and the remote is left alone for a minute; after errors nothing is stored there either. That a key is not there is no error, and
//!   is remembered for five minutes.
//! - It is only read, unless there is a key to sign with.

use std::collections::HashMap;
use std::fmt;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ovenbird_compiler::artifact::Artifact;

use crate::bundle::{SecretKey, SignedCode, Trust, TrustedCode};
use crate::cache::Cache;
use crate::cache::entry::Kind;
use crate::cache::key::{Digest, Field, L1Recipe, L2Recipe};
use crate::engine::Engine;
use crate::levels::HostCpu;
use crate::native::Native;

mod breaker;
mod cached;
mod fetch;
#[cfg(feature = "remote")]
mod store;
mod told;
mod uploads;

pub use cached::Uploaded;

use breaker::Breaker;
use fetch::{Fetched, Upload, fetch};
use told::Told;
use uploads::Uploads;

/// A key that was not there is not asked for again for this long.
const ABSENT: Duration = Duration::from_secs(300);
/// Most keys that are remembered to be absent.
const MAX_ABSENT: usize = 4096;
/// Expected time to compile what was never compiled here: for each function to wasm, and for each byte of that to native code (Cranelift
/// takes some 25 ms for 20 KB).
const FUNCTION: Duration = Duration::from_micros(200);
const WASM_BYTE_NS: u64 = 1200;
/// One access may take this long when nobody waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// What went wrong, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteError(pub String);

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RemoteError {}

/// Somewhere that bytes lie under paths. What it gives is checked; it need not be trusted.
pub trait RemoteSource: Send + Sync {
    /// The bytes under a path, at most `limit`; `None` if there are none.
    fn get(&self, path: &str, limit: usize, wait: Duration) -> Result<Option<Vec<u8>>, RemoteError>;

    /// Stores bytes under a path, unless something lies there.
    fn put(&self, path: &str, bytes: &[u8], wait: Duration) -> Result<(), RemoteError>;

    /// What people call it.
    fn name(&self) -> String;

    /// What is wrong with the place itself where nothing lies under a path, if that can be told: that it is not there at all.
    /// Who only reads asks after each key that is absent, so it should be cheap.
    fn trouble(&self) -> Option<String> {
        None
    }
}

/// Is told, in words.
pub type Warn = Arc<dyn Fn(&str) + Send + Sync>;

/// How to use a remote.
#[derive(Clone)]
pub struct RemoteOptions {
    /// Where the bytes are.
    pub source: Arc<dyn RemoteSource>,
    /// Whose code to use.
    pub trust: Trust,
    /// What was compiled here is stored there, signed with this key. Without it the remote is only read.
    pub write: Option<SecretKey>,
    /// Longest wait for one unit's code; `None` is as long as compiling it is expected to take.
    pub wait: Option<Duration>,
    /// Told once when the remote fails; once when it has code that was revoked; and once when it has code that no trusted
    /// key has signed, unless `trust` allows unsigned wasm: then native code of strangers is left aside without a word.
    pub warn: Option<Warn>,
}

impl RemoteOptions {
    /// Only reads, only what these keys have signed, and waits no longer than compiling would take.
    pub fn read_only(source: Arc<dyn RemoteSource>, trust: Trust) -> Self {
        RemoteOptions { source, trust, write: None, wait: None, warn: None }
    }
}

/// Counts since the remote was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct RemoteStats {
    /// Units whose code came from there in time.
    pub hits: u64,
    /// Times that there was none.
    pub absent: u64,
    /// Times that it came too late.
    pub late: u64,
    /// Times that it failed.
    pub errors: u64,
    /// Entries that were not used: not signed, damaged, revoked.
    pub refused: u64,
    /// Entries stored in the local cache from there.
    pub adopted: u64,
    /// Entries stored there.
    pub uploads: u64,
    /// Entries made here and not sent there: it was left alone, or too many were waiting.
    pub left: u64,
}

/// A remote tier. Cheap to clone.
#[derive(Clone)]
pub struct Remote {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    options: RemoteOptions,
    cache: Cache,
    cpu: HostCpu,
    breaker: Mutex<Breaker>,
    absent: Mutex<HashMap<Digest, Instant>>,
    stats: Mutex<RemoteStats>,
    told: Told,
    uploads: Uploads,
    pending: Mutex<Pending>,
    settled: Condvar,
}

/// Accesses under way that nobody waits for.
#[derive(Default)]
struct Pending {
    fetches: usize,
    stores: usize,
}

/// What is asked for.
pub(crate) enum Wanted {
    Artifact(Digest),
    /// Keys of the same wasm, the best first.
    Native(Vec<Digest>),
}

impl Remote {
    pub(crate) fn new(options: RemoteOptions, cache: Cache, cpu: HostCpu) -> Self {
        let inner = Inner {
            options,
            cache,
            cpu,
            breaker: Mutex::new(Breaker::default()),
            absent: Mutex::default(),
            stats: Mutex::default(),
            told: Told::default(),
            uploads: Uploads::default(),
            pending: Mutex::default(),
            settled: Condvar::new(),
        };
        Remote { inner: Arc::new(inner) }
    }

    /// Counts since it was opened.
    pub fn stats(&self) -> RemoteStats {
        lock(&self.inner.stats).clone()
    }

    /// Waits until all that is under way in the background is done, but not longer than this. Gives whether it
    /// is.
    pub fn settle(&self, longest: Duration) -> bool {
        self.settle_while(longest, |pending| pending.fetches + pending.stores > 0)
    }

    /// The same, but only for what is being stored there: for the end of a process, which would wait in vain for answers that
    /// were too late already.
    pub fn finish_stores(&self, longest: Duration) -> bool {
        self.settle_while(longest, |pending| pending.stores > 0)
    }

    fn settle_while(&self, longest: Duration, is_busy: impl Fn(&Pending) -> bool) -> bool {
        let pending = lock(&self.inner.pending);
        let waited = self.inner.settled.wait_timeout_while(pending, longest, |pending| is_busy(pending));
        !is_busy(&waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    /// The artifact of a recipe, encoded. `expected` is how long making it is expected to take.
    pub(crate) fn artifact(&self, recipe: &L1Recipe, expected: Duration) -> Option<Vec<u8>> {
        match self.ask(Wanted::Artifact(recipe.key().0), expected)? {
            Fetched::Artifact(bytes) => Some(bytes),
            Fetched::Native(_) => None,
        }
    }

    /// Native code for the first of these recipes that has some.
    pub(crate) fn native(&self, recipes: &[L2Recipe], expected: Duration) -> Option<TrustedCode> {
        let keys = recipes.iter().map(|recipe| recipe.key().0).collect();
        match self.ask(Wanted::Native(keys), expected)? {
            Fetched::Native(code) => Some(code),
            Fetched::Artifact(_) => None,
        }
    }

    /// Stores what was made here, in the background.
    fn store(&self, kind: Kind, label: &str, fields: Vec<Field>, made_in: Duration, content: &[u8]) {
        let made_in_us = u64::try_from(made_in.as_micros()).unwrap_or(u64::MAX);
        let (label, content) = (label.to_owned(), content.to_vec());
        let producer = env!("CARGO_PKG_VERSION").to_owned();
        self.inner.upload_later(Upload { kind, label, fields, made_in_us, producer, content });
    }

    fn ask(&self, mut wanted: Wanted, expected: Duration) -> Option<Fetched> {
        let inner = &self.inner;
        if !lock(&inner.breaker).allows(Instant::now()) || !inner.may_be_there(&mut wanted) {
            return None;
        }
        let wait = inner.options.wait.unwrap_or(expected);
        let (sender, receiver) = sync_channel(1);
        lock(&inner.pending).fetches += 1;
        let there = Arc::clone(inner);
        let spawned = std::thread::Builder::new().name("ovenbird remote".to_owned()).spawn(move || {
            fetch(&there, wanted, &sender);
            there.fetched();
        });
        if spawned.is_err() {
            inner.fetched();
            return None;
        }
        match receiver.recv_timeout(wait) {
            Ok(found) => {
                inner.count(|stats| stats.hits += u64::from(found.is_some()));
                found
            }
            Err(_) => {
                inner.too_late();
                None
            }
        }
    }
}

/// What loading a unit asks of the remote tier, if there is one.
impl Engine {
    /// The artifact of a unit of so many functions that the cache missed.
    pub(crate) fn remote_artifact(&self, recipe: &L1Recipe, functions: usize) -> Option<Artifact> {
        let remote = self.remote().filter(|_| !self.cache().verifies())?;
        let functions = u32::try_from(functions).unwrap_or(u32::MAX);
        let guess = Duration::from_millis(2) + FUNCTION.saturating_mul(functions);
        let expected = self.cache().made_in(&recipe.label, Kind::Artifact).unwrap_or(guess);
        Artifact::decode(&remote.artifact(recipe, expected)?).ok()
    }

    /// Native code of so many bytes of wasm that the cache missed.
    pub(crate) fn remote_native(&self, recipe: &L2Recipe, wasm: usize) -> Option<Native> {
        let remote = self.remote().filter(|_| !self.cache().verifies())?;
        let recipes: Vec<L2Recipe> =
            std::iter::once(recipe.clone()).chain(self.level_recipes(recipe)).collect();
        let guess = Duration::from_millis(1) + Duration::from_nanos(WASM_BYTE_NS * wasm as u64);
        let expected = self.cache().made_in(&recipe.label, Kind::Native).unwrap_or(guess);
        let code = remote.native(&recipes, expected)?;
        self.cache().count_native_load();
        Native::load_signed(self.wasmtime(), &code).ok()
    }

    /// Stores what was made here, if the remote is written to.
    pub(crate) fn store_remotely<C: AsRef<[u8]>>(
        &self,
        kind: Kind,
        label: &str,
        fields: impl FnOnce() -> Vec<Field>,
        made_in: Duration,
        content: impl FnOnce() -> Option<C>,
    ) {
        if let Some(remote) = self.remote().filter(|remote| remote.inner.options.write.is_some())
            && remote.inner.may_upload()
            && let Some(content) = content()
        {
            remote.store(kind, label, fields(), made_in, content.as_ref());
        }
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("source", &self.inner.options.source.name()).finish_non_exhaustive()
    }
}

impl Inner {
    fn count(&self, change: impl FnOnce(&mut RemoteStats)) {
        change(&mut lock(&self.stats));
    }

    /// An answer in time, also if it is that nothing is there.
    fn succeeded(&self) {
        lock(&self.breaker).read();
    }

    fn failed(&self, error: &RemoteError) {
        self.count(|stats| stats.errors += 1);
        lock(&self.breaker).read_failed(Instant::now());
        self.told.of_failure(&self.options, error);
    }

    fn upload_failed(&self, error: &RemoteError) {
        self.count(|stats| stats.errors += 1);
        lock(&self.breaker).upload_failed(Instant::now());
        self.told.of_failure(&self.options, error);
    }

    /// Something that may not be used, because nobody who is trusted has signed it or because it was revoked.
    fn refused(&self, is_revoked: bool) {
        self.count(|stats| stats.refused += 1);
        self.told.of_refusal(&self.options, is_revoked);
    }

    /// An answer that nobody waits for any more. A remote that is always slower than compiling is as good as
    /// one that fails, and waiting for it each time is worse.
    fn too_late(&self) {
        self.count(|stats| stats.late += 1);
        lock(&self.breaker).too_late(Instant::now());
    }

    fn fetched(&self) {
        lock(&self.pending).fetches -= 1;
        self.settled.notify_all();
    }

    fn stored(&self) {
        lock(&self.pending).stores -= 1;
        self.settled.notify_all();
    }

    /// Takes the keys out that are known to be absent. Gives whether any is left.
    fn may_be_there(&self, wanted: &mut Wanted) -> bool {
        let mut absent = lock(&self.absent);
        let now = Instant::now();
        absent.retain(|_, since| now.duration_since(*since) < ABSENT);
        match wanted {
            Wanted::Artifact(key) => !absent.contains_key(key),
            Wanted::Native(keys) => {
                keys.retain(|key| !absent.contains_key(key));
                !keys.is_empty()
            }
        }
    }

    fn remember_absent(&self, key: Digest) {
        self.count(|stats| stats.absent += 1);
        let mut absent = lock(&self.absent);
        if absent.len() < MAX_ABSENT {
            absent.insert(key, Instant::now());
        }
    }

    fn forget_absent(&self, key: &Digest) {
        lock(&self.absent).remove(key);
    }

    /// Signed code for the local cache.
    fn adopt(&self, adopted: Result<crate::cache::Adopted, String>) {
        if adopted.is_ok() {
            self.count(|stats| stats.adopted += 1);
        }
    }

    fn runnable(&self, code: SignedCode) -> Option<TrustedCode> {
        code.for_cpu(&self.cpu).ok()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Counters and maps that are changed in one step: a panic elsewhere cannot have left them half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
