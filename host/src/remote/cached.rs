//! The local cache → the remote: what was made before there was one, or was cut off at the end of a process.
//!
//! Nothing does this by itself. An entry that is in the local cache is found there from then on, and asking for each whether it
//! is elsewhere too would make every warm start of a writing machine wait for a server.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use ovenbird_compiler::artifact::Artifact;

use super::fetch::{Upload, is_there, upload};
use super::uploads::THREADS;
use super::{Inner, Remote, lock};
use crate::cache::entry::Kind;

/// What became of the entries of the local cache that were to be stored in a remote one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Uploaded {
    /// They are there now, and were not before.
    pub stored: u64,
    /// They were there already.
    pub present: u64,
    /// They are not there, as far as is known: the remote failed, or was left alone after it had.
    pub left: u64,
}

#[derive(Default)]
struct Counts {
    stored: AtomicU64,
    present: AtomicU64,
    left: AtomicU64,
}

impl Remote {
    /// Stores every entry of the local cache with such a label (`module.function`) that is not there yet, and waits for that. As
    /// with an export, what others have signed is signed anew. If the remote is not written to, nothing is stored.
    pub fn upload_cached(&self, is_meant: impl Fn(&str) -> bool + Send) -> Uploaded {
        let inner = &self.inner;
        let entries = inner.cache.exportable();
        let uploads = entries.filter(move |(_, trailer, _)| is_meant(&trailer.label)).filter_map(
            |(kind, trailer, content)| {
                // What another version stored may be something else.
                let is_meant = match kind {
                    Kind::Artifact => Artifact::decode(&content).is_ok(),
                    Kind::Native => true,
                    Kind::Probe | Kind::Diagnostics => false,
                };
                is_meant.then_some(Upload {
                    kind,
                    label: trailer.label,
                    fields: trailer.fields,
                    made_in_us: trailer.made_in_us,
                    producer: trailer.producer,
                    content,
                })
            },
        );
        // Each is read when a thread has nothing else to do: all of them can be more than fits in memory.
        let (waiting, counts) = (Mutex::new(uploads), Counts::default());
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    loop {
                        let Some(next) = lock(&waiting).next() else { return };
                        inner.bring(&next, &counts);
                    }
                });
            }
        });
        let Counts { stored, present, left } = counts;
        Uploaded { stored: stored.into_inner(), present: present.into_inner(), left: left.into_inner() }
    }
}

impl Inner {
    /// Stores one entry, unless it is there.
    fn bring(&self, entry: &Upload, counts: &Counts) {
        let allowed = self.options.write.is_some() && lock(&self.breaker).allows_upload(Instant::now());
        let count = match allowed.then(|| is_there(self, entry)).flatten() {
            Some(true) => &counts.present,
            Some(false) if upload(self, entry) => &counts.stored,
            _ => &counts.left,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}
