//! What is stored there: several things at a time, nothing where that fails, and later what was not stored when it was made.

use std::sync::Condvar;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A remote with nothing in it that counts what it is asked.
#[derive(Default)]
struct Counting {
    gets: AtomicUsize,
    puts: AtomicUsize,
    /// What is said to every read and every upload, if that is an error.
    read_error: Option<&'static str>,
    put_error: Option<&'static str>,
    trouble: Option<&'static str>,
}

fn answer(error: Option<&str>) -> Result<(), RemoteError> {
    error.map_or(Ok(()), |error| Err(RemoteError(error.to_owned())))
}

impl RemoteSource for Counting {
    fn get(&self, _: &str, _: usize, _: Duration) -> Result<Option<Vec<u8>>, RemoteError> {
        self.gets.fetch_add(1, Ordering::Relaxed);
        answer(self.read_error).map(|()| None)
    }

    fn put(&self, _: &str, _: &[u8], _: Duration) -> Result<(), RemoteError> {
        self.puts.fetch_add(1, Ordering::Relaxed);
        answer(self.put_error)
    }

    fn name(&self) -> String {
        "counting".to_owned()
    }

    fn trouble(&self) -> Option<String> {
        self.trouble.map(str::to_owned)
    }
}

fn from(source: Arc<dyn RemoteSource>, write: bool) -> RemoteOptions {
    let options = RemoteOptions::read_only(source, trust());
    RemoteOptions { wait: Some(WAIT), write: write.then(key), ..options }
}

/// How often it was asked since the last time: reads and uploads.
fn asked(source: &Counting) -> (usize, usize) {
    (source.gets.swap(0, Ordering::Relaxed), source.puts.swap(0, Ordering::Relaxed))
}

/// A remote that finishes no upload until four are under way.
#[derive(Default)]
struct Gate {
    state: Mutex<(usize, usize)>,
    changed: Condvar,
}

const AT_A_TIME: usize = 4;

impl RemoteSource for Gate {
    fn get(&self, _: &str, _: usize, _: Duration) -> Result<Option<Vec<u8>>, RemoteError> {
        Ok(None)
    }

    fn put(&self, _: &str, _: &[u8], _: Duration) -> Result<(), RemoteError> {
        let mut state = self.state.lock().expect("no panic");
        state.0 += 1;
        state.1 = state.1.max(state.0);
        self.changed.notify_all();
        let is_few = |state: &mut (usize, usize)| state.1 < AT_A_TIME;
        let (mut state, waited) = self.changed.wait_timeout_while(state, WAIT, is_few).expect("no panic");
        if waited.timed_out() {
            return Err(RemoteError("one after the other".to_owned()));
        }
        drop(state);
        // Time for a fifth to come.
        std::thread::sleep(Duration::from_millis(100));
        state = self.state.lock().expect("no panic");
        state.0 -= 1;
        Ok(())
    }

    fn name(&self) -> String {
        "gate".to_owned()
    }
}

/// Without `NeedsThread` in `host/src/remote/uploads.rs`: a slow server gets one thing after the other, and the end of a process
/// cuts most of it off.
#[test]
fn four_things_are_stored_at_a_time() {
    let gate = Arc::new(Gate::default());
    let engine = engine(Machine::new().cache(), from(gate.clone(), true));
    run_source(&engine, SCRIPT);
    let remote = engine.remote().expect("there is one");
    assert!(remote.settle(2 * WAIT));
    let stats = remote.stats();
    assert_eq!((stats.uploads, stats.errors), (6, 0), "{stats:?}");
    assert_eq!(gate.state.lock().expect("no panic").1, AT_A_TIME);
}

/// Without `upload_failed` or `may_upload` in `host/src/remote.rs`: all that is compiled is sent to a server that takes nothing.
#[test]
fn nothing_is_sent_to_a_remote_that_failed_three_times() {
    let refusing = || Counting { put_error: Some("403"), ..Counting::default() };
    let unreachable = || Counting { read_error: Some("no route"), ..Counting::default() };
    for (source, refuses) in [(refusing(), true), (unreachable(), false)] {
        let (source, (warnings, warn)) = (Arc::new(source), warnings());
        let options = RemoteOptions { warn: Some(warn), ..from(source.clone(), true) };
        let engine = engine(Machine::new().cache(), options);
        assert_eq!(run_source(&engine, SCRIPT).0, "6 1.5\n");
        let before = settle(&engine);
        assert!(before.errors >= 3 && (!refuses || before.uploads == 0), "{before:?}");
        asked(&source);
        assert_eq!(run_source(&engine, &SCRIPT.replace("K = 3", "K = 4")).0, "8 2.0\n");
        let after = settle(&engine);
        assert_eq!(asked(&source), (0, 0), "{after:?}");
        assert!(after.left > before.left, "{after:?}");
        assert_eq!(warnings.lock().expect("no panic").len(), 1);
    }
}

/// Without `too_late` in `host/src/remote.rs`: a remote that is farther away than compiling takes is never filled.
#[test]
fn a_remote_that_is_always_late_is_stored_to_all_the_same() {
    let server = Server::start();
    server.behave(Behaviour::Slow(Duration::from_millis(300)));
    let hasty = RemoteOptions { wait: Some(Duration::from_millis(5)), ..options(&server, trust()) };
    let engine = engine(Machine::new().cache(), RemoteOptions { write: Some(key()), ..hasty });
    assert_eq!(run_source(&engine, SCRIPT).0, "6 1.5\n");
    let stats = settle(&engine);
    assert!(stats.late >= 3, "{stats:?}");
    assert_eq!((stats.uploads, stats.left), (6, 0), "{stats:?}");
}

/// Without `trouble` in `host/src/remote/fetch.rs`: a folder or bucket that is misspelt is as good as an empty one.
#[test]
fn a_place_that_is_not_there_is_told_once_to_who_only_reads() {
    for (write, told) in [(false, 1), (true, 0)] {
        let source = Arc::new(Counting { trouble: Some("there is no such folder"), ..Counting::default() });
        let (warnings, warn) = warnings();
        let engine =
            engine(Machine::new().cache(), RemoteOptions { warn: Some(warn), ..from(source, write) });
        assert_eq!(run_source(&engine, SCRIPT).0, "6 1.5\n");
        let stats = settle(&engine);
        assert_eq!((stats.uploads, stats.errors > 0), (if write { 6 } else { 0 }, !write), "{stats:?}");
        let warnings = warnings.lock().expect("no panic");
        assert_eq!(warnings.len(), told, "{warnings:?}");
        let expected = "the remote cache counting failed: there is no such folder";
        assert!(warnings.iter().all(|warning| warning == expected), "{warnings:?}");
    }
}

#[test]
fn what_is_only_in_the_local_cache_can_be_stored_later() {
    let (server, machine) = (Server::start(), Machine::new());
    run_source(&machine.engine(), SCRIPT);
    let write = || RemoteOptions { write: Some(key()), ..options(&server, trust()) };
    let writer = engine(machine.cache(), write());
    assert_eq!(run_source(&writer, SCRIPT).0, "6 1.5\n");
    settle(&writer);
    assert!(server.requests().is_empty(), "a warm start asks nobody, also where it may write");
    let remote = writer.remote().expect("there is one");

    let one = remote.upload_cached(|label| label == "main.f");
    assert_eq!((one.stored, one.present, one.left), (4, 0, 0), "for integers and for floats");
    let all = remote.upload_cached(|_| true);
    assert_eq!((all.stored, all.present, all.left), (2, 4, 0));
    server.requests();
    let again = remote.upload_cached(|_| true);
    assert_eq!((again.stored, again.present, again.left), (0, 6, 0));
    assert!(server.requests().iter().all(|request| request.starts_with("GET /l")), "only looked at");

    let other = engine(Machine::new().cache(), options(&server, trust()));
    assert_eq!(run_source(&other, SCRIPT).0, "6 1.5\n");
    assert_eq!((other.compiles(), other.native_compiles()), (0, 0));
}

#[test]
fn what_could_not_be_stored_later_is_told() {
    let (server, machine) = (Server::start(), Machine::new());
    run_source(&machine.engine(), SCRIPT);
    server.behave(Behaviour::Status(500));
    let all = |options| engine(machine.cache(), options).remote().expect("one").upload_cached(|_| true);
    let failed = all(RemoteOptions { write: Some(key()), ..options(&server, trust()) });
    assert_eq!((failed.stored, failed.present, failed.left), (0, 0, 6));
    server.requests();
    let read_only = all(options(&server, trust()));
    assert_eq!((read_only.stored, read_only.left), (0, 6));
    assert!(server.requests().is_empty(), "who only reads stores nothing");
}

/// A remote with nothing in it. Whoever asks it finds the local cache empty afterwards.
struct Emptying {
    cache: std::path::PathBuf,
    at_it: Mutex<()>,
}

impl RemoteSource for Emptying {
    fn get(&self, _: &str, _: usize, _: Duration) -> Result<Option<Vec<u8>>, RemoteError> {
        let _one = self.at_it.lock().expect("no panic");
        if self.cache.exists() {
            std::fs::remove_dir_all(&self.cache).expect("removed");
        }
        Ok(None)
    }

    fn put(&self, _: &str, _: &[u8], _: Duration) -> Result<(), RemoteError> {
        Ok(())
    }

    fn name(&self) -> String {
        "emptying".to_owned()
    }
}

/// Fails without: reading each entry when a thread is free for it. A cache need not fit in memory.
#[test]
fn what_is_stored_later_is_read_when_it_is_its_turn() {
    let machine = Machine::new();
    run_source(&machine.engine(), SCRIPT);
    let cache = machine.folder.path().join("cache/v1");
    let source = Arc::new(Emptying { cache, at_it: Mutex::default() });
    let all = engine(machine.cache(), from(source, true)).remote().expect("one").upload_cached(|_| true);
    // Of six entries.
    assert!((1..=AT_A_TIME as u64).contains(&all.stored) && all.left == 0, "{all:?}");
}
