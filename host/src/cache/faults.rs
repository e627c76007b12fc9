//! What can go wrong with files, on purpose: a plan for the calling thread → errors, death, or another
//! order of events. Compiled into unit tests only.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use rustix::fs::Stat;
use rustix::io::Errno;

use super::fs::Op;

/// What happens to the file operations of this thread.
#[derive(Clone, Debug, Default)]
pub(super) enum Plan {
    /// Nothing.
    #[default]
    None,
    /// Operations of this kind fail, from the given one on, so many times.
    Fail { op: Op, errno: Errno, skip: usize, times: usize },
    /// Files that are looked at belong to this user, from the given one on, so many times: a test need not be root to see
    /// what becomes of those of others.
    Owner { uid: u32, skip: usize, times: usize },
    /// The process dies before its nth operation, by a signal that it cannot handle.
    Die { after: usize },
    /// Each operation is a point at which the model checker may go on with another thread.
    Interleave,
}

thread_local! {
    static PLAN: RefCell<Plan> = const { RefCell::new(Plan::None) };
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

/// Runs with a plan.
pub(super) fn with<R>(plan: Plan, run: impl FnOnce() -> R) -> R {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            PLAN.set(Plan::None);
        }
    }
    let _reset = Reset;
    PLAN.set(plan);
    COUNT.set(0);
    run()
}

/// Runs without a plan, and gives how many operations this thread did.
pub(super) fn counted<R>(run: impl FnOnce() -> R) -> (R, usize) {
    let result = with(Plan::None, run);
    (result, COUNT.get())
}

/// Called before each operation.
pub(super) fn before(op: Op) -> Result<(), Errno> {
    COUNT.set(COUNT.get() + 1);
    let interleave = PLAN.with_borrow_mut(|plan| match plan {
        Plan::None | Plan::Owner { .. } => Ok(false),
        Plan::Interleave => Ok(true),
        Plan::Die { after } if COUNT.get() > *after => {
            let own = rustix::process::getpid();
            let _ = rustix::process::kill_process(own, rustix::process::Signal::KILL);
            Err(Errno::CANCELED)
        }
        Plan::Die { .. } => Ok(false),
        Plan::Fail { op: planned, errno, skip, times } => {
            if *planned != op || *times == 0 {
                return Ok(false);
            }
            if *skip > 0 {
                *skip -= 1;
                return Ok(false);
            }
            *times -= 1;
            Err(*errno)
        }
    })?;
    if interleave {
        // A point of decision like any other; to yield would say that this thread waits for something.
        let _ = shuttle::sync::atomic::AtomicBool::new(false).load(std::sync::atomic::Ordering::SeqCst);
    }
    Ok(())
}

/// What is seen of an open file.
pub(super) fn seen(mut stat: Stat) -> Stat {
    PLAN.with_borrow_mut(|plan| {
        let Plan::Owner { uid, skip, times } = plan else { return };
        if *skip > 0 {
            *skip -= 1;
        } else if *times > 0 {
            *times -= 1;
            stat.st_uid = *uid;
        }
    });
    stat
}

/// Waits, or lets the others go on.
pub(super) fn sleep(time: Duration) {
    if PLAN.with_borrow(|plan| matches!(plan, Plan::Interleave)) {
        shuttle::thread::yield_now();
    } else {
        std::thread::sleep(time);
    }
}
