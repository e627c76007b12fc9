//! The Parquet reader against mutated real files and hostile ones: whatever the bytes, it gives rows or an error,
//! within the budgets of a small tenant, and never a panic.
//!
//! The corpus is `tests/fuzz/corpus` (made by `BLESS=1`, one file a codec and encoding) and the files of the language
//! tests. For hours: `OVENBIRD_FUZZ=100000000 OVENBIRD_FUZZ_SEED=7 cargo test --release --workspace --test fuzz parquet`.

use std::io::Write;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float32Array, Float64Array, Int8Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray,
};
use ovenbird::Limits;
use ovenbird::io::{BATCH, Dataset, DatasetError, Scan, ScanError};
use ovenbird::limits::Ledger;
use ovenbird_compiler::schema::DType;
use ovenbird_tests::files::{find, root};
use ovenbird_tests::fuzz::fuzz;
use ovenbird_tests::golden;
use parquet::arrow::ArrowWriter;
use parquet::basic::{BrotliLevel, Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};

/// What a small tenant may use.
fn limits() -> Limits {
    let limits = Limits::default().host_bytes(8 << 20).bytes_read(1 << 20).rows_read(200_000).columns(64);
    limits.footer_bytes(64 << 10).pages_read(10_000).page_bytes(4 << 20)
}

/// Reads all that can be read, in two sizes of batches, and holds the reader to its accounts.
fn check(bytes: &[u8]) {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("written");
    let mut ledger = Ledger::new(limits());
    let Ok(dataset) = Dataset::from_file(file, &mut ledger) else {
        assert_eq!(ledger.usage().host_bytes, 0, "a file that was refused still holds memory");
        return;
    };
    for capacity in [7, BATCH as i64] {
        let held = ledger.usage().host_bytes;
        let numbers: Vec<usize> = (0..dataset.schema().columns.len())
            .filter(|n| !matches!(dataset.schema().columns[*n].dtype, DType::Unsupported(_)))
            .collect();
        let Ok(mut scan) = Scan::open(&dataset, &numbers, &mut ledger) else {
            assert_eq!(ledger.usage().host_bytes, held);
            continue;
        };
        let rows = read(&mut scan, numbers.len(), capacity, &mut ledger);
        assert!(rows.is_err() || rows.is_ok_and(|rows| rows == dataset.rows()), "fewer rows than promised");
        ledger.release_host(scan.reserved());
        assert_eq!(ledger.usage().host_bytes, held, "a scan gives back what it reserved");
    }
    let usage = ledger.usage();
    let limits = limits();
    assert!(usage.host_bytes_peak <= limits.host_bytes && usage.bytes_read <= limits.bytes_read);
    assert!(usage.rows_read <= limits.rows_read && usage.pages_read <= limits.pages_read);
}

/// The rows of a scan, through a memory that is only as large as its destinations.
fn read(scan: &mut Scan, columns: usize, capacity: i64, ledger: &mut Ledger) -> Result<u64, ScanError> {
    let stride = 17 * (capacity as usize + 8);
    let first = 16 * columns + 64;
    let mut memory = vec![0u8; first + stride * columns];
    for column in 0..columns {
        let base = first + stride * column;
        let places = [base, base + 16 * (capacity as usize + 2), base, 0];
        for (part, place) in places.iter().enumerate() {
            let at = 16 * column + 4 * part;
            memory[at..at + 4].copy_from_slice(&(*place as u32).to_le_bytes());
        }
    }
    let mut rows = 0;
    loop {
        match scan.next(capacity, 0, &mut memory, ledger)? {
            0 => return Ok(rows),
            count => rows += count as u64,
        }
        for column in 0..columns {
            if let Ok(text) = scan.text(column as i64) {
                assert!(std::str::from_utf8(text).is_ok(), "text that is not UTF-8");
            }
        }
    }
}

fn corpus() -> Vec<Vec<u8>> {
    let folder = root().join("tests/fuzz/corpus");
    if golden::blessing() {
        make(&folder);
    }
    let mut paths = find(&folder, "parquet");
    paths.extend(find(&root().join("tests/lang/pandas/data"), "parquet"));
    let files: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).expect("a file")).collect();
    let total: usize = files.iter().map(Vec::len).sum();
    assert!(files.len() > 20 && total < 200_000, "{} files, {total} bytes", files.len());
    files
}

#[test]
fn parquet_files_of_the_corpus_are_read() {
    for (number, bytes) in corpus().iter().enumerate() {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("written");
        let mut ledger = Ledger::new(Limits::default());
        let read = Dataset::from_file(file, &mut ledger).map(|dataset| dataset.rows());
        assert!(read.is_ok(), "file {number}: {read:?}");
        check(bytes);
    }
}

#[test]
fn parquet_files_that_were_changed_do_no_harm() {
    fuzz(3_000, &corpus(), check);
}

#[test]
fn parquet_budgets_come_before_what_they_are_for() {
    let bytes = std::fs::read(root().join("tests/fuzz/corpus/zstd_2.parquet")).expect("a file");
    let ended = |limits: Limits| {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&bytes).expect("written");
        let mut ledger = Ledger::new(limits);
        let scanned = Dataset::from_file(file, &mut ledger).map_err(ScanError::Dataset).and_then(|dataset| {
            let mut scan = Scan::open(&dataset, &[0, 1, 2, 3, 4, 5, 6], &mut ledger)?;
            read(&mut scan, 7, 100, &mut ledger)
        });
        match scanned {
            Ok(_) => "read".to_owned(),
            Err(ScanError::Dataset(DatasetError::Limit(limit))) => limit.which.name().to_owned(),
            Err(error) => panic!("{error:?}"),
        }
    };
    assert_eq!(ended(Limits::default()), "read");
    for (limits, wanted) in [
        (Limits::default().footer_bytes(100), "Parquet footer limit"),
        (Limits::default().columns(6), "column limit"),
        (Limits::default().pages_read(3), "page limit"),
        (Limits::default().page_bytes(64), "page size limit"),
        (Limits::default().rows_read(99), "row limit"),
        (Limits::default().bytes_read(1_000), "read limit"),
        (Limits::default().host_bytes(1_000), "host memory limit"),
    ] {
        assert_eq!(ended(limits), wanted);
    }
}

/// Writes the corpus.
fn make(folder: &std::path::Path) {
    std::fs::create_dir_all(folder).expect("a folder");
    let codecs = [
        ("none", Compression::UNCOMPRESSED),
        ("snappy", Compression::SNAPPY),
        ("gzip", Compression::GZIP(GzipLevel::default())),
        ("zstd", Compression::ZSTD(ZstdLevel::default())),
        ("lz4", Compression::LZ4_RAW),
        ("brotli", Compression::BROTLI(BrotliLevel::default())),
    ];
    for (name, codec) in codecs {
        for (number, version) in [(1, WriterVersion::PARQUET_1_0), (2, WriterVersion::PARQUET_2_0)] {
            if number == 1 && !matches!(name, "none" | "snappy" | "zstd") {
                // What differs between the versions is not the codec.
                continue;
            }
            let properties = properties().set_compression(codec).set_writer_version(version);
            write(&folder.join(format!("{name}_{number}.parquet")), properties);
        }
    }
    let mut encoded = properties().set_dictionary_enabled(false);
    for (column, encoding) in [
        ("i64", Encoding::DELTA_BINARY_PACKED),
        ("f64", Encoding::BYTE_STREAM_SPLIT),
        ("f32", Encoding::BYTE_STREAM_SPLIT),
        ("bool", Encoding::RLE),
        ("text", Encoding::DELTA_BYTE_ARRAY),
    ] {
        encoded = encoded.set_column_encoding(column.into(), encoding);
    }
    write(&folder.join("encoded.parquet"), encoded.clone());
    let lengths = encoded.set_column_encoding("text".into(), Encoding::DELTA_LENGTH_BYTE_ARRAY);
    write(&folder.join("lengths.parquet"), lengths);
}

fn properties() -> WriterPropertiesBuilder {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(80));
    properties.set_data_page_row_count_limit(30).set_write_batch_size(10)
}

fn write(path: &std::path::Path, properties: WriterPropertiesBuilder) {
    let some = |row: &i64| row % 7 != 3;
    macro_rules! column {
        ($array:ty, $value:expr) => {
            Arc::new(<$array>::from(
                (0..120i64).map(|row| some(&row).then(|| $value(row))).collect::<Vec<_>>(),
            )) as ArrayRef
        };
    }
    let columns = [
        ("i64", column!(Int64Array, |row: i64| row * 7919 - 5_000)),
        ("i8", column!(Int8Array, |row: i64| row as i8)),
        ("f64", column!(Float64Array, |row: i64| row as f64 / 7.0)),
        ("f32", column!(Float32Array, |row: i64| row as f32 / 7.0)),
        ("bool", column!(BooleanArray, |row: i64| row % 3 == 0)),
        ("ms", column!(TimestampMillisecondArray, |row: i64| row * 86_400_000)),
        ("text", column!(StringArray, |row: i64| format!("näme {}", row / 3))),
    ];
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.map(|(n, c)| (n, c, true))).expect("a batch");
    let file = std::fs::File::create(path).expect("a file");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties.build())).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
}
