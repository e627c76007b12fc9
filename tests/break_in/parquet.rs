//! Crafted data files, read by the host's decoder: what comes out of them is what is in them, or an error.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use ovenbird_tests::random::Rng;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::*;

/// Shows all that is in the file.
const SHOW: &str = "\
import pandas as pd


def show():
    df = pd.read_parquet(\"x.pq\")
    for t in df[\"t\"]:
        print(t)
    for n in df[\"n\"]:
        print(n)


show()
";

fn file(compression: Compression, dictionary: bool) -> Vec<u8> {
    let texts: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..300).map(|i| format!("text {}", i % 50))));
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values((0..300).map(|i| i * i)));
    let batch = RecordBatch::try_from_iter([("t", texts), ("n", numbers)]).expect("a batch");
    let properties =
        WriterProperties::builder().set_compression(compression).set_dictionary_enabled(dictionary);
    let mut bytes = Vec::new();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build()))
            .expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    bytes
}

/// Fills memory that is freed at once with the secret, in blocks of the sizes that decoders use.
fn spray() {
    let blocks: Vec<Vec<u8>> = (6..20)
        .flat_map(|bits| (0..12).map(move |_| SECRET.as_bytes().repeat((1usize << bits) / SECRET.len() + 1)))
        .collect();
    std::hint::black_box(&blocks);
}

/// Without `self.bytes.resize(len, 0)` in `host/src/io/page.rs`, or `written == output.len()` in
/// `host/src/io/codec.rs`: what was in a buffer before is given out as values.
#[test]
fn mutated_files_never_show_what_was_in_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.pq");
    let grants = project::grants(folder.path());
    let tenant = mallory().grants(grants.clone());
    let engine = Engine::builder().build().expect("an engine");
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let seeds: Vec<Vec<u8>> = [Compression::UNCOMPRESSED, Compression::SNAPPY, zstd, Compression::LZ4_RAW]
        .into_iter()
        .flat_map(|compression| [true, false].map(|dictionary| file(compression, dictionary)))
        .collect();
    let show = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("a file");
        spray();
        // The schema may have changed: each file is compiled for.
        match engine.compile(&Source::new("show.py", SHOW).grants(grants.clone())) {
            Ok(program) => seen(&program.run(&tenant, Output::Capture(Vec::new()))),
            Err(error) => error.to_string(),
        }
    };
    for seed in &seeds {
        assert!(show(seed).starts_with("text 0\ntext 1\n"), "the honest file is read");
    }
    let mut random = Rng::new(20_261_124);
    let mut read = 0;
    for _ in 0..ovenbird_tests::random::rounds("OVENBIRD_BREAK_IN_FILES", 400) {
        let mut bytes = seeds[random.below(seeds.len())].clone();
        for _ in 0..1 + random.below(3) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] = random.bits() as u8,
                1 => bytes[at] ^= 1 << random.below(8),
                // Lengths are often in front: somewhat more, somewhat less.
                2 => bytes[at] = bytes[at].wrapping_add(1 + random.below(16) as u8),
                _ => bytes[at] = [0, 0x7f, 0x80, 0xff][random.below(4)],
            }
        }
        let text = show(&bytes);
        no_secret("a crafted file", &text);
        read += u32::from(text.contains("text 1\n"));
    }
    assert!(read > 20, "some must get as far as their values: {read}");
}
