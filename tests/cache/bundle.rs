//! Bundles: what they give, and what is refused.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use ovenbird::bundle::{self, BuildRequest, Target};
use ovenbird::data::{Column, ColumnData, Element};
use ovenbird::levels::Level;
use ovenbird::{Array, DataFrame, Engine, Error, Output, Tenant, Trust, Value};
use ovenbird_compiler::types::Type;
use ovenbird_tests::project::Project;

use super::machine::{Machine, build, describe, key, project, reasons, request, run, small, stranger, trust};

/// A bundle with code for this machine, whatever it is.
fn for_this_machine(keys: &[&ovenbird::bundle::SecretKey]) -> Vec<u8> {
    let mut wanted = request(&[]);
    wanted.targets.push(Target::Native);
    build(&project(), &wanted, keys)
}

#[test]
fn a_bundle_runs_without_the_compiler() {
    let engine = Machine::new().engine();
    let bundle = engine.load_bundle(for_this_machine(&[&key()]), &trust()).expect("trusted");
    let (printed, units) = run(&bundle);
    assert_eq!(printed, "6 1.5\n");
    assert!(units.iter().all(|unit| unit.provenance.name() == "hit.l2"), "{units:?}");
    let f = bundle.get::<fn(f64) -> f64>("f").expect("it is there");
    assert_eq!(f.call(&Tenant::default(), (1.5,)).expect("it runs"), 4.5);
    let f = bundle.get::<fn(i64) -> i64>("f").expect("it is there");
    assert_eq!(f.call(&Tenant::default(), (5,)).expect("it runs"), 15);
    assert_eq!((engine.compiles(), engine.native_compiles()), (0, 0));
}

#[test]
fn a_function_for_other_types_is_refused_with_those_that_there_are() {
    let bundle = Machine::new().engine().load_bundle(for_this_machine(&[&key()]), &trust()).expect("trusted");
    let error = bundle.entry("f", &[Type::Str]).err().expect("refused").to_string();
    assert_eq!(error, "the bundle has `f` for (int) and (float), not for (str)");
    let error = bundle.entry("g", &[]).err().expect("refused").to_string();
    assert_eq!(error, "the bundle has no function `g`");
    assert!(bundle.get::<fn(i64) -> f64>("f").is_err(), "it returns an int");
}

#[test]
fn an_exception_has_its_traceback_and_a_stripped_bundle_its_line_numbers() {
    for (strip, line) in [(false, "    return [10, 20][xs]\n"), (true, "")] {
        let wanted = BuildRequest { strip, ..request(&[Level::X86_64V2]) };
        let bytes = build(&project(), &wanted, &[&key()]);
        let bundle = Machine::new().engine().load_bundle(bytes, &trust()).expect("trusted");
        let pick = bundle.get::<fn(i64) -> i64>("pick").expect("it is there");
        assert_eq!(pick.call(&Tenant::default(), (1,)).expect("it runs"), 20);
        let error = pick.call(&Tenant::default(), (7,)).expect_err("out of range").to_string();
        let wanted = format!(
            "Traceback (most recent call last):\n  File \"main.py\", line 12, in pick\n{line}IndexError: list index out of range"
        );
        assert_eq!(error, wanted);
    }
}

/// Without `blobs.retain` in `host/src/bundle/contents.rs`: the bundle is refused, for there is a blob that nothing uses.
#[test]
fn functions_that_differ_in_their_names_only_are_in_one_bundle() {
    let text = "\
def first(x: int) -> int:
    if x < 0:
        raise ValueError('less')
    return x


def second(y: int) -> int:
    if y < 0:
        raise ValueError('less')
    return y
";
    let project = Project::new(&[("main.py", text)]);
    let of = |names: [&str; 2]| {
        let functions = names.map(|name| (name.to_owned(), vec![Type::Int])).to_vec();
        build(&project, &BuildRequest { functions, ..request(&[Level::X86_64V2, Level::Aarch64]) }, &[&key()])
    };
    let bytes = of(["first", "second"]);
    assert!(bytes == of(["second", "first"]), "in whatever order they are asked for");
    assert_eq!(describe(&bytes).modules.len(), 2, "the body, and one for both");
    let bundle = Machine::new().engine().load_bundle(bytes, &trust()).expect("trusted");
    for (name, line) in [("first", 3), ("second", 9)] {
        let function = bundle.get::<fn(i64) -> i64>(name).expect("it is there");
        assert_eq!(function.call(&Tenant::default(), (5,)).expect("it runs"), 5);
        let error = function.call(&Tenant::default(), (-1,)).expect_err("less than none").to_string();
        assert!(error.contains(&format!("line {line}, in {name}\n")), "{error}");
    }
}

#[test]
fn the_same_program_gives_the_same_bytes_in_any_folder() {
    let wanted = request(&Level::ALL);
    let first = build(&project(), &wanted, &[&key()]);
    assert_eq!(first, build(&project(), &wanted, &[&key()]));
    let mut shuffled = wanted.clone();
    shuffled.functions.reverse();
    shuffled.targets.reverse();
    assert_eq!(first, build(&project(), &shuffled, &[&key()]), "the order of the request does not matter");
    let folder = std::env::temp_dir().display().to_string();
    assert!(!first.windows(folder.len()).any(|window| window == folder.as_bytes()));
}

#[test]
fn no_altered_byte_and_no_truncation_is_used() {
    // Signed, and by nobody: then the digest alone tells.
    let unsigned = trust().unsigned_wasm(true);
    for (good, trust) in [(small(&[&key()]), trust()), (small(&[]), unsigned)] {
        let engine = Machine::new().engine();
        assert!(engine.load_bundle(good.clone(), &trust).is_ok());
        let (loads, compiles) = (engine.cache().stats().native_loads, engine.native_compiles());
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            assert!(engine.load_bundle(bad, &trust).is_err(), "byte {at} of {}", good.len());
            assert!(engine.load_bundle(good[..at].to_vec(), &trust).is_err(), "truncated to {at}");
        }
        assert!(engine.load_bundle([&good[..], b"\0"].concat(), &trust).is_err());
        let after = (engine.cache().stats().native_loads, engine.native_compiles());
        assert_eq!(after, (loads, compiles), "nothing was loaded");
    }
}

#[test]
fn no_altered_native_code_is_loaded() {
    let good = for_this_machine(&[&key()]);
    let engine = Machine::new().engine();
    for at in (0..good.len()).step_by(good.len() / 300) {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        assert!(engine.load_bundle(bad, &trust().unsigned_wasm(true)).is_err(), "byte {at}");
    }
    assert_eq!(engine.cache().stats().native_loads, 0);
}

#[test]
fn damage_in_parts_of_an_unsigned_bundle_that_are_not_used_is_noticed() {
    let good = for_this_machine(&[]);
    let (lenient, engine) = (trust().unsigned_wasm(true), Machine::new().engine());
    assert!(engine.load_bundle(good.clone(), &lenient).is_ok());
    let manifest = u64::from_le_bytes(good[16..24].try_into().expect("eight bytes"));
    let blobs = 64 + usize::try_from(manifest).expect("short");
    assert!(good.len() - blobs > 1000);
    for at in (blobs..good.len()).step_by((good.len() - blobs) / 400).chain([good.len() - 1]) {
        let mut bad = good.clone();
        bad[at] ^= 0x20;
        assert!(bundle::describe(&bad, &lenient).is_err(), "byte {at} is not inspected");
        let loaded = engine.load_bundle(bad.clone(), &lenient);
        assert!(matches!(loaded, Err(Error::Io(what)) if what.contains("altered")), "byte {at}");
        let imported = bundle::import(&Machine::new().cache(), bad, &lenient);
        assert!(matches!(imported, Err(bundle::Refusal::Bad(_))), "byte {at}");
    }
}

#[test]
fn native_code_of_an_unknown_signer_is_refused_until_the_key_is_trusted() {
    let bytes = for_this_machine(&[&stranger()]);
    let engine = Machine::new().engine();
    let refused = engine.load_bundle(bytes.clone(), &trust());
    assert!(matches!(refused, Err(Error::Denied(what)) if what.contains("unknown key")));

    let bundle = engine.load_bundle(bytes.clone(), &trust().unsigned_wasm(true)).expect("as wasm");
    let (printed, units) = run(&bundle);
    assert_eq!(printed, "6 1.5\n");
    assert!(reasons(&units).iter().all(|reason| reason.contains("unknown key")), "{units:?}");
    assert_eq!(reasons(&units).len(), units.len());
    assert_eq!(engine.cache().stats().native_loads, 0);

    let engine = Machine::new().engine();
    let believed = trust().key(stranger().public(), "no stranger any more");
    let (_, units) = run(&engine.load_bundle(bytes, &believed).expect("trusted"));
    assert_eq!(reasons(&units), [""; 0]);
    assert_eq!((engine.native_compiles(), engine.cache().stats().native_loads), (0, units.len() as u64));
}

#[test]
fn an_unsigned_bundle_is_used_only_if_the_policy_says_so_and_only_its_wasm() {
    let bytes = for_this_machine(&[]);
    let engine = Machine::new().engine();
    assert!(matches!(engine.load_bundle(bytes.clone(), &trust()), Err(Error::Denied(_))));
    let (printed, units) = run(&engine.load_bundle(bytes, &trust().unsigned_wasm(true)).expect("as wasm"));
    assert_eq!(printed, "6 1.5\n");
    assert_eq!(engine.native_compiles(), units.len() as u64);
    assert_eq!(engine.cache().stats().native_loads, 0);
}

#[test]
fn a_revoked_key_and_a_revoked_engine_are_not_loaded_although_signed() {
    let bytes = for_this_machine(&[&key()]);
    let engine = Machine::new().engine();
    let revoked = trust().unsigned_wasm(true).revoke_key(key().public(), "lost");
    assert!(
        matches!(engine.load_bundle(bytes.clone(), &revoked), Err(Error::Denied(what)) if what.contains("revoked"))
    );

    let id = describe(&bytes).natives[0].engine.clone();
    for name in [id, format!("wasmtime-{}", describe(&bytes).natives[0].wasmtime)] {
        let revoked = trust().revoke_engine(name, "miscompiles");
        let engine = Machine::new().engine();
        let (printed, units) = run(&engine.load_bundle(bytes.clone(), &revoked).expect("its wasm is fine"));
        assert_eq!(printed, "6 1.5\n");
        assert!(reasons(&units).iter().all(|reason| reason.contains("revoked engine")), "{units:?}");
        assert_eq!(engine.cache().stats().native_loads, 0);
    }
    // A second, good signature is enough.
    let both = for_this_machine(&[&key(), &stranger()]);
    let second = trust().key(stranger().public(), "second").revoke_key(key().public(), "lost");
    let (_, units) = run(&Machine::new().engine().load_bundle(both, &second).expect("trusted"));
    assert_eq!(reasons(&units), [""; 0]);
}

#[test]
fn without_native_code_for_this_cpu_the_wasm_is_compiled_once_and_then_hits() {
    let other = if cfg!(target_arch = "x86_64") { Level::Aarch64 } else { Level::X86_64V2 };
    let bytes = build(&project(), &request(&[other]), &[&key()]);
    let machine = Machine::new();
    let engine = machine.engine();
    let (printed, units) = run(&engine.load_bundle(bytes.clone(), &trust()).expect("trusted"));
    assert_eq!(printed, "6 1.5\n");
    assert_eq!(engine.native_compiles(), units.len() as u64);
    let arch = other.triple().split('-').next().unwrap_or_default();
    assert_eq!(reasons(&units), vec![format!("this CPU lacks {arch}"); units.len()]);

    let engine = machine.engine();
    let (printed, units) = run(&engine.load_bundle(bytes, &trust()).expect("trusted"));
    assert_eq!(printed, "6 1.5\n");
    assert_eq!(engine.native_compiles(), 0);
    assert!(units.iter().all(|unit| unit.provenance.name() == "hit.l2"), "{units:?}");
}

const DATA: &str = "\
import ovenbird
import pandas as pd


@ovenbird.jit(cache=True)
def total(path):
    df = pd.read_parquet(path)
    return df[\"x\"].sum()


print(total(\"data/a.pq\"))
";

fn parquet(path: &Path, column: &str, values: ArrayRef) {
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    let batch = RecordBatch::try_from_iter([(column, values)]).expect("one column");
    let file = std::fs::File::create(path).expect("the file can be made");
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
}

fn ints(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

#[test]
fn a_changed_schema_is_an_error_that_names_the_column() {
    let project = Project::new(&[("main.py", DATA)]);
    let file = project.path("data/a.pq");
    parquet(&file, "x", ints(&[1, 2, 3]));
    let engine = Engine::builder().build().expect("the engine can be made");
    let program = project.program(&engine, "main.py");
    let dataset = program.check(ovenbird_compiler::infer::Request::Run).expect("it is fine");
    let params = dataset.units[1].params.clone();
    let functions = vec![("total".to_owned(), params)];
    let wanted =
        BuildRequest { body: true, functions, targets: vec![Target::Native], ..BuildRequest::default() };
    let bytes = bundle::build(&program, &wanted, &[&key()]).expect("built");
    let bundle = Machine::new().engine().load_bundle(bytes, &trust()).expect("trusted");
    let print = || {
        let outcome = bundle.run(&project.tenant(), Output::Capture(Vec::new()));
        outcome.result.map(|_| String::from_utf8_lossy(outcome.output.captured()).into_owned())
    };
    let call = || {
        let args = [Value::Str("data/a.pq".to_owned())];
        bundle.entry_for("total", &args, &project.grants())?.call(&project.tenant(), &args)
    };
    assert_eq!(print().expect("it runs"), "6\n");
    assert_eq!(call().expect("it runs"), Value::Int(6));

    parquet(&file, "x", ints(&[1, 2, 3, 4]));
    assert_eq!(print().expect("more rows are no change"), "10\n");
    assert_eq!(call().expect("it runs"), Value::Int(10));

    parquet(&file, "x", Arc::new(Float64Array::from(vec![0.5])));
    for error in [print().expect_err("refused"), call().expect_err("refused")] {
        let text = error.to_string();
        assert!(text.contains("column 'x' was int64 and is float64"), "{text}");
        assert!(text.contains("build it again"), "{text}");
        assert_eq!(error.exit_code(), 2);
    }
    parquet(&file, "y", ints(&[1]));
    assert!(print().expect_err("refused").to_string().contains("column 'x' is gone"));
    std::fs::remove_file(&file).expect("removed");
    assert!(print().expect_err("refused").to_string().contains("data/a.pq"));
}

#[test]
fn functions_of_arrays_and_frames_are_in_bundles_like_others() {
    let text = "\
def twice(xs):
    return xs + xs


def power(df):
    return df[\"power\"] * 2
";
    let project = Project::new(&[("main.py", text)]);
    let engine = Engine::builder().build().expect("the engine can be made");
    let program = project.program(&engine, "main.py");
    let column = Column::new(ColumnData::Plain(i64::own(vec![1, 2])));
    let frame = Value::DataFrame(DataFrame::new(vec![("power".into(), column)]).expect("one column"));
    let functions =
        vec![("twice".to_owned(), vec![Array::new(vec![0.0]).ty()]), ("power".to_owned(), vec![frame.ty()])];
    let wanted =
        BuildRequest { body: false, functions, targets: vec![Target::Native], ..BuildRequest::default() };
    let bytes = bundle::build(&program, &wanted, &[&key()]).expect("built");
    let engine = Machine::new().engine();
    let bundle = engine.load_bundle(bytes, &trust()).expect("trusted");
    let twice = bundle.get::<fn(&[f64]) -> Vec<f64>>("twice").expect("it is there");
    assert_eq!(twice.call(&Tenant::default(), (&[1.0, 2.5],)).expect("it runs"), [2.0, 5.0]);
    let power = bundle.entry("power", &[frame.ty()]).expect("it is there");
    let doubled = power.call(&Tenant::default(), &[frame]).expect("it runs");
    assert_eq!(doubled.to_string(), "frame of 2 rows: power: int64");
    assert!(bundle.get::<fn(&[i64]) -> Vec<i64>>("twice").is_err());
    assert_eq!(engine.compiles(), 0);
}

#[test]
fn a_bundle_sees_only_what_its_tenant_is_granted() {
    let project = Project::new(&[("main.py", DATA)]);
    parquet(&project.path("data/a.pq"), "x", ints(&[1]));
    let bytes = build(&project, &BuildRequest { body: true, ..BuildRequest::default() }, &[&key()]);
    let bundle = Machine::new().engine().load_bundle(bytes, &trust()).expect("trusted");
    let outcome = bundle.run(&Tenant::default(), Output::Discard);
    assert!(matches!(outcome.result, Err(Error::Denied(_))), "{:?}", outcome.result);
}

#[test]
fn inspecting_says_what_is_there_and_trusts_nothing() {
    let described = bundle::describe(&for_this_machine(&[&stranger()]), &Trust::nobody()).expect("whole");
    assert_eq!(
        described.callables,
        ["module body", "f(int) -> int", "f(float) -> float", "pick(int) -> int"]
    );
    assert_eq!(described.files, ["main.py"]);
    assert_eq!(described.signatures[0].trusted_as, None);
    assert!(described.to_string().contains("(not trusted here)"));
    assert!(described.natives.iter().all(|native| native.level == "native"));
}
