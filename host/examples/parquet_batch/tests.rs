//! The job over a folder of files, twice: results, failures, exit codes, and where the code came from.

use std::path::PathBuf;

use clap::Parser as _;
use ovenbird::cache::Secret;
use ovenbird::{CacheOptions, Error, LimitKind, Value};

use crate::{Arguments, Row, exit_code, job, table};

const PROGRAM: &str = "\
import ovenbird
import pandas as pd


@ovenbird.jit(cache=True)
def peak(path):
    df = pd.read_parquet(path)
    return df['power'].max(), len(df)


@ovenbird.jit(cache=True)
def missing(path):
    return pd.read_parquet(path)['no_such_column'].sum()


@ovenbird.jit(cache=True)
def picky(path):
    df = pd.read_parquet(path)
    assert len(df) == 0, 'not empty'
    return 0
";

/// A folder with three good files, and a cache beside it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().expect("a folder"));
        std::fs::create_dir(folder.path("data")).expect("a folder");
        std::fs::write(folder.path("app.py"), PROGRAM).expect("written");
        let dataset = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/data/cycling_dataset.pq");
        for name in ["a.pq", "b.parquet", "c.pq"] {
            std::fs::copy(&dataset, folder.path("data").join(name)).expect("copied");
        }
        std::fs::write(folder.path("data/notes.txt"), "not a dataset").expect("written");
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, function: &str, options: &[&str]) -> Result<Vec<Row>, Error> {
        let target = format!("{}::{function}", self.path("app.py").display());
        let folder = self.path("data").display().to_string();
        let words = ["batch", &target, &folder].into_iter().chain(options.iter().copied());
        let cache = CacheOptions {
            dir: Some(self.path("cache")),
            secret: Some(Secret::from_bytes([3; 32])),
            ..CacheOptions::default()
        };
        job(&Arguments::parse_from(words), cache)
    }
}

fn provenance(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.outcome.units.first().map_or("-", |unit| unit.provenance.name())).collect()
}

fn text(rows: &[Row]) -> String {
    let mut text = Vec::new();
    table::write(&mut text, rows).expect("written");
    String::from_utf8(text).expect("text")
}

#[test]
fn every_file_has_its_row_and_the_second_run_compiles_nothing() {
    let folder = Folder::new();
    let first = folder.run("peak", &["--jobs", "3"]).expect("it runs");
    assert_eq!(first.iter().map(|row| row.file.as_str()).collect::<Vec<_>>(), ["a.pq", "b.parquet", "c.pq"]);
    for row in &first {
        let Ok(Value::Tuple(items)) = &row.outcome.result else { panic!("{:?}", row.outcome.result) };
        assert_eq!(items[1], Value::Int(3902));
        assert!(row.outcome.usage.io.bytes_read > 0 && row.outcome.usage.io.rows_read > 0);
    }
    assert_eq!(exit_code(&first), 0);
    assert_eq!(provenance(&first)[0], "miss", "compiled for the first file");
    assert!(provenance(&first)[1..].iter().all(|from| from.starts_with("hit.")), "{:?}", provenance(&first));
    let shown = text(&first);
    assert!(shown.starts_with("file") && shown.trim_end().ends_with("all done"), "{shown}");
    assert_eq!(shown.lines().count(), 5, "{shown}");
    let second = folder.run("peak", &[]).expect("it runs");
    assert!(provenance(&second).iter().all(|from| from.starts_with("hit.")), "{:?}", provenance(&second));
}

#[test]
fn a_damaged_file_fails_alone() {
    let folder = Folder::new();
    std::fs::write(folder.path("data/b.parquet"), b"PAR1 and nothing else PAR1").expect("written");
    let rows = folder.run("peak", &[]).expect("it runs");
    let failed: Vec<&str> =
        rows.iter().filter(|row| row.outcome.result.is_err()).map(|row| row.file.as_str()).collect();
    assert_eq!(failed, ["b.parquet"]);
    assert_ne!(exit_code(&rows), 0);
    assert!(text(&rows).contains("1 failed"), "{}", text(&rows));
}

#[test]
fn exit_codes_say_whose_fault_it_was() {
    let folder = Folder::new();
    let rows = folder.run("missing", &[]).expect("it runs");
    assert_eq!(exit_code(&rows), 2, "a column that is not there is found before anything runs");
    assert!(rows.iter().all(|row| matches!(row.outcome.result, Err(Error::Compile(_)))));
    let rows = folder.run("picky", &[]).expect("it runs");
    assert_eq!(exit_code(&rows), 1);
    assert!(text(&rows).contains("AssertionError: not empty"), "{}", text(&rows));
    let rows = folder.run("peak", &["--row-limit", "100"]).expect("it runs");
    assert_eq!(exit_code(&rows), 3);
    let limit = |row: &Row| matches!(&row.outcome.result, Err(Error::Limit { limit, .. }) if limit.which == LimitKind::RowsRead);
    assert!(rows.iter().all(limit), "{}", text(&rows));
    assert_eq!(folder.run("nobody", &[]).map(|rows| exit_code(&rows)).unwrap_or(2), 2);
    let missing = Arguments::parse_from(["batch", "nowhere.py::f", "."]);
    assert!(matches!(job(&missing, CacheOptions::default()), Err(Error::Io(_))));
}
