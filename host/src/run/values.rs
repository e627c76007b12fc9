//! Values of the host ↔ wasm values of one call. A guest's pointers, lengths and texts are checked here; how
//! a call is made is not known.

use ovenbird_compiler::abi;
use ovenbird_compiler::types::Type;
use wasmtime::{Func, Instance, Store, Val};

use super::instantiate::Shared;
use super::internal;
use crate::error::Error;
use crate::imports::StoreData;
use crate::value::Value;

pub(super) fn zero(ty: ovenbird_compiler::ir::Ty) -> Val {
    match ty {
        ovenbird_compiler::ir::Ty::I32 => Val::I32(0),
        ovenbird_compiler::ir::Ty::I64 => Val::I64(0),
        ovenbird_compiler::ir::Ty::F64 => Val::F64(0),
        ovenbird_compiler::ir::Ty::V128 => Val::V128(0.into()),
    }
}

/// An argument as wasm values; strings are copied into the guest's heap.
pub(super) fn pass(
    store: &mut Store<StoreData>,
    instance: &Instance,
    shared: &Shared,
    arg: &Value,
    ty: &Type,
    out: &mut Vec<Val>,
) -> Result<(), Error> {
    match (arg, ty) {
        (Value::None, Type::None) => {}
        (Value::Bool(value), Type::Bool) => out.push(Val::I32(i32::from(*value))),
        (Value::Int(value), Type::Int) => out.push(Val::I64(*value)),
        (Value::Int(value), Type::Float) => out.push(Val::F64((*value as f64).to_bits())),
        (Value::Float(value), Type::Float) => out.push(Val::F64(value.to_bits())),
        (Value::Str(text), Type::Str | Type::Dataset(_)) => {
            let alloc: Option<Func> = instance.get_func(&mut *store, abi::ALLOC);
            let (Some(alloc), Some(memory)) = (alloc, shared.memory) else {
                // A function that takes a string but never looks at it has no heap.
                out.push(Val::I32(0));
                return Ok(());
            };
            let mut block = [Val::I32(0)];
            let payload = text.len() as i64 + 8;
            alloc.call(&mut *store, &[Val::I64(payload)], &mut block).map_err(internal)?;
            let fault = || Error::Internal("the guest's allocator gave a bad address".to_owned());
            let address = block[0].i32().ok_or_else(fault)? as u32 as usize;
            let bytes = memory.data_mut(&mut *store);
            let end = address.checked_add(abi::STR_BYTES as usize + text.len()).ok_or_else(fault)?;
            let block = bytes.get_mut(address..end).ok_or_else(fault)?;
            let meta = abi::BLOCK_META as usize;
            block[meta..meta + 8].copy_from_slice(&(text.chars().count() as i64).to_le_bytes());
            let header = abi::BLOCK_HEADER as usize;
            block[header..header + 8].copy_from_slice(&(text.len() as i64).to_le_bytes());
            block[abi::STR_BYTES as usize..].copy_from_slice(text.as_bytes());
            out.push(Val::I32(address as i32));
        }
        (Value::Tuple(items), Type::Tuple(types)) if items.len() == types.len() => {
            for (item, ty) in items.iter().zip(types) {
                pass(store, instance, shared, item, ty, out)?;
            }
        }
        _ => return Err(Error::Signature(format!("an argument is not a `{ty}`"))),
    }
    Ok(())
}

/// A result from wasm values; everything in memory is checked.
pub(super) fn receive(
    store: &Store<StoreData>,
    shared: &Shared,
    ty: &Type,
    values: &mut std::slice::Iter<'_, Val>,
) -> Result<Value, Error> {
    let fault = || Error::Internal("a result is not what its type says".to_owned());
    Ok(match ty {
        Type::None | Type::Never => Value::None,
        Type::Bool => Value::Bool(values.next().and_then(Val::i32).ok_or_else(fault)? != 0),
        Type::Int => Value::Int(values.next().and_then(Val::i64).ok_or_else(fault)?),
        Type::Float => Value::Float(values.next().and_then(Val::f64).ok_or_else(fault)?),
        Type::Str | Type::Dataset(_) => {
            let address = values.next().and_then(Val::i32).ok_or_else(fault)?;
            let bytes = shared.memory.map_or(&[][..], |memory| memory.data(store));
            Value::Str(read_str(bytes, address as u32).ok_or_else(fault)?)
        }
        Type::Const(_) => match ty {
            Type::Const(ovenbird_compiler::types::Const::Str(text)) => Value::Str(text.to_string()),
            Type::Const(ovenbird_compiler::types::Const::Int(value)) => Value::Int(*value),
            Type::Const(ovenbird_compiler::types::Const::Bool(value)) => Value::Bool(*value),
            Type::Const(ovenbird_compiler::types::Const::Float(bits)) => Value::Float(f64::from_bits(*bits)),
            _ => Value::None,
        },
        Type::Tuple(items) => {
            let parts: Result<Vec<Value>, Error> =
                items.iter().map(|item| receive(store, shared, item, values)).collect();
            Value::Tuple(parts?)
        }
        other => {
            return Err(Error::Signature(format!(
                "a `{other}` cannot be handed to the host yet: reduce or print it"
            )));
        }
    })
}

/// A string block of the guest.
pub(super) fn read_str(memory: &[u8], address: u32) -> Option<String> {
    let start = address as usize;
    let length = memory.get(start.checked_add(abi::BLOCK_HEADER as usize)?..)?.get(..8)?;
    let length = usize::try_from(i64::from_le_bytes(length.try_into().ok()?)).ok()?;
    let text = memory.get(start.checked_add(abi::STR_BYTES as usize)?..)?.get(..length)?;
    Some(String::from_utf8_lossy(text).into_owned())
}
