//! What a worker gives up before it looks at anything hostile: inherited files, its limits, and nearly all system
//! calls.
//!
//! The filter is a list of what is allowed; everything else fails with `EPERM`. Allowed is what takes memory (also
//! executable: native code is loaded), threads of the own process, clocks, randomness, and reading and writing of
//! what is open. Not allowed is whatever names something: no path, no socket, no process, no user. So nothing can be
//! opened, not even to learn whether it exists.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, setsid};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// Address space of a worker: a guest's memory reserves 4 GiB of it without using them.
const ADDRESS_SPACE: u64 = 64 << 30;

/// Most files that a worker has open: data files of one call, and some.
const OPEN_FILES: u64 = 1024;

/// Proves that this process has no rights left.
#[derive(Debug)]
pub(crate) struct Confined(());

/// Closes what a careless parent left open: everything but the standard three.
pub(super) fn close_inherited() -> io::Result<()> {
    let mut open: Vec<RawFd> = Vec::new();
    for entry in std::fs::read_dir("/proc/self/fd")? {
        open.extend(entry?.file_name().to_str().and_then(|name| name.parse::<RawFd>().ok()));
    }
    for fd in open.into_iter().filter(|fd| *fd > 2) {
        // The listing itself was one of them, and is closed already.
        if std::fs::read_link(format!("/proc/self/fd/{fd}")).is_ok() {
            drop(adopt(fd));
        }
    }
    Ok(())
}

/// Owns a file descriptor that nobody in this process owns.
pub(super) fn adopt(fd: RawFd) -> OwnedFd {
    #[expect(unsafe_code, reason = "takes a descriptor that came as a number")]
    // SAFETY: called, before the first thread starts, for descriptors that were inherited and so have no owner here;
    // and for those that the kernel has just made in this process on receiving them. All are open.
    unsafe {
        OwnedFd::from_raw_fd(fd)
    }
}

/// Gives up all rights, for all threads and for good.
pub(super) fn confine(memory_bytes: u64, cpu_seconds: u64) -> Result<Confined, String> {
    // A group of its own: signals of the parent's terminal are not for it. Fails if it leads one already.
    let _ = setsid();
    // Not even by others of this user can its memory be looked at, and it leaves no core.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|e| format!("dumpable: {e}"))?;
    let limits = [
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nofile, OPEN_FILES),
        (Resource::As, ADDRESS_SPACE),
        (Resource::Data, memory_bytes),
        (Resource::Cpu, cpu_seconds),
    ];
    for (resource, most) in limits {
        let most = Some(most);
        setrlimit(resource, Rlimit { current: most, maximum: most }).map_err(|e| format!("a limit: {e}"))?;
    }
    // `apply_filter` also sets `no_new_privs`. The first one only says that a call does not exist, so that the
    // C library takes the older one, whose arguments can be checked; after the second nothing can be added.
    for program in [without_clone3()?, allowed()?] {
        seccompiler::apply_filter_all_threads(&program)
            .map_err(|e| format!("the system-call filter: {e}"))?;
    }
    Ok(Confined(()))
}

/// Numbers of the calls that are allowed, some of them with some arguments only.
#[cfg(test)]
pub(super) fn numbers_of_allowed() -> Vec<i64> {
    let some = [
        libc::SYS_clone,
        libc::SYS_prctl,
        libc::SYS_prlimit64,
        libc::SYS_fcntl,
        libc::SYS_sendto,
        libc::SYS_tgkill,
    ];
    CALLS.iter().chain(OLD_CALLS).copied().chain(some).collect()
}

fn program(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    matching: SeccompAction,
) -> Result<BpfProgram, String> {
    let arch = std::env::consts::ARCH.try_into().map_err(|e| format!("{e}"))?;
    let filter = SeccompFilter::new(rules, otherwise, matching, arch).map_err(|e| e.to_string())?;
    filter.try_into().map_err(|e: seccompiler::BackendError| e.to_string())
}

fn without_clone3() -> Result<BpfProgram, String> {
    let missing = SeccompAction::Errno(libc::ENOSYS as u32);
    program(BTreeMap::from([(libc::SYS_clone3, Vec::new())]), SeccompAction::Allow, missing)
}

fn allowed() -> Result<BpfProgram, String> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        CALLS.iter().chain(OLD_CALLS).map(|call| (*call, Vec::new())).collect();
    // Threads, but no processes.
    let thread = libc::CLONE_THREAD as u64;
    rules.insert(libc::SYS_clone, vec![rule(&[(0, SeccompCmpOp::MaskedEq(thread), thread)])?]);
    // Names of threads and of memory.
    let name = |what: u64| rule(&[(0, SeccompCmpOp::Eq, what)]);
    rules.insert(libc::SYS_prctl, vec![name(libc::PR_SET_NAME as u64)?, name(0x5356_4d41)?]);
    // Limits of its own, to be read.
    rules.insert(libc::SYS_prlimit64, vec![rule(&[(0, SeccompCmpOp::Eq, 0), (2, SeccompCmpOp::Eq, 0)])?]);
    // Whether a descriptor stays open over `execve`, which there is not.
    let flag = |what: u64| rule(&[(1, SeccompCmpOp::Eq, what)]);
    rules.insert(libc::SYS_fcntl, vec![flag(libc::F_GETFD as u64)?, flag(libc::F_SETFD as u64)?]);
    // Signals to itself: to abort is one.
    let own = i64::from(rustix::process::getpid().as_raw_nonzero().get()) as u64;
    let to_itself = condition(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, own)?;
    let to_itself = SeccompRule::new(vec![to_itself]).map_err(|e| e.to_string())?;
    rules.insert(libc::SYS_tgkill, vec![to_itself]);
    // Through what is connected; no address.
    rules.insert(libc::SYS_sendto, vec![rule(&[(4, SeccompCmpOp::Eq, 0)])?]);
    program(rules, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow)
}

/// All of these: an argument, how it is compared, and with what.
fn rule(conditions: &[(u8, SeccompCmpOp, u64)]) -> Result<SeccompRule, String> {
    let conditions = conditions.iter().map(|(argument, operator, value)| {
        condition(*argument, SeccompCmpArgLen::Qword, operator.clone(), *value)
    });
    SeccompRule::new(conditions.collect::<Result<_, _>>()?).map_err(|e| e.to_string())
}

fn condition(
    argument: u8,
    length: SeccompCmpArgLen,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompCondition, String> {
    SeccompCondition::new(argument, length, operator, value).map_err(|e| e.to_string())
}

/// Allowed with any arguments.
const CALLS: &[i64] = &[
    // What is open.
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_close,
    libc::SYS_ppoll,
    // Memory.
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // Threads and their ends. `clone3` is answered by the other filter.
    libc::SYS_clone3,
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_membarrier,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_restart_syscall,
    // Signals of its own: a guest's traps are some.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    // Time and chance.
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
];

/// Calls that newer processors do not have.
#[cfg(target_arch = "x86_64")]
const OLD_CALLS: &[i64] = &[libc::SYS_poll];
#[cfg(not(target_arch = "x86_64"))]
const OLD_CALLS: &[i64] = &[];
