//! Which process this is, without asking the system each time.
//!
//! What a process has in memory is also in a child that is forked from it, where threads, locks and jobs of the parent are
//! nobody's. So whoever owns such things asks at each use whether it is still the same process: some twenty times for each
//! function that is compiled or loaded, which is too often for a system call. The answer is kept on a page that the kernel
//! empties in a child (`MADV_WIPEONFORK`, Linux 4.14). Where that cannot be had, the system is asked.

use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// The page, once there is one.
static PAGE: AtomicPtr<AtomicU32> = AtomicPtr::new(std::ptr::null_mut());

/// The number of this process.
pub(crate) fn id() -> u32 {
    let Some(page) = page() else { return std::process::id() };
    match page.load(Ordering::Relaxed) {
        0 => {
            let own = std::process::id();
            page.store(own, Ordering::Relaxed);
            own
        }
        known => known,
    }
}

/// The page: 0, or the number of this process.
fn page() -> Option<&'static AtomicU32> {
    let mut page = PAGE.load(Ordering::Acquire);
    if page.is_null() {
        let new = map()?;
        // Of threads that come at the same time one is first; the others' pages stay unused. No lock: a process that is
        // forked in the middle would wait for it for ever.
        page = match PAGE.compare_exchange(page, new, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => new,
            Err(first) => first,
        };
    }
    #[expect(unsafe_code, reason = "memory that the kernel empties has to be mapped")]
    // SAFETY: `PAGE` is null or what `map` gave: the aligned beginning of a mapped page of zeros, which is never unmapped and
    // holds one atomic number, and which is used by nothing but this.
    let page = unsafe { &*page };
    Some(page)
}

#[cfg(target_os = "linux")]
fn map() -> Option<*mut AtomicU32> {
    use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous};

    // The kernel makes it a whole page.
    let size = size_of::<AtomicU32>();
    let access = ProtFlags::READ | ProtFlags::WRITE;
    #[expect(unsafe_code, reason = "memory that the kernel empties has to be mapped")]
    // SAFETY: a new mapping, where the kernel wants it, so it replaces no other memory; the advice is for exactly that one.
    unsafe {
        let page = mmap_anonymous(std::ptr::null_mut(), size, access, MapFlags::PRIVATE).ok()?;
        madvise(page, size, Advice::LinuxWipeOnFork).ok()?;
        Some(page.cast())
    }
}

#[cfg(not(target_os = "linux"))]
fn map() -> Option<*mut AtomicU32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_system_says() {
        assert_eq!([id(), id()], [std::process::id(); 2]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_forked_process_is_another_one() {
        assert_eq!(id(), std::process::id());
        match fork::fork().expect("forked") {
            fork::Fork::Child => std::process::exit(i32::from(id() != std::process::id())),
            fork::Fork::Parent(child) => {
                let status = fork::waitpid(child).expect("it ended");
                assert_eq!(status, 0, "the child took itself for its parent");
            }
        }
        assert_eq!(id(), std::process::id());
    }
}
