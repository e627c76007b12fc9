//! What a key covers, field by field, and what the keys are: golden values.

use std::fmt;
use std::sync::Arc;

use super::*;
use crate::engine_config::EngineIdentity;

pub(crate) fn sample() -> L1Recipe {
    L1Recipe {
        label: "cycling.mean".to_owned(),
        typed_program: digest(b"program"),
        functions: vec![function("cycling.mean", b"body"), function("helpers.clean", b"clean")].into(),
        globals: vec![GlobalInput {
            name: "cycling.N".to_owned(),
            value: "10".to_owned(),
            digest: digest(b"10"),
        }],
        host_functions: vec![HostFunctionInput {
            name: "rates.rate".to_owned(),
            signature: "(str, int) -> float, 50 units".to_owned(),
        }],
        schemas: vec![SchemaInput {
            label: "dataset 0".to_owned(),
            columns: vec![column("power", "int64"), column("speed", "float64")],
        }],
        arguments: vec!["float".to_owned(), "int".to_owned()],
        surroundings: surroundings(("fastmath", "no"), Build::Compiler(digest(b"compiler"))),
    }
}

fn surroundings((option, value): (&str, &str), build: Build) -> Arc<Surroundings> {
    Arc::new(Surroundings {
        options: vec![(option.to_owned(), value.to_owned())],
        library_fingerprint: digest(b"library"),
        host_abi_version: 1,
        import_table: digest(b"imports"),
        build,
    })
}

#[test]
fn the_table_of_host_functions_is_written_as_it_always_was() {
    let line =
        |import: &abi::Import| format!("{} {:?} -> {:?}\n", import.name(), import.params(), import.results());
    let text: String = abi::Import::ALL.iter().map(line).collect();
    assert_eq!(import_table_digest(), digest(text.as_bytes()));
}

pub(crate) fn sample_probe() -> L0Recipe {
    let argument = |shown: &str| ArgumentInput { shown: shown.to_owned(), digest: digest(shown.as_bytes()) };
    L0Recipe {
        label: "cycling.py (entry mean)".to_owned(),
        name: "cycling.py".to_owned(),
        text: digest(b"text"),
        request: "entry mean".to_owned(),
        arguments: vec![argument("float"), argument("int")],
        globals: vec![GlobalInput {
            name: "RATE".to_owned(),
            value: "0.5".to_owned(),
            digest: digest(b"0.5"),
        }],
        surroundings: surroundings(("optimise", "2"), Build::Whole(digest(b"compiler"))),
    }
}

pub(crate) fn sample_native() -> L2Recipe {
    L2Recipe {
        label: "cycling.mean".to_owned(),
        wasm: wasm_digest(b"wasm"),
        engine: Arc::new(EngineIdentity {
            wasmtime: "48.0.8".to_owned(),
            codegen: "1-abc".to_owned(),
            target: "x86_64-unknown-linux-gnu".to_owned(),
            cpu: vec![("avx2", true), ("avx512f", false)],
            settings: vec![("canonical NaNs", "false".to_owned())],
            compatibility: digest(b"compatibility"),
        }),
        metering: "counter".to_owned(),
    }
}

fn function(name: &str, body: &[u8]) -> FunctionInput {
    FunctionInput { name: name.to_owned(), digest: digest(body) }
}

fn column(name: &str, ty: &str) -> (String, String) {
    (name.to_owned(), ty.to_owned())
}

/// One edit of a recipe: the field that it edits, whether the key must change, and the edit.
type Edit<R> = (&'static str, bool, fn(&mut R));

const CHANGES: bool = true;
const KEEPS: bool = false;

/// Makes every edit to a copy of `base`. Keys that must change must all be different ones.
fn check<R: Clone, K: PartialEq + fmt::Debug>(base: &R, key: impl Fn(&R) -> K, edits: &[Edit<R>]) {
    let mut seen = vec![key(base)];
    for (index, (field, changes, edit)) in edits.iter().enumerate() {
        let mut changed = base.clone();
        edit(&mut changed);
        let changed = key(&changed);
        if *changes {
            assert!(
                !seen.contains(&changed),
                "edit {index}, of {field}, gives a key seen before: {changed:?}"
            );
            seen.push(changed);
        } else {
            assert_eq!(changed, seen[0], "edit {index}, of {field}");
        }
    }
}

/// Takes a struct apart, so that a new field does not compile until it is listed here, and fails until
/// there is an edit of it.
macro_rules! every_field_is_edited {
    ($name:ident { $($field:ident),* $(,)? }, $edits:expr) => {
        let exhaustive = |$name { $($field: _),* }: $name| ();
        let _ = exhaustive;
        for field in [$(stringify!($field)),*] {
            assert!($edits.iter().any(|(edited, ..)| *edited == field), "no edit of {field}");
        }
    };
}

const SURROUNDINGS: &[Edit<Surroundings>] = &[
    ("options", CHANGES, |s| s.options[0].1.push('2')),
    ("options", CHANGES, |s| s.options[0].0.push('2')),
    ("options", CHANGES, |s| s.options.clear()),
    ("library_fingerprint", CHANGES, |s| s.library_fingerprint[0] ^= 1),
    ("host_abi_version", CHANGES, |s| s.host_abi_version += 1),
    ("import_table", CHANGES, |s| s.import_table[0] ^= 1),
    ("build", CHANGES, |s| s.build = Build::Compiler(digest(b"other"))),
    ("build", CHANGES, |s| s.build = Build::Whole(digest(b"other"))),
];

#[test]
fn every_surrounding_is_edited() {
    every_field_is_edited!(
        Surroundings { options, library_fingerprint, host_abi_version, import_table, build },
        SURROUNDINGS
    );
}

#[test]
fn what_is_kept_of_surroundings_is_not_taken_for_others() {
    let one = sample();
    let key = one.key();
    let mut other = one.clone();
    Arc::make_mut(&mut other.surroundings).host_abi_version += 1;
    let changed = other.key();
    assert_ne!(changed, key);
    for _ in 0..2 {
        assert_eq!((one.key(), other.key()), (key, changed));
    }
}

#[test]
fn a_key_is_the_same_by_the_fields_that_are_stored() {
    assert_eq!(level1_key(sample().fields()), sample().key());
}

#[test]
fn a_large_unit_is_not_kept_until_it_is_stored() {
    for (callees, is_kept) in [(3, true), (2 * SMALL_UNIT, false)] {
        let functions: String =
            (0..callees).map(|n| format!("def g{n}(x):\n    return x + {n}\n\n")).collect();
        let calls: Vec<String> = (0..callees).map(|n| format!("g{n}(x)")).collect();
        let text = format!("{functions}def f(x):\n    return {}\n", calls.join(" + "));
        let engine = crate::Engine::builder().build().expect("an engine");
        let program = engine.compile(&crate::Source::new("m.py", text)).expect("it parses");
        let request = ovenbird_compiler::infer::Request::Entry("f", &[ovenbird_compiler::types::Type::Int]);
        let units = program.check(request).expect("it is right").units;
        let unit = units.iter().find(|unit| unit.label == "m.f").expect("the function");
        let before = Arc::strong_count(unit);
        let inputs = FunctionInputs::of(unit);
        assert_eq!(Arc::strong_count(unit) > before, is_kept, "{callees}");
        assert_eq!(inputs.get().len(), callees + 1);
        assert_eq!(inputs.get()[0].name, "m.f");
    }
}

#[test]
fn every_field_of_level_0_changes_the_key() {
    let edits: &[Edit<L0Recipe>] = &[
        ("label", KEEPS, |r| r.label.push('2')),
        ("name", CHANGES, |r| r.name.push('2')),
        ("text", CHANGES, |r| r.text[31] ^= 1),
        ("request", CHANGES, |r| r.request = "run".to_owned()),
        ("request", CHANGES, |r| r.request.push('2')),
        ("arguments", CHANGES, |r| r.arguments[0].digest[0] ^= 1),
        ("arguments", KEEPS, |r| r.arguments[0].shown.push('2')),
        ("arguments", CHANGES, |r| r.arguments.swap(0, 1)),
        ("arguments", CHANGES, |r| drop(r.arguments.pop())),
        ("arguments", CHANGES, |r| r.arguments.push(r.arguments[0].clone())),
        ("globals", CHANGES, |r| r.globals[0].digest[0] ^= 1),
        ("globals", CHANGES, |r| r.globals[0].name.push('2')),
        ("globals", KEEPS, |r| r.globals[0].value.push('2')),
        ("globals", CHANGES, |r| r.globals.clear()),
        ("surroundings", CHANGES, |r| r.surroundings = sample().surroundings),
    ];
    every_field_is_edited!(L0Recipe { label, name, text, request, arguments, globals, surroundings }, edits);
    check(&sample_probe(), L0Recipe::key, edits);
    let around = |s: &Surroundings| L0Recipe { surroundings: Arc::new(s.clone()), ..sample_probe() }.key();
    check(&*sample_probe().surroundings, around, SURROUNDINGS);
}

#[test]
fn every_field_of_level_1_changes_the_key() {
    let edits: &[Edit<L1Recipe>] = &[
        ("label", KEEPS, |r| r.label = "other.name".to_owned()),
        ("typed_program", CHANGES, |r| r.typed_program[31] ^= 1),
        ("functions", KEEPS, |r| r.functions = vec![function("z.z", b"other")].into()),
        ("functions", KEEPS, |r| r.functions = Vec::new().into()),
        ("globals", CHANGES, |r| r.globals[0].digest[0] ^= 1),
        ("globals", KEEPS, |r| r.globals[0].name.push('2')),
        ("globals", KEEPS, |r| r.globals[0].value = "ten".to_owned()),
        ("globals", CHANGES, |r| r.globals.clear()),
        ("host_functions", CHANGES, |r| r.host_functions[0].signature.push('2')),
        ("host_functions", KEEPS, |r| r.host_functions[0].name.push('2')),
        ("host_functions", CHANGES, |r| r.host_functions.clear()),
        ("schemas", CHANGES, |r| r.schemas[0].columns[0].1.push('?')),
        ("schemas", CHANGES, |r| r.schemas[0].columns[0].0.push('?')),
        ("schemas", CHANGES, |r| r.schemas[0].columns.swap(0, 1)),
        ("schemas", CHANGES, |r| r.schemas[0].columns.push(column("extra", "bool"))),
        ("schemas", CHANGES, |r| r.schemas[0].label.push('2')),
        ("schemas", CHANGES, |r| r.schemas.clear()),
        ("arguments", CHANGES, |r| r.arguments[0] = "int".to_owned()),
        ("arguments", CHANGES, |r| r.arguments.swap(0, 1)),
        ("arguments", CHANGES, |r| drop(r.arguments.pop())),
        ("arguments", CHANGES, |r| r.arguments.push(String::new())),
        ("surroundings", CHANGES, |r| r.surroundings = sample_probe().surroundings),
    ];
    every_field_is_edited!(
        L1Recipe {
            label,
            typed_program,
            functions,
            globals,
            host_functions,
            schemas,
            arguments,
            surroundings
        },
        edits
    );
    check(&sample(), L1Recipe::key, edits);
    let around = |s: &Surroundings| L1Recipe { surroundings: Arc::new(s.clone()), ..sample() }.key();
    check(&*sample().surroundings, around, SURROUNDINGS);
}

#[test]
fn every_field_of_level_2_changes_the_key() {
    let edits: &[Edit<L2Recipe>] = &[
        ("label", KEEPS, |r| r.label.push('2')),
        ("wasm", CHANGES, |r| r.wasm[0] ^= 1),
        ("metering", CHANGES, |r| r.metering = "none".to_owned()),
        ("wasmtime", CHANGES, |r| Arc::make_mut(&mut r.engine).wasmtime = "48.0.9".to_owned()),
        ("codegen", CHANGES, |r| Arc::make_mut(&mut r.engine).codegen.push('x')),
        ("target", CHANGES, |r| Arc::make_mut(&mut r.engine).target = "aarch64-apple-darwin".to_owned()),
        ("cpu", CHANGES, |r| Arc::make_mut(&mut r.engine).cpu[0].1 = false),
        ("cpu", CHANGES, |r| Arc::make_mut(&mut r.engine).cpu[1].1 = true),
        ("cpu", CHANGES, |r| Arc::make_mut(&mut r.engine).cpu.truncate(1)),
        ("settings", CHANGES, |r| Arc::make_mut(&mut r.engine).settings[0].1 = "true".to_owned()),
        ("settings", CHANGES, |r| Arc::make_mut(&mut r.engine).settings.clear()),
        ("compatibility", CHANGES, |r| Arc::make_mut(&mut r.engine).compatibility[0] ^= 1),
    ];
    let engine: Edit<L2Recipe> = ("engine", CHANGES, |_| ());
    let with_engine: Vec<Edit<L2Recipe>> = edits.iter().copied().chain([engine]).collect();
    every_field_is_edited!(L2Recipe { label, wasm, engine, metering }, with_engine);
    every_field_is_edited!(EngineIdentity { wasmtime, codegen, target, cpu, settings, compatibility }, edits);
    check(&sample_native(), L2Recipe::key, edits);
}

#[test]
fn what_is_kept_of_an_engine_is_not_taken_for_another() {
    let one = sample_native();
    let key = one.key();
    let mut other = one.clone();
    Arc::make_mut(&mut other.engine).wasmtime = "48.0.9".to_owned();
    let changed = other.key();
    assert_ne!(changed, key);
    for _ in 0..2 {
        assert_eq!((one.key(), other.key()), (key, changed));
    }
}

#[test]
fn a_field_is_not_mistaken_for_another() {
    let mut renamed = sample();
    renamed.surroundings = surroundings(("a", "bc"), sample().surroundings.build);
    let mut other = sample();
    other.surroundings = surroundings(("ab", "c"), sample().surroundings.build);
    assert_ne!(renamed.key(), other.key(), "lengths are part of the encoding");
    let (probe, mut run) = (sample_probe(), sample_probe());
    run.request = "entry f2".to_owned();
    assert_ne!(probe.key(), run.key());
}

#[test]
fn the_engine_folder_changes_with_the_engine_and_not_with_the_wasm() {
    let mut other = sample_native();
    other.wasm[0] ^= 1;
    assert_eq!(other.key_and_engine().1, sample_native().key_and_engine().1);
    Arc::make_mut(&mut other.engine).wasmtime = "48.0.9".to_owned();
    assert_ne!(other.key_and_engine().1, sample_native().key_and_engine().1);
}
