//! Batches → arguments: the types of parameters from a schema, and columns that are lent for a call.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, UInt8Type, UInt16Type, UInt32Type,
};
use arrow_buffer::Buffer;
use arrow_schema::{DataType, Schema, TimeUnit};
use ovenbird::Error;
use ovenbird::data::{ColumnSlice, ColumnView, Slice};
use ovenbird_compiler::border::{Column, ColumnKind};
use ovenbird_compiler::types::Storage;

/// The columns of a frame of this schema, or which of them cannot be handed over.
pub(crate) fn columns(schema: &Schema) -> Result<Vec<(Arc<str>, Column)>, Error> {
    let column = |field: &Arc<arrow_schema::Field>| {
        let kind = kind(field.data_type()).ok_or_else(|| refused(field.name(), field.data_type()))?;
        Ok((Arc::from(field.name().as_str()), Column { kind, nullable: field.is_nullable() }))
    };
    schema.fields().iter().map(column).collect()
}

fn refused(name: &str, ty: &DataType) -> Error {
    Error::Signature(format!("the column `{name}` of type `{ty}` cannot be handed to a function"))
}

fn kind(ty: &DataType) -> Option<ColumnKind> {
    Some(ColumnKind::Plain(match ty {
        DataType::Boolean => Storage::Bool,
        DataType::Int8 => Storage::Int8,
        DataType::Int16 => Storage::Int16,
        DataType::Int32 => Storage::Int32,
        DataType::Int64 => Storage::Int64,
        DataType::UInt8 => Storage::Uint8,
        DataType::UInt16 => Storage::Uint16,
        DataType::UInt32 => Storage::Uint32,
        DataType::Float32 => Storage::Float32,
        DataType::Float64 => Storage::Float64,
        DataType::Utf8 | DataType::LargeUtf8 => return Some(ColumnKind::Text),
        DataType::Timestamp(..) => return moment(ty).map(|name| ColumnKind::Datetime(name.into())),
        _ => return None,
    }))
}

/// pandas's name of a type of times.
fn moment(ty: &DataType) -> Option<String> {
    let DataType::Timestamp(unit, zone) = ty else { return None };
    let unit = match unit {
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
        TimeUnit::Second => return None,
    };
    Some(match zone {
        Some(zone) => format!("datetime64[{unit}, {zone}]"),
        None => format!("datetime64[{unit}]"),
    })
}

/// A column that is lent for a call, with what had to be made for it: bytes of bits, offsets of another width.
pub(crate) struct Lent<'a> {
    data: Data<'a>,
    valid: Option<Buffer>,
}

enum Data<'a> {
    Plain(Slice<'a>),
    Bools(Vec<bool>),
    Text(Cow<'a, [i32]>, &'a [u8]),
    Moments(String, &'a [i64]),
}

impl<'a> Lent<'a> {
    pub(crate) fn new(array: &'a dyn Array, nullable: bool) -> Result<Self, Error> {
        let data = data(array)?;
        let valid = nullable.then(|| match array.nulls() {
            Some(nulls) => nulls.inner().sliced(),
            None => Buffer::from_vec(vec![u8::MAX; array.len().div_ceil(8)]),
        });
        Ok(Lent { data, valid })
    }

    pub(crate) fn view(&self) -> ColumnView<'_> {
        let data = match &self.data {
            Data::Plain(slice) => ColumnSlice::Plain(*slice),
            Data::Bools(values) => ColumnSlice::Plain(Slice::Bool(values)),
            Data::Text(offsets, text) => ColumnSlice::Text { offsets, text },
            Data::Moments(name, values) => ColumnSlice::Datetime { name, values },
        };
        ColumnView { data, valid: self.valid.as_deref() }
    }
}

fn data(array: &dyn Array) -> Result<Data<'_>, Error> {
    let name = || moment(array.data_type()).unwrap_or_default();
    Ok(match array.data_type() {
        DataType::Boolean => Data::Bools(array.as_boolean().values().iter().collect()),
        DataType::Int8 => Data::Plain(Slice::Int8(array.as_primitive::<Int8Type>().values())),
        DataType::Int16 => Data::Plain(Slice::Int16(array.as_primitive::<Int16Type>().values())),
        DataType::Int32 => Data::Plain(Slice::Int32(array.as_primitive::<Int32Type>().values())),
        DataType::Int64 => Data::Plain(Slice::Int64(array.as_primitive::<Int64Type>().values())),
        DataType::UInt8 => Data::Plain(Slice::Uint8(array.as_primitive::<UInt8Type>().values())),
        DataType::UInt16 => Data::Plain(Slice::Uint16(array.as_primitive::<UInt16Type>().values())),
        DataType::UInt32 => Data::Plain(Slice::Uint32(array.as_primitive::<UInt32Type>().values())),
        DataType::Float32 => Data::Plain(Slice::Float32(array.as_primitive::<Float32Type>().values())),
        DataType::Float64 => Data::Plain(Slice::Float64(array.as_primitive::<Float64Type>().values())),
        DataType::Utf8 => {
            let texts = array.as_string::<i32>();
            Data::Text(Cow::Borrowed(texts.value_offsets()), texts.value_data())
        }
        DataType::LargeUtf8 => {
            let texts = array.as_string::<i64>();
            let all = texts.value_offsets();
            // From the first text on: a guest's memory holds less than 4 GiB, and a column of it less than two.
            let (first, last) = (all.first().copied().unwrap_or(0), all.last().copied().unwrap_or(0));
            let narrow: Option<Vec<i32>> = all.iter().map(|at| i32::try_from(at - first).ok()).collect();
            let whole = usize::try_from(first).ok().zip(usize::try_from(last).ok());
            let text = whole.and_then(|(first, last)| texts.value_data().get(first..last));
            let (Some(offsets), Some(text)) = (narrow, text) else {
                return Err(Error::Signature("a column of more than 2 GiB of text".to_owned()));
            };
            Data::Text(Cow::Owned(offsets), text)
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            Data::Moments(name(), array.as_primitive::<TimestampMillisecondType>().values())
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            Data::Moments(name(), array.as_primitive::<TimestampMicrosecondType>().values())
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            Data::Moments(name(), array.as_primitive::<TimestampNanosecondType>().values())
        }
        other => return Err(refused("?", other)),
    })
}
