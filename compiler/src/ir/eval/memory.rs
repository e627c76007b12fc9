//! Linear memory of the interpreter: typed loads and stores, bulk operations, reference counts.
//!
//! Addresses are 64-bit sums of an unsigned 32-bit address and an offset, as in wasm. `None` is an
//! access beyond the end.

use std::ops::Range;

use super::super::MemTy;
use super::{PAGE, Value};

/// The bytes `at..at + len`, if memory has them.
pub(super) fn range(memory: &[u8], at: u64, len: u64) -> Option<Range<usize>> {
    let end = at.checked_add(len)?;
    if end <= memory.len() as u64 { Some(at as usize..end as usize) } else { None }
}

fn bytes<const N: usize>(memory: &[u8], at: u64) -> Option<[u8; N]> {
    memory[range(memory, at, N as u64)?].try_into().ok()
}

/// Loads a value.
pub(super) fn load(memory: &[u8], mem: MemTy, at: u64) -> Option<Value> {
    Some(match mem {
        MemTy::Bool => Value::I32(i32::from(u8::from_le_bytes(bytes(memory, at)?))),
        MemTy::S8 => Value::I64(i64::from(i8::from_le_bytes(bytes(memory, at)?))),
        MemTy::U8 => Value::I64(i64::from(u8::from_le_bytes(bytes(memory, at)?))),
        MemTy::S16 => Value::I64(i64::from(i16::from_le_bytes(bytes(memory, at)?))),
        MemTy::U16 => Value::I64(i64::from(u16::from_le_bytes(bytes(memory, at)?))),
        MemTy::S32 => Value::I64(i64::from(i32::from_le_bytes(bytes(memory, at)?))),
        MemTy::U32 => Value::I64(i64::from(u32::from_le_bytes(bytes(memory, at)?))),
        MemTy::I64 => Value::I64(i64::from_le_bytes(bytes(memory, at)?)),
        MemTy::F32 => Value::F64(f64::from(f32::from_le_bytes(bytes(memory, at)?))),
        MemTy::F64 => Value::F64(f64::from_le_bytes(bytes(memory, at)?)),
        MemTy::Ptr => Value::I32(i32::from_le_bytes(bytes(memory, at)?)),
        MemTy::V128 => {
            let high = u64::from_le_bytes(bytes(memory, at.checked_add(8)?)?);
            Value::V128([u64::from_le_bytes(bytes(memory, at)?), high])
        }
    })
}

/// Stores the low bytes of a value (an F32: the rounded value). The value's type must be that of `mem`.
pub(super) fn store(memory: &mut [u8], mem: MemTy, at: u64, value: Value) -> Option<()> {
    let place = range(memory, at, u64::from(mem.size()))?;
    let place = &mut memory[place];
    let low = match value {
        Value::I32(value) => (value as u32).into(),
        Value::I64(value) => value as u64,
        Value::F64(value) if mem == MemTy::F32 => (value as f32).to_bits().into(),
        Value::F64(value) => value.to_bits(),
        Value::V128([low, high]) => {
            place.get_mut(8..16)?.copy_from_slice(&high.to_le_bytes());
            low
        }
    };
    let len = place.len().min(8);
    place[..len].copy_from_slice(&low.to_le_bytes()[..len]);
    Some(())
}

/// The number that a raise stores for an argument.
pub(super) fn slot(value: Value) -> Option<u64> {
    match value {
        Value::I32(value) => Some((value as u32).into()),
        Value::I64(value) => Some(value as u64),
        Value::F64(value) => Some(value.to_bits()),
        Value::V128(_) => None,
    }
}

/// Grows memory; the old size in pages, or -1 if that is too much.
pub(super) fn grow(memory: &mut Vec<u8>, pages: i64, max_pages: u32) -> i64 {
    let old = memory.len() / PAGE;
    let new = usize::try_from(pages).ok().and_then(|pages| pages.checked_add(old));
    match new {
        Some(new) if new <= max_pages as usize => {
            memory.resize(new * PAGE, 0);
            old as i64
        }
        _ => -1,
    }
}
