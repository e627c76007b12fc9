//! What a key covers, field by field, and what the keys are: golden values.

use super::*;

pub(crate) fn sample() -> L1Recipe {
    L1Recipe {
        label: "cycling.mean".to_owned(),
        typed_program: digest(b"program"),
        functions: vec![function("cycling.mean", b"body"), function("helpers.clean", b"clean")],
        globals: vec![GlobalInput {
            name: "cycling.N".to_owned(),
            value: "10".to_owned(),
            digest: digest(b"10"),
        }],
        schemas: vec![SchemaInput {
            label: "dataset 0".to_owned(),
            columns: vec![column("power", "int64"), column("speed", "float64")],
        }],
        arguments: vec!["float".to_owned(), "int".to_owned()],
        options: vec![("fastmath".to_owned(), "no".to_owned())],
        library_fingerprint: digest(b"library"),
        host_abi_version: 1,
        import_table: digest(b"imports"),
        compiler_fingerprint: digest(b"compiler"),
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

fn keys_differ<R: Clone, K: PartialEq + fmt::Debug>(base: &R, key: fn(&R) -> K, edits: &[fn(&mut R)]) {
    let mut seen = vec![key(base)];
    for (index, edit) in edits.iter().enumerate() {
        let mut changed = base.clone();
        edit(&mut changed);
        let changed = key(&changed);
        assert!(!seen.contains(&changed), "edit {index} gives a key seen before: {changed:?}");
        seen.push(changed);
    }
}

#[test]
fn every_field_of_level_1_changes_the_key() {
    let edits: &[fn(&mut L1Recipe)] = &[
        |r| r.typed_program[31] ^= 1,
        |r| r.functions[0].digest[0] ^= 1,
        |r| r.functions[1].digest[0] ^= 1,
        |r| r.functions[1].name.push('2'),
        |r| drop(r.functions.pop()),
        |r| r.globals[0].digest[0] ^= 1,
        |r| r.globals[0].name.push('2'),
        |r| r.globals.clear(),
        |r| r.schemas[0].columns[0].1.push('?'),
        |r| r.schemas[0].columns[0].0.push('?'),
        |r| r.schemas[0].columns.swap(0, 1),
        |r| r.schemas[0].columns.push(column("extra", "bool")),
        |r| r.schemas[0].label.push('2'),
        |r| r.schemas.clear(),
        |r| r.arguments[0] = "int".to_owned(),
        |r| r.arguments.swap(0, 1),
        |r| drop(r.arguments.pop()),
        |r| r.arguments.push(String::new()),
        |r| r.options[0].1 = "yes".to_owned(),
        |r| r.options[0].0.push('2'),
        |r| r.options.clear(),
        |r| r.library_fingerprint[0] ^= 1,
        |r| r.host_abi_version += 1,
        |r| r.import_table[0] ^= 1,
        |r| r.compiler_fingerprint[0] ^= 1,
    ];
    keys_differ(&sample(), L1Recipe::key, edits);
}

#[test]
fn what_cannot_change_the_code_does_not_change_the_key() {
    let edits: &[fn(&mut L1Recipe)] = &[
        |r| r.label = "other.name".to_owned(),
        |r| r.functions.swap(0, 1),
        |r| r.globals[0].value = "ten".to_owned(),
    ];
    for edit in edits {
        let mut changed = sample();
        edit(&mut changed);
        assert_eq!(changed.key(), sample().key());
    }
}

#[test]
fn every_field_of_level_2_changes_the_key() {
    let edits: &[fn(&mut L2Recipe)] = &[
        |r| r.wasm[0] ^= 1,
        |r| r.metering = "none".to_owned(),
        |r| Arc::make_mut(&mut r.engine).wasmtime = "48.0.9".to_owned(),
        |r| Arc::make_mut(&mut r.engine).codegen.push('x'),
        |r| Arc::make_mut(&mut r.engine).target = "aarch64-apple-darwin".to_owned(),
        |r| Arc::make_mut(&mut r.engine).cpu[0].1 = false,
        |r| Arc::make_mut(&mut r.engine).cpu[1].1 = true,
        |r| Arc::make_mut(&mut r.engine).cpu.truncate(1),
        |r| Arc::make_mut(&mut r.engine).settings[0].1 = "true".to_owned(),
        |r| Arc::make_mut(&mut r.engine).compatibility[0] ^= 1,
    ];
    keys_differ(&sample_native(), L2Recipe::key, edits);
    let mut renamed = sample_native();
    renamed.label.push('2');
    assert_eq!(renamed.key(), sample_native().key(), "the same wasm shares its native code");
}

#[test]
fn the_engine_folder_changes_with_the_engine_and_not_with_the_wasm() {
    let mut other = sample_native();
    other.wasm[0] ^= 1;
    assert_eq!(other.key_and_engine().1, sample_native().key_and_engine().1);
    Arc::make_mut(&mut other.engine).wasmtime = "48.0.9".to_owned();
    assert_ne!(other.key_and_engine().1, sample_native().key_and_engine().1);
}

#[test]
fn golden_keys() {
    // An accidental change of the encoding shows here; a wanted one also raises the contexts' version.
    assert_eq!(sample().key().to_string()[..16], *GOLDEN_LEVEL1);
    assert_eq!(sample_native().key().to_string()[..16], *GOLDEN_LEVEL2);
}

const GOLDEN_LEVEL1: &str = "4f64864eaf47c3d7";
const GOLDEN_LEVEL2: &str = "bd1e8e6f9bb561cb";
