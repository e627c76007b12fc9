//! Values of the host ↔ wasm values of one call: arguments are copied into the guest's heap, results are left to
//! `decode.rs`. How a call is made is not known here.

use ovenbird_compiler::abi;
use ovenbird_compiler::border::Border;
use ovenbird_compiler::types::Type;
use wasmtime::{AsContextMut, Instance, Memory, Store, TypedFunc, Val};

use super::instantiate::Shared;
use super::unread::Unread;
use crate::data::{ColumnSlice, ColumnView, Slice, join_texts};
use crate::decode::{self, Fault};
use crate::error::Error;
use crate::imports::StoreData;
use crate::limits::{LimitExceeded, LimitKind};
use crate::value::{Arg, Value};

pub(super) fn zero(ty: ovenbird_compiler::ir::Ty) -> Val {
    match ty {
        ovenbird_compiler::ir::Ty::I32 => Val::I32(0),
        ovenbird_compiler::ir::Ty::I64 => Val::I64(0),
        ovenbird_compiler::ir::Ty::F64 => Val::F64(0),
        ovenbird_compiler::ir::Ty::V128 => Val::V128(0.into()),
    }
}

/// Why an argument could not be passed.
pub(super) enum Refused {
    /// The guest's allocator trapped: there is no memory for it.
    Trapped(wasmtime::Error),
    /// It does not fit the parameter, or something is broken.
    Other(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Refused::Other(error)
    }
}

/// Puts arguments into a guest.
pub(super) struct Passer<'a> {
    store: &'a mut Store<StoreData>,
    /// Where arguments are put. A function that takes a block but never looks at it has no heap.
    heap: Option<(TypedFunc<i64, i32>, Memory)>,
    scalars: Vec<Val>,
    unread: Unread<'a>,
}

impl<'a> Passer<'a> {
    pub(super) fn new(
        store: &'a mut Store<StoreData>,
        instance: &Instance,
        shared: &Shared,
        unread: Unread<'a>,
    ) -> Result<Self, Error> {
        let alloc = instance.get_func(&mut *store, abi::ALLOC);
        let alloc = alloc.map(|alloc| alloc.typed(&*store)).transpose().map_err(super::internal)?;
        Ok(Passer { heap: alloc.zip(shared.memory), store, scalars: Vec::new(), unread })
    }

    /// The scalars of all that was passed.
    pub(super) fn finish(self) -> Vec<Val> {
        self.scalars
    }

    pub(super) fn pass(&mut self, arg: &Arg<'_>, ty: &Type) -> Result<(), Refused> {
        match (arg, Border::of(ty)) {
            (Arg::Value(value), _) => self.value(value, ty),
            (Arg::Owned(value), _) => self.value(value, ty),
            (Arg::Slice(slice), Some(Border::Array { element, dimensions: 1 }))
                if slice.storage() == element =>
            {
                self.array(*slice, &[slice.len()])
            }
            (Arg::Texts(texts), Some(Border::Texts)) => self.list(texts.iter().copied()),
            (Arg::Columns(columns), Some(Border::Frame(types)))
                if columns.len() == types.len()
                    && columns.iter().zip(&types).all(|(column, (_, ty))| column.kind() == *ty) =>
            {
                self.columns(columns)
            }
            _ => Err(unfit(ty)),
        }
    }

    pub(super) fn value(&mut self, value: &Value, ty: &Type) -> Result<(), Refused> {
        match (value, ty) {
            (Value::None, Type::None) => {}
            (Value::Bool(value), Type::Bool) => self.scalars.push(Val::I32(i32::from(*value))),
            (Value::Int(value), Type::Int) => self.scalars.push(Val::I64(*value)),
            (Value::Int(value), Type::Float) => self.scalars.push(Val::F64((*value as f64).to_bits())),
            (Value::Float(value), Type::Float) => self.scalars.push(Val::F64(value.to_bits())),
            (Value::Str(text), Type::Str | Type::Dataset(_)) => self.text(text)?,
            (Value::Texts(texts), _) if Border::of(ty) == Some(Border::Texts) => {
                self.list(texts.iter().map(String::as_str))?;
            }
            (Value::Array(array), _) if array.ty() == *ty => {
                self.array(array.elements().lend(), array.shape())?;
            }
            (Value::DataFrame(frame), _) if frame.ty() == *ty => {
                let columns: Vec<ColumnView<'_>> = frame.columns().iter().map(|(_, c)| c.view()).collect();
                self.columns(&columns)?;
            }
            (Value::Tuple(items), Type::Tuple(types)) if items.len() == types.len() => {
                for (item, ty) in items.iter().zip(types.iter()) {
                    self.value(item, ty)?;
                }
            }
            _ => return Err(unfit(ty)),
        }
        Ok(())
    }

    /// A new block with this payload, and zeros up to a size. Its address is a scalar; the meta is for its type. What
    /// the guest never looks at has the address 0 and is not copied.
    fn block(&mut self, meta: i64, parts: &[&[u8]], size: usize) -> Result<u32, Refused> {
        if self.unread.has(self.scalars.len()) {
            self.scalars.push(Val::I32(0));
            return Ok(0);
        }
        self.new_block(meta, parts, size)
    }

    fn new_block(&mut self, meta: i64, parts: &[&[u8]], size: usize) -> Result<u32, Refused> {
        let Some((alloc, memory)) = &self.heap else {
            self.scalars.push(Val::I32(0));
            return Ok(0);
        };
        let fault = || Error::Internal("the guest's allocator gave a bad address".to_owned());
        let payload = i64::try_from(size).map_err(|_| fault())?;
        let address = alloc.call(&mut *self.store, payload).map_err(Refused::Trapped)? as u32;
        let start = address as usize;
        let header = abi::BLOCK_HEADER as usize;
        let end = start.checked_add(header).and_then(|at| at.checked_add(size)).ok_or_else(fault)?;
        let memory = memory.data_mut(self.store.as_context_mut());
        let block = memory.get_mut(start..end).ok_or_else(fault)?;
        let (head, mut rest) = block.split_at_mut(header);
        head[abi::BLOCK_META as usize..].copy_from_slice(&meta.to_le_bytes());
        for part in parts {
            let (to, behind) = rest.split_at_mut_checked(part.len()).ok_or_else(fault)?;
            to.copy_from_slice(part);
            rest = behind;
        }
        rest.fill(0);
        self.scalars.push(Val::I32(address as i32));
        Ok(address)
    }

    fn text(&mut self, text: &str) -> Result<(), Refused> {
        let length = (text.len() as i64).to_le_bytes();
        self.block(text.chars().count() as i64, &[&length, text.as_bytes()], text.len() + 8).map(drop)
    }

    fn array(&mut self, elements: Slice<'_>, shape: &[usize]) -> Result<(), Refused> {
        let bytes = elements.bytes();
        let address = match self.unread.has_array(self.scalars.len()) {
            true => self.block(0, &[], 0)?,
            // Its block is not looked at, but what is in it.
            false => self.new_block(0, &[bytes], bytes.len())?,
        };
        self.scalars.push(Val::I32(address.wrapping_add(abi::BLOCK_HEADER) as i32));
        self.scalars.extend(shape.iter().map(|length| Val::I64(*length as i64)));
        Ok(())
    }

    /// Strings, one after the other; the guest makes a list of them.
    fn list<'t>(&mut self, texts: impl ExactSizeIterator<Item = &'t str> + Clone) -> Result<(), Refused> {
        self.scalars.push(Val::I64(texts.len() as i64));
        let joined = join_texts(texts.map(Some));
        let (offsets, bytes) =
            joined.ok_or_else(|| Error::Signature("a list of more than 2 GiB of text".to_owned()))?;
        let offsets = Slice::Int32(&offsets).bytes();
        self.block(0, &[offsets], offsets.len())?;
        self.block(0, &[&bytes], bytes.len()).map(drop)
    }

    fn columns(&mut self, columns: &[ColumnView<'_>]) -> Result<(), Refused> {
        let rows = columns.first().map_or(0, ColumnView::len);
        for column in columns {
            let enough = column.valid.is_none_or(|bits| bits.len() >= rows.div_ceil(8));
            if column.len() != rows || !enough {
                let text = "the columns of a frame differ in length".to_owned();
                return Err(Error::Signature(text).into());
            }
            self.scalars.push(Val::I64(rows as i64));
            let text = match column.data {
                ColumnSlice::Plain(values) => {
                    self.block(0, &[values.bytes()], values.bytes().len())?;
                    None
                }
                ColumnSlice::Datetime { values, .. } => {
                    let bytes = Slice::Int64(values).bytes();
                    self.block(0, &[bytes], bytes.len())?;
                    None
                }
                ColumnSlice::Text { offsets, text } => Some(self.offsets(offsets, text)?),
            };
            if let Some(valid) = column.valid {
                let whole = &valid[..rows.div_ceil(8)];
                self.block(0, &[whole], rows.div_ceil(64) * 8)?;
            }
            if let Some(text) = text {
                self.block(0, &[text], text.len())?;
            }
        }
        Ok(())
    }

    /// Offsets of texts, counted from the first; the part of the text that they name.
    fn offsets<'t>(&mut self, offsets: &[i32], text: &'t [u8]) -> Result<&'t [u8], Refused> {
        let wrong = || Error::Signature("a column of texts has wrong offsets".to_owned());
        let place = |at: Option<&i32>| at.and_then(|at| usize::try_from(*at).ok()).ok_or_else(wrong);
        let (first, last) = (place(offsets.first())?, place(offsets.last())?);
        let text = text.get(first..last).filter(|_| offsets.is_sorted()).ok_or_else(wrong)?;
        if first == 0 {
            let bytes = Slice::Int32(offsets).bytes();
            self.block(0, &[bytes], bytes.len())?;
        } else {
            let moved: Vec<i32> = offsets.iter().map(|at| at - offsets[0]).collect();
            let bytes = Slice::Int32(&moved).bytes();
            self.block(0, &[bytes], bytes.len())?;
        }
        Ok(text)
    }
}

fn unfit(ty: &Type) -> Refused {
    Refused::Other(Error::Signature(format!("an argument is not a `{ty}`")))
}

/// A result from wasm values; everything in memory is checked, and its bytes count as output.
pub(super) fn receive(
    store: &mut Store<StoreData>,
    shared: &Shared,
    ty: &Type,
    values: &[Val],
) -> Result<Value, Error> {
    let words: Vec<u64> = values.iter().map(word).collect();
    let ledger = &store.data().host.ledger;
    let deep = ledger.check_depth(depth(ty));
    deep.map_err(|limit| Error::Limit { limit, traceback: Vec::new() })?;
    let (used, allowed) = (ledger.usage().output_bytes, ledger.limits().output_bytes);
    let memory = shared.memory.map_or(&[][..], |memory| memory.data(&*store));
    // Charged once it is there; more than is left is not even copied.
    match decode::decode(memory, ty, &words, allowed.saturating_sub(used)) {
        Ok((value, bytes)) => {
            let charged = store.data_mut().host.ledger.charge_output(bytes);
            charged.map_err(|limit| Error::Limit { limit, traceback: Vec::new() })?;
            Ok(value)
        }
        Err(Fault::TooLarge { bytes }) => {
            let limit = LimitExceeded { which: LimitKind::Output, used: used.saturating_add(bytes), allowed };
            Err(Error::Limit { limit, traceback: Vec::new() })
        }
        Err(fault @ Fault::NoValue(_)) => Err(Error::Signature(fault.to_string())),
        Err(fault) => Err(Error::Internal(fault.to_string())),
    }
}

/// How many tuples are inside each other; arrays and frames are none.
fn depth(ty: &Type) -> u64 {
    match ty {
        Type::Tuple(items) if Border::of(ty).is_none() => 1 + items.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn word(value: &Val) -> u64 {
    match value {
        Val::I32(value) => u64::from(*value as u32),
        Val::I64(value) => *value as u64,
        Val::F64(bits) => *bits,
        _ => 0,
    }
}
