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
use crate::run::Unread;
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
    /// An array that the callee never looks at.
    Unread(Storage, Vec<usize>),
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
    /// Whether the callee never looks at it: nothing of it is in the tail.
    unread: bool,
}

#[derive(Debug, Serialize, Deserialize)]
enum SentKind {
    Plain(Storage),
    /// Bytes of text.
    Text(usize),
    Datetime(String),
}

/// Packs arguments, but for what nobody looks at.
pub(super) fn pack_args(
    args: &[Arg<'_>],
    params: &[Type],
    unread: Unread<'_>,
    tail: &mut Vec<u8>,
) -> Result<Vec<Sent>, Error> {
    let mut scalar = 0;
    let packed = args.iter().enumerate().map(|(at, arg)| {
        let ty = params.get(at);
        let sent = pack_arg(arg, ty, (unread, scalar), tail);
        scalar += ty.map_or(0, |ty| ty.width());
        sent
    });
    packed.collect()
}

/// What is not looked at, and the number of a value's first scalar.
type Needed<'a> = (Unread<'a>, usize);

/// Packs an argument of this type.
fn pack_arg(arg: &Arg<'_>, ty: Option<&Type>, needed: Needed<'_>, tail: &mut Vec<u8>) -> Result<Sent, Error> {
    let unfit = || match ty {
        Some(ty) => Error::Signature(format!("an argument is not a `{ty}`")),
        None => Error::Signature("an argument too many".to_owned()),
    };
    match (arg, ty.and_then(Border::of)) {
        (Arg::Value(value), _) => pack_needed(value, needed, tail),
        (Arg::Owned(value), _) => pack_needed(value, needed, tail),
        (Arg::Slice(slice), _) => Ok(pack_array(*slice, &[slice.len()], needed, tail)),
        (Arg::Texts(texts), _) => {
            Ok(Sent::Plain(Value::Texts(texts.iter().map(|text| (*text).to_owned()).collect())))
        }
        (Arg::Columns(columns), Some(Border::Frame(types)))
            if columns.len() == types.len()
                && columns.iter().zip(&types).all(|(column, (_, ty))| column.kind() == *ty) =>
        {
            let named: Vec<_> = types.iter().map(|(name, _)| &**name).zip(columns.iter().copied()).collect();
            pack_frame(&named, needed, tail)
        }
        (Arg::Columns(_), _) => Err(unfit()),
    }
}

/// Packs a value.
pub(super) fn pack(value: &Value, tail: &mut Vec<u8>) -> Result<Sent, Error> {
    pack_needed(value, (Unread::none(), 0), tail)
}

fn pack_needed(value: &Value, needed: Needed<'_>, tail: &mut Vec<u8>) -> Result<Sent, Error> {
    Ok(match value {
        Value::Array(array) => pack_array(array.elements().lend(), array.shape(), needed, tail),
        Value::DataFrame(frame) => {
            let named: Vec<_> =
                frame.columns().iter().map(|(name, column)| (&**name, column.view())).collect();
            pack_frame(&named, needed, tail)?
        }
        Value::Tuple(items) if value.has_data() => {
            Sent::Tuple(items.iter().map(|item| pack(item, tail)).collect::<Result<_, _>>()?)
        }
        plain => Sent::Plain(plain.clone()),
    })
}

fn pack_array(
    elements: Slice<'_>,
    shape: &[usize],
    (unread, scalar): Needed<'_>,
    tail: &mut Vec<u8>,
) -> Sent {
    if unread.has_array(scalar) {
        return Sent::Unread(elements.storage(), shape.to_vec());
    }
    tail.extend_from_slice(elements.bytes());
    Sent::Array(elements.storage(), shape.to_vec())
}

fn pack_frame(
    columns: &[(&str, ColumnView<'_>)],
    (unread, mut scalar): Needed<'_>,
    tail: &mut Vec<u8>,
) -> Result<Sent, Error> {
    let rows = columns.first().map_or(0, |(_, column)| column.len());
    let mut sent = Vec::with_capacity(columns.len());
    for (name, column) in columns {
        let bits = rows.div_ceil(8);
        if column.len() != rows || column.valid.is_some_and(|valid| valid.len() < bits) {
            return Err(Error::Signature("the columns of a frame differ in length".to_owned()));
        }
        let name = (*name).to_owned();
        if unread.column(column, &mut scalar) == 0 && rows > 0 {
            let kind = match column.data {
                ColumnSlice::Plain(values) => SentKind::Plain(values.storage()),
                ColumnSlice::Datetime { name, .. } => SentKind::Datetime(name.to_owned()),
                ColumnSlice::Text { offsets, text } => texts(offsets, text).map(|_| SentKind::Text(0))?,
            };
            sent.push(SentColumn { name, kind, valid: column.valid.map(|_| bits), unread: true });
            continue;
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
        let valid = column.valid.map(|_| bits);
        sent.push(SentColumn { name, kind, valid, unread: false });
    }
    Ok(Sent::Frame(rows, sent))
}

/// The text that offsets name.
fn texts<'t>(offsets: &[i32], text: &'t [u8]) -> Result<&'t [u8], Error> {
    let wrong = || Error::Signature("a column of texts has wrong offsets".to_owned());
    let place = |at: Option<&i32>| at.and_then(|at| usize::try_from(*at).ok()).ok_or_else(wrong);
    let (first, last) = (place(offsets.first())?, place(offsets.last())?);
    text.get(first..last).filter(|_| offsets.is_sorted()).ok_or_else(wrong)
}

/// Offsets counted from the first, and the text that they name; gives its length.
fn pack_texts(offsets: &[i32], text: &[u8], tail: &mut Vec<u8>) -> Result<usize, Error> {
    let text = texts(offsets, text)?;
    let moved: Vec<i32> = offsets.iter().map(|at| at - offsets[0]).collect();
    tail.extend_from_slice(Slice::Int32(&moved).bytes());
    tail.extend_from_slice(text);
    Ok(text.len())
}

/// Unpacks arguments in a worker; `None` if what is in the tail is not what the heads say. What nobody looks at is zeros.
pub(super) fn unpack_args(sent: Vec<Sent>, tail: &[u8]) -> Option<Vec<Value>> {
    let mut rest = Rest { tail, parent: true };
    let values = sent.into_iter().map(|one| one.value(&mut rest)).collect::<Option<Vec<_>>>()?;
    rest.tail.is_empty().then_some(values)
}

/// Unpacks what a worker gives: all of it must be there, or a few bytes would be as much memory as they say.
pub(super) fn unpack_result(sent: Sent, tail: &[u8]) -> Option<Value> {
    let mut rest = Rest { tail, parent: false };
    let value = sent.value(&mut rest)?;
    rest.tail.is_empty().then_some(value)
}

/// What is left of a tail, and whether the parent sent it.
struct Rest<'a> {
    tail: &'a [u8],
    parent: bool,
}

impl<'a> Rest<'a> {
    /// The next bytes.
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.tail.split_at_checked(length)?;
        self.tail = rest;
        Some(taken)
    }

    /// So many elements.
    fn elements(&mut self, storage: Storage, count: usize) -> Option<Elements> {
        // Eight bytes are one element of eight bytes, or two of four.
        let size = 8 / Elements::read(storage, &[0; 8]).len();
        Some(Elements::read(storage, self.take(count.checked_mul(size)?)?))
    }

    /// So many elements that nobody looks at.
    fn unread(&self, storage: Storage, count: usize) -> Option<Elements> {
        self.parent.then(|| Elements::zeros(storage, count))
    }
}

impl Sent {
    fn value(self, rest: &mut Rest<'_>) -> Option<Value> {
        Some(match self {
            // It was decoded as what it is: arrays and frames are never among the plain ones.
            Sent::Plain(value) => value,
            Sent::Tuple(items) => {
                Value::Tuple(items.into_iter().map(|item| item.value(rest)).collect::<Option<_>>()?)
            }
            Sent::Array(storage, shape) => {
                let elements = rest.elements(storage, count(&shape)?)?;
                Value::Array(Array::from(elements).reshaped(&shape)?)
            }
            Sent::Unread(storage, shape) => {
                let elements = rest.unread(storage, count(&shape)?)?;
                Value::Array(Array::from(elements).reshaped(&shape)?)
            }
            Sent::Frame(rows, columns) => {
                let column = |column: SentColumn| {
                    let name = Arc::from(column.name.as_str());
                    Some((name, column.column(rows, rest)?))
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

/// Elements of an array of this shape, if there can be one.
fn count(shape: &[usize]) -> Option<usize> {
    let count = shape.iter().try_fold(1_usize, |count, length| count.checked_mul(*length))?;
    (1..=MAX_DIMENSIONS).contains(&shape.len()).then_some(count)
}

impl SentColumn {
    fn column(self, rows: usize, rest: &mut Rest<'_>) -> Option<Column> {
        let unread = self.unread;
        let mut elements = |storage, count| match unread {
            true => rest.unread(storage, count),
            false => rest.elements(storage, count),
        };
        let data = match self.kind {
            SentKind::Plain(storage) => ColumnData::Plain(elements(storage, rows)?),
            SentKind::Datetime(name) => {
                let Elements::Int64(values) = elements(Storage::Int64, rows)? else { return None };
                name.starts_with("datetime64[").then(|| ColumnData::Datetime { name: name.into(), values })?
            }
            SentKind::Text(length) => {
                let offsets = elements(Storage::Int32, rows.checked_add(1)?)?;
                let Elements::Int32(offsets) = offsets else { return None };
                let text = std::str::from_utf8(rest.take(length)?).ok()?;
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
            Some(bytes) if unread => column.with_valid(vec![0; bytes]),
            Some(bytes) => column.with_valid(rest.take(bytes)?.to_vec()),
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
        (encode(&sent), tail)
    }

    /// The same in both directions.
    fn through(head: &[u8], tail: &[u8]) -> Option<Value> {
        let result = unpack_result(decode(head).expect("whole"), tail);
        let args = unpack_args(vec![decode(head).expect("whole")], tail);
        assert_eq!(result.as_ref(), args.as_ref().and_then(|args| args.first()));
        result
    }

    #[test]
    fn values_of_every_kind_go_through() {
        let (head, tail) = packed();
        assert_eq!(through(&head, &tail), Some(everything()));
    }

    #[test]
    fn a_tail_that_does_not_fit_is_refused() {
        let (head, tail) = packed();
        let through = |tail: &[u8]| through(&head, tail);
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
            assert!(unpack_result(Sent::Array(Storage::Float64, shape), &[0; 64]).is_none());
        }
        // With as much in the tail as they say.
        let array = |shape| unpack_result(Sent::Array(Storage::Float64, shape), &[0; 8]);
        assert!(array(vec![1; 8]).is_some() && array(vec![1; 9]).is_none() && array(Vec::new()).is_none());
        let named = |name: &str| {
            let kind = SentKind::Datetime(name.to_owned());
            let column = SentColumn { name: "t".to_owned(), kind, valid: None, unread: false };
            unpack_result(Sent::Frame(1, vec![column]), &[0; 8])
        };
        assert!(named("datetime64[us]").is_some() && named("int64").is_none());
        assert!(unpack_result(Sent::Frame(usize::MAX, Vec::new()), &[]).is_none());
        let (kind, valid) = (SentKind::Text(1), Some(usize::MAX));
        let column = SentColumn { name: "t".to_owned(), kind, valid, unread: false };
        assert!(unpack_result(Sent::Frame(usize::MAX, vec![column]), &[0; 64]).is_none());
    }

    #[test]
    fn whatever_the_bytes_are_there_is_no_panic() {
        let (head, tail) = packed();
        for at in 0..head.len() {
            for byte in [0, 1, 2, 3, 7, 8, 100, 250, 251, 252, 253, 255] {
                let mut other = head.clone();
                other[at] = byte;
                if let Some(value) = decode(&other).ok().and_then(|sent| unpack_result(sent, &tail)) {
                    // What is made of it holds together.
                    let _ = (value.ty(), value.to_string());
                }
            }
        }
    }

    /// A frame of a column of numbers, one of texts with gaps, and one of moments; three rows.
    fn frame() -> Value {
        let Value::Tuple(items) = everything() else { panic!("a tuple") };
        items[2].clone()
    }

    /// Without `self.parent` in `Rest::unread`: a worker that says "a frame of 2^60 rows, which nobody looks at" is believed.
    #[test]
    fn a_worker_leaves_nothing_out() {
        let unread = || Sent::Unread(Storage::Int64, vec![4]);
        let zeros = Value::Array(Array::new(vec![0_i64; 4]));
        assert_eq!(unpack_args(vec![unread()], &[]), Some(vec![zeros]));
        assert_eq!(unpack_result(unread(), &[]), None);
        let column = |kind| SentColumn { name: "t".to_owned(), kind, valid: Some(1), unread: true };
        for kind in [|| SentKind::Plain(Storage::Float64), || SentKind::Text(0)] {
            assert!(unpack_args(vec![Sent::Frame(2, vec![column(kind())])], &[]).is_some());
            assert_eq!(unpack_result(Sent::Frame(2, vec![column(kind())]), &[]), None);
        }
    }

    #[test]
    fn what_nobody_looks_at_is_not_sent() {
        let (frame, array) = (frame(), Value::Array(Array::new(vec![1.5_f64; 1000])));
        let (args, params) = ([Arg::Value(&array), Arg::Value(&frame)], [array.ty(), frame.ty()]);
        let bytes = |unread: &[u32]| {
            let mut tail = Vec::new();
            let sent = pack_args(&args, &params, Unread::new(unread), &mut tail).expect("it can be sent");
            let values = unpack_args(sent, &tail).expect("it is whole");
            let types: Vec<Type> = values.iter().map(Value::ty).collect();
            assert_eq!(types, params, "what is not sent has its type");
            (tail.len(), values)
        };
        let all = bytes(&[]);
        assert_eq!(all.1, [array.clone(), frame.clone()]);
        // An array is a block, an address and a length; a column of texts a length, offsets, a bitmap and a text.
        let text = 3..7_u32;
        assert_eq!(params[0].width(), 3);
        assert_eq!(bytes(&[0, 1]).0, all.0 - 8000);
        assert_eq!(bytes(&[0]).0, all.0, "only its block is not looked at");
        let without = bytes(&text.clone().collect::<Vec<_>>());
        assert_eq!(without.0, all.0 - (3 * 4 + 1 + 2));
        let Value::DataFrame(shown) = &without.1[1] else { panic!("a frame") };
        let Value::DataFrame(wanted) = &frame else { panic!("a frame") };
        assert_eq!(shown.columns()[1..], wanted.columns()[1..], "the others are there");
        assert_eq!(bytes(&[4, 5]).0, all.0, "its text is looked at");
    }
}
