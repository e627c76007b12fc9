//! Single flight between processes: a look-up that missed → what somebody else has made meanwhile, or the
//! right to make it.
//!
//! Whoever misses tries to take the entry's lock. Who gets it makes the entry and stores it; the others
//! look for the entry again and again, and take the lock if its holder ends without it. Nobody waits for
//! ever: a holder may be stopped, or on another machine that shares the folder. Then, and where there are
//! no locks, the same work is done twice, which is harmless. Threads of one process are kept apart before
//! they come here (`crate::flight`).

use std::time::{Duration, Instant};

use wasmtime::Engine;

use crate::cache::entry::Kind;
use crate::cache::key::{L1Recipe, L2Recipe};
use crate::cache::location::Mode;
use crate::cache::lock::{Attempt, Lock};
use crate::cache::open::Open;
use crate::cache::report::{Event, MissReason};
use crate::cache::slot::Slot;
use crate::cache::{Cache, fs};
use crate::native::{Loading, Native};

/// Entries of the same function that say how long making one takes.
const EXPECT_FROM: usize = 4;
/// Between two looks, at first and later.
const SHORTEST_NAP: Duration = Duration::from_millis(1);
const LONGEST_NAP: Duration = Duration::from_millis(20);

/// The right to make an entry; held until it has been stored.
#[must_use = "others may make the same entry as soon as this is dropped"]
pub struct Claim {
    _lock: Option<Lock>,
}

impl Cache {
    /// As [`Cache::get_artifact`]. On a miss the caller makes the artifact and stores it while it holds the
    /// claim; if another process is doing just that, this waits for it.
    pub fn artifact_or_claim(&self, recipe: &L1Recipe) -> Result<Vec<u8>, (MissReason, Claim)> {
        let slot = self.place(Slot::Artifact(recipe.key()));
        let look = || self.look_for_artifact(&slot, recipe);
        self.found_or_claim(&slot, &recipe.label, look, Vec::len)
    }

    /// As [`Cache::get_native`], with a claim on a miss.
    pub fn native_or_claim(&self, recipe: &L2Recipe, engine: &Engine) -> Result<Native, (MissReason, Claim)> {
        let slot = self.native_place(recipe);
        let look = || self.look_for_native(&slot, recipe, engine, Loading::Now);
        let found = self.found_or_claim(&slot, &recipe.label, look, |(_, size)| *size);
        found.map(|(native, _)| native)
    }

    /// How long making an entry of this function took before, if there is one that says so.
    pub(crate) fn made_in(&self, label: &str, kind: Kind) -> Option<Duration> {
        made_in(self.open_state().ok()?, label, kind)
    }

    fn found_or_claim<T>(
        &self,
        slot: &Slot,
        label: &str,
        look: impl Fn() -> Result<T, MissReason>,
        size: impl Fn(&T) -> usize,
    ) -> Result<T, (MissReason, Claim)> {
        let started = Instant::now();
        self.claimed(slot, label, look(), look, size, started)
    }

    /// Counts what a first look found; after a miss, takes the turn to make it, or waits for who has it.
    pub(super) fn claimed<T>(
        &self,
        slot: &Slot,
        label: &str,
        first: Result<T, MissReason>,
        look: impl Fn() -> Result<T, MissReason>,
        size: impl Fn(&T) -> usize,
        started: Instant,
    ) -> Result<T, (MissReason, Claim)> {
        let (outcome, claim) = match (first, self.open_state()) {
            (Err(missed), Ok(open)) if open.mode == Mode::ReadWrite => {
                self.wait_for_turn(open, slot, label, missed, look)
            }
            (first, _) => (first, Claim::none()),
        };
        self.count(slot, label, outcome, size, started).map_err(|reason| (reason, claim))
    }

    fn wait_for_turn<T>(
        &self,
        open: &Open,
        slot: &Slot,
        label: &str,
        missed: MissReason,
        look: impl Fn() -> Result<T, MissReason>,
    ) -> (Result<T, MissReason>, Claim) {
        let (mut nap, mut deadline) = (SHORTEST_NAP, None);
        loop {
            match open.store.try_lock(&slot.name()) {
                Attempt::Mine(lock) => {
                    let claim = Claim { _lock: Some(lock) };
                    // Whoever had the lock before us may have stored it.
                    let again = if open.store.exists(slot) { look() } else { Err(missed.clone()) };
                    if let Err(MissReason::Corrupt(_)) = &again {
                        open.store.quarantine(slot);
                    }
                    // A first look says more: it was made before anybody touched the folder.
                    return (again.map_err(|_| missed), claim);
                }
                Attempt::Unsupported => return (Err(missed), Claim::none()),
                Attempt::Busy => {}
            }
            let until = *deadline.get_or_insert_with(|| {
                self.tell(|| Event::Waiting { kind: slot.kind(), label: label.to_owned() });
                Instant::now() + longest_wait(open, slot, label)
            });
            if Instant::now() >= until {
                return (Err(MissReason::LockTimeout), Claim::none());
            }
            fs::sleep(nap);
            nap = (nap * 2).min(LONGEST_NAP);
            if open.store.exists(slot)
                && let Ok(found) = look()
            {
                return (Ok(found), Claim::none());
            }
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
    let mut known = open.store.marked(label, kind);
    known.truncate(EXPECT_FROM);
    let trailers = known.iter().filter_map(|slot| open.read_quietly(slot).ok()?.trailer());
    let longest = trailers.map(|trailer| trailer.made_in_us).max()?;
    (longest > 0).then(|| Duration::from_micros(longest))
}

impl Claim {
    fn none() -> Self {
        Claim { _lock: None }
    }
}
