//! How often: outcomes → counts that add up.
//!
//! Two things are counted apart. A *unit* (a function for one signature, or a module body) is asked for once
//! and has one [`Outcome`]. On the way, entries are looked up at a *level*, each a hit or a miss too. In both,
//! look-ups are hits, misses and bypasses together, and the counts by identifier add up to these: there is
//! one place each that adds to them, and it adds to both sides. Counts are kept in memory, for one opened
//! cache; what is to be counted over processes is in the log (`log`), because a file of counts that many
//! processes rewrite is either locked or wrong.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use rustix::io::Errno;
use serde::Serialize;

use crate::cache::entry::Kind;
use crate::cache::report::MissReason;
use crate::miss::Missed;

/// From where a unit's code was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// This process had it.
    Memory,
    /// Its text was known: neither parsed nor inferred.
    Probe,
    /// Its wasm was in the cache; native code was made.
    Wasm,
    /// Its native code was in the cache.
    Native,
    /// Another machine had it.
    Remote,
}

/// Why the cache was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bypass {
    /// The program has no `cache=True` for it.
    NotAsked,
    /// The cache is off.
    Off,
}

/// How a unit's code was come by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Something of it was there.
    Hit(Tier),
    /// Nothing was, and why.
    Miss(MissReason),
    /// The cache was not asked, and why.
    Bypass(Bypass),
}

impl Outcome {
    /// A stable identifier: `hit.l2`, `miss.source_changed`, `bypass.off`.
    pub fn id(&self) -> String {
        self.name().into_owned()
    }

    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Outcome::Hit(Tier::Memory) => "hit.mem",
            Outcome::Hit(Tier::Probe) => "hit.l0",
            Outcome::Hit(Tier::Wasm) => "hit.l1",
            Outcome::Hit(Tier::Native) => "hit.l2",
            Outcome::Hit(Tier::Remote) => "hit.remote",
            Outcome::Miss(reason) => return Cow::Owned(format!("miss.{}", reason.id())),
            Outcome::Bypass(Bypass::NotAsked) => "bypass.not_asked",
            Outcome::Bypass(Bypass::Off) => "bypass.off",
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Hit(Tier::Memory) => f.write_str("hit: this process has it"),
            Outcome::Hit(Tier::Probe) => f.write_str("hit: loaded by its text"),
            Outcome::Hit(Tier::Wasm) => f.write_str("wasm hit: only native code is made"),
            Outcome::Hit(Tier::Native) => f.write_str("hit: native code is loaded"),
            Outcome::Hit(Tier::Remote) => f.write_str("hit: fetched from another machine"),
            Outcome::Miss(reason) => write!(f, "miss: {reason}"),
            Outcome::Bypass(Bypass::NotAsked) => f.write_str("not cached: no `cache=True`"),
            Outcome::Bypass(Bypass::Off) => f.write_str("the cache is off"),
        }
    }
}

/// Counts of units. `lookups = hits + misses + bypasses`, and `outcomes` add up to `lookups`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UnitStats {
    /// Times that a unit's code was asked for.
    pub lookups: u64,
    /// Times that something of it was there.
    pub hits: u64,
    /// Times that nothing was.
    pub misses: u64,
    /// Times that the cache was not asked.
    pub bypasses: u64,
    /// By [`Outcome::id`].
    pub outcomes: BTreeMap<String, u64>,
}

/// Counts of one level. `lookups = hits + misses + bypasses`, and the reasons add up to the misses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LevelStats {
    /// Times that an entry was asked for.
    pub lookups: u64,
    /// Times that one was used.
    pub hits: u64,
    /// Times that none could be used.
    pub misses: u64,
    /// Look-ups while the cache was off.
    pub bypasses: u64,
    /// Misses by [`MissReason::id`].
    pub reasons: BTreeMap<&'static str, u64>,
    /// Entries in one folder that should be fine and could not be used, while another folder had one: those are hits.
    pub skipped: u64,
    /// Entries stored.
    pub stores: u64,
    /// Entries that could not be stored.
    pub store_errors: u64,
    /// Bytes of entries used.
    pub bytes_loaded: u64,
    /// Bytes of entries stored.
    pub bytes_stored: u64,
}

/// Counts of one cache since it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Units, each once.
    pub units: UnitStats,
    /// Level 1, source to wasm.
    pub artifact: LevelStats,
    /// Level 2, wasm to native code.
    pub native: LevelStats,
    /// The direct path, text to wasm. A miss here is only that the other levels are asked.
    pub probe: LevelStats,
    /// Diagnostics of programs that do not compile.
    pub diagnostics: LevelStats,
    /// What the system refused, as `error.<errno>`; each of them was a miss or an entry not stored.
    pub errors: BTreeMap<String, u64>,
    /// Times that bytes were handed to wasmtime's deserialiser: only ever verified ones.
    pub native_loads: u64,
    /// Entries that verifying found wrong.
    pub inconsistent: u64,
}

/// The counters behind [`Stats`].
#[derive(Default)]
pub(crate) struct Counters {
    stats: Mutex<Stats>,
    /// Misses that are counted, but not yet by their reason: of a level, or of a unit.
    open: Mutex<Vec<(Option<Kind>, Missed)>>,
}

/// Most misses whose reasons are found out later.
const MOST_OPEN: usize = 256;

impl Counters {
    pub(crate) fn snapshot(&self) -> Stats {
        self.close(|_| true);
        self.with(|stats| stats.clone())
    }

    pub(crate) fn unit(&self, outcome: &Outcome) {
        self.with(|Stats { units, .. }| {
            units.lookups += 1;
            match outcome {
                Outcome::Hit(_) => units.hits += 1,
                Outcome::Miss(_) => units.misses += 1,
                Outcome::Bypass(_) => units.bypasses += 1,
            }
            let name = outcome.name();
            match units.outcomes.get_mut(&*name) {
                Some(count) => *count += 1,
                None => drop(units.outcomes.insert(name.into_owned(), 1)),
            }
        });
    }

    pub(crate) fn hit(&self, kind: Kind, bytes: u64) {
        self.level(kind, |level| {
            level.lookups += 1;
            level.hits += 1;
            level.bytes_loaded += bytes;
        });
    }

    /// A unit that was made for a reason that is found out later.
    pub(crate) fn unit_missed(&self, missed: Missed) {
        self.with(|Stats { units, .. }| {
            units.lookups += 1;
            units.misses += 1;
        });
        self.leave_open(None, missed);
    }

    /// A miss whose reason is found out later.
    pub(crate) fn missed(&self, kind: Kind, missed: Missed) {
        self.level(kind, |level| {
            level.lookups += 1;
            level.misses += 1;
        });
        self.leave_open(Some(kind), missed);
    }

    fn leave_open(&self, kind: Option<Kind>, missed: Missed) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.push((kind, missed));
        let is_much = open.len() > MOST_OPEN;
        drop(open);
        if is_much {
            self.close(|missed| missed.known().is_some());
        }
    }

    /// Adds the reasons of misses that are ready for that; of all, if too many are not.
    fn close(&self, is_ready: impl Fn(&Missed) -> bool) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let all = std::mem::take(&mut *open);
        let (ready, mut rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, missed)| is_ready(missed));
        // What nobody stored: the oldest ones first.
        let too_many = rest.split_off(rest.len().min(MOST_OPEN / 2));
        open.extend(rest);
        drop(open);
        for (kind, missed) in ready.into_iter().chain(too_many) {
            let reason = missed.reason();
            match kind {
                Some(kind) => self.level(kind, |level| *level.reasons.entry(reason.id()).or_default() += 1),
                None => {
                    let id = Outcome::Miss(reason.clone()).id();
                    self.with(|Stats { units, .. }| *units.outcomes.entry(id).or_default() += 1);
                }
            }
        }
    }

    pub(crate) fn miss(&self, kind: Kind, reason: &MissReason) {
        self.level(kind, |level| {
            level.lookups += 1;
            if *reason == MissReason::Off {
                level.bypasses += 1;
            } else {
                level.misses += 1;
                *level.reasons.entry(reason.id()).or_default() += 1;
            }
        });
    }

    pub(crate) fn skipped(&self, kind: Kind) {
        self.level(kind, |level| level.skipped += 1);
    }

    pub(crate) fn stored(&self, kind: Kind, bytes: u64) {
        self.level(kind, |level| {
            level.stores += 1;
            level.bytes_stored += bytes;
        });
    }

    pub(crate) fn store_failed(&self, kind: Kind) {
        self.level(kind, |level| level.store_errors += 1);
    }

    pub(crate) fn error(&self, errno: Errno) {
        self.with(|stats| *stats.errors.entry(error_id(errno)).or_default() += 1);
    }

    pub(crate) fn native_load(&self) {
        self.with(|stats| stats.native_loads += 1);
    }

    pub(crate) fn inconsistent(&self) {
        self.with(|stats| stats.inconsistent += 1);
    }

    fn level(&self, kind: Kind, change: impl FnOnce(&mut LevelStats)) {
        self.with(|stats| match kind {
            Kind::Artifact => change(&mut stats.artifact),
            Kind::Native => change(&mut stats.native),
            Kind::Probe => change(&mut stats.probe),
            Kind::Diagnostics => change(&mut stats.diagnostics),
        });
    }

    fn with<R>(&self, use_stats: impl FnOnce(&mut Stats) -> R) -> R {
        // Plain numbers: a panic elsewhere cannot have left them half changed.
        use_stats(&mut self.stats.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// `error.ENOSPC`.
fn error_id(errno: Errno) -> String {
    format!("error.{}", errno_name(errno))
}

/// `ENOSPC`; the number where a name is not known.
pub(crate) fn errno_name(errno: Errno) -> String {
    let name = match errno {
        Errno::ACCESS => "EACCES",
        Errno::PERM => "EPERM",
        Errno::IO => "EIO",
        Errno::NOSPC => "ENOSPC",
        Errno::DQUOT => "EDQUOT",
        Errno::ROFS => "EROFS",
        Errno::STALE => "ESTALE",
        Errno::NOENT => "ENOENT",
        Errno::NOTDIR => "ENOTDIR",
        Errno::ISDIR => "EISDIR",
        Errno::LOOP => "ELOOP",
        Errno::MFILE => "EMFILE",
        Errno::NFILE => "ENFILE",
        Errno::NOMEM => "ENOMEM",
        Errno::NAMETOOLONG => "ENAMETOOLONG",
        Errno::NOTEMPTY => "ENOTEMPTY",
        Errno::EXIST => "EEXIST",
        Errno::XDEV => "EXDEV",
        Errno::FBIG => "EFBIG",
        Errno::NOLCK => "ENOLCK",
        Errno::OPNOTSUPP => "EOPNOTSUPP",
        other => return other.raw_os_error().to_string(),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_do_not_change() {
        let ids = [
            (Outcome::Hit(Tier::Memory), "hit.mem"),
            (Outcome::Hit(Tier::Probe), "hit.l0"),
            (Outcome::Hit(Tier::Wasm), "hit.l1"),
            (Outcome::Hit(Tier::Native), "hit.l2"),
            (Outcome::Hit(Tier::Remote), "hit.remote"),
            (Outcome::Miss(MissReason::Cold), "miss.cold"),
            (Outcome::Bypass(Bypass::NotAsked), "bypass.not_asked"),
            (Outcome::Bypass(Bypass::Off), "bypass.off"),
        ];
        for (outcome, id) in ids {
            assert_eq!(outcome.id(), id);
        }
        assert_eq!(error_id(Errno::NOSPC), "error.ENOSPC");
        // The system's numbers end at 4095.
        assert_eq!(error_id(Errno::from_raw_os_error(4000)), "error.4000");
    }

    #[test]
    fn every_count_adds_up() {
        let counters = Counters::default();
        for outcome in [
            Outcome::Hit(Tier::Native),
            Outcome::Hit(Tier::Memory),
            Outcome::Miss(MissReason::Cold),
            Outcome::Miss(MissReason::Cold),
            Outcome::Bypass(Bypass::Off),
        ] {
            counters.unit(&outcome);
        }
        counters.error(Errno::IO);
        let Stats { units, errors, .. } = counters.snapshot();
        assert_eq!((units.lookups, units.hits, units.misses, units.bypasses), (5, 2, 2, 1));
        assert_eq!(units.outcomes.values().sum::<u64>(), 5);
        assert_eq!(units.outcomes["miss.cold"], 2);
        assert_eq!(errors["error.EIO"], 1);
    }
}
