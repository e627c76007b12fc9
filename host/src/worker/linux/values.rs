//! Arguments and results ↔ what is sent of them: numbers and texts in the head, the elements of arrays and columns in
//! the tail, one after the other. What is received is checked like what a guest returns: whoever sent it may have
//! been taken over.

use std::sync::Arc;

use ovenbird_compiler::border::{Border, MAX_DIMENSIONS};
use ovenbird_compiler::types::{Storage, Type};
use serde::{Deserialize, Serialize};

use crate::data::{Array, Column, ColumnData, ColumnSlice, ColumnView, DataFrame, Elements, Slice};
use crate::depth::nested;
use crate::error::Error;
use crate::value::{Arg, Value};

/// A value on its way.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Sent {
    /// All of it.
    Plain(Value),
    /// Some of the parts are arrays or frames.
    Tuple(#[serde(deserialize_with = "nested")] Vec<Sent>),
    /// An array; its elements are in the tail.
    Array(Storage, Vec<usize>),
    /// A frame: its rows and columns.
    Frame(usize, Vec<SentColumn>),
}

/// A column; in the tail are the values, or offsets and text, and then the bitmap.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SentColumn {
    name: String,
    kind: SentKind,
    /// Bytes of the bitmap of values that are there.
    valid: Option<usize>,
}

#[derive(Debug, Serialize, Deserialize)]
enum SentKind {
    Plain(Storage),
    /// Bytes of text.
    Text(usize),
    Datetime(String),
}

/// Packs an argument of this type.
pub(super) fn pack_arg(arg: &Arg<'_>, ty: Option<&Type>, tail: &mut Vec<u8>) -> Result<Sent, Error> {
    let unfit = || match ty {
        Some(ty) => Error::Signature(format!("an argument is not a `{ty}`")),
        None => Error::Signature("an argument too many".to_owned()),
    };
    match (arg, ty.and_then(Border::of)) {
        (Arg::Value(value), _) => pack(value, tail),
        (Arg::Owned(value), _) => pack(value, tail),
        (Arg::Slice(slice), _) => Ok(pack_array(*slice, &[slice.len()], tail)),
        (Arg::Texts(texts), _) => {
            Ok(Sent::Plain(Value::Texts(texts.iter().map(|text| (*text).to_owned()).collect())))
        }
        (Arg::Columns(columns), Some(Border::Frame(types)))
            if columns.len() == types.len()
                && columns.iter().zip(&types).all(|(column, (_, ty))| column.kind() == *ty) =>
        {
            let named: Vec<_> = types.iter().map(|(name, _)| &**name).zip(columns.iter().copied()).collect();
            pack_frame(&named, tail)
        }
        (Arg::Columns(_), _) => Err(unfit()),
    }
}

/// Packs a value.
pub(super) fn pack(value: &Value, tail: &mut Vec<u8>) -> Result<Sent, Error> {
    Ok(match value {
        Value::Array(array) => pack_array(array.elements().lend(), array.shape(), tail),
        Value::DataFrame(frame) => {
            let named: Vec<_> =
                frame.columns().iter().map(|(name, column)| (&**name, column.view())).collect();
            pack_frame(&named, tail)?
        }
        Value::Tuple(items) if value.has_data() => {
            Sent::Tuple(items.iter().map(|item| pack(item, tail)).collect::<Result<_, _>>()?)
        }
        plain => Sent::Plain(plain.clone()),
    })
}

fn pack_array(elements: Slice<'_>, shape: &[usize], tail: &mut Vec<u8>) -> Sent {
    tail.extend_from_slice(elements.bytes());
    Sent::Array(elements.storage(), shape.to_vec())
}

fn pack_frame(columns: &[(&str, ColumnView<'_>)], tail: &mut Vec<u8>) -> Result<Sent, Error> {
    let rows = columns.first().map_or(0, |(_, column)| column.len());
    let mut sent = Vec::with_capacity(columns.len());
    for (name, column) in columns {
        let bits = rows.div_ceil(8);
        if column.len() != rows || column.valid.is_some_and(|valid| valid.len() < bits) {
            return Err(Error::Signature("the columns of a frame differ in length".to_owned()));
        }
        let kind = match column.data {
            ColumnSlice::Plain(values) => {
                tail.extend_from_slice(values.bytes());
                SentKind::Plain(values.storage())
            }
            ColumnSlice::Datetime { name, values } => {
                tail.extend_from_slice(Slice::Int64(values).bytes());
                SentKind::Datetime(name.to_owned())
            }
            ColumnSlice::Text { offsets, text } => SentKind::Text(pack_texts(offsets, text, tail)?),
        };
        if let Some(valid) = column.valid {
            tail.extend_from_slice(&valid[..bits]);
        }
        sent.push(SentColumn { name: (*name).to_owned(), kind, valid: column.valid.map(|_| bits) });
    }
    Ok(Sent::Frame(rows, sent))
}

/// Offsets counted from the first, and the text that they name; gives its length.
fn pack_texts(offsets: &[i32], text: &[u8], tail: &mut Vec<u8>) -> Result<usize, Error> {
    let wrong = || Error::Signature("a column of texts has wrong offsets".to_owned());
    let place = |at: Option<&i32>| at.and_then(|at| usize::try_from(*at).ok()).ok_or_else(wrong);
    let (first, last) = (place(offsets.first())?, place(offsets.last())?);
    let text = text.get(first..last).filter(|_| offsets.is_sorted()).ok_or_else(wrong)?;
    let moved: Vec<i32> = offsets.iter().map(|at| at - offsets[0]).collect();
    tail.extend_from_slice(Slice::Int32(&moved).bytes());
    tail.extend_from_slice(text);
    Ok(text.len())
}

/// Unpacks values; `None` if what is in the tail is not what the heads say.
pub(super) fn unpack(sent: Vec<Sent>, mut tail: &[u8]) -> Option<Vec<Value>> {
    let values = sent.into_iter().map(|one| one.value(&mut tail)).collect::<Option<Vec<_>>>()?;
    tail.is_empty().then_some(values)
}

/// The next bytes of a tail.
fn take<'a>(tail: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = tail.split_at_checked(length)?;
    *tail = rest;
    Some(taken)
}

/// So many elements.
fn elements(tail: &mut &[u8], storage: Storage, count: usize) -> Option<Elements> {
    // Eight bytes are one element of eight bytes, or two of four.
    let size = 8 / Elements::read(storage, &[0; 8]).len();
    Some(Elements::read(storage, take(tail, count.checked_mul(size)?)?))
}

impl Sent {
    fn value(self, tail: &mut &[u8]) -> Option<Value> {
        Some(match self {
            // It was decoded as what it is: arrays and frames are never among the plain ones.
            Sent::Plain(value) => value,
            Sent::Tuple(items) => {
                Value::Tuple(items.into_iter().map(|item| item.value(tail)).collect::<Option<_>>()?)
            }
            Sent::Array(storage, shape) => {
                let count = shape.iter().try_fold(1_usize, |count, length| count.checked_mul(*length))?;
                if !(1..=MAX_DIMENSIONS).contains(&shape.len()) {
                    return None;
                }
                Value::Array(Array::from(elements(tail, storage, count)?).reshaped(&shape)?)
            }
            Sent::Frame(rows, columns) => {
                let column = |column: SentColumn| {
                    let name = Arc::from(column.name.as_str());
                    Some((name, column.column(rows, tail)?))
                };
                let columns = columns.into_iter().map(column).collect::<Option<Vec<_>>>()?;
                if columns.is_empty() && rows > 0 {
                    return None;
                }
                Value::DataFrame(DataFrame::new(columns)?)
            }
        })
    }
}

impl SentColumn {
    fn column(self, rows: usize, tail: &mut &[u8]) -> Option<Column> {
        let data = match self.kind {
            SentKind::Plain(storage) => ColumnData::Plain(elements(tail, storage, rows)?),
            SentKind::Datetime(name) => {
                let Elements::Int64(values) = elements(tail, Storage::Int64, rows)? else { return None };
                name.starts_with("datetime64[").then(|| ColumnData::Datetime { name: name.into(), values })?
            }
            SentKind::Text(length) => {
                let offsets = elements(tail, Storage::Int32, rows.checked_add(1)?)?;
                let Elements::Int32(offsets) = offsets else { return None };
                let text = std::str::from_utf8(take(tail, length)?).ok()?;
                let inside = |at: &i32| usize::try_from(*at).is_ok_and(|at| text.is_char_boundary(at));
                let ends = (offsets.first(), offsets.last().and_then(|at| usize::try_from(*at).ok()));
                let whole =
                    ends == (Some(&0), Some(length)) && offsets.is_sorted() && offsets.iter().all(inside);
                let text = Arc::new(text.to_owned());
                whole.then_some(ColumnData::Text { offsets, text })?
            }
        };
        let column = Column::new(data);
        match self.valid {
            None => Some(column),
            Some(bytes) => column.with_valid(take(tail, bytes)?.to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::{decode, encode};
    use super::*;

    /// A value of every kind.
    fn everything() -> Value {
        let array = Array::new(vec![1_i16, 2, 3, 4, 5, 6]).reshaped(&[2, 3]).expect("six elements");
        let text = ColumnData::Text { offsets: Arc::new(vec![0, 2, 2]), text: Arc::new("ß".to_owned()) };
        let text = Column::new(text).with_valid(vec![0b01]).expect("two bits");
        let name = "datetime64[us]".into();
        let moments = Column::new(ColumnData::Datetime { name, values: Arc::new(vec![1, -1]) });
        let bools = Column::new(ColumnData::Plain(Elements::Bool(Arc::new(vec![true, false]))));
        let columns = vec![("t".into(), text), ("m".into(), moments), ("b".into(), bools)];
        let frame = Value::DataFrame(DataFrame::new(columns).expect("two rows each"));
        Value::Tuple(vec![Value::Int(-1), Value::Array(array), frame, Value::Str("x".to_owned())])
    }

    fn packed() -> (Vec<u8>, Vec<u8>) {
        let mut tail = Vec::new();
        let sent = pack(&everything(), &mut tail).expect("it can be sent");
        (encode(&vec![sent]), tail)
    }

    #[test]
    fn values_of_every_kind_go_through() {
        let (head, tail) = packed();
        assert_eq!(unpack(decode(&head).expect("whole"), &tail), Some(vec![everything()]));
    }

    #[test]
    fn a_tail_that_does_not_fit_is_refused() {
        let (head, tail) = packed();
        let through = |tail: &[u8]| unpack(decode(&head).expect("whole"), tail);
        for length in 0..tail.len() {
            assert_eq!(through(&tail[..length]), None);
        }
        assert_eq!(through(&[&tail[..], &[0]].concat()), None);
        // An offset in the middle of a character, and one beyond the end.
        let at = 12 + 4;
        for offset in [1u8, 3, 255] {
            let mut other = tail.clone();
            other[at] = offset;
            assert_eq!(through(&other), None);
        }
    }

    #[test]
    fn sizes_that_cannot_be_are_refused() {
        for shape in [vec![], vec![1; 9], vec![usize::MAX, 2], vec![1 << 40], vec![1 << 62, 1 << 62]] {
            assert!(unpack(vec![Sent::Array(Storage::Float64, shape)], &[0; 64]).is_none());
        }
        // With as much in the tail as they say.
        let array = |shape| unpack(vec![Sent::Array(Storage::Float64, shape)], &[0; 8]);
        assert!(array(vec![1; 8]).is_some() && array(vec![1; 9]).is_none() && array(Vec::new()).is_none());
        let named = |name: &str| {
            let kind = SentKind::Datetime(name.to_owned());
            let column = SentColumn { name: "t".to_owned(), kind, valid: None };
            unpack(vec![Sent::Frame(1, vec![column])], &[0; 8])
        };
        assert!(named("datetime64[us]").is_some() && named("int64").is_none());
        assert!(unpack(vec![Sent::Frame(usize::MAX, Vec::new())], &[]).is_none());
        let column = SentColumn { name: "t".to_owned(), kind: SentKind::Text(1), valid: Some(usize::MAX) };
        assert!(unpack(vec![Sent::Frame(usize::MAX, vec![column])], &[0; 64]).is_none());
    }

    #[test]
    fn whatever_the_bytes_are_there_is_no_panic() {
        let (head, tail) = packed();
        for at in 0..head.len() {
            for byte in [0, 1, 2, 3, 7, 8, 100, 250, 251, 252, 253, 255] {
                let mut other = head.clone();
                other[at] = byte;
                if let Ok(sent) = decode::<Vec<Sent>>(&other) {
                    // What is made of it holds together.
                    for value in unpack(sent, &tail).unwrap_or_default() {
                        let _ = (value.ty(), value.to_string());
                    }
                }
            }
        }
    }
}
