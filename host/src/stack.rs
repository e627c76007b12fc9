//! How much stack a thread has left → work that runs on it, or on more.
//!
//! The `stacker` crate finds that out for every thread; but for a process's first one the C library reads the list of all
//! mappings, which takes 0.1 ms at the first time, a tenth of a warm start. That stack is where the kernel put it, and grows
//! as far as its limit says, so there it is enough to know where it begins.

use std::num::NonZero;

/// Of a higher limit no more is counted. The kernel keeps 128 MiB free below a stack, whatever its limit is.
const MOST: usize = 64 << 20;
/// What lies above the address that is taken for the beginning (the name of the program ends there), and what the kernel
/// keeps free.
const SLACK: usize = 128 << 10;

/// Runs `work` with so many bytes of stack at least.
pub(crate) fn with<R>(needed: usize, work: impl FnOnce() -> R) -> R {
    let here = 0_u8;
    let here = (&raw const here).addr();
    let is_enough = beginning().is_some_and(|top| is_enough(here, top.get(), limit(), needed));
    if is_enough { work() } else { stacker::maybe_grow(needed, needed, work) }
}

/// Whether there is so much below `here`, if that is on the stack that begins at `top` and may be as long as its limit. It
/// grows downwards.
fn is_enough(here: usize, top: usize, limit: usize, needed: usize) -> bool {
    let Some(used) = top.checked_sub(here) else { return false };
    used.saturating_add(needed).saturating_add(SLACK) <= limit.min(MOST)
}

/// The limit of that stack at this moment.
fn limit() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Stack).current;
    limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// Where the stack of the process's first thread begins: the kernel puts the name of the program there.
#[cfg(target_os = "linux")]
fn beginning() -> Option<NonZero<usize>> {
    #[expect(
        unsafe_code,
        reason = "a number that the kernel gave the process, which no crate here gives without more"
    )]
    // SAFETY: it takes a number and returns one, from a list that the process has had since it began and that nobody
    // changes; zero if it is not in the list. The address is compared and never followed.
    let name = unsafe { libc::getauxval(libc::AT_EXECFN) };
    NonZero::new(usize::try_from(name).ok()?)
}

#[cfg(not(target_os = "linux"))]
fn beginning() -> Option<NonZero<usize>> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOP: usize = 0x7fff_ffff_e000;
    const MIB: usize = 1 << 20;

    #[test]
    fn what_is_left_is_what_the_limit_leaves() {
        let enough = |used: usize, limit, needed| is_enough(TOP - used, TOP, limit, needed);
        assert!(enough(MIB, 8 * MIB, 6 * MIB));
        assert!(!enough(MIB, 8 * MIB, 7 * MIB), "not to the last byte");
        assert!(!enough(3 * MIB, 8 * MIB, 6 * MIB));
        assert!(!enough(MIB, 256 << 10, 100), "used up");
        assert!(enough(MIB, usize::MAX, 60 * MIB) && !enough(MIB, usize::MAX, 64 * MIB), "not without end");
    }

    #[test]
    fn another_stack_is_another_matter() {
        // Above it, and farther below than it may grow: what a thread or a coroutine has.
        assert!(!is_enough(TOP + 1, TOP, usize::MAX, 0));
        assert!(!is_enough(TOP - 65 * MIB, TOP, usize::MAX, 0));
        // This test runs on one.
        let here = 0_u8;
        let top = beginning().map_or(0, NonZero::get);
        assert!(!is_enough((&raw const here).addr(), top, limit(), 0));
    }
}
