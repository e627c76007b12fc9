//! What the system does not give → an error that says what, how much, and what to do about it. Anything else that wasmtime
//! refuses is a bug.

use rustix::io::Errno;

use crate::error::Error;
use crate::limits::bytes as byte_text;

/// What wasmtime has failed with when it was to set `bytes` (if it is known how many) of address space or memory aside for
/// `purpose`.
pub(crate) fn refused(purpose: &str, bytes: Option<u64>, error: &wasmtime::Error) -> Error {
    if !is_scarce(error) {
        return Error::Internal(format!("{error:#}"));
    }
    let amount = bytes.map_or_else(
        || "the memory".to_owned(),
        |bytes| format!("the {} of address space", byte_text(bytes)),
    );
    let cause = error.root_cause();
    Error::OutOfMemory(format!("the system does not give {amount} that {purpose} needs: {cause}"))
}

/// Whether memory or address space is what is missing.
fn is_scarce(error: &wasmtime::Error) -> bool {
    error.chain().any(|cause| {
        let errno = cause.downcast_ref::<Errno>().copied();
        let io = || cause.downcast_ref().and_then(Errno::from_io_error);
        errno.or_else(io) == Some(Errno::NOMEM) || cause.is::<wasmtime::OutOfMemory>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lacks_memory_is_the_systems_fault() {
        let scarce = [
            wasmtime::Error::from(Errno::NOMEM).context("mmap failed"),
            wasmtime::Error::from(std::io::Error::from(Errno::NOMEM)),
        ];
        for error in scarce {
            let told = refused("a pool", Some(3 << 29), &error);
            assert!(matches!(told, Error::OutOfMemory(_)), "{told:?}");
            assert_eq!(told.exit_code(), 3);
            let text = told.to_string();
            assert!(
                text.starts_with(
                    "out of memory: the system does not give the 1.5 GiB of address space that a pool needs: "
                ),
                "{text}"
            );
            assert!(text.contains("ulimit -v") && !text.contains("bug"), "{text}");
        }
        for error in [wasmtime::Error::from(Errno::INVAL), wasmtime::Error::msg("no memory of this name")] {
            assert!(matches!(refused("a pool", None, &error), Error::Internal(_)));
        }
    }
}
