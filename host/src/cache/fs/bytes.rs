//! Locks of bytes of an open file: neither std nor rustix has them.
//!
//! The holder is the opened file ("open file description"), not the process: the lock ends when that is closed, and a file
//! that is opened twice has two holders. One system call; its only pointer is to a value on the stack.

use std::ops::Range;
use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::io::Errno;

/// Takes the lock of these bytes without waiting, or gives it back.
pub(super) fn set(fd: &OwnedFd, bytes: &Range<u64>, is_taken: bool) -> Result<(), Errno> {
    let kind = if is_taken { libc::F_WRLCK } else { libc::F_UNLCK };
    ask(fd, libc::F_OFD_SETLK, lock(kind, bytes)?).map(drop)
}

/// Whether another holder has one of these bytes.
pub(super) fn is_taken(fd: &OwnedFd, bytes: &Range<u64>) -> Result<bool, Errno> {
    let answer = ask(fd, libc::F_OFD_GETLK, lock(libc::F_WRLCK, bytes)?)?;
    Ok(libc::c_int::from(answer.l_type) != libc::F_UNLCK)
}

fn lock(kind: libc::c_int, bytes: &Range<u64>) -> Result<libc::flock, Errno> {
    let offset = |at: u64| libc::off_t::try_from(at).map_err(|_| Errno::INVAL);
    Ok(libc::flock {
        l_type: libc::c_short::try_from(kind).map_err(|_| Errno::INVAL)?,
        l_whence: libc::c_short::try_from(libc::SEEK_SET).map_err(|_| Errno::INVAL)?,
        l_start: offset(bytes.start)?,
        l_len: offset(bytes.end.saturating_sub(bytes.start))?,
        l_pid: 0,
    })
}

fn ask(fd: &OwnedFd, command: libc::c_int, mut lock: libc::flock) -> Result<libc::flock, Errno> {
    #[expect(unsafe_code, reason = "a system call that no crate here has")]
    // SAFETY: the descriptor is open while it is borrowed; for both commands the kernel reads a `flock` at the pointer, and
    // for one writes one there, which is what it points to and what nobody else has; the memory is not kept.
    let result = unsafe { libc::fcntl(fd.as_raw_fd(), command, &raw mut lock) };
    if result == 0 {
        return Ok(lock);
    }
    let error = std::io::Error::last_os_error();
    Err(error.raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error))
}
