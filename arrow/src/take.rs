//! Results → batches. The values come from `ovenbird::decode`, which has checked them against the guest's memory.

use std::sync::Arc;

use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type,
};
use arrow_array::{
    ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray, RecordBatch, RecordBatchOptions, StringArray,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use ovenbird::data::{Column, ColumnData, DataFrame, Element, Elements, join_texts};
use ovenbird::{Error, Value};
use ovenbird_compiler::border::{Border, ColumnKind};
use ovenbird_compiler::types::{Storage, Type};

/// The batch that a result stands for: of a frame, an array, or a plain value as one row. What has no name of its
/// own is called like the function, as is the column of a function of rows.
pub(crate) fn batch(value: Value, name: &str, rows: bool) -> Result<RecordBatch, Error> {
    let single = |column| DataFrame::new(vec![(Arc::from(name), column)]);
    let frame = match value {
        Value::DataFrame(frame) if rows => match <[_; 1]>::try_from(frame.into_columns()) {
            Ok([(_, column)]) => single(column),
            Err(_) => return Err(Error::Internal("a function of rows gave several columns".to_owned())),
        },
        Value::DataFrame(frame) => Some(frame),
        Value::Array(array) if array.shape().len() == 1 => {
            single(Column::new(ColumnData::Plain(array.elements().clone())))
        }
        Value::Texts(texts) => {
            let joined = join_texts(texts.iter().map(|text| Some(text.as_str())));
            let joined = joined.and_then(|(offsets, bytes)| Some((offsets, String::from_utf8(bytes).ok()?)));
            let (offsets, text) = joined.ok_or_else(|| no_batch("a list of more than 2 GiB of text"))?;
            single(Column::new(ColumnData::Text { offsets: Arc::new(offsets), text: Arc::new(text) }))
        }
        Value::Bool(value) => single(one(value)),
        Value::Int(value) => single(one(value)),
        Value::Float(value) => single(one(value)),
        Value::Str(text) => {
            let end = i32::try_from(text.len()).map_err(|_| no_batch("a text of more than 2 GiB"))?;
            let (offsets, text) = (Arc::new(vec![0, end]), Arc::new(text));
            single(Column::new(ColumnData::Text { offsets, text }))
        }
        other => return Err(no_batch(&format!("a `{}`", other.ty()))),
    };
    let frame = frame.ok_or_else(|| Error::Internal("columns of different lengths".to_owned()))?;
    let rows = frame.rows();
    let (mut fields, mut arrays) = (Vec::new(), Vec::new());
    for (name, column) in frame.into_columns() {
        let view = column.view().kind();
        let ty = data_type(&view.kind).ok_or_else(|| no_batch(&format!("a column of `{view}`")))?;
        arrays.push(array(column, &ty).map_err(internal)?);
        fields.push(Field::new(&*name, ty, view.nullable));
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options).map_err(internal)
}

/// Schema of the batches of a result of this type.
pub(crate) fn schema(ty: &Type, name: &str, rows: bool) -> Option<SchemaRef> {
    let fields = match Border::of(ty)? {
        Border::Array { element, dimensions: 1 } => {
            vec![Field::new(name, data_type(&ColumnKind::Plain(element))?, false)]
        }
        Border::Array { .. } => return None,
        Border::Texts => vec![Field::new(name, DataType::Utf8, false)],
        Border::Frame(columns) => columns
            .iter()
            .map(|(own, column)| {
                let own = if rows { name } else { &**own };
                Some(Field::new(own, data_type(&column.kind)?, column.nullable))
            })
            .collect::<Option<_>>()?,
    };
    Some(Arc::new(Schema::new(fields)))
}

fn no_batch(what: &str) -> Error {
    Error::Signature(format!("{what} cannot become a batch: call it for a value"))
}

fn internal(error: ArrowError) -> Error {
    Error::Internal(error.to_string())
}

fn one<T: Element>(value: T) -> Column {
    Column::new(ColumnData::Plain(T::own(vec![value])))
}

fn data_type(kind: &ColumnKind) -> Option<DataType> {
    Some(match kind {
        ColumnKind::Plain(Storage::Bool) => DataType::Boolean,
        ColumnKind::Plain(Storage::Int8) => DataType::Int8,
        ColumnKind::Plain(Storage::Uint8) => DataType::UInt8,
        ColumnKind::Plain(Storage::Int16) => DataType::Int16,
        ColumnKind::Plain(Storage::Uint16) => DataType::UInt16,
        ColumnKind::Plain(Storage::Int32) => DataType::Int32,
        ColumnKind::Plain(Storage::Uint32) => DataType::UInt32,
        ColumnKind::Plain(Storage::Int64) => DataType::Int64,
        ColumnKind::Plain(Storage::Float32) => DataType::Float32,
        ColumnKind::Plain(Storage::Float64) => DataType::Float64,
        ColumnKind::Text => DataType::Utf8,
        ColumnKind::Datetime(name) => {
            let inner = name.strip_prefix("datetime64[")?.strip_suffix(']')?;
            let (unit, zone) = match inner.split_once(", ") {
                Some((unit, zone)) => (unit, Some(Arc::from(zone))),
                None => (inner, None),
            };
            let unit = match unit {
                "s" => TimeUnit::Second,
                "ms" => TimeUnit::Millisecond,
                "us" => TimeUnit::Microsecond,
                "ns" => TimeUnit::Nanosecond,
                _ => return None,
            };
            DataType::Timestamp(unit, zone)
        }
    })
}

fn array(column: Column, ty: &DataType) -> Result<ArrayRef, ArrowError> {
    let rows = column.len();
    let (data, valid) = column.into_parts();
    let nulls = valid.map(|bits| {
        // As long as the rows need: whoever made the column has checked it.
        let bits = Buffer::from_vec(Arc::unwrap_or_clone(bits));
        NullBuffer::new(BooleanBuffer::new(bits, 0, rows))
    });
    match data {
        ColumnData::Plain(elements) => plain(elements, nulls),
        ColumnData::Text { offsets, text } => {
            // From 0 and never falling, as checked.
            let offsets = OffsetBuffer::new(ScalarBuffer::from(Arc::unwrap_or_clone(offsets)));
            let text = Buffer::from_vec(Arc::unwrap_or_clone(text).into_bytes());
            Ok(Arc::new(StringArray::try_new(offsets, text, nulls)?))
        }
        ColumnData::Datetime { values, .. } => {
            let DataType::Timestamp(unit, zone) = ty else {
                return Err(ArrowError::CastError(format!("times are no `{ty}`")));
            };
            let values = Arc::unwrap_or_clone(values);
            macro_rules! make {
                ($ty:ty) => {
                    Arc::new(primitive::<$ty>(values, nulls)?.with_timezone_opt(zone.clone()))
                };
            }
            Ok(match unit {
                TimeUnit::Second => make!(TimestampSecondType),
                TimeUnit::Millisecond => make!(TimestampMillisecondType),
                TimeUnit::Microsecond => make!(TimestampMicrosecondType),
                TimeUnit::Nanosecond => make!(TimestampNanosecondType),
            })
        }
        _ => Err(ArrowError::NotYetImplemented("a column of another kind".to_owned())),
    }
}

fn plain(elements: Elements, nulls: Option<NullBuffer>) -> Result<ArrayRef, ArrowError> {
    macro_rules! make {
        ($values:ident, $ty:ty) => {
            Arc::new(primitive::<$ty>(Arc::unwrap_or_clone($values), nulls)?)
        };
    }
    Ok(match elements {
        Elements::Bool(values) => {
            Arc::new(BooleanArray::new(BooleanBuffer::from_iter(values.iter().copied()), nulls))
        }
        Elements::Int8(values) => make!(values, Int8Type),
        Elements::Uint8(values) => make!(values, UInt8Type),
        Elements::Int16(values) => make!(values, Int16Type),
        Elements::Uint16(values) => make!(values, UInt16Type),
        Elements::Int32(values) => make!(values, Int32Type),
        Elements::Uint32(values) => make!(values, UInt32Type),
        Elements::Int64(values) => make!(values, Int64Type),
        Elements::Float32(values) => make!(values, Float32Type),
        Elements::Float64(values) => make!(values, Float64Type),
        _ => return Err(ArrowError::NotYetImplemented("elements of another kind".to_owned())),
    })
}

/// Takes the values over without a copy.
fn primitive<T: ArrowPrimitiveType>(
    values: Vec<T::Native>,
    nulls: Option<NullBuffer>,
) -> Result<PrimitiveArray<T>, ArrowError> {
    PrimitiveArray::try_new(ScalarBuffer::from(values), nulls)
}
