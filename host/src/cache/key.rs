//! The only place that says what a key covers: recipe → key.
//!
//! A recipe is a struct with one field per input. It is taken apart exhaustively (no `..`), so a new
//! input does not compile until it is given a place, and flattened into named [`Field`]s. The key is the
//! hash of those fields; the same fields are stored beside the entry, so that whatever enters a key can
//! also be shown when it changed (`explain`). Paths, times, process ids and positions in the source do
//! not belong here.
//!
//! Encoding of one field: tag `u16` | length `u64` | bytes, where bytes are length `u64` | name | digest,
//! little-endian; fields sorted by tag, then name. blake3 in key-derivation mode, one context a level.

use std::fmt;
use std::sync::Arc;

use ovenbird_compiler::abi;
use serde::{Deserialize, Serialize};

use crate::engine_config::EngineIdentity;

const LEVEL1_CONTEXT: &str = "ovenbird 2026-11 L1 wasm v1";
const LEVEL2_CONTEXT: &str = "ovenbird 2026-11 L2 native v1";
const ENGINE_CONTEXT: &str = "ovenbird 2026-11 engine id v1";
/// A key and not a context: hashing a short value under a key is one step, and a recipe has dozens.
const VALUE_KEY: &[u8; 32] = b"ovenbird 2026-11 value digest v1";

/// A blake3 digest.
pub type Digest = [u8; 32];

/// Digest of a value by its bytes, for [`GlobalInput`] and the like.
pub fn digest(bytes: &[u8]) -> Digest {
    *blake3::keyed_hash(VALUE_KEY, bytes).as_bytes()
}

/// Fingerprint of the compiler that is linked into this build.
pub fn compiler_fingerprint() -> Digest {
    digest(env!("OVENBIRD_COMPILER_FINGERPRINT").as_bytes())
}

/// Digest of the table of host functions: names and signatures.
pub fn import_table_digest() -> Digest {
    let mut text = String::new();
    for import in abi::Import::ALL {
        text.push_str(&format!("{} {:?} -> {:?}\n", import.name(), import.params(), import.results()));
    }
    digest(text.as_bytes())
}

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub(crate) Digest);
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), &hex(&self.0)[..12])
            }
        }
    };
}

key!(
    /// Names the artifact (wasm and source map) of one function for one signature.
    L1Key
);
key!(
    /// Names the native code of one wasm module for one engine on one kind of CPU.
    L2Key
);

/// A function that went into the unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionInput {
    /// Qualified name, `helpers.clean`.
    pub name: String,
    /// Digest of its own typed body with callees by name (not by digest, else an edited callee could not
    /// be told from an edited caller), without spans, comments and local names.
    pub digest: Digest,
}

/// A global or captured variable whose value was compiled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobalInput {
    /// Qualified name.
    pub name: String,
    /// The value as people read it; shown, not hashed.
    pub value: String,
    /// Digest of the value with its type.
    pub digest: Digest,
}

/// The schema of a dataset that the function reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaInput {
    /// Which dataset, in words that do not change with the file's name: `dataset 0`.
    pub label: String,
    /// Column names and types (with nullability), in file order.
    pub columns: Vec<(String, String)>,
}

/// Everything that decides a unit's wasm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct L1Recipe {
    /// `module.function`. Used to find the nearest older entry for an explanation. **Not part of the
    /// key**: two functions with the same typed program share an entry.
    pub label: String,
    /// Digest of the unit's canonical typed program.
    pub typed_program: Digest,
    /// The functions in it, the entry first.
    pub functions: Vec<FunctionInput>,
    /// The variables compiled into it.
    pub globals: Vec<GlobalInput>,
    /// The schemas compiled into it.
    pub schemas: Vec<SchemaInput>,
    /// Types of the arguments in words (and values of literal arguments), in order.
    pub arguments: Vec<String>,
    /// Compiler options, as (name, value).
    pub options: Vec<(String, String)>,
    /// `ovenbird_stdlib`'s fingerprint.
    pub library_fingerprint: Digest,
    /// `abi::VERSION`.
    pub host_abi_version: u32,
    /// [`import_table_digest`].
    pub import_table: Digest,
    /// [`compiler_fingerprint`].
    pub compiler_fingerprint: Digest,
}

/// Everything that decides a module's native code.
#[derive(Clone, Debug)]
pub struct L2Recipe {
    /// As in [`L1Recipe`]; not part of the key.
    pub label: String,
    /// Digest of the wasm bytes: [`wasm_digest`].
    pub wasm: Digest,
    /// The engine.
    pub engine: Arc<EngineIdentity>,
    /// How the wasm is metered, in words.
    pub metering: String,
}

/// Digest of a wasm module, for [`L2Recipe::wasm`].
pub fn wasm_digest(wasm: &[u8]) -> Digest {
    blake3::derive_key("ovenbird 2026-11 wasm bytes v1", wasm)
}

/// What a [`Field`] is about. The number is its tag in the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u16)]
pub enum FieldKind {
    /// The whole typed program.
    Program = 1,
    /// One function's body.
    Function = 2,
    /// One global's value.
    Global = 3,
    /// One column's type.
    Column = 4,
    /// One schema's list of columns, in order.
    Schema = 5,
    /// One argument's type.
    Argument = 6,
    /// One option.
    Option = 7,
    /// The standard library.
    Library = 8,
    /// Compiler and host interface.
    Compiler = 9,
    /// The wasm bytes.
    Wasm = 32,
    /// wasmtime, its settings and ours.
    Engine = 33,
    /// One CPU feature.
    Cpu = 34,
}

/// One input of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// What it is about.
    pub kind: FieldKind,
    /// Which one.
    pub name: String,
    /// Digest of its value; this is what is hashed.
    pub digest: Digest,
    /// Its value in words; this is what is shown.
    pub value: String,
}

impl Field {
    /// A field that is its text.
    fn text(kind: FieldKind, name: impl Into<String>, value: impl Into<String>) -> Self {
        let value = value.into();
        Field { kind, name: name.into(), digest: digest(value.as_bytes()), value }
    }

    /// A field known by its digest only.
    fn opaque(kind: FieldKind, name: impl Into<String>, digest: Digest) -> Self {
        Field { kind, name: name.into(), digest, value: hex(&digest)[..12].to_owned() }
    }
}

impl L1Recipe {
    /// The recipe as named fields, sorted.
    pub fn fields(&self) -> Vec<Field> {
        let L1Recipe {
            label: _,
            typed_program,
            functions,
            globals,
            schemas,
            arguments,
            options,
            library_fingerprint,
            host_abi_version,
            import_table,
            compiler_fingerprint,
        } = self;
        let mut fields = vec![
            Field::opaque(FieldKind::Program, "typed program", *typed_program),
            Field::opaque(FieldKind::Library, "library", *library_fingerprint),
            Field::text(FieldKind::Compiler, "host interface", host_abi_version.to_string()),
            Field::opaque(FieldKind::Compiler, "host functions", *import_table),
            Field::opaque(FieldKind::Compiler, "compiler", *compiler_fingerprint),
            // Tells f() from f(x) with an argument that has no type text.
            Field::text(FieldKind::Argument, "count", arguments.len().to_string()),
        ];
        for FunctionInput { name, digest } in functions {
            fields.push(Field::opaque(FieldKind::Function, name, *digest));
        }
        for GlobalInput { name, value, digest } in globals {
            fields.push(Field {
                kind: FieldKind::Global,
                name: name.clone(),
                digest: *digest,
                value: value.clone(),
            });
        }
        for SchemaInput { label, columns } in schemas {
            for (name, ty) in columns {
                fields.push(Field::text(FieldKind::Column, format!("{label}.{name}"), ty));
            }
            let list: Vec<String> = columns.iter().map(|(name, ty)| format!("{name:?}: {ty:?}")).collect();
            fields.push(Field::text(FieldKind::Schema, label, list.join(", ")));
        }
        for (index, ty) in arguments.iter().enumerate() {
            fields.push(Field::text(FieldKind::Argument, format!("argument {index}"), ty));
        }
        for (name, value) in options {
            fields.push(Field::text(FieldKind::Option, name, value));
        }
        sorted(fields)
    }

    /// The key.
    pub fn key(&self) -> L1Key {
        L1Key(hash(LEVEL1_CONTEXT, &self.fields()))
    }
}

impl L2Recipe {
    /// The recipe as named fields, sorted.
    pub fn fields(&self) -> Vec<Field> {
        let L2Recipe { label: _, wasm, engine, metering } = self;
        let EngineIdentity { wasmtime, codegen, target, cpu, settings, compatibility } = &**engine;
        let mut fields = vec![
            Field::opaque(FieldKind::Wasm, "wasm", *wasm),
            Field::text(FieldKind::Engine, "wasmtime", wasmtime),
            Field::text(FieldKind::Engine, "code generation", codegen),
            Field::text(FieldKind::Engine, "target", target),
            Field::opaque(FieldKind::Engine, "wasmtime settings", *compatibility),
            Field::text(FieldKind::Option, "metering", metering),
        ];
        for (name, value) in settings {
            fields.push(Field::text(FieldKind::Option, *name, value));
        }
        for (name, present) in cpu {
            fields.push(Field::text(FieldKind::Cpu, *name, if *present { "yes" } else { "no" }));
        }
        sorted(fields)
    }

    /// The key.
    pub fn key(&self) -> L2Key {
        self.key_and_engine().0
    }

    /// The key, and eight hexadecimal digits for the engine: the folder of its native code, so that the
    /// code of an engine that is gone can be removed at once.
    pub fn key_and_engine(&self) -> (L2Key, String) {
        let mut fields = self.fields();
        let key = L2Key(hash(LEVEL2_CONTEXT, &fields));
        fields.retain(|field| matches!(field.kind, FieldKind::Engine | FieldKind::Option));
        (key, hex(&hash(ENGINE_CONTEXT, &fields))[..8].to_owned())
    }
}

fn sorted(mut fields: Vec<Field>) -> Vec<Field> {
    // The digest is in the order so that repeated names (two unnamed lambdas) have one order too.
    fields.sort_by(|a, b| (a.kind, &a.name, a.digest).cmp(&(b.kind, &b.name, b.digest)));
    fields
}

fn hash(context: &str, fields: &[Field]) -> Digest {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for Field { kind, name, digest, value: _ } in fields {
        let len = 8 + name.len() as u64 + digest.len() as u64;
        hasher.update(&(*kind as u16).to_le_bytes());
        hasher.update(&len.to_le_bytes());
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher.update(digest);
    }
    *hasher.finalize().as_bytes()
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

#[cfg(test)]
pub(crate) mod tests {
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
}
