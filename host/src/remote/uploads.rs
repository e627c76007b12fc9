//! What is stored there in the background: a few things at a time, and no more than fits into a bounded piece of memory.
//!
//! Threads live as long as there is something to store, so a remote that is not written to has none.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, Weak};
use std::time::Instant;

use super::fetch::{Upload, upload};
use super::{Inner, lock};

/// Most things that are stored at a time.
pub(super) const THREADS: usize = 4;
/// Most bytes of content that wait or are being stored. One thing alone may have more.
const MAX_BYTES: usize = 64 << 20;

#[derive(Default)]
pub(super) struct Uploads {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Upload>,
    bytes: usize,
    threads: usize,
}

/// What to do with something that was added.
#[derive(Debug, PartialEq, Eq)]
enum Added {
    /// It waits for a thread that is at work.
    Waiting,
    /// It waits for a thread that the caller starts.
    NeedsThread,
    /// There is no room.
    Refused,
}

impl Uploads {
    fn add(&self, upload: Upload) -> Added {
        let mut state = lock(&self.state);
        let bytes = state.bytes.saturating_add(upload.content.len());
        if state.bytes > 0 && bytes > MAX_BYTES {
            return Added::Refused;
        }
        state.bytes = bytes;
        state.waiting.push_back(upload);
        if state.threads == THREADS {
            return Added::Waiting;
        }
        state.threads += 1;
        Added::NeedsThread
    }

    /// The next one; if there is none, the thread that asks is at its end. Both in one step: what is added later finds that
    /// there is a thread less.
    fn next(&self) -> Option<Upload> {
        let mut state = lock(&self.state);
        let next = state.waiting.pop_front();
        if next.is_none() {
            state.threads -= 1;
        }
        next
    }
}

/// Something that is being stored. However that ends, nobody waits for it afterwards.
struct Working<'a> {
    inner: &'a Inner,
    bytes: usize,
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.inner.uploads.state);
        state.bytes -= self.bytes;
        // A source that panics takes its thread along.
        state.threads -= usize::from(std::thread::panicking());
        drop(state);
        self.inner.stored();
    }
}

impl Inner {
    /// Whether something that was made now would be stored there. If not, it is counted as left.
    pub(super) fn may_upload(&self) -> bool {
        let may = lock(&self.breaker).allows_upload(Instant::now());
        if !may {
            self.left();
        }
        may
    }

    /// Stores it in the background.
    pub(super) fn upload_later(self: &Arc<Self>, upload: Upload) {
        lock(&self.pending).stores += 1;
        match self.uploads.add(upload) {
            Added::Waiting => {}
            Added::NeedsThread => {
                let inner = Arc::downgrade(self);
                let thread = std::thread::Builder::new().name("ovenbird upload".to_owned());
                if thread.spawn(move || work(&inner)).is_err() {
                    self.without_thread();
                }
            }
            Added::Refused => {
                self.left();
                self.stored();
            }
        }
    }

    /// No thread could be started: what waits is left to those that are at work, if there are any.
    fn without_thread(&self) {
        let mut state = lock(&self.uploads.state);
        state.threads -= 1;
        if state.threads > 0 {
            return;
        }
        let waiting = std::mem::take(&mut state.waiting);
        state.bytes = 0;
        drop(state);
        for _ in waiting {
            self.left();
            self.stored();
        }
    }

    /// Something that is not there because of this process's haste.
    fn left(&self) {
        self.count(|stats| stats.left += 1);
    }
}

/// Stores one thing after the other, until there is none or the remote is dropped.
fn work(inner: &Weak<Inner>) {
    loop {
        let Some(inner) = inner.upgrade() else { return };
        let Some(next) = inner.uploads.next() else { return };
        let _working = Working { inner: &inner, bytes: next.content.len() };
        if inner.may_upload() {
            upload(&inner, &next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::entry::Kind;

    fn of(bytes: usize) -> Upload {
        let (label, producer) = (String::new(), String::new());
        let content = vec![0; bytes];
        Upload { kind: Kind::Artifact, label, fields: Vec::new(), made_in_us: 0, producer, content }
    }

    /// Without `MAX_BYTES` in `host/src/remote/uploads.rs`: all that a process compiles waits in memory for a slow server.
    #[test]
    fn what_waits_is_bounded_but_one_large_thing_is_taken() {
        let uploads = Uploads::default();
        assert_eq!(uploads.add(of(MAX_BYTES + 1)), Added::NeedsThread);
        assert_eq!(uploads.add(of(1)), Added::Refused);
        assert_eq!(uploads.next().map(|next| next.content.len()), Some(MAX_BYTES + 1));
        assert_eq!(uploads.add(of(1)), Added::Refused, "it is still there while it is being stored");
        let uploads = Uploads::default();
        assert_eq!(uploads.add(of(MAX_BYTES / 2)), Added::NeedsThread);
        assert_eq!(uploads.add(of(MAX_BYTES / 2)), Added::NeedsThread);
        assert_eq!(uploads.add(of(1)), Added::Refused);
    }

    /// Without `THREADS` in `host/src/remote/uploads.rs`: a program of a thousand functions opens a thousand connections.
    #[test]
    fn threads_are_few_and_end_when_there_is_nothing_to_do() {
        let uploads = Uploads::default();
        for _ in 0..THREADS {
            assert_eq!(uploads.add(of(1)), Added::NeedsThread);
        }
        assert_eq!(uploads.add(of(1)), Added::Waiting);
        for _ in 0..=THREADS {
            assert!(uploads.next().is_some());
        }
        assert!(uploads.next().is_none());
        assert_eq!(uploads.add(of(1)), Added::NeedsThread, "in the place of the one that ended");
    }
}
