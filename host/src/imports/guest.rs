//! Access to guest memory: every pointer and length comes from hostile code.
//!
//! Addresses are i32 in the ABI and unsigned here; lengths are i64. A range that is not entirely in
//! the memory is a [`GuestFault`], never a panic. No view outlives a host call.

use std::fmt;

/// The guest broke the contract with the host. Compiled Python code cannot do this; it means a
/// hostile module or a bug in the compiler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum GuestFault {
    /// A range is outside the memory.
    Range,
    /// A handle, count or column number is out of range.
    Number,
    /// Text is not UTF-8.
    Utf8,
    /// The wrong number or types of arguments.
    Arguments,
    /// The guest has no memory yet.
    NoMemory,
    /// A host function was called from where none may be: while another one hands over its result.
    Reentry,
}

impl fmt::Display for GuestFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GuestFault::Range => "a memory range is out of bounds",
            GuestFault::Number => "a handle or count is out of range",
            GuestFault::Utf8 => "a text is not UTF-8",
            GuestFault::Arguments => "the arguments have the wrong types",
            GuestFault::NoMemory => "there is no memory",
            GuestFault::Reentry => "a host function calls for memory and is called instead",
        })
    }
}

impl std::error::Error for GuestFault {}

fn range(size: usize, start: u64, len: i64) -> Result<std::ops::Range<usize>, GuestFault> {
    let len = u64::try_from(len).map_err(|_| GuestFault::Range)?;
    let end = start.checked_add(len).filter(|end| *end <= size as u64).ok_or(GuestFault::Range)?;
    Ok(start as usize..end as usize)
}

/// `len` bytes at `ptr`.
pub fn slice(memory: &[u8], ptr: i32, len: i64) -> Result<&[u8], GuestFault> {
    let range = range(memory.len(), u64::from(ptr as u32), len)?;
    memory.get(range).ok_or(GuestFault::Range)
}

/// `len` bytes at `ptr`, to be written.
pub fn slice_mut(memory: &mut [u8], ptr: i32, len: i64) -> Result<&mut [u8], GuestFault> {
    let range = range(memory.len(), u64::from(ptr as u32), len)?;
    memory.get_mut(range).ok_or(GuestFault::Range)
}

/// UTF-8 text of `len` bytes at `ptr`.
pub fn text(memory: &[u8], ptr: i32, len: i64) -> Result<&str, GuestFault> {
    std::str::from_utf8(slice(memory, ptr, len)?).map_err(|_| GuestFault::Utf8)
}

/// The i32 at an address.
pub(crate) fn read_i32(memory: &[u8], address: u64) -> Result<i32, GuestFault> {
    let range = range(memory.len(), address, 4)?;
    memory[range].first_chunk().map(|bytes| i32::from_le_bytes(*bytes)).ok_or(GuestFault::Range)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without `range` in `host/src/imports/guest.rs`: a pointer leads out of the guest's memory.
    #[test]
    fn ranges_are_checked_without_overflow() {
        let mut memory = vec![0u8; 100];
        assert!(slice(&memory, 0, 100).is_ok());
        assert!(slice(&memory, 100, 0).is_ok());
        for (ptr, len) in
            [(0, 101), (1, 100), (-1, 1), (-1, 0), (0, -1), (50, i64::MAX), (i32::MIN, i64::MIN)]
        {
            assert_eq!(slice(&memory, ptr, len), Err(GuestFault::Range), "{ptr} {len}");
            assert_eq!(slice_mut(&mut memory, ptr, len), Err(GuestFault::Range));
        }
        assert_eq!(read_i32(&memory, u64::MAX), Err(GuestFault::Range));
        assert_eq!(read_i32(&memory, 97), Err(GuestFault::Range));
        memory[0] = 0xff;
        assert_eq!(text(&memory, 0, 1), Err(GuestFault::Utf8));
    }
}
