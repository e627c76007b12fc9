//! What a call used, on success and on failure, and where its code came from: every field is really filled.

use std::path::PathBuf;
use std::time::Duration;

use ovenbird::{Error, Limits, Outcome, Output, Raised, Source, Tenant, Value};
use ovenbird_tests::files::root;
use ovenbird_tests::project::grants;

use super::engine;

const PROGRAM: &str = "\
import pandas as pd


def spread(path):
    df = pd.read_parquet(path)
    print(len(df))
    return df['speed'].max() - df['speed'].min()


def fails(path):
    power = pd.read_parquet(path)['power']
    print(power.sum())
    return [0][len(power)]
";

fn data() -> PathBuf {
    root().join("examples/data")
}

fn outcome(function: &str) -> Outcome {
    let source = Source::new("usage.py", PROGRAM).grants(grants(&data()));
    let program = engine().compile(&source).expect("it is parsed");
    let args = [Value::Str("cycling_dataset.pq".to_owned())];
    let function = program.entry_for(function, &args).expect("it compiles");
    function.call_with(&Tenant::default().grants(grants(&data())), &args, Output::Capture(Vec::new()))
}

#[test]
fn every_part_of_the_usage_is_told_on_success_and_on_failure() {
    let (good, bad) = (outcome("spread"), outcome("fails"));
    assert!(good.result.is_ok(), "{:?}", good.result);
    assert!(matches!(&bad.result, Err(Error::Raised(raised)) if raised.exception == "IndexError"));
    let file = std::fs::metadata(data().join("cycling_dataset.pq")).expect("it is there").len();
    for Outcome { usage, .. } in [good, bad] {
        assert!(usage.cpu_units > 3902, "a unit or more for each row: {usage:?}");
        assert!(usage.wall > Duration::ZERO && usage.instantiate > Duration::ZERO, "{usage:?}");
        assert!(usage.memory_peak >= 3902 * 8, "a column was in it: {usage:?}");
        assert!(usage.io.host_bytes_peak > 0, "pages are unpacked in the host: {usage:?}");
        assert!((1..=2 * file).contains(&usage.io.bytes_read), "{usage:?}");
        // Once a scan, and a function may need two.
        assert!(usage.io.rows_read >= 3902 && usage.io.rows_read % 3902 == 0, "{usage:?}");
        assert_eq!(usage.io.files_opened, 1);
        assert!(usage.io.output_bytes > 0, "{usage:?}");
    }
}

#[test]
fn provenance_and_the_time_of_each_phase_are_with_every_program() {
    let Outcome { units, .. } = outcome("spread");
    let unit = units.first().expect("the function");
    assert_eq!((unit.label.as_str(), unit.provenance.name()), ("usage.spread", "bypass"));
    let times = unit.timings;
    for (phase, time) in
        [("check", times.check), ("lower", times.lower), ("encode", times.encode), ("native", times.native)]
    {
        assert!(time > Duration::ZERO, "{phase}: {times:?}");
    }
    assert!(unit.wasm_bytes > 0);
}

#[test]
fn the_text_of_an_exception_is_bounded_by_the_api() {
    let text = "def fail(text):\n    raise ValueError(text)\n";
    let program = engine().compile(&Source::new("fail.py", text)).expect("it is parsed");
    let fail = program.get::<fn(String) -> i64>("fail").expect("it compiles");
    let message = |text: &str, tenant: &Tenant| match fail.call(tenant, (text.to_owned(),)) {
        Err(Error::Raised(raised)) => raised.message,
        other => panic!("{other:?}"),
    };
    let (tenant, most) = (Tenant::default(), Raised::MAX_MESSAGE);
    let cut = |text: &str| format!("{text}{}", Raised::CUT);
    for length in [0, 1, most - 1, most] {
        let whole = "x".repeat(length);
        assert_eq!(message(&whole, &tenant), whole);
    }
    for length in [most + 1, most + 2, 1 << 20] {
        assert_eq!(message(&"x".repeat(length), &tenant), cut(&"x".repeat(most)));
    }
    // Characters of two to four bytes, wherever the cut would be.
    for character in ["ñ", "語", "🪶"] {
        for before in 0..4 {
            let begin = "x".repeat(before);
            let whole = (most - before) / character.len();
            let given = begin.clone() + &character.repeat(whole + 5);
            assert_eq!(message(&given, &tenant), cut(&(begin + &character.repeat(whole))));
        }
    }
    let less = Tenant::default().limits(Limits::default().output_bytes(10));
    assert_eq!(message("0123456789", &less), "0123456789");
    assert_eq!(message("0123456789a", &less), cut("0123456789"));
}
