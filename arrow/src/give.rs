//! Batches → arguments: the types of parameters from a schema, and columns that are lent for a call.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ByteArrayType, Date32Type, Date64Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
};
use arrow_array::{Array, GenericByteArray};
use arrow_buffer::Buffer;
use arrow_schema::{DataType, Schema, TimeUnit};
use ovenbird::Error;
use ovenbird::data::{ColumnSlice, ColumnView, Slice, join_texts};
use ovenbird_compiler::border::{Column, ColumnKind};
use ovenbird_compiler::types::Storage;

use crate::texts;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// The columns of a frame of this schema, or which of them cannot be handed over.
pub(crate) fn columns(schema: &Schema) -> Result<Vec<(Arc<str>, Column)>, Error> {
    let column = |field: &Arc<arrow_schema::Field>| {
        let kind = kind(field.data_type()).ok_or_else(|| refused(field.name(), field.data_type()))?;
        Ok((Arc::from(field.name().as_str()), Column { kind, nullable: field.is_nullable() }))
    };
    schema.fields().iter().map(column).collect()
}

/// Names the column, its type, and what to do about it.
fn refused(name: &str, ty: &DataType) -> Error {
    let advice = advice(ty);
    Error::Signature(format!("the column `{name}` of type `{ty}` cannot be handed to a function: {advice}"))
}

/// What to make of a column that the language has no type for, so that nothing is lost in silence.
fn advice(ty: &DataType) -> &'static str {
    match ty {
        DataType::UInt64 => {
            "`int` has 63 bits and a sign; cast it to `Int64`, which fails for larger values, or to `Float64`"
        }
        DataType::Float16 => "cast it to `Float32`",
        DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => "cast it to `Float64`, or to `Int64` of its smallest unit",
        DataType::Time32(_) | DataType::Time64(_) | DataType::Duration(_) => "cast it to `Int64`",
        DataType::Interval(_) => "cast its parts to `Int64`",
        DataType::Null => "cast it to the type that its values would have",
        DataType::Dictionary(..) | DataType::RunEndEncoded(..) => "cast it to the type of its values",
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "leave it out, or cast it to `Utf8` if it is text"
        }
        DataType::Struct(_) => "make columns of its fields",
        _ => "leave it out, or make columns of plain values of it",
    }
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
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => return Some(ColumnKind::Text),
        DataType::Dictionary(_, values) => match **values {
            DataType::Utf8 | DataType::LargeUtf8 => return Some(ColumnKind::Text),
            _ => return None,
        },
        _ => return moment(ty).map(|name| ColumnKind::Datetime(name.into())),
    }))
}

/// pandas's name of a type of times; a date is the moment at which the day begins.
fn moment(ty: &DataType) -> Option<String> {
    let (unit, zone) = match ty {
        DataType::Date32 | DataType::Date64 => (TimeUnit::Millisecond, None),
        DataType::Timestamp(unit, zone) => (*unit, zone.as_deref()),
        _ => return None,
    };
    let unit = match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    };
    Some(match zone {
        Some(zone) => format!("datetime64[{unit}, {zone}]"),
        None => format!("datetime64[{unit}]"),
    })
}

/// A column that is lent for a call, with what had to be made for it: bytes of bits, offsets of another width, texts
/// of a dictionary.
pub(crate) struct Lent<'a> {
    data: Data<'a>,
    valid: Option<Buffer>,
}

enum Data<'a> {
    Plain(Slice<'a>),
    Bools(Vec<bool>),
    Text(Cow<'a, [i32]>, Cow<'a, [u8]>),
    Moments(String, Cow<'a, [i64]>),
}

impl<'a> Lent<'a> {
    pub(crate) fn new(name: &str, array: &'a dyn Array, nullable: bool) -> Result<Self, Error> {
        let data = data(name, array)?;
        // Of a dictionary the values can be NULL, too.
        if !nullable && array.logical_null_count() > 0 {
            return Err(Error::Signature(format!(
                "the column `{name}` has NULLs, but its field is not nullable"
            )));
        }
        let valid = nullable.then(|| match array.logical_nulls() {
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

fn data<'a>(name: &str, array: &'a dyn Array) -> Result<Data<'a>, Error> {
    let long =
        || Error::Signature(format!("the column `{name}` has more than 2 GiB of text: use smaller batches"));
    let owned = |(offsets, text)| Data::Text(Cow::Owned(offsets), Cow::Owned(text));
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
            Data::Text(Cow::Borrowed(texts.value_offsets()), Cow::Borrowed(texts.value_data()))
        }
        DataType::LargeUtf8 => narrowed(array.as_string::<i64>()).ok_or_else(long)?,
        DataType::Utf8View => owned(join_texts(array.as_string_view().iter()).ok_or_else(long)?),
        DataType::Dictionary(..) => owned(texts::of_dictionary(array).ok_or_else(long)?),
        _ => {
            let Some((moment, values)) = moment(array.data_type()).zip(moments(array)) else {
                return Err(refused(name, array.data_type()));
            };
            Data::Moments(moment, values)
        }
    })
}

/// Counts since 1970, in the unit of the type of times that [`moment`] names.
fn moments(array: &dyn Array) -> Option<Cow<'_, [i64]>> {
    Some(match array.data_type() {
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>().values();
            Cow::Owned(days.iter().map(|day| i64::from(*day) * DAY).collect())
        }
        DataType::Date64 => Cow::Borrowed(array.as_primitive::<Date64Type>().values()),
        DataType::Timestamp(unit, _) => Cow::Borrowed(match unit {
            TimeUnit::Second => array.as_primitive::<TimestampSecondType>().values(),
            TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().values(),
            TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().values(),
            TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().values(),
        }),
        _ => return None,
    })
}

/// Offsets of 32 bits, from the first text on: a guest's memory holds less than 4 GiB, and a column of it less than two.
fn narrowed<'a, T: ByteArrayType<Offset = i64>>(texts: &'a GenericByteArray<T>) -> Option<Data<'a>> {
    let all = texts.value_offsets();
    let (first, last) = (all.first().copied().unwrap_or(0), all.last().copied().unwrap_or(0));
    let offsets: Vec<i32> = all.iter().map(|at| i32::try_from(at - first).ok()).collect::<Option<_>>()?;
    let text = texts.value_data().get(usize::try_from(first).ok()?..usize::try_from(last).ok()?)?;
    Some(Data::Text(Cow::Owned(offsets), Cow::Borrowed(text)))
}
