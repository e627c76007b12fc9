//! The schema of a dataset: a parsed footer -> the compiler's [`Schema`].
//!
//! Whether a column has nulls comes from the statistics, index columns and time zones from the
//! `pandas` key that pandas and pyarrow write; without that key the index is a range. All three are
//! claims of the file: the decoder checks the first, and a wrong zone or label harms nobody but the
//! file's owner. What the compiler's schema cannot say is refused rather than approximated.

use ovenbird_compiler::schema::{Column, DType, Index, Schema};
use serde_json::Value;

use super::DatasetError;
use super::footer::{Chunk, FieldInfo, Footer, Logical, Physical};

/// The first difference between the schema that code was compiled for and a newer one, in words.
pub fn schema_difference(older: &Schema, newer: &Schema) -> Option<String> {
    for column in &older.columns {
        let Some(other) = newer.columns.iter().find(|other| other.name == column.name) else {
            return Some(format!("column '{}' is gone", column.name));
        };
        if other.dtype != column.dtype {
            return Some(format!("column '{}' was {} and is {}", column.name, column.dtype, other.dtype));
        }
        if other.has_nulls != column.has_nulls {
            let change = if other.has_nulls { "may have nulls now" } else { "has no nulls any more" };
            return Some(format!("column '{}' {change}", column.name));
        }
    }
    let added = newer.columns.iter().find(|other| older.find(&other.name).is_none());
    if let Some(column) = added {
        return Some(format!("column '{}' is new", column.name));
    }
    if older.index != newer.index {
        return Some("the index is another one".into());
    }
    (older != newer).then(|| "the columns are in another order".into())
}

/// Derives the schema from a footer.
pub(crate) fn from_footer(footer: &Footer) -> Result<Schema, DatasetError> {
    let pandas: Value =
        footer.pandas.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
    let mut columns: Vec<Column> = Vec::with_capacity(footer.fields.len());
    let mut names = std::collections::BTreeSet::new();
    for field in &footer.fields {
        if !names.insert(field.name.as_str()) {
            return Err(DatasetError::Unsupported(format!("two columns are called '{}'", field.name)));
        }
        let dtype = dtype(field, &pandas);
        columns.push(Column { name: field.name.clone(), dtype, has_nulls: has_nulls(field, footer) });
    }
    let index = index(&pandas, &columns)?;
    Ok(Schema::new(columns, index))
}

/// Optional, and not known to be without nulls.
fn has_nulls(field: &FieldInfo, footer: &Footer) -> bool {
    let full = |chunk: Option<&Chunk>| chunk.is_some_and(|chunk| chunk.nulls == Some(0) || chunk.values == 0);
    field.optional && !footer.groups.iter().all(|group| full(group.chunks.get(field.leaf)))
}

fn dtype(field: &FieldInfo, pandas: &Value) -> DType {
    let unsupported = |what: &str| DType::Unsupported(what.to_owned());
    let Some(physical) = field.physical else { return unsupported("nested column") };
    if field.repeated {
        return unsupported("list");
    }
    match (physical, field.logical) {
        (_, Logical::Other(what)) => unsupported(what),
        (Physical::Bool, _) => DType::Bool,
        (Physical::Int32 | Physical::Int64, Logical::Int { bits, signed }) => int(bits, signed),
        (Physical::Int32, Logical::Date) => unsupported("date"),
        (Physical::Int64, Logical::Timestamp { power, utc }) => DType::Datetime {
            unit: ["ms", "us", "ns"][usize::from(power.clamp(1, 3)) - 1],
            tz: utc.then(|| time_zone(&field.name, pandas)),
        },
        (Physical::Int32 | Physical::Int64, Logical::Time) => unsupported("time of day"),
        (Physical::Int32, _) => DType::Int32,
        (Physical::Int64, _) => DType::Int64,
        (Physical::Int96, _) => DType::Datetime { unit: "ns", tz: None },
        (Physical::Float, _) => DType::Float32,
        (Physical::Double, _) => DType::Float64,
        (Physical::ByteArray, Logical::Str) => DType::Str,
        (Physical::ByteArray, _) => unsupported("binary"),
        (Physical::FixedLen, Logical::Float16) => unsupported("float16"),
        (Physical::FixedLen, _) => unsupported("fixed-size binary"),
    }
}

fn int(bits: u8, signed: bool) -> DType {
    match (bits, signed) {
        (8, true) => DType::Int8,
        (16, true) => DType::Int16,
        (32, true) => DType::Int32,
        (8, false) => DType::Uint8,
        (16, false) => DType::Uint16,
        (32, false) => DType::Uint32,
        (_, false) => DType::Unsupported("uint64".to_owned()),
        (_, true) => DType::Int64,
    }
}

/// The entry of a column in the pandas metadata.
fn entry<'a>(field_name: &str, pandas: &'a Value) -> Option<&'a Value> {
    pandas["columns"].as_array()?.iter().find(|entry| entry["field_name"].as_str() == Some(field_name))
}

/// The zone that pandas noted; Parquet itself only says that values are in UTC.
fn time_zone(field_name: &str, pandas: &Value) -> String {
    let noted = entry(field_name, pandas).and_then(|entry| entry["metadata"]["timezone"].as_str());
    let plausible = |zone: &&str| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"/_+-:".contains(&b);
        !zone.is_empty() && zone.len() <= 64 && zone.bytes().all(allowed)
    };
    noted.filter(plausible).unwrap_or("UTC").to_owned()
}

fn index(pandas: &Value, columns: &[Column]) -> Result<Index, DatasetError> {
    let level = match pandas["index_columns"].as_array().map(Vec::as_slice) {
        None | Some([]) => return Ok(Index::Range),
        Some([level]) => level,
        Some(_) => return Err(DatasetError::Unsupported("an index of several levels".into())),
    };
    if level["kind"].as_str() == Some("range") {
        let number = |key: &str, default| level[key].as_i64().unwrap_or(default);
        if number("start", 0) == 0 && number("step", 1) == 1 {
            return Ok(Index::Range);
        }
        return Err(DatasetError::Unsupported(
            "an index that does not count 0, 1, 2, …; use reset_index".into(),
        ));
    }
    let Some(field_name) = level.as_str() else { return Ok(Index::Range) };
    // The metadata may name a column that was dropped by another tool.
    let Some(column) = columns.iter().position(|column| column.name == field_name) else {
        return Ok(Index::Range);
    };
    let name = entry(field_name, pandas).and_then(|entry| entry["name"].as_str());
    Ok(Index::Column { column, name: name.map(str::to_owned) })
}
