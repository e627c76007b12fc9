//! Reading of files: against the writer of the `parquet` crate, and against hostile files.

use std::fs::{self, File};
use std::io::{Seek, Write};
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float32Array, Float64Array, Int8Array, Int32Array, Int64Array,
    RecordBatch, StringArray, TimestampMillisecondArray, UInt16Array,
};
use ovenbird_compiler::schema::{DType, Index};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};

use super::*;
use crate::limits::{LimitKind, Limits};

mod forged;
mod pages;

const ROWS: usize = 5000;

fn example() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/data/cycling_dataset.pq")
}

fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}

fn ledger() -> Ledger {
    Ledger::new(Limits::default())
}

/// A row's value as text; `None` is null.
type Cells = Vec<Option<String>>;

/// Scans all columns in batches of `capacity` through a fake guest memory.
fn scan_all(dataset: &Dataset, capacity: usize, ledger: &mut Ledger) -> Result<Vec<Cells>, ScanError> {
    let numbers: Vec<usize> = (0..dataset.schema().columns.len())
        .filter(|number| !matches!(dataset.schema().columns[*number].dtype, DType::Unsupported(_)))
        .collect();
    let mut scan = Scan::open(dataset, &numbers, ledger)?;
    let stride = 32 * BATCH;
    let mut memory = vec![0xa5u8; 4096 + stride * numbers.len()];
    for number in 0..numbers.len() {
        let base = (4096 + stride * number) as i32;
        for (part, address) in
            [base, base + 8 * BATCH as i32 + 8, base + 16 * BATCH as i32, 0].iter().enumerate()
        {
            let at = 16 * number + 4 * part;
            memory[at..at + 4].copy_from_slice(&address.to_le_bytes());
        }
    }
    let mut all = vec![Cells::new(); numbers.len()];
    loop {
        let rows = scan.next(capacity as i64, 0, &mut memory, ledger)?;
        if rows == 0 {
            return Ok(all);
        }
        for (position, number) in numbers.iter().enumerate() {
            let base = 4096 + stride * position;
            let dtype = &dataset.schema().columns[*number].dtype;
            for row in 0..rows {
                let cell = |at: usize| u64::from_le_bytes(memory[at..at + 8].try_into().unwrap());
                let valid = memory[base + 8 * BATCH + 8 + row] == 1;
                let text = match dtype {
                    DType::Bool => (memory[base + row] == 1).to_string(),
                    DType::Float32 | DType::Float64 => f64::from_bits(cell(base + 8 * row)).to_string(),
                    DType::Str => {
                        let offsets = base + 16 * BATCH + 8 * row;
                        let text = scan.text(position as i64)?;
                        String::from_utf8_lossy(&text[cell(offsets) as usize..cell(offsets + 8) as usize])
                            .into_owned()
                    }
                    _ => (cell(base + 8 * row) as i64).to_string(),
                };
                all[position].push(valid.then_some(text));
            }
        }
    }
}

fn nulls(row: usize, every: usize) -> bool {
    every > 0 && (row.is_multiple_of(every) || (row / 300) % 4 == 1)
}

/// Columns of all types; with `every > 0`, some values are null.
fn sample(every: usize) -> (RecordBatch, Vec<Cells>) {
    let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
    let mut expected = Vec::new();
    macro_rules! column {
        ($name:literal, $array:ty, $value:expr, $show:expr) => {{
            let values: Vec<_> = (0..ROWS).map(|row| (!nulls(row, every)).then(|| $value(row))).collect();
            expected.push(values.iter().map(|value| value.map($show)).collect());
            columns.push(($name, Arc::new(<$array>::from(values))));
        }};
    }
    column!("i64", Int64Array, |row: usize| (row as i64 * 7919 - 9_000_000) << (row % 40), |v: i64| v
        .to_string());
    column!("small", Int64Array, |row: usize| (row % 17) as i64, |v: i64| v.to_string());
    column!("i32", Int32Array, |row: usize| row as i32 * -77, |v: i32| v.to_string());
    column!("i8", Int8Array, |row: usize| row as i8, |v: i8| v.to_string());
    column!("u16", UInt16Array, |row: usize| (row * 13) as u16, |v: u16| v.to_string());
    column!("f64", Float64Array, |row: usize| row as f64 / 7.0, |v: f64| v.to_string());
    column!("f32", Float32Array, |row: usize| row as f32 / 7.0, |v: f32| f64::from(v).to_string());
    column!("bool", BooleanArray, |row: usize| row.is_multiple_of(3), |v: bool| v.to_string());
    column!("ms", TimestampMillisecondArray, |row: usize| row as i64 * 1000, |v: i64| v.to_string());
    let text: Vec<Option<String>> =
        (0..ROWS).map(|row| (!nulls(row, every)).then(|| format!("näme-{}", row / 3))).collect();
    expected.push(text.clone());
    columns.push(("text", Arc::new(StringArray::from(text.clone()))));
    let categories: DictionaryArray<Int32Type> = text.iter().map(Option::as_deref).collect();
    expected.push(text);
    columns.push(("category", Arc::new(categories)));
    (
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap(),
        expected,
    )
}

fn write(batch: &RecordBatch, properties: WriterPropertiesBuilder) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build())).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_max_row_group_row_count(Some(1700))
        .set_data_page_row_count_limit(400)
        .set_write_batch_size(100)
}

fn check(name: &str, every: usize, properties: WriterPropertiesBuilder) {
    let (batch, expected) = sample(every);
    let bytes = write(&batch, properties);
    let mut ledger = ledger();
    let dataset = Dataset::from_file(file_of(&bytes), &mut ledger).unwrap();
    assert_eq!(dataset.rows(), ROWS as u64);
    for capacity in [BATCH, 999] {
        let got = scan_all(&dataset, capacity, &mut ledger).unwrap();
        for (column, (got, expected)) in got.iter().zip(&expected).enumerate() {
            let difference = got.iter().zip(expected).position(|(a, b)| a != b);
            assert_eq!(got.len(), expected.len());
            if let Some(row) = difference {
                panic!("{name}: column {column} row {row}: {:?} for {:?}", got[row], expected[row]);
            }
        }
    }
}

#[test]
fn all_types_with_dictionaries_and_codecs() {
    use parquet::basic::{BrotliLevel, GzipLevel, ZstdLevel};
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4_RAW,
        Compression::LZ4,
        Compression::BROTLI(BrotliLevel::default()),
    ];
    for codec in codecs {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            for every in [0, 5] {
                let properties = properties().set_compression(codec).set_writer_version(version);
                check(&format!("{codec} {version:?}"), every, properties);
            }
        }
    }
}

#[test]
fn all_encodings_without_dictionaries() {
    let plain = [
        ("i64", Encoding::DELTA_BINARY_PACKED),
        ("small", Encoding::BYTE_STREAM_SPLIT),
        ("i32", Encoding::DELTA_BINARY_PACKED),
        ("i8", Encoding::DELTA_BINARY_PACKED),
        ("f64", Encoding::BYTE_STREAM_SPLIT),
        ("f32", Encoding::BYTE_STREAM_SPLIT),
        ("bool", Encoding::RLE),
        ("text", Encoding::DELTA_BYTE_ARRAY),
        ("category", Encoding::DELTA_LENGTH_BYTE_ARRAY),
    ];
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        for every in [0, 7] {
            let base = properties().set_dictionary_enabled(false).set_writer_version(version);
            check("default", every, base.clone());
            let mut all = base.clone().set_compression(Compression::SNAPPY);
            for (column, encoding) in plain {
                all = all.set_column_encoding(column.into(), encoding);
            }
            check("explicit", every, all);
        }
    }
}

#[test]
fn the_example_has_its_schema() {
    let mut ledger = ledger();
    let dataset = Dataset::from_file(File::open(example()).unwrap(), &mut ledger).unwrap();
    let schema = dataset.schema();
    let shown: Vec<String> = schema.columns.iter().map(|c| format!("{}: {}", c.name, c.dtype)).collect();
    assert_eq!(
        shown,
        [
            "Unnamed: 0: int64",
            "altitude: float64",
            "cadence: int64",
            "distance: float64",
            "hr: int64",
            "latitude: float64",
            "longitude: float64",
            "power: int64",
            "speed: float64",
            "time: datetime64[ms, UTC]",
            "__index_level_0__: int64",
        ]
    );
    assert!(schema.columns.iter().all(|column| !column.has_nulls));
    assert_eq!(schema.index, Index::Column { column: 10, name: None });
    assert_eq!(dataset.rows(), 3902);
    let all = scan_all(&dataset, BATCH, &mut ledger).unwrap();
    assert_eq!(all[7].iter().flatten().map(|v| v.parse::<i64>().unwrap()).sum::<i64>(), EXAMPLE_POWER_SUM);
}

/// `pd.read_parquet(...)["power"].sum()`.
const EXAMPLE_POWER_SUM: i64 = 398_310;

#[test]
fn a_changed_schema_is_named() {
    let (batch, _) = sample(0);
    let open = |batch: &RecordBatch| {
        Dataset::from_file(file_of(&write(batch, properties())), &mut ledger())
            .unwrap()
            .schema()
            .as_ref()
            .clone()
    };
    let whole = open(&batch);
    let part = open(&batch.project(&[0, 1]).unwrap());
    assert_eq!(schema_difference(&whole, &whole), None);
    assert_eq!(schema_difference(&whole, &part).unwrap(), "column 'i32' is gone");
    assert_eq!(schema_difference(&part, &whole).unwrap(), "column 'i32' is new");
    let holes = open(&sample(3).0);
    assert_eq!(schema_difference(&whole, &holes).unwrap(), "column 'i64' may have nulls now");
    assert_ne!(whole.fingerprint(), holes.fingerprint());
}

#[test]
fn what_is_not_parquet_is_refused() {
    for bytes in [&b""[..], b"PAR1", b"PAR1PAR1", b"hello, this is text", b"PAR1\0\0\0\0PAR1"] {
        assert!(Dataset::from_file(file_of(bytes), &mut ledger()).is_err());
    }
    let mut huge = b"PAR1".to_vec();
    huge.extend(u32::MAX.to_le_bytes());
    huge.extend(b"PAR1");
    assert!(matches!(
        Dataset::from_file(file_of(&huge), &mut ledger()),
        Err(DatasetError::Limit(LimitExceeded { which: LimitKind::Footer, .. }))
    ));
    let encrypted = b"PAR1\0\0\0\0PARE";
    assert!(matches!(
        Dataset::from_file(file_of(encrypted), &mut ledger()),
        Err(DatasetError::Unsupported(_))
    ));
}

/// Reads a hostile file to the end: an error or data, but no panic and no more than the budget.
fn attack(bytes: &[u8]) {
    let mut ledger = Ledger::new(Limits::default().host_bytes(64 << 20).rows_read(1 << 20));
    if let Ok(dataset) = Dataset::from_file(file_of(bytes), &mut ledger) {
        let _ = scan_all(&dataset, BATCH, &mut ledger);
    }
    assert!(ledger.usage().host_bytes_peak <= 64 << 20);
}

#[test]
fn truncated_files_are_refused() {
    let bytes = fs::read(example()).unwrap();
    for len in (0..bytes.len()).step_by(3001).chain(bytes.len() - 40..bytes.len()) {
        assert!(Dataset::from_file(file_of(&bytes[..len]), &mut ledger()).is_err());
    }
}

/// Without `UnexpectedEof` in `host/src/io.rs`: what was in a buffer before is taken for the file's bytes.
#[test]
fn a_file_that_was_cut_while_it_is_open_is_refused() {
    let file = file_of(&fs::read(example()).unwrap());
    let dataset = Dataset::from_file(file.try_clone().unwrap(), &mut ledger()).unwrap();
    file.set_len(100).unwrap();
    let error = scan_all(&dataset, BATCH, &mut ledger()).expect_err("most of it is gone");
    let wanted = DatasetError::Corrupt("the file is shorter than it was".into());
    assert!(matches!(&error, ScanError::Dataset(got) if *got == wanted), "{error:?}");
}

#[test]
fn flipped_bytes_do_no_harm() {
    let (batch, _) = sample(5);
    let small = batch.slice(0, 200);
    let files = [
        fs::read(example()).unwrap(),
        write(&small, properties().set_compression(Compression::SNAPPY)),
        write(
            &small,
            properties().set_dictionary_enabled(false).set_writer_version(WriterVersion::PARQUET_2_0),
        ),
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for bytes in &files {
        let footer =
            bytes.len() - 8 - u32::from_le_bytes(bytes[bytes.len() - 8..][..4].try_into().unwrap()) as usize;
        for round in 0..400 {
            let mut broken = bytes.clone();
            for _ in 0..1 + random() % 3 {
                // Half of the attacks aim at the footer.
                let start = if round % 2 == 0 { footer } else { 4 };
                let at = start + random() as usize % (bytes.len() - start);
                broken[at] = random() as u8;
            }
            attack(&broken);
        }
    }
}

#[test]
fn budgets_hold() {
    let (batch, _) = sample(5);
    let bytes = write(&batch, properties());
    let kind = |limits: Limits| {
        let mut ledger = Ledger::new(limits);
        let result = Dataset::from_file(file_of(&bytes), &mut ledger)
            .map_err(ScanError::from)
            .and_then(|dataset| scan_all(&dataset, BATCH, &mut ledger));
        match result {
            Err(ScanError::Dataset(DatasetError::Limit(limit))) => limit.which,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(kind(Limits::default().rows_read(ROWS as u64 - 1)), LimitKind::RowsRead);
    assert_eq!(kind(Limits::default().bytes_read(1000)), LimitKind::BytesRead);
    assert_eq!(kind(Limits::default().host_bytes(100_000)), LimitKind::HostMemory);
    assert_eq!(kind(Limits::default().footer_bytes(100)), LimitKind::Footer);
    assert_eq!(kind(Limits::default().columns(1)), LimitKind::Columns);
    assert_eq!(kind(Limits::default().deadline(std::time::Duration::ZERO)), LimitKind::Deadline);
}

#[test]
fn nested_and_unknown_columns_can_be_left_out() {
    let list = arrow_array::ListArray::from_iter_primitive::<Int32Type, _, _>(
        (0..10).map(|i| Some(vec![Some(i); 3])),
    );
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("list", Arc::new(list)),
        ("plain", Arc::new(Int64Array::from_iter_values(0..10))),
        ("binary", Arc::new(arrow_array::BinaryArray::from_vec(vec![b"\xff"; 10]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut ledger = ledger();
    let dataset = Dataset::from_file(file_of(&write(&batch, properties())), &mut ledger).unwrap();
    let all = scan_all(&dataset, 4, &mut ledger).unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].iter().flatten().map(|v| v.parse::<i64>().unwrap()).sum::<i64>(), 45);
    assert!(matches!(Scan::open(&dataset, &[0], &mut ledger), Err(DatasetError::Unsupported(_))));
    assert!(matches!(Scan::open(&dataset, &[9], &mut ledger), Err(DatasetError::MissingColumn(_))));
}
