//! Single flight between processes: a look-up that missed → what somebody else has made meanwhile, or the
//! right to make it.
//!
//! Who wants an entry takes its lock and looks. If it is not there, the holder makes the entry and stores it; the others
//! look for the entry again and again, and take the lock if its holder ends without it. Nobody waits for
//! ever: a holder may be stopped, or on another machine that shares the folder. Then, and where there are
//! no locks, the same work is done twice, which is harmless. Threads of one process are kept apart before
//! they come here (`crate::flight`).

use std::time::{Duration, Instant};

use wasmtime::Engine;

use crate::cache::entry::Kind;
use crate::cache::found::{Found, Where};
use crate::cache::key::{L1Recipe, L2Recipe};
use crate::cache::location::Mode;
use crate::cache::lock::{Attempt, Turn};
use crate::cache::look::{Absent, Wanted};
use crate::cache::open::Open;
use crate::cache::report::{Event, MissReason};
use crate::cache::slot::Slot;
use crate::cache::{Cache, fs, later};
use crate::miss::Missed;
use crate::native::{Loading, Native};

/// Entries of the same function that say how long making one takes.
const EXPECT_FROM: usize = 4;
/// Between two looks, at first and later.
const SHORTEST_NAP: Duration = Duration::from_millis(1);
const LONGEST_NAP: Duration = Duration::from_millis(20);

/// The right to make an entry; held until it has been stored.
#[must_use = "others may make the same entry as soon as this is dropped"]
pub struct Claim {
    /// What it is a claim to.
    slot: Option<Slot>,
    /// Why that is not there.
    missed: Option<Missed>,
    turn: Option<Box<Turn>>,
}

impl Cache {
    /// As [`Cache::get_artifact`]. On a miss the caller makes the artifact and stores it while it holds the
    /// claim; if another process is doing just that, this waits for it.
    pub fn artifact_or_claim(&self, recipe: &L1Recipe) -> Result<Vec<u8>, (Missed, Claim)> {
        let started = Instant::now();
        let slot = self.place(Slot::Artifact(recipe.key()));
        let look = || self.look_for_artifact(&slot);
        self.claimed(&slot, &recipe.label, None, look, Vec::len, recipe, started)
    }

    /// As [`Cache::get_native`], with a claim on a miss.
    pub fn native_or_claim(&self, recipe: &L2Recipe, engine: &Engine) -> Result<Native, (Missed, Claim)> {
        let started = Instant::now();
        let slot = self.native_place(recipe);
        let look = || self.look_for_native(&slot, engine, Loading::Now);
        let found = self.claimed(&slot, &recipe.label, None, look, |(_, size)| *size, recipe, started);
        found.map(|(native, _)| native)
    }

    /// How long making an entry of this function took before, if there is one that says so.
    pub(crate) fn made_in(&self, label: &str, kind: Kind) -> Option<Duration> {
        made_in(self.open_state().ok()?, label, kind)
    }

    /// What a look finds, counted; on a miss the right to make it. While another process makes it, waits for that. `first` is
    /// what a first look found if there was one already: it may have looked in more places.
    #[expect(clippy::too_many_arguments, reason = "each is another thing")]
    pub(super) fn claimed<T>(
        &self,
        slot: &Slot,
        label: &str,
        first: Option<Result<Found<T>, Absent>>,
        look: impl Fn() -> Result<Found<T>, Absent>,
        size: impl Fn(&T) -> usize,
        wanted: &impl Wanted,
        started: Instant,
    ) -> Result<T, (Missed, Claim)> {
        let (outcome, claim) = match (first, self.open_state()) {
            (Some(Ok(found)), _) => (Ok(found), Claim::none()),
            (first, Ok(open)) if open.mode == Mode::ReadWrite => {
                let first = first.and_then(Result::err).map(|absent| self.heard(absent, slot, wanted));
                self.in_turn(open, slot, label, first, wanted, look)
            }
            (first, _) => (first.unwrap_or_else(look), Claim::none()),
        };
        let outcome = outcome.map_err(|absent| match claim.is_held() {
            true => self.because_later(absent, slot, wanted),
            // Perhaps nothing is stored, and it is now or never.
            false => self.because(absent, slot, wanted),
        });
        self.count(slot, label, outcome, size, started).map_err(|missed| {
            let claim = Claim { turn: claim.turn, ..Claim::without_turn(slot.clone(), missed.clone()) };
            (missed, claim)
        })
    }

    /// Who listens is told what was there before anybody was waited for.
    fn heard(&self, absent: Absent, slot: &Slot, wanted: &impl Wanted) -> Absent {
        match self.is_heard() {
            true => Absent::Because(self.because(absent, slot, wanted).reason().clone()),
            false => absent,
        }
    }

    /// Looks when nobody else has the turn. Without a first look it is taken before there is any: whoever misses needs one
    /// look then and not two, and who finds it gives the turn back.
    fn in_turn<T>(
        &self,
        open: &Open,
        slot: &Slot,
        label: &str,
        mut first: Option<Absent>,
        wanted: &impl Wanted,
        look: impl Fn() -> Result<T, Absent>,
    ) -> (Result<T, Absent>, Claim) {
        let (mut nap, mut waiting) = (SHORTEST_NAP, None);
        loop {
            let claim = match open.store.try_turn(slot) {
                Attempt::Mine(turn) => Some(Claim::of(turn)),
                Attempt::Unsupported => Some(Claim::none()),
                Attempt::Busy => None,
            };
            if let Some(claim) = claim {
                // Whoever had the turn before us may have stored it.
                let absent = match self.is_absent(open, slot) {
                    true => Absent::Unexplained,
                    false => match look() {
                        Ok(found) => return (Ok(found), Claim::none()),
                        Err(absent) => absent,
                    },
                };
                if claim.is_held() && matches!(absent, Absent::Damaged(_)) {
                    open.store.quarantine(slot);
                }
                // A first look says more: it was made before anybody touched the folder.
                return (Err(first.unwrap_or(absent)), claim);
            }
            // Perhaps it is there, and the other is only looking at it.
            if first.is_none() || open.store.exists(slot) {
                match look() {
                    Ok(found) => return (Ok(found), Claim::none()),
                    Err(absent) => first = first.or_else(|| Some(self.heard(absent, slot, wanted))),
                }
            }
            let (deadline, _) = waiting.get_or_insert_with(|| {
                // Another cache of this process may have it, and this thread is one of those that it waits for.
                later::nudge();
                let waiter = open.store.wait_for(slot);
                self.tell(|| Event::Waiting { kind: slot.kind(), label: label.to_owned() });
                (Instant::now() + longest_wait(open, slot, label), waiter)
            });
            if Instant::now() >= *deadline {
                return (Err(Absent::Because(MissReason::LockTimeout)), Claim::none());
            }
            fs::sleep(nap);
            nap = (nap * 2).min(LONGEST_NAP);
        }
    }
}

/// Twice as long as it took before, and some seconds in any case.
fn longest_wait(open: &Open, slot: &Slot, label: &str) -> Duration {
    let known = made_in(open, label, slot.kind()).unwrap_or_default();
    open.lock_wait.max(known.saturating_mul(2))
}

/// How long making such an entry of this function took before: the longest of the newest few.
fn made_in(open: &Open, label: &str, kind: Kind) -> Option<Duration> {
    let own = open.store.marked(label, kind, EXPECT_FROM).into_iter().map(|slot| (Where::Own, slot));
    let known = own.chain(open.further.marked(label, kind, EXPECT_FROM)).take(EXPECT_FROM);
    let trailers = known.filter_map(|(place, slot)| open.read_quietly_from(place, &slot).ok()?.trailer());
    let longest = trailers.map(|trailer| trailer.made_in_us).max()?;
    (longest > 0).then(|| Duration::from_micros(longest))
}

impl Claim {
    fn none() -> Self {
        Claim { slot: None, missed: None, turn: None }
    }

    fn of(turn: Turn) -> Self {
        Claim { turn: Some(Box::new(turn)), ..Claim::none() }
    }

    /// Says where an entry goes and why it is made, and is no right.
    pub(super) fn without_turn(slot: Slot, missed: Missed) -> Self {
        Claim { slot: Some(slot), missed: Some(missed), turn: None }
    }

    pub(super) fn is_held(&self) -> bool {
        self.turn.is_some()
    }

    /// Why the entry is to be made.
    pub(super) fn missed(&self) -> Option<&Missed> {
        self.missed.as_ref()
    }

    /// Where the entry goes, so that its key is not made twice.
    pub(super) fn slot(&self) -> Option<&Slot> {
        self.slot.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::cache::CacheOptions;
    use crate::cache::key::tests::{sample, sample_probe};
    use crate::cache::secret::Secret;

    /// Two caches over one folder, as two processes have them, and the place of one entry.
    fn two() -> (tempfile::TempDir, Cache, Cache, Slot) {
        let folder = tempfile::tempdir().expect("temp");
        let open = || {
            let (dir, secret) = (Some(folder.path().to_owned()), Some(Secret::from_bytes([7; 32])));
            Cache::open(CacheOptions { dir, secret, ..CacheOptions::default() })
        };
        let (one, two, slot) = (open(), open(), Slot::Artifact(sample().key()));
        (folder, one, two, slot)
    }

    /// Set in the process that [`waited_for`] is a test in.
    const ALONE: &str = "OVENBIRD_TEST_WAITED_FOR";

    /// Not a test by itself. Other tests of the process would have everything stored at once: they open caches, and that waits
    /// for all there is.
    #[test]
    fn waited_for() {
        if std::env::var_os(ALONE).is_none() {
            return;
        }
        let (_folder, holder, late, slot) = two();
        let (_, claim) = holder.artifact_or_claim(&sample()).expect_err("a miss");
        let compiling = holder.compiling();
        let recipe = sample_probe();
        let (key, at) = (recipe.key(), Slot::Probe(recipe.key()));
        holder.put_probe_later(key, recipe, 0, || Some(b"made".to_vec()), Duration::ZERO);
        let store = &late.open_state().expect("it is on").store;
        let is_stored = |looks: usize| {
            (0..looks).any(|_| {
                std::thread::sleep(SHORTEST_NAP);
                store.exists(&at)
            })
        };
        assert!(!is_stored(100), "it waits for the compilation to end");
        // As another process waits, which cannot reach the thread that stores. The patience of the job, after which it would
        // be stored in any case, is longer than this.
        let waiter = store.wait_for(&slot);
        assert!(is_stored(3000), "nobody has noticed");
        drop((waiter, compiling, claim));
    }

    /// Without `is_waited_for` in `host/src/cache/later.rs`: a process that waits for what another has made long ago waits for
    /// all that the other compiles, or for its patience.
    #[test]
    fn what_another_process_waits_for_is_stored_while_this_one_compiles() {
        let test = std::env::current_exe().expect("this test");
        let alone = std::process::Command::new(test)
            .args(["cache::claim::tests::waited_for", "--exact", "--test-threads=1"])
            .env(ALONE, "1")
            .output()
            .expect("it starts");
        assert!(alone.status.success(), "{alone:?}");
        assert!(String::from_utf8_lossy(&alone.stdout).contains("1 passed"), "{alone:?}");
    }

    #[test]
    fn what_was_stored_between_the_look_and_the_lock_is_found() {
        let (_folder, holder, late, slot) = two();
        // Looked too early; the holder stored the entry and gave its lock back before this one took it.
        let first = Err(Absent::Unexplained);
        assert!(holder.put_artifact(&sample(), b"made", Duration::ZERO));
        let looks = Cell::new(0);
        let look = || {
            looks.set(looks.get() + 1);
            late.look_for_artifact(&slot)
        };
        let found = late.claimed(&slot, "m.f", Some(first), look, Vec::len, &sample(), Instant::now());
        assert_eq!(found.map_err(|(missed, _)| missed), Ok(b"made".to_vec()), "not to be made again");
        assert_eq!(looks.get(), 1);
        let stats = late.stats().artifact;
        assert_eq!((stats.lookups, stats.hits), (1, 1), "one look-up, whatever it took");
    }
}
