//! Frames that become wide column by column, and expressions of very many operations: what is made for them grows with
//! their number and no faster, and what they hold at run time is given back.

use std::fmt::Write as _;

use ovenbird::{Outcome, Output, Source, Tenant, Value};
use ovenbird_tests::files::root;
use ovenbird_tests::project::grants;

use super::engine;

/// What `f(n)` of a program gives.
fn outcome(body: &str, n: i64) -> Outcome {
    let text = format!("import pandas as pd\n\n\ndef f(n):\n{body}");
    let data = root().join("tests/lang/pandas/data");
    let program =
        engine().compile(&Source::new("wide.py", text).grants(grants(&data))).expect("it is parsed");
    let args = [Value::Int(n)];
    let function = program.entry_for("f", &args).expect("it compiles");
    function.call_with(&Tenant::default().grants(grants(&data)), &args, Output::Discard)
}

const FRAME: &str = "    df = pd.read_parquet('tiny.parquet', columns=['i'])\n";

/// Lines, each made of its number.
fn lines(n: i64, line: impl Fn(i64) -> String) -> String {
    (0..n).fold(String::new(), |mut text, i| {
        let _ = writeln!(text, "    {}", line(i));
        text
    })
}

/// A frame to which so many columns are added, and the sum of the last.
fn columns(n: i64) -> (String, i64) {
    let added = lines(n, |i| format!("df['c{i}'] = df['i'] + {i}"));
    (format!("{FRAME}{added}    return int(df['c{}'].sum())\n", n - 1), 23 + 6 * (n - 1))
}

/// The same, and the sum of them all.
fn sums(n: i64) -> (String, i64) {
    let added = lines(n, |i| format!("df['c{i}'] = df['i'] + {i}"));
    let terms: Vec<String> = (0..n).map(|i| format!("df['c{i}']")).collect();
    let total = format!("    return int(({}).sum())\n", terms.join(" + "));
    (format!("{FRAME}{added}{total}"), 23 * n + 6 * (n * (n - 1) / 2))
}

/// So many conditions, all of which hold in all six rows.
fn masks(n: i64) -> (String, i64) {
    let more = lines(n, |i| format!("m = m & (df['i'] > n - {})", i + 9));
    (format!("{FRAME}    m = df['i'] > 0\n{more}    return len(df[m])\n"), 6)
}

/// The same in one expression, with numbers that are known when it is compiled.
fn known_masks(n: i64) -> (String, i64) {
    let terms: Vec<String> = (0..n).map(|i| format!("(df['i'] > -{i})")).collect();
    (format!("{FRAME}    return len(df[{}])\n", terms.join(" & ")), 6)
}

/// Without `sizeof(type_of(columns)) <= _ROOM` in `guest-stdlib/pandas/dataframe/_with_item.py`, every column is in every
/// frame; without `static_size(column) > LONG` in `guest-stdlib/pandas/series/_combine.py`, an expression is as deep as it is
/// long.
#[test]
fn code_grows_with_the_number_of_columns_and_operations() {
    // From some size on less of a function is put into it in the place of calls, so columns are counted from there.
    for (name, program, some) in [
        ("columns", columns as fn(i64) -> (String, i64), 150),
        ("sums", sums, 80),
        ("masks", masks, 80),
        ("known masks", known_masks, 80),
    ] {
        let size = |n| {
            let (body, wanted) = program(n);
            let outcome = outcome(&body, 0);
            let result = outcome.result.unwrap_or_else(|error| panic!("{n} {name}: {error}"));
            assert_eq!(result, Value::Int(wanted), "{n} {name}");
            outcome.units.iter().map(|unit| unit.wasm_bytes).sum::<usize>()
        };
        let [some, twice] = [some, 2 * some].map(size);
        assert!(some > 0 && 2 * twice <= 5 * some, "{name}: {some} bytes of wasm, twice as many {twice}");
    }
}

#[test]
fn what_wide_frames_and_long_expressions_hold_is_given_back() {
    let mut body = "    df = pd.read_parquet('tiny.parquet')\n    total = 0\n".to_owned();
    body.push_str("    for turn in range(n):\n        wide = df[['i', 'x']]\n");
    for i in 0..30 {
        let _ = writeln!(body, "        wide['c{i}'] = df['x'] * {i} + turn");
        let _ = writeln!(body, "        wide['d{i}'] = wide['i'] + wide['c{i}']");
    }
    let terms: Vec<String> = (0..30).map(|i| format!("wide['d{i}']")).collect();
    let _ = writeln!(body, "        wide['all'] = {}", terms.join(" + "));
    body.push_str("        total += int(wide['all'][5]) + int(wide[wide['all'] > -1e9]['c7'].sum())\n    return total\n");
    let peak = |turns| {
        let outcome = outcome(&body, turns);
        // In turn t, row 5 is 30 * 9 + 3.5 * 435 + 30 * t, and column c7 of all rows 7 * 9.25 + 6 * t.
        let wanted: i64 = (0..turns).map(|turn| 1792 + 30 * turn + 64 + 6 * turn).sum();
        assert_eq!(outcome.result.expect("it is worked out"), Value::Int(wanted));
        outcome.usage.memory_peak
    };
    assert_eq!(peak(20), peak(2_000), "a block that is kept in each turn would be seen");
}
