//! Parquet files that lie: flipped, cut, swapped, or larger than they look.

use std::path::{Path, PathBuf};

use ovenbird::{Engine, Error, Limits, Output, Source, Tenant};
use ovenbird_tests::files::root;
use ovenbird_tests::project::grants;

use crate::{Case, case, limits, outcome};

/// Reads every column of every kind.
const READ: &str = "\
import pandas as pd


def f():
    df = pd.read_parquet(\"x.pq\")
    print(len(df))
    print(df)


f()
";

fn data() -> PathBuf {
    root().join("tests/lang/pandas/data")
}

/// Runs a program in a folder.
fn read(
    engine: &Engine,
    folder: &Path,
    text: &str,
    limits: Limits,
) -> (Result<ovenbird::Value, Error>, Vec<u8>) {
    let tenant = Tenant::default().limits(limits).grants(grants(folder));
    let source = Source::new("evil.py", text).grants(tenant.grants.clone());
    let program = engine.compile(&source).expect("it parses");
    let ended = program.run(&tenant, Output::Capture(Vec::new()));
    let printed = ended.output.captured().to_vec();
    (ended.result, printed)
}

fn with_bytes(bytes: &[u8], limits: Limits) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("x.pq"), bytes).expect("written");
    let engine = Engine::builder().build().expect("the engine can be made");
    let (result, printed) = read(&engine, folder.path(), READ, limits);
    outcome(&result, &printed)
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, bytes) in [
        ("empty", Vec::new()),
        ("magic_only", b"PAR1".to_vec()),
        ("magic_twice", b"PAR1PAR1".to_vec()),
        ("zeros", vec![0; 4096]),
        ("text", b"a,b,c\n1,2,3\n".to_vec()),
        ("footer_too_long", [&b"PAR1"[..], &[0; 64], &u32::MAX.to_le_bytes(), b"PAR1"].concat()),
        ("footer_length_zero", [&b"PAR1"[..], &[0; 64], &0u32.to_le_bytes(), b"PAR1"].concat()),
        ("footer_noise", [&b"PAR1"[..], &[0x19; 64], &64u32.to_le_bytes(), b"PAR1"].concat()),
        // Thrift lists that claim two billion elements.
        (
            "footer_list_bomb",
            [
                &b"PAR1"[..],
                &[0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0x15, 0x02],
                &9u32.to_le_bytes(),
                b"PAR1",
            ]
            .concat(),
        ),
        ("footer_deep", [&b"PAR1"[..], &[0x1c; 60_000], &60_000u32.to_le_bytes(), b"PAR1"].concat()),
        ("encrypted", [&b"PARE"[..], &[0; 64], &64u32.to_le_bytes(), b"PARE"].concat()),
    ] {
        cases.push(case(format!("parquet/{name}"), move || with_bytes(&bytes, limits())));
    }
    for file in ["tiny.parquet", "missing.parquet", "timed.parquet", "groups.parquet", "floats.parquet"] {
        cases.push(case(format!("parquet/flipped/{file}"), move || flipped(file)));
        cases.push(case(format!("parquet/cut/{file}"), move || cut(file)));
    }
    cases.extend(budgets());
    cases.extend(sparse());
    cases.extend(changes());
    cases
}

/// A small file with one byte changed, at many places: no run may end in an internal error. (Every byte is
/// changed in the tests of the decoder itself, without a guest.)
fn flipped(file: &str) -> String {
    let good = std::fs::read(data().join(file)).expect("the file can be read");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("x.pq");
    // One engine: what was compiled once is not compiled again.
    let engine = Engine::builder().build().expect("the engine can be made");
    for at in (0..good.len()).step_by(good.len() / 150) {
        let mut bytes = good.clone();
        bytes[at] ^= if at % 2 == 0 { 0xff } else { 0x01 };
        std::fs::write(&path, &bytes).expect("written");
        let (result, printed) = read(&engine, folder.path(), READ, limits());
        let ended = outcome(&result, &printed);
        if ended.starts_with("internal") {
            return format!("byte {at}: {ended}");
        }
    }
    "always an honest end".to_owned()
}

/// The file cut at many lengths: always refused.
fn cut(file: &str) -> String {
    let good = std::fs::read(data().join(file)).expect("the file can be read");
    for len in (0..good.len()).step_by(good.len() / 50) {
        let ended = with_bytes(&good[..len], limits());
        if ended.starts_with("internal") || ended.starts_with("ok") {
            return format!("{len} bytes: {ended}");
        }
    }
    "always refused".to_owned()
}

/// A good file, with too little of something.
fn budgets() -> Vec<Case> {
    let budget = |name: &str, limits: Limits| {
        case(format!("parquet/budget/{name}"), move || {
            let bytes = std::fs::read(data().join("ride.parquet")).expect("the file can be read");
            with_bytes(&bytes, limits.clone())
        })
    };
    vec![
        budget("host_bytes", limits().host_bytes(20_000)),
        budget("bytes_read", limits().bytes_read(1_000)),
        budget("rows_read", limits().rows_read(10)),
        budget("footer_bytes", limits().footer_bytes(16)),
        budget("columns", limits().columns(1)),
        budget("pages_read", limits().pages_read(2)),
        budget("page_bytes", limits().page_bytes(100)),
        budget("files", limits().files(0)),
        budget("scans", limits().scans(0)),
        budget("memory", limits().memory_bytes(64 << 10)),
    ]
}

/// Files that claim a tebibyte and take no space: refused for what they say, not read to their end.
fn sparse() -> Vec<Case> {
    let one = |name: &str, tail: &'static [u8]| {
        case(format!("parquet/sparse/{name}"), move || {
            use std::io::{Seek, SeekFrom, Write};
            let folder = tempfile::tempdir().expect("a temporary folder");
            let mut file = std::fs::File::create(folder.path().join("x.pq")).expect("a file");
            file.write_all(b"PAR1").expect("written");
            file.seek(SeekFrom::Start((1 << 40) - tail.len() as u64)).expect("sparse");
            file.write_all(tail).expect("written");
            let engine = Engine::builder().build().expect("the engine can be made");
            let (result, printed) = read(&engine, folder.path(), READ, limits());
            outcome(&result, &printed)
        })
    };
    vec![
        one("no_end", b"\0"),
        one("long_footer", b"\xff\xff\xff\x7fPAR1"),
        one("footer_of_zeros", b"\0\0\x10\0PAR1"),
    ]
}

/// The file changes between compilation and call.
fn changes() -> Vec<Case> {
    let text = "\
import pandas as pd


def f():
    return float(pd.read_parquet(\"x.pq\")[\"x\"].sum())
";
    let change = |name: &str, change: fn(&Path)| {
        case(format!("parquet/changed/{name}"), move || {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let path = folder.path().join("x.pq");
            std::fs::copy(data().join("tiny.parquet"), &path).expect("copied");
            let engine = Engine::builder().build().expect("the engine can be made");
            let tenant = Tenant::default().limits(limits()).grants(grants(folder.path()));
            let source = Source::new("evil.py", text).grants(tenant.grants.clone());
            let program = engine.compile(&source).expect("it parses");
            let function = match program.entry("f", &[]) {
                Ok(function) => function,
                Err(error) => return outcome(&Err(error), &[]),
            };
            change(&path);
            let ended = function.call_with(&tenant, &[], Output::Discard);
            outcome(&ended.result, &[])
        })
    };
    vec![
        change("not_at_all", |_| ()),
        change("removed", |path| std::fs::remove_file(path).expect("removed")),
        change("replaced", |path| {
            std::fs::remove_file(path).expect("removed");
            std::fs::copy(data().join("ints.parquet"), path).expect("copied");
        }),
        change("cut_in_place", |path| {
            let file = std::fs::File::options().write(true).open(path).expect("opened");
            file.set_len(100).expect("cut");
        }),
        change("overwritten_in_place", |path| {
            let len = std::fs::metadata(path).expect("there").len();
            use std::os::unix::fs::FileExt as _;
            let file = std::fs::File::options().write(true).open(path).expect("opened");
            file.write_all_at(&vec![0xa5; len as usize], 0).expect("overwritten");
        }),
    ]
}
