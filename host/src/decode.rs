//! Results: a guest's memory and the words that it returned → a value.
//!
//! The guest is hostile. Every address, length, offset and text is checked before it is used, and nothing is
//! allocated that is not there or beyond what the caller allows. How a call is made is not known here.

use std::fmt;
use std::sync::Arc;

use ovenbird_compiler::abi;
use ovenbird_compiler::border::{Border, Column as ColumnType, ColumnKind};
use ovenbird_compiler::types::{Const, Storage, Type};

use crate::data::{Array, Column, ColumnData, DataFrame, Element, Elements};
use crate::value::Value;

/// Why a result is none.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// Fewer words came back than the type has.
    TooFewWords,
    /// Something lies outside the guest's memory.
    OutOfBounds,
    /// A length is negative, or larger than memory can be.
    BadLength,
    /// Offsets of texts fall, or leave the text.
    BadOffsets,
    /// A text is no UTF-8.
    BadText,
    /// The columns of a frame differ in length.
    UnequalColumns,
    /// The result has more bytes than are allowed.
    TooLarge {
        /// How many there would be, at least.
        bytes: u64,
    },
    /// Values of the type cannot be handed to a host.
    NoValue(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::TooFewWords => f.write_str("the result has too few words"),
            Fault::OutOfBounds => f.write_str("a result lies outside the guest's memory"),
            Fault::BadLength => f.write_str("a result has an impossible length"),
            Fault::BadOffsets => f.write_str("a column of texts has wrong offsets"),
            Fault::BadText => f.write_str("a column of texts is not UTF-8"),
            Fault::UnequalColumns => f.write_str("the columns of a result differ in length"),
            Fault::TooLarge { bytes } => write!(f, "the result has {bytes} bytes, more than allowed"),
            Fault::NoValue(ty) => {
                write!(f, "a `{ty}` cannot be handed to the host yet: reduce or print it")
            }
        }
    }
}

impl std::error::Error for Fault {}

/// A value of a type from the words that the guest returned, one a scalar of the type (integers of 32 bits without
/// sign, floats by their bits), and the bytes that it took. At most `allowed` bytes are copied.
pub fn decode(memory: &[u8], ty: &Type, words: &[u64], allowed: u64) -> Result<(Value, u64), Fault> {
    let mut reader = Reader { memory, words: words.iter(), bytes: 0, allowed };
    let value = reader.value(ty)?;
    Ok((value, reader.bytes))
}

struct Reader<'a> {
    memory: &'a [u8],
    words: std::slice::Iter<'a, u64>,
    bytes: u64,
    allowed: u64,
}

impl<'a> Reader<'a> {
    fn value(&mut self, ty: &Type) -> Result<Value, Fault> {
        Ok(match ty {
            Type::None | Type::Never => Value::None,
            Type::Bool => Value::Bool(self.word()? as u32 != 0),
            Type::Int => Value::Int(self.word()? as i64),
            Type::Float => Value::Float(f64::from_bits(self.word()?)),
            Type::Str | Type::Dataset(_) => self.text()?,
            Type::Const(Const::Str(text)) => Value::Str(text.to_string()),
            Type::Const(Const::Int(value)) => Value::Int(*value),
            Type::Const(Const::Bool(value)) => Value::Bool(*value),
            Type::Const(Const::Float(bits)) => Value::Float(f64::from_bits(*bits)),
            Type::Tuple(items) => match Border::of(ty) {
                Some(Border::Array { element, dimensions }) => self.array(element, dimensions)?,
                Some(Border::Frame(columns)) => self.frame(&columns)?,
                Some(Border::Texts) => self.list()?,
                None => Value::Tuple(items.iter().map(|item| self.value(item)).collect::<Result<_, _>>()?),
            },
            other => return Err(Fault::NoValue(other.to_string())),
        })
    }

    fn word(&mut self) -> Result<u64, Fault> {
        self.words.next().copied().ok_or(Fault::TooFewWords)
    }

    fn address(&mut self) -> Result<usize, Fault> {
        Ok(self.word()? as u32 as usize)
    }

    fn length(&mut self) -> Result<usize, Fault> {
        length(self.word()? as i64)
    }

    /// Bytes of memory, which are accounted for.
    fn take(&mut self, start: usize, length: usize) -> Result<&'a [u8], Fault> {
        let end = start.checked_add(length).ok_or(Fault::OutOfBounds)?;
        let found = self.memory.get(start..end).ok_or(Fault::OutOfBounds)?;
        self.count(length)?;
        Ok(found)
    }

    /// Counts bytes that the host will hold.
    fn count(&mut self, bytes: usize) -> Result<(), Fault> {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if self.bytes > self.allowed { Err(Fault::TooLarge { bytes: self.bytes }) } else { Ok(()) }
    }

    /// The first bytes of what a block holds.
    fn block(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let block = self.address()?;
        self.take(block.checked_add(abi::BLOCK_HEADER as usize).ok_or(Fault::OutOfBounds)?, length)
    }

    /// A string: its length in bytes stands in its block.
    fn text(&mut self) -> Result<Value, Fault> {
        let block = self.address()?;
        let at = block.checked_add(abi::BLOCK_HEADER as usize).ok_or(Fault::OutOfBounds)?;
        let stored = self.memory.get(at..).and_then(|rest| rest.first_chunk()).ok_or(Fault::OutOfBounds)?;
        let length = length(i64::from_le_bytes(*stored))?;
        let text = self.take(at.checked_add(8).ok_or(Fault::OutOfBounds)?, length)?;
        let shown = String::from_utf8_lossy(text);
        // What is no UTF-8 is longer as a text of the host.
        self.count(shown.len() - text.len())?;
        Ok(Value::Str(shown.into_owned()))
    }

    fn array(&mut self, element: Storage, dimensions: usize) -> Result<Value, Fault> {
        let _owner = self.address()?;
        let start = self.address()?;
        let shape: Arc<[usize]> = (0..dimensions).map(|_| self.length()).collect::<Result<_, _>>()?;
        let size = size(element);
        let bytes = shape.iter().try_fold(size, |total, length| total.checked_mul(*length));
        let bytes = self.take(start, bytes.ok_or(Fault::BadLength)?)?;
        Ok(Value::Array(Array::from_parts(Elements::read(element, bytes), shape)))
    }

    /// Strings, each of which counts as much as the host holds for it: a guest has four bytes for an empty one.
    fn list(&mut self) -> Result<Value, Fault> {
        let count = self.length()?;
        self.count(count.saturating_mul(size_of::<String>()))?;
        let offsets =
            self.block(count.checked_add(1).and_then(|all| all.checked_mul(4)).ok_or(Fault::BadLength)?)?;
        let ColumnData::Text { offsets, text } = self.texts(i32::read(offsets))? else {
            return Err(Fault::BadOffsets);
        };
        // Never falling, and at borders of characters, as was checked.
        let part = |ends: &[i32]| text[ends[0] as usize..ends[1] as usize].to_owned();
        Ok(Value::Texts(offsets.windows(2).map(part).collect()))
    }

    fn frame(&mut self, types: &[(Arc<str>, ColumnType)]) -> Result<Value, Fault> {
        let mut columns = Vec::new();
        for (name, ty) in types {
            columns.push((name.clone(), self.column(ty)?));
        }
        DataFrame::new(columns).map(Value::DataFrame).ok_or(Fault::UnequalColumns)
    }

    fn column(&mut self, ty: &ColumnType) -> Result<Column, Fault> {
        let rows = self.length()?;
        // Cannot overflow where an address has 64 bits: a length has 32.
        let wide = |size: usize, more: usize| {
            rows.checked_add(more).and_then(|count| count.checked_mul(size)).ok_or(Fault::BadLength)
        };
        let values = match &ty.kind {
            ColumnKind::Plain(storage) => self.block(wide(size(*storage), 0)?)?,
            ColumnKind::Datetime(_) => self.block(wide(8, 0)?)?,
            ColumnKind::Text => self.block(wide(4, 1)?)?,
        };
        let valid = if ty.nullable { Some(self.block(rows.div_ceil(8))?.to_vec()) } else { None };
        let data = match &ty.kind {
            ColumnKind::Plain(storage) => ColumnData::Plain(Elements::read(*storage, values)),
            ColumnKind::Datetime(name) => {
                ColumnData::Datetime { name: name.clone(), values: Arc::new(i64::read(values)) }
            }
            ColumnKind::Text => self.texts(i32::read(values))?,
        };
        let column = Column::new(data);
        match valid {
            Some(valid) => column.with_valid(valid).ok_or(Fault::BadLength),
            None => Ok(column),
        }
    }

    /// Texts by their offsets, of which there is at least one.
    fn texts(&mut self, offsets: Vec<i32>) -> Result<ColumnData, Fault> {
        let rising = offsets.first() == Some(&0) && offsets.is_sorted();
        let end = offsets.last().and_then(|end| usize::try_from(*end).ok()).filter(|_| rising);
        let bytes = self.block(end.ok_or(Fault::BadOffsets)?)?;
        let text = String::from_utf8(bytes.to_vec()).map_err(|_| Fault::BadText)?;
        if !offsets.iter().all(|at| text.is_char_boundary(*at as usize)) {
            return Err(Fault::BadText);
        }
        Ok(ColumnData::Text { offsets: Arc::new(offsets), text: Arc::new(text) })
    }
}

fn size(storage: Storage) -> usize {
    storage.mem().size() as usize
}

/// A length that a memory of 32 bits can have.
fn length(value: i64) -> Result<usize, Fault> {
    u32::try_from(value).ok().and_then(|value| usize::try_from(value).ok()).ok_or(Fault::BadLength)
}

/// The beginning of a string of the guest: all of it, or more than `most` bytes; no more is copied than that takes.
pub(crate) fn read_start(memory: &[u8], address: u32, most: usize) -> Option<String> {
    let at = (address as usize).checked_add(abi::BLOCK_HEADER as usize)?;
    let stored = memory.get(at..)?.first_chunk()?;
    let length = length(i64::from_le_bytes(*stored)).ok()?;
    let start = at.checked_add(8)?;
    let text = memory.get(start..start.checked_add(length)?)?;
    // What a cut leaves of a character is longer as the replacement than it was, so that it lies beyond `most`.
    let text = &text[..length.min(most.saturating_add(1))];
    Some(String::from_utf8_lossy(text).into_owned())
}
