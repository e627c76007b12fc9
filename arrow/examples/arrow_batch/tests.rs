//! The job over small files that are written here: rows and frames, NULLs, failures, and what is left on the disk.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, Int64Array, RecordBatch, StringArray};
use clap::Parser as _;
use ovenbird::Cache;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::{Arguments, Failure, File, Report, job};

const PROGRAM: &str = "\
def ratio(b, a):
    return b // a


def big(df):
    return df[df['a'] > 95]


def many(df):
    return len(df), 1


def odd(a, raw):
    return a
";

/// A folder with a file of 100 rows: `a` counts up from 1 and then falls to 0 at row 90, `b` is NULL in every tenth.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().expect("a folder"));
        std::fs::write(folder.path("app.py"), PROGRAM).expect("written");
        let a: Int64Array = (0..100).map(|n| Some(if n == 90 { 0 } else { n + 1 })).collect();
        let b: Int64Array = (0..100).map(|n| (n % 10 != 5).then_some(2 * (n + 1))).collect();
        let name: StringArray = (0..100).map(|n| Some(format!("row\n{n}"))).collect();
        let raw: BinaryArray = (0..100).map(|_| Some(b"x")).collect();
        let columns: [(&str, ArrayRef); 4] =
            [("a", Arc::new(a)), ("name", Arc::new(name)), ("b", Arc::new(b)), ("raw", Arc::new(raw))];
        let batch = RecordBatch::try_from_iter(columns).expect("a batch");
        let file = File::create(folder.path("in.parquet")).expect("a file");
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
        writer.write(&batch).expect("written");
        writer.close().expect("closed");
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs the job; what it prints, too.
    fn run(&self, function: &str, options: &[&str]) -> (Result<Report, Failure>, String) {
        let target = format!("{}::{function}", self.path("app.py").display());
        let (input, out) = (self.path("in.parquet"), self.path("out.parquet"));
        let (input, out) = (input.display().to_string(), out.display().to_string());
        let words = ["arrow_batch", &target, &input, "--out", &out];
        let arguments = Arguments::parse_from(words.into_iter().chain(options.iter().copied()));
        let mut shown = Vec::new();
        let done = job(&arguments, Cache::disabled(), &mut shown);
        (done, String::from_utf8(shown).expect("text"))
    }

    /// The file that was written.
    fn written(&self) -> RecordBatch {
        let file = File::open(self.path("out.parquet")).expect("it is there");
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file");
        let mut batches = reader.with_batch_size(1000).build().expect("it can be read");
        batches.next().expect("a batch").expect("it is whole")
    }
}

#[test]
fn each_batch_is_a_call_and_the_row_that_fails_is_shown() {
    let folder = Folder::new();
    let (done, shown) = folder.run("ratio", &["--columns", "b,a", "--batch-rows", "40"]);
    let failure = done.expect_err("a division by zero");
    assert_eq!(failure.exit_code, 1);
    assert!(
        failure.text.starts_with("row 90 of the file failed: b = 182, a = 0\nTraceback"),
        "{}",
        failure.text
    );
    assert!(
        failure.text.contains("line 2, in ratio\n    return b // a\nZeroDivisionError"),
        "{}",
        failure.text
    );
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 3, "{shown}");
    assert!(
        lines[0].starts_with("batch    1:       40 rows, ") && lines[0].ends_with("40 rows, 4 NULL"),
        "{shown}"
    );
    assert!(lines[2].ends_with("-> failed"), "{shown}");
    assert!(!folder.path("out.parquet").exists(), "half a result is none");
}

#[test]
fn results_are_a_column_behind_the_others() {
    let folder = Folder::new();
    std::fs::write(folder.path("app.py"), "def ratio(b, a):\n    return b // max(a, 1)\n").expect("written");
    let (done, shown) = folder.run("ratio", &["--columns", "b,a", "--batch-rows", "9", "--quiet"]);
    assert_eq!(done.expect("it runs").rows(), 100);
    assert!(shown.starts_with("12 batches: 100 rows, ") && shown.ends_with(" -> 10 NULL\n"), "{shown}");
    let written = folder.written();
    let names: Vec<&str> = written.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["b", "a", "ratio"]);
    let ratio: Int64Array =
        (0..100).map(|n| (n % 10 != 5).then_some(if n == 90 { 182 } else { 2 })).collect();
    assert_eq!(written.column(2).as_ref(), &ratio as &dyn arrow_array::Array);
}

#[test]
fn a_frame_gives_a_frame() {
    let folder = Folder::new();
    let (done, _) = folder.run("big", &["--columns", "a,b", "--frame"]);
    done.expect("it runs");
    let written = folder.written();
    assert_eq!((written.num_rows(), written.num_columns()), (5, 2));
    let (done, _) = folder.run("many", &["--columns", "a,b", "--frame"]);
    let failure = done.expect_err("a pair");
    assert!(failure.text.contains("leave out --out"), "{}", failure.text);
}

#[test]
fn what_is_wrong_is_said_before_anything_runs() {
    let folder = Folder::new();
    let refuse = |function: &str, options: &[&str], wanted: &str| {
        let failure = folder.run(function, options).0.expect_err("refused");
        assert!(failure.text.contains(wanted), "{}", failure.text);
        assert_eq!(failure.exit_code, 2);
        assert!(!folder.path("out.parquet").exists());
    };
    refuse("ratio", &["--columns", "b,c"], "the file has no column `c`; it has a, name, b, raw");
    refuse(
        "odd",
        &["--columns", "a,raw"],
        "the column `raw` of type `Binary` cannot be handed to a function",
    );
    refuse("ratio", &["--columns", "name,a"], "app.py:2");
    refuse("nobody", &["--columns", "a"], "no function `nobody`");
    refuse("ratio", &["--columns", "b,a", "--time-limit=-1"], "is not a time");
    let (done, _) = folder.run("ratio", &["--columns", "b,a", "--memory-limit", "0"]);
    assert_eq!(done.expect_err("no memory").exit_code, 3);
}
