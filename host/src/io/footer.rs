//! The footer of a Parquet file: file handle -> [`Footer`].
//!
//! Reads the trailer, then the footer, and keeps only what a scan needs. Counts, offsets and sizes
//! are checked here, against each other and against the file, so that later stages can rely on
//! them: every column chunk lies inside the file, a flat column has as many values as its row group
//! has rows, and the schema's depth and width are bounded. Statistics serve one purpose, the number
//! of nulls; they are a claim, which the decoder checks.

use std::fs::File;

use super::thrift::{Field, Malformed, Reader};
use super::{DatasetError, read_exact_at};
use crate::limits::{Ledger, LimitExceeded, LimitKind};

const MAGIC: &[u8; 4] = b"PAR1";
const MAGIC_ENCRYPTED: &[u8; 4] = b"PARE";
/// Nesting of schema groups.
const MAX_DEPTH: usize = 32;
/// Column chunks in a file: row groups times columns.
const MAX_CHUNKS: usize = 1 << 20;
/// What the parsed form of a footer may take, as a multiple of its size in the file.
const PARSED_FACTOR: u64 = 8;

/// Physical types, with the numbers of the format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Physical {
    Bool,
    Int32,
    Int64,
    Int96,
    Float,
    Double,
    ByteArray,
    FixedLen,
}

/// What a leaf's values mean beyond their physical type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Logical {
    None,
    Str,
    Date,
    Time,
    /// Units per second as a power of 1000: 1 milli, 2 micro, 3 nano.
    Timestamp {
        power: u8,
        utc: bool,
    },
    Int {
        bits: u8,
        signed: bool,
    },
    Float16,
    Other(&'static str),
}

/// A top-level field of the schema.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FieldInfo {
    pub(crate) name: String,
    /// `None` if the field is a group.
    pub(crate) physical: Option<Physical>,
    pub(crate) logical: Logical,
    pub(crate) optional: bool,
    pub(crate) repeated: bool,
    /// Number of the field's first leaf among all leaves.
    pub(crate) leaf: usize,
}

/// One column chunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Chunk {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) codec: i32,
    pub(crate) values: u64,
    pub(crate) uncompressed: u64,
    /// From the statistics, if there are any.
    pub(crate) nulls: Option<u64>,
    physical: i32,
}

/// One row group: its rows and a chunk for every leaf.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RowGroup {
    pub(crate) rows: u64,
    pub(crate) chunks: Vec<Chunk>,
}

/// The parsed footer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Footer {
    pub(crate) fields: Vec<FieldInfo>,
    pub(crate) rows: u64,
    pub(crate) groups: Vec<RowGroup>,
    /// The value of the `pandas` key.
    pub(crate) pandas: Option<String>,
    /// Host memory reserved for it.
    pub(crate) reserved: u64,
}

impl From<Malformed> for DatasetError {
    fn from(_: Malformed) -> Self {
        DatasetError::Corrupt("the footer is malformed".into())
    }
}

fn corrupt<T>(what: &str) -> Result<T, DatasetError> {
    Err(DatasetError::Corrupt(what.into()))
}

/// Reads and checks the footer of a file of `size` bytes.
pub(crate) fn read_footer(file: &File, size: u64, ledger: &mut Ledger) -> Result<Footer, DatasetError> {
    // One read gets trailer and footer of most files.
    const TAIL: u64 = 16 << 10;
    if size < 12 {
        return Err(DatasetError::NotParquet);
    }
    let mut tail = vec![0u8; size.min(TAIL) as usize];
    ledger.charge_read(tail.len() as u64)?;
    read_exact_at(file, &mut tail, size - size.min(TAIL))?;
    let trailer = &tail[tail.len() - 8..];
    if &trailer[4..] == MAGIC_ENCRYPTED {
        return Err(DatasetError::Unsupported("the footer is encrypted".into()));
    }
    if &trailer[4..] != MAGIC {
        return Err(DatasetError::NotParquet);
    }
    let len = u64::from(u32::from_le_bytes([trailer[0], trailer[1], trailer[2], trailer[3]]));
    let allowed = ledger.limits().footer_bytes;
    if len > allowed {
        return Err(LimitExceeded { which: LimitKind::Footer, used: len, allowed }.into());
    }
    if len + 12 > size {
        return corrupt("the footer is longer than the file");
    }
    let reserved = len * PARSED_FACTOR;
    ledger.reserve_host(reserved)?;
    let parsed = if len + 8 <= tail.len() as u64 {
        parse(&tail[tail.len() - 8 - len as usize..tail.len() - 8], size - 8 - len, ledger)
    } else {
        let mut bytes = vec![0u8; len as usize];
        ledger
            .charge_read(len)
            .map_err(DatasetError::from)
            .and_then(|()| read_exact_at(file, &mut bytes, size - 8 - len))
            .and_then(|()| parse(&bytes, size - 8 - len, ledger))
    };
    match parsed {
        Ok(footer) => Ok(Footer { reserved, ..footer }),
        Err(error) => {
            ledger.release_host(reserved);
            Err(error)
        }
    }
}

/// Parses a footer. `data_end` is where the footer starts: column chunks end before it.
fn parse(bytes: &[u8], data_end: u64, ledger: &Ledger) -> Result<Footer, DatasetError> {
    let mut reader = Reader::new(bytes);
    let (mut schema, mut rows, mut groups, mut pandas) = (None, None, None, None);
    let mut last = 0;
    while let Some(field) = reader.field(&mut last)? {
        match field.id {
            2 => schema = Some(schema_list(&mut reader, field, ledger)?),
            3 => rows = Some(u64::try_from(reader.int(field)?).map_err(|_| Malformed::Bad)?),
            4 => groups = Some(row_groups(&mut reader, field, data_end)?),
            5 => pandas = key_values(&mut reader, field)?.or(pandas),
            _ => reader.skip(field)?,
        }
    }
    let (Some(schema), Some(rows)) = (schema, rows) else { return corrupt("the footer is incomplete") };
    let (fields, leaves) = top_level(&schema)?;
    let (used, allowed) = (fields.len() as u64, ledger.limits().columns);
    if used > allowed {
        return Err(LimitExceeded { which: LimitKind::Columns, used, allowed }.into());
    }
    let footer = Footer { fields, rows, groups: groups.unwrap_or_default(), pandas, reserved: 0 };
    check(&footer, &leaves)?;
    Ok(footer)
}

/// One element of the flattened schema tree.
struct Element {
    name: String,
    physical: Option<i32>,
    repetition: i32,
    children: usize,
    converted: Option<i32>,
    logical: Option<Logical>,
}

fn schema_list(reader: &mut Reader<'_>, field: Field, ledger: &Ledger) -> Result<Vec<Element>, DatasetError> {
    let (_, count) = reader.list(field)?;
    let allowed = ledger.limits().columns;
    // A nested column takes a few elements.
    if count as u64 > allowed.saturating_mul(4) + 1 {
        return Err(LimitExceeded { which: LimitKind::Columns, used: count as u64, allowed }.into());
    }
    let mut elements = Vec::with_capacity(count.min(1024));
    for _ in 0..count {
        elements.push(schema_element(reader)?);
    }
    Ok(elements)
}

fn schema_element(reader: &mut Reader<'_>) -> Result<Element, DatasetError> {
    let mut element = Element {
        name: String::new(),
        physical: None,
        repetition: 0,
        children: 0,
        converted: None,
        logical: None,
    };
    let mut last = 0;
    while let Some(field) = reader.field(&mut last)? {
        match field.id {
            1 => element.physical = Some(reader.int32(field)?),
            3 => element.repetition = reader.int32(field)?,
            4 => {
                let Ok(name) = std::str::from_utf8(reader.binary(field)?) else {
                    return corrupt("a column name is not UTF-8");
                };
                element.name = name.to_owned();
            }
            5 => element.children = usize::try_from(reader.int32(field)?).map_err(|_| Malformed::Bad)?,
            6 => element.converted = Some(reader.int32(field)?),
            10 => element.logical = logical_type(reader, field)?,
            _ => reader.skip(field)?,
        }
    }
    Ok(element)
}

/// The union `LogicalType`: one field, whose number is the type.
fn logical_type(reader: &mut Reader<'_>, field: Field) -> Result<Option<Logical>, DatasetError> {
    reader.enter(field)?;
    let (mut logical, mut last) = (None, 0);
    while let Some(field) = reader.field(&mut last)? {
        logical = Some(match field.id {
            1 => skipped(reader, field, Logical::Str)?,
            2 => skipped(reader, field, Logical::Other("map"))?,
            3 => skipped(reader, field, Logical::Other("list"))?,
            4 => skipped(reader, field, Logical::Str)?,
            5 => skipped(reader, field, Logical::Other("decimal"))?,
            6 => skipped(reader, field, Logical::Date)?,
            7 => skipped(reader, field, Logical::Time)?,
            8 => timestamp(reader, field)?,
            10 => integer(reader, field)?,
            12 => skipped(reader, field, Logical::Other("json"))?,
            13 => skipped(reader, field, Logical::Other("bson"))?,
            14 => skipped(reader, field, Logical::Other("uuid"))?,
            15 => skipped(reader, field, Logical::Float16)?,
            // The null type: all values are null.
            11 => skipped(reader, field, Logical::Other("null"))?,
            _ => skipped(reader, field, Logical::Other("unknown logical type"))?,
        });
    }
    Ok(logical)
}

fn skipped(reader: &mut Reader<'_>, field: Field, logical: Logical) -> Result<Logical, DatasetError> {
    reader.skip(field)?;
    Ok(logical)
}

fn timestamp(reader: &mut Reader<'_>, field: Field) -> Result<Logical, DatasetError> {
    reader.enter(field)?;
    let (mut utc, mut power, mut last) = (false, 0, 0);
    while let Some(field) = reader.field(&mut last)? {
        match field.id {
            1 => utc = reader.bool(field)?,
            2 => {
                reader.enter(field)?;
                let mut last = 0;
                while let Some(unit) = reader.field(&mut last)? {
                    power = u8::try_from(unit.id).unwrap_or(0);
                    reader.skip(unit)?;
                }
            }
            _ => reader.skip(field)?,
        }
    }
    if (1..=3).contains(&power) {
        Ok(Logical::Timestamp { power, utc })
    } else {
        corrupt("a timestamp has no unit")
    }
}

fn integer(reader: &mut Reader<'_>, field: Field) -> Result<Logical, DatasetError> {
    reader.enter(field)?;
    let (mut bits, mut signed, mut last) = (64, true, 0);
    while let Some(field) = reader.field(&mut last)? {
        match field.id {
            1 => bits = u8::try_from(reader.int(field)?).map_err(|_| Malformed::Bad)?,
            2 => signed = reader.bool(field)?,
            _ => reader.skip(field)?,
        }
    }
    if matches!(bits, 8 | 16 | 32 | 64) {
        Ok(Logical::Int { bits, signed })
    } else {
        corrupt("an integer has no width")
    }
}

/// The older annotation, for files without a logical type.
fn converted(number: i32) -> Logical {
    let int = |bits, signed| Logical::Int { bits, signed };
    match number {
        0 | 4 => Logical::Str,
        1 | 2 => Logical::Other("map"),
        3 => Logical::Other("list"),
        5 => Logical::Other("decimal"),
        6 => Logical::Date,
        7 | 8 => Logical::Time,
        9 => Logical::Timestamp { power: 1, utc: true },
        10 => Logical::Timestamp { power: 2, utc: true },
        11 => int(8, false),
        12 => int(16, false),
        13 => int(32, false),
        14 => int(64, false),
        15 => int(8, true),
        16 => int(16, true),
        17 => int(32, true),
        18 => int(64, true),
        19 => Logical::Other("json"),
        20 => Logical::Other("bson"),
        _ => Logical::Other("interval"),
    }
}

fn physical(number: i32) -> Option<Physical> {
    Some(match number {
        0 => Physical::Bool,
        1 => Physical::Int32,
        2 => Physical::Int64,
        3 => Physical::Int96,
        4 => Physical::Float,
        5 => Physical::Double,
        6 => Physical::ByteArray,
        7 => Physical::FixedLen,
        _ => return None,
    })
}

/// The fields under the root, and the physical type of every leaf. Walks without recursion.
fn top_level(elements: &[Element]) -> Result<(Vec<FieldInfo>, Vec<i32>), DatasetError> {
    let Some((root, rest)) = elements.split_first() else { return corrupt("the schema is empty") };
    let (mut fields, mut leaves) = (Vec::new(), Vec::new());
    // Children still to come, from the root to the current group.
    let mut open = vec![root.children];
    for element in rest {
        while open.last() == Some(&0) {
            open.pop();
        }
        let depth = open.len();
        let Some(left) = open.last_mut() else { return corrupt("the schema has elements without a parent") };
        *left -= 1;
        let leaf = element.children == 0 && element.physical.is_some();
        if depth == 1 {
            fields.push(field_info(element, leaf, leaves.len())?);
        }
        match (leaf, element.physical) {
            (true, Some(number)) => leaves.push(number),
            _ if depth >= MAX_DEPTH => return corrupt("the schema is nested too deeply"),
            _ => open.push(element.children),
        }
    }
    if open.iter().any(|left| *left > 0) {
        return corrupt("the schema ends too early");
    }
    Ok((fields, leaves))
}

fn field_info(element: &Element, is_leaf: bool, leaf: usize) -> Result<FieldInfo, DatasetError> {
    let kind = match element.physical {
        Some(number) if is_leaf => match physical(number) {
            Some(kind) => Some(kind),
            None => return corrupt("a column has an unknown type"),
        },
        _ => None,
    };
    Ok(FieldInfo {
        name: element.name.clone(),
        physical: kind,
        logical: element.logical.or(element.converted.map(converted)).unwrap_or(Logical::None),
        optional: element.repetition == 1,
        repeated: element.repetition == 2,
        leaf,
    })
}

fn row_groups(reader: &mut Reader<'_>, field: Field, data_end: u64) -> Result<Vec<RowGroup>, DatasetError> {
    let (_, count) = reader.list(field)?;
    let (mut groups, mut chunks) = (Vec::with_capacity(count.min(1024)), 0usize);
    for _ in 0..count {
        let group = row_group(reader, data_end)?;
        chunks += group.chunks.len().max(1);
        if chunks > MAX_CHUNKS {
            return Err(DatasetError::TooLarge("it has more than a million column chunks".into()));
        }
        groups.push(group);
    }
    Ok(groups)
}

fn row_group(reader: &mut Reader<'_>, data_end: u64) -> Result<RowGroup, DatasetError> {
    let (mut chunks, mut rows, mut last) = (Vec::new(), None, 0);
    while let Some(field) = reader.field(&mut last)? {
        match field.id {
            1 => {
                let (_, count) = reader.list(field)?;
                chunks = Vec::with_capacity(count.min(1024));
                for _ in 0..count {
                    chunks.push(column_chunk(reader, data_end)?);
                    if chunks.len() > MAX_CHUNKS {
                        return corrupt("a row group has too many columns");
                    }
                }
            }
            3 => rows = Some(u64::try_from(reader.int(field)?).map_err(|_| Malformed::Bad)?),
            _ => reader.skip(field)?,
        }
    }
    let Some(rows) = rows else { return corrupt("a row group does not say how many rows it has") };
    Ok(RowGroup { rows, chunks })
}

fn column_chunk(reader: &mut Reader<'_>, data_end: u64) -> Result<Chunk, DatasetError> {
    let (mut chunk, mut last) = (None, 0);
    while let Some(field) = reader.field(&mut last)? {
        match field.id {
            1 => return Err(DatasetError::Unsupported("its columns are in other files".into())),
            3 => {
                reader.enter(field)?;
                chunk = Some(column_metadata(reader, data_end)?);
            }
            8 | 9 => return Err(DatasetError::Unsupported("its columns are encrypted".into())),
            _ => reader.skip(field)?,
        }
    }
    chunk.map_or_else(|| corrupt("a column chunk has no metadata"), Ok)
}

fn column_metadata(reader: &mut Reader<'_>, data_end: u64) -> Result<Chunk, DatasetError> {
    let (mut kind, mut codec, mut values, mut uncompressed, mut compressed) = (None, None, None, None, None);
    let (mut data, mut dictionary, mut nulls, mut last) = (None, None, None, 0);
    while let Some(field) = reader.field(&mut last)? {
        match field.id {
            1 => kind = Some(reader.int32(field)?),
            4 => codec = Some(reader.int32(field)?),
            5 => values = u64::try_from(reader.int(field)?).ok(),
            6 => uncompressed = u64::try_from(reader.int(field)?).ok(),
            7 => compressed = u64::try_from(reader.int(field)?).ok(),
            9 => data = u64::try_from(reader.int(field)?).ok(),
            11 => dictionary = u64::try_from(reader.int(field)?).ok(),
            12 => nulls = null_count(reader, field)?,
            _ => reader.skip(field)?,
        }
    }
    let (Some(physical), Some(codec), Some(values), Some(uncompressed), Some(compressed), Some(data)) =
        (kind, codec, values, uncompressed, compressed, data)
    else {
        return corrupt("a column chunk is incomplete");
    };
    // Some writers store 0 for "no dictionary".
    let start = dictionary.filter(|offset| *offset > 0 && *offset < data).unwrap_or(data);
    match start.checked_add(compressed) {
        Some(end) if start >= 4 && end <= data_end => {
            Ok(Chunk { start, end, codec, values, uncompressed, nulls, physical })
        }
        // An empty chunk may lie anywhere.
        _ if values == 0 => Ok(Chunk { start: 0, end: 0, codec, values, uncompressed, nulls, physical }),
        _ => corrupt("a column chunk lies outside the file"),
    }
}

fn null_count(reader: &mut Reader<'_>, field: Field) -> Result<Option<u64>, DatasetError> {
    reader.enter(field)?;
    let (mut nulls, mut last) = (None, 0);
    while let Some(field) = reader.field(&mut last)? {
        match field.id {
            3 => nulls = u64::try_from(reader.int(field)?).ok(),
            _ => reader.skip(field)?,
        }
    }
    Ok(nulls)
}

/// The value of the key `pandas`.
fn key_values(reader: &mut Reader<'_>, field: Field) -> Result<Option<String>, DatasetError> {
    let (_, count) = reader.list(field)?;
    let mut pandas = None;
    for _ in 0..count {
        let (mut key, mut value, mut last): (&[u8], &[u8], i16) = (&[], &[], 0);
        while let Some(field) = reader.field(&mut last)? {
            match field.id {
                1 => key = reader.binary(field)?,
                2 => value = reader.binary(field)?,
                _ => reader.skip(field)?,
            }
        }
        if key == b"pandas" {
            pandas = std::str::from_utf8(value).ok().map(str::to_owned);
        }
    }
    Ok(pandas)
}

/// Rows, columns and values must agree.
fn check(footer: &Footer, leaves: &[i32]) -> Result<(), DatasetError> {
    let mut rows = 0u64;
    for group in &footer.groups {
        rows = rows.saturating_add(group.rows);
        if group.chunks.len() != leaves.len() {
            return corrupt("a row group does not have all columns");
        }
        if group.chunks.iter().zip(leaves).any(|(chunk, leaf)| chunk.physical != *leaf) {
            return corrupt("a column chunk has another type than its column");
        }
        for field in footer.fields.iter().filter(|field| field.physical.is_some() && !field.repeated) {
            if group.chunks[field.leaf].values != group.rows {
                return corrupt("a column has more or fewer values than its row group has rows");
            }
        }
    }
    if rows == footer.rows { Ok(()) } else { corrupt("the row groups do not add up to the file's rows") }
}
